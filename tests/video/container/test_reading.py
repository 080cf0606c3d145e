"""Frames as they are read: times, pixels, ranges of time."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from helpers.clips import HEIGHT, WIDTH, make, picture

from jphoto.errors import VideoError
from jphoto.video.container import from_srgb, open_clip, read_frames, reading, to_srgb


def read(path, *arguments, **named):
    return list(read_frames(open_clip(path), *arguments, **named))


def test_times_are_exact(clip_file):
    clip = open_clip(clip_file("a.mp4", codec="libx264", rate=Fraction(30000, 1001), frames=12))
    frames = list(read_frames(clip))
    step = Fraction(1001, 30000)
    assert (clip.width, clip.height, clip.rate, clip.variable) == (WIDTH, HEIGHT, 1 / step, False)
    assert (clip.frames, clip.seconds, clip.promised) == (12, 12 * step, True)
    assert [frame.seconds for frame in frames] == [number * step for number in range(12)]
    assert {frame.duration for frame in frames} == {step}
    assert [frame.index for frame in frames] == list(range(12))


def test_a_variable_rate_is_told_and_kept(clip_file):
    pts = [0, 3, 4, 10, 11, 12, 20]
    path = clip_file("a.mkv", pts=pts, frames=7, time_base=Fraction(1, 50), rate=50)
    frames = read(path)
    assert open_clip(path).variable
    assert [frame.seconds for frame in frames] == [Fraction(n, 50) for n in pts]
    assert frames[2].duration == Fraction(6, 50)


@pytest.mark.parametrize(
    ("pixel_format", "colors", "full_range"),
    [
        ("yuv444p", (1, 1, 1), False),
        ("yuv444p", (6, 6, 6), False),
        ("yuv420p", (1, 1, 1), True),
        ("yuv420p", (2, 2, 2), False),
        ("yuv444p10le", (1, 1, 1), False),
        ("yuv420p10le", (9, 14, 9), False),
        ("yuv422p10le", (1, 1, 1), True),
        ("yuv444p12le", (1, 1, 1), False),
        ("bgr0", (1, 13, 1), True),
        ("gbrp10le", (1, 1, 1), True),
    ],
)
def test_pixels_are_those_that_were_stored(clip_file, pixel_format, colors, full_range):
    path = clip_file(
        "a.mkv", pixel_format=pixel_format, colors=colors, full_range=full_range, frames=2
    )
    clip = open_clip(path)
    frame = list(read_frames(clip))[1]
    deep = "1" in pixel_format[3:].removeprefix("420p").removeprefix("444p").removeprefix("422p")
    assert frame.rgb.dtype == (np.uint16 if deep else np.uint8)
    assert clip.depth == (10 if deep else 8)
    scale = 257 if deep else 1
    error = frame.rgb / scale - picture(1, depth=16) / 257
    # Rounding to 8 bits of Y'CbCr and of R'G'B' makes up to 2.5; chroma at half the resolution is
    # not exact at the borders.
    assert np.abs(error[2:-2, 2:-2]).max() <= (1 if deep else 2.6)
    # FFmpeg's scaler rounds the chroma of the full range down.
    assert abs(error.mean()) < (0.5 if full_range else 0.1)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.ts", "a.avi"])
def test_a_range_of_time_has_the_same_frames(tmp_path, name):
    codec = "mpeg4" if name == "a.avi" else "libx264"
    path = make(
        tmp_path / name, codec=codec, pixel_format="yuv420p", frames=60, key_every=12,
        options={"bf": "2"} if codec == "libx264" else {},
    )  # fmt: skip
    whole = read(path)
    part = read(path, 1.0, 1.4)
    assert len(whole) == 60
    wanted = [frame for frame in whole if Fraction(1) <= frame.seconds < Fraction(7, 5)]
    assert [frame.pts for frame in part] == [frame.pts for frame in wanted]
    assert len(part) == 10
    for one, other in zip(part, wanted, strict=True):
        assert np.array_equal(one.rgb, other.rgb)
        assert one.duration == other.duration


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_frames_shown_before_their_key_frame_are_found(clip_file, monkeypatch, name):
    # With hardly any margin, the key frame at 60 is found for the frames before it.
    monkeypatch.setattr(reading, "_SEEK_MARGIN", Fraction(1, 50))
    options = {"x264-params": "open-gop=1:keyint=20:scenecut=0:bframes=3"}
    path = clip_file(name, codec="libx264", pixel_format="yuv420p", frames=100, options=options)
    whole = read(path)
    for first in range(56, 62):
        part = read(path, first / 25, (first + 2) / 25)
        assert [frame.pts for frame in part] == [frame.pts for frame in whole[first : first + 2]]
        assert np.array_equal(part[0].rgb, whole[first].rgb)


@pytest.mark.parametrize("name", ["x:y.mkv", "50%03d.mkv", "file:a.mkv", "@ü '?\".mkv"])
def test_names_of_files_are_only_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    make(Path("a.mkv"), frames=2).rename(name)
    assert len(read(Path(name))) == 2


def test_a_start_between_frames_begins_with_the_next(clip_file):
    path = clip_file("a.mkv")
    assert [frame.seconds for frame in read(path, 0.05, 0.17)] == [
        Fraction(2, 25), Fraction(3, 25), Fraction(4, 25),
    ]  # fmt: skip


@pytest.mark.parametrize("bounds", [(-1.0, None), (0.2, 0.2), (0.3, 0.1), (5.0, None)])
def test_ranges_that_are_wrong_are_refused(clip_file, bounds):
    with pytest.raises(VideoError, match="start"):
        read(clip_file("a.mkv"), *bounds)


def test_reduced_frames_are_means(clip_file):
    path = clip_file("a.mkv", pixel_format="yuv420p10le", frames=1)
    (full,), (small,) = read(path), read(path, size=(HEIGHT // 4, WIDTH // 4))
    means = full.rgb.reshape(HEIGHT // 4, 4, WIDTH // 4, 4, 3).mean((1, 3)) / 257
    assert (small.rgb.shape, small.rgb.dtype) == ((HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    assert np.abs(small.rgb - means).max() < 2


def test_turned_clips_are_upright(clip_file):
    path = clip_file(
        "a.mp4", codec="libx264", rotation=90, options={"crf": "1"}, frames=2, aspect=Fraction(4, 3)
    )
    clip = open_clip(path)
    assert (clip.width, clip.height, clip.pixel_aspect) == (HEIGHT, WIDTH, Fraction(3, 4))
    frame = next(read_frames(clip))
    assert np.abs(frame.rgb.astype(int) - np.rot90(picture(0))).max() <= 6
    small = next(read_frames(clip, size=(WIDTH // 2, HEIGHT // 2)))
    assert small.rgb.shape == (WIDTH // 2, HEIGHT // 2, 3)


def test_bt2020_is_converted_to_srgb_and_back(clip_file):
    clip = open_clip(clip_file("a.mkv", colors=(9, 14, 9), pixel_format="yuv420p10le", frames=1))
    rgb = picture(0, depth=16).astype(np.float32) / 65535
    srgb = to_srgb(rgb, clip)
    assert np.abs(from_srgb(srgb, clip) - rgb).max() < 1e-4
    green = to_srgb(np.array([[[0, 1, 0], [0.5, 0.5, 0.5]]], np.float32), clip)
    assert green[0, 0, 0] < -0.5  # outside sRGB
    np.testing.assert_allclose(green[0, 1], 0.5, atol=1e-3)
    plain = open_clip(clip_file("b.mkv", frames=1))
    assert to_srgb(rgb, plain) is rgb
