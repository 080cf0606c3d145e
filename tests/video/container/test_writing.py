"""Clips as they are written: times, pixels, colors, audio, tags, names."""

import dataclasses
import errno
import json
from fractions import Fraction

import av
import numpy as np
import pytest
from helpers.clips import make, picture

from jphoto.errors import SavedElsewhereError, VideoError
from jphoto.video.container import ClipWriter, label_text, open_clip, read_frames, writing

LABEL = json.dumps({"jphoto": "1", "settings": {"name": "é"}})


def rewrite(source, target, *, start=None, end=None, **named):
    """Write a clip's frames as they are."""
    clip = open_clip(source)
    with ClipWriter(target, clip, start=start, end=end, **named) as writer:
        for frame in read_frames(clip, start, end):
            writer.write(frame, frame.rgb)
        writer.finish()
    return writer


def frames_of(path):
    return list(read_frames(open_clip(path)))


def audio_packets(path):
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


def only(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("suffix", "codec", "written"),
    [
        (".mp4", None, "h264"),
        (".m4v", None, "h264"),
        (".mov", None, "h264"),
        (".mkv", None, "h264"),
        (".webm", None, "vp9"),
        (".mp4", "hevc", "hevc"),
        (".mp4", "av1", "av1"),
        (".mov", "prores", "prores"),
        (".mkv", "ffv1", "ffv1"),
    ],
)
def test_each_codec_keeps_times_and_pixels(clip_file, tmp_path, suffix, codec, written):
    source = clip_file("a.mp4", codec="libx264", pixel_format="yuv420p", options={"crf": "2"})
    target = tmp_path / f"b{suffix}"
    rewrite(source, target, codec=codec, crf=None if codec in ("prores", "ffv1") else 4)
    clip = open_clip(target)
    assert written in clip.codec or (written == "av1" and "av1" in clip.codec)
    before, after = frames_of(source), frames_of(target)
    assert [frame.seconds for frame in after] == [frame.seconds for frame in before]
    assert [frame.duration for frame in after] == [frame.duration for frame in before]
    for one, other in zip(before, after, strict=True):
        scale = 257 if other.rgb.dtype == np.uint16 else 1
        assert np.abs(one.rgb - other.rgb / scale).mean() < 1.5


@pytest.mark.parametrize(
    ("pixel_format", "colors", "full_range"),
    [
        ("yuv444p", (1, 1, 1), False),
        ("yuv420p", (2, 2, 2), False),
        ("yuv420p", (6, 6, 6), True),
        ("yuv422p10le", (1, 1, 1), False),
        ("yuv420p10le", (9, 14, 9), False),
        ("bgr0", (1, 13, 1), True),
        ("gray", (1, 1, 1), True),
    ],
)
def test_a_lossless_codec_keeps_pixels_and_colors(
    clip_file, tmp_path, pixel_format, colors, full_range
):
    source = clip_file(
        "a.mkv", pixel_format=pixel_format, colors=colors, full_range=full_range, frames=3
    )
    rewrite(source, tmp_path / "b.mkv", codec="ffv1")
    one, other = open_clip(source), open_clip(tmp_path / "b.mkv")
    assert other.declared == one.declared
    assert (other.pixel_format, other.depth) == (one.pixel_format, one.depth)
    scale = 257 if one.depth == 10 else 1
    for before, after in zip(read_frames(one), read_frames(other), strict=True):
        error = (after.rgb.astype(float) - before.rgb) / scale
        assert np.abs(error[2:-2, 2:-2]).max() <= (3 if full_range else 2)  # see `Encoding`


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".webm"])
def test_ten_bits_and_wide_colors_are_kept(clip_file, tmp_path, suffix):
    source = clip_file("a.mkv", pixel_format="yuv420p10le", colors=(9, 14, 9), frames=3)
    rewrite(source, tmp_path / f"b{suffix}")
    clip = open_clip(tmp_path / f"b{suffix}")
    assert (clip.depth, clip.declared[:3]) == (10, (9, 14, 9))
    error = frames_of(source)[1].rgb.astype(float) - frames_of(clip.path)[1].rgb
    assert np.abs(error).mean() / 257 < 2


def test_a_variable_rate_is_kept(clip_file, tmp_path):
    pts = [0, 3, 4, 10, 11, 12, 20]
    source = clip_file("a.mkv", pts=pts, frames=7, time_base=Fraction(1, 50), rate=50)
    rewrite(source, tmp_path / "b.mp4")
    assert [frame.seconds for frame in frames_of(tmp_path / "b.mp4")] == [
        Fraction(n, 50) for n in pts
    ]
    assert open_clip(tmp_path / "b.mp4").variable


def test_the_last_frame_keeps_its_duration(clip_file, tmp_path):
    clip = open_clip(clip_file("a.mkv", frames=5))
    with ClipWriter(tmp_path / "b.mp4", clip) as writer:
        for frame in read_frames(clip):
            longer = dataclasses.replace(frame, duration=Fraction(1, 2))
            writer.write(longer if frame.index == 4 else frame, frame.rgb)
        writer.finish()
    assert open_clip(tmp_path / "b.mp4").seconds == Fraction(4, 25) + Fraction(1, 2)


def test_packets_of_short_clips_are_decoded_before_they_are_shown():
    packets = [av.Packet(b"") for _ in range(4)]
    for packet, pts in zip(packets, (0, 9, 3, 6), strict=True):
        packet.pts = pts
    writing._order(packets)
    assert [packet.dts for packet in packets] == [-3, 0, 3, 6]


def test_hevc_is_tagged_as_apple_wants_it(clip_file, tmp_path):
    rewrite(clip_file("a.mkv", frames=2), tmp_path / "b.mp4", codec="hevc")
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_audio_is_copied(tmp_path, suffix):
    source = make(
        tmp_path / "a.mp4", codec="libx264", pixel_format="yuv420p", audio="aac", frames=25
    )
    target = tmp_path / f"b{suffix}"
    rewrite(source, target)
    before, after = audio_packets(source), audio_packets(target)
    assert [packet for _, packet in before] == [packet for _, packet in after]
    # Matroska has no times before 0: there the frames begin as much later as the audio does.
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
        begin = frame.pts * frame.time_base
    for (one, _), (other, _) in zip(before, after, strict=True):
        assert abs(one + begin - other) <= Fraction(1, 1000)


def test_audio_is_cut_with_the_frames(tmp_path):
    source = make(
        tmp_path / "a.mp4", codec="libx264", pixel_format="yuv420p", audio="aac", frames=75,
        key_every=10,
    )  # fmt: skip
    rewrite(source, tmp_path / "b.mp4", start=1.0, end=2.0)
    frames, packets = frames_of(tmp_path / "b.mp4"), audio_packets(tmp_path / "b.mp4")
    assert (frames[0].seconds, len(frames), frames[0].pts) == (0, 25, 0)
    kept = [(time, data) for time, data in audio_packets(source) if 1 <= time < 2]
    assert [data for _, data in packets] == [data for _, data in kept]
    for (one, _), (other, _) in zip(kept, packets, strict=True):
        assert abs(one - 1 - other) < Fraction(1, 1000)


def test_audio_can_be_left_out_and_unfitting_audio_is_refused(tmp_path):
    source = make(
        tmp_path / "a.mp4", codec="libx264", pixel_format="yuv420p", audio="aac", frames=5
    )
    with pytest.raises(VideoError, match=r"cannot hold the audio .*aac.*\.mkv"):
        ClipWriter(tmp_path / "b.webm", open_clip(source))
    rewrite(source, tmp_path / "b.webm", audio=False)
    assert open_clip(tmp_path / "b.webm").audio == ()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_tags_and_label_are_kept(clip_file, tmp_path, suffix):
    tags = {
        "title": "Häuser", "date": "2024-05-06", "comment": "mine", "location": "+48.1+011.5/",
    }  # fmt: skip
    source = clip_file("a.mov", codec="libx264", pixel_format="yuv420p", frames=2, metadata=tags)
    target = tmp_path / f"b{suffix}"
    rewrite(source, target, label=LABEL)
    found = {name.lower(): text for name, text in open_clip(target).metadata.items()}
    assert found["title"] == "Häuser"
    assert found["date"].startswith("2024")
    assert found["comment"] == f"mine\n{LABEL}"
    assert found["location"].startswith("+48.1")
    assert label_text(target) == LABEL
    assert label_text(source) is None
    rewrite(target, tmp_path / "c.mkv", label='{"jphoto": "2"}', strip_location=True)
    found = {name.lower(): text for name, text in open_clip(tmp_path / "c.mkv").metadata.items()}
    assert found["comment"] == 'mine\n{"jphoto": "2"}'
    assert "location" not in found


@pytest.mark.parametrize(
    ("codec", "suffix", "size"),
    [
        ("h264", ".mp4", (50, 66)),
        ("hevc", ".mp4", (50, 66)),
        ("av1", ".mp4", (50, 66)),
        ("vp9", ".webm", (49, 65)),
        ("prores", ".mov", (49, 66)),
        ("ffv1", ".mkv", (49, 65)),
    ],
)
def test_odd_sizes_lose_no_pixel(clip_file, tmp_path, codec, suffix, size):
    source = clip_file("a.mkv", pixel_format="yuv420p", size=(49, 65), frames=2)
    target = tmp_path / f"b{suffix}"
    writer = rewrite(source, target, codec=codec)
    clip = open_clip(target)
    assert (clip.height, clip.width) == size
    assert bool(writer.output.notes) == (size != (49, 65))
    (before, _), (after, _) = frames_of(source), frames_of(target)
    scale = 257 if clip.depth == 10 else 1
    assert np.abs(before.rgb - after.rgb[:49, :65] / scale).mean() < 2.5


def test_turned_clips_are_written_upright(clip_file, tmp_path):
    source = clip_file(
        "a.mp4", codec="libx264", rotation=90, frames=2, options={"crf": "1"},
        aspect=Fraction(4, 3),
    )  # fmt: skip
    for suffix in (".mp4", ".mkv"):
        rewrite(source, tmp_path / f"b{suffix}")
        clip = open_clip(tmp_path / f"b{suffix}")
        assert (clip.width, clip.height, clip.orientation.transposed) == (48, 64, False)
        assert clip.pixel_aspect == Fraction(3, 4)
        assert np.abs(frames_of(clip.path)[0].rgb - np.rot90(picture(0)).astype(float)).mean() < 2


def test_a_clip_gets_its_name_when_it_is_complete(clip_file, tmp_path):
    clip = open_clip(clip_file("a.mkv", frames=3))
    target = tmp_path / "b.mp4"
    with ClipWriter(target, clip) as writer:
        for frame in read_frames(clip):
            writer.write(frame, frame.rgb)
        assert not target.exists()
    assert only(tmp_path) == ["a.mkv"]
    with pytest.raises(ZeroDivisionError), ClipWriter(target, clip) as writer:
        writer.write(frame, frame.rgb)
        raise ZeroDivisionError
    assert only(tmp_path) == ["a.mkv"]


def test_an_unfinished_clip_plays(tmp_path):
    clip = open_clip(
        make(tmp_path / "a.mp4", codec="libx264", pixel_format="yuv420p", audio="aac", frames=50)
    )
    for number in range(2):
        with ClipWriter(tmp_path / "b.mp4", clip) as writer:
            for frame in read_frames(clip, end=1.0):
                writer.write(frame, frame.rgb)
            kept = writer.keep_unfinished()
        assert kept.name == ("b-unfinished.mp4", "b-unfinished-2.mp4")[number]
        assert len(frames_of(kept)) == 25
        assert abs(audio_packets(kept)[-1][0] - 1) < Fraction(1, 20)
    assert only(tmp_path) == ["a.mp4", "b-unfinished-2.mp4", "b-unfinished.mp4"]


def test_without_frames_there_is_no_clip(clip_file, tmp_path):
    clip = open_clip(clip_file("a.mkv", frames=3))
    for end in ("finish", "keep_unfinished"):
        with (
            pytest.raises(VideoError, match="no frames"),
            ClipWriter(tmp_path / "b.mp4", clip) as writer,
        ):
            getattr(writer, end)()
    assert only(tmp_path) == ["a.mkv"]


def test_older_files_are_replaced_only_by_force(clip_file, tmp_path):
    source, target = clip_file("a.mkv", frames=2), tmp_path / "b.mp4"
    target.write_text("old")
    with pytest.raises(VideoError, match="exists"):
        ClipWriter(target, open_clip(source))
    rewrite(source, target, force=True)
    assert len(frames_of(target)) == 2
    with pytest.raises(VideoError, match="one of the inputs"):
        ClipWriter(source, open_clip(source), force=True)


def test_a_name_that_is_taken_meanwhile_is_left_alone(clip_file, tmp_path):
    clip, target = open_clip(clip_file("a.mkv", frames=2)), tmp_path / "b.mp4"
    with pytest.raises(SavedElsewhereError) as caught, ClipWriter(target, clip) as writer:
        for frame in read_frames(clip):
            writer.write(frame, frame.rgb)
        target.write_text("other")
        writer.finish()
    assert target.read_text() == "other"
    assert len(frames_of(caught.value.path)) == 2
    assert only(tmp_path) == ["a.mkv", "b-2.mp4", "b.mp4"]


def test_a_full_disk_leaves_nothing_behind(clip_file, tmp_path):
    resource = pytest.importorskip("resource")
    source = make(tmp_path / "a.mkv", frames=40, pixel_format="yuv420p")
    clip = open_clip(source)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, before[1]))
    try:
        with (
            pytest.raises(VideoError, match="no space is left") as caught,
            ClipWriter(tmp_path / "b.mkv", clip, codec="ffv1") as writer,
        ):
            for frame in read_frames(clip):
                writer.write(
                    frame, np.random.default_rng(0).integers(0, 255, frame.rgb.shape, np.uint8)
                )
            writer.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.__cause__.errno == errno.EFBIG
    assert only(tmp_path) == ["a.mkv"]
