"""`jphoto video`: a clip and a photo in, a clip out."""

import json

import numpy as np
import pytest
from helpers.clips import make, picture
from helpers.records import documented
from PIL import Image

from jphoto.cli.video import seconds_of
from jphoto.video.container import label_text, open_clip, read_frames

PREVIEW = ["--preview", "--size", "64"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder for solved key frames, which the tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def clip(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    path = tmp_path / "clip.mkv"
    make(path, frames=6, pts=[0, 1, 2, 3, 5, 9], audio="flac")
    return path


@pytest.fixture
def style(tmp_path):
    warm = (picture(0, (64, 80)) * np.array([1.3, 0.9, 0.5])).clip(0, 255).astype(np.uint8)
    Image.fromarray(warm).save(tmp_path / "style.png")
    return tmp_path / "style.png"


def levels(path):
    return np.array([frame.rgb for frame in read_frames(open_clip(path))], float)


def test_a_clip_gets_the_colors_of_the_photo_and_keeps_its_times(command, clip, style, tmp_path):
    out, sheet = tmp_path / "out.mkv", tmp_path / "sheet.png"
    arguments = [clip, style, "--out", out, "--codec", "ffv1", "--sheet", sheet, *PREVIEW]
    status, out_text, _ = command("video", *arguments, "--json")
    record = json.loads(out_text)
    assert status == 0
    assert set(record) == documented("jphoto video --json")
    assert record["status"] == "finished" and record["frames"] == 6
    with Image.open(style) as photo:
        goal = np.asarray(photo, float).mean((0, 1))
    before, after = (np.abs(levels(path).mean((0, 1, 2)) - goal).mean() for path in (clip, out))
    assert after < 0.4 * before
    source, made = open_clip(clip), open_clip(out)
    assert [frame.seconds for frame in read_frames(made)] == [
        frame.seconds for frame in read_frames(source)
    ]
    assert [track.codec for track in made.audio] == ["flac"]
    assert json.loads(label_text(out))["settings"]["steps"] == 0
    with Image.open(sheet) as page:
        assert page.width > page.height


def test_frames_change_as_little_as_in_the_clip(command, clip, style, tmp_path):
    out = tmp_path / "out.mkv"
    command("video", clip, style, "--out", out, "--codec", "ffv1", *PREVIEW)
    source, made = levels(clip), levels(out)
    contrast = made.std() / source.std()
    change, was = (np.abs(np.diff(frames, axis=0)).mean() for frames in (made, source))
    assert change < 1.3 * max(contrast, 1) * was


def test_a_second_run_solves_nothing_again(command, clip, style, tmp_path, monkeypatch):
    from jphoto.video import key_frames

    command("video", clip, style, "--out", tmp_path / "a.mkv", *PREVIEW)
    monkeypatch.delattr(key_frames, "transfer")
    command("video", clip, style, "--out", tmp_path / "b.mkv", *PREVIEW, "--crf", "30")
    assert np.abs(levels(tmp_path / "a.mkv") - levels(tmp_path / "b.mkv")).mean() < 4


def test_one_lut_stands_for_the_clip(command, clip, style, tmp_path):
    out = tmp_path / "clip.cube"
    command("video", clip, style, "--lut", out, *PREVIEW)
    assert "LUT_3D_SIZE 33" in out.read_text()


def test_part_of_a_clip(command, clip, style, tmp_path):
    out = tmp_path / "out.mkv"
    command("video", clip, style, "--out", out, "--start", "0:00.04", "--end", "0.2", *PREVIEW)
    assert [float(frame.seconds) for frame in read_frames(open_clip(out))] == [0, 0.04, 0.08]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--codec", "mpeg9"], "mpeg9 is unknown"),
        (["--codec", "prores", "--crf", "3"], "crf"),
        (["--start", "9"], "ends at"),
        (["--start", "0.2", "--end", "0.1"], "does not come after the start"),
        (["--out", "no-such-folder/out.mkv"], "does not exist"),
        (["--out", "out.txt"], "suffix of video"),
    ],
)
def test_what_cannot_work_is_told_before_any_work(
    command, clip, style, tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    defaults = [] if "--out" in arguments else ["--out", "out.mkv"]
    status, _, errors = command("video", clip, style, *defaults, *arguments, "--size", "64")
    assert status == 1
    assert words in errors and errors.count("\n") == 1
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["clip.mkv", "style.png"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1:30", 90), ("0:10.5", 10.5), ("1:00:01", 3601), (None, None)],
)
def test_times_are_read_as_people_write_them(text, seconds):
    assert seconds_of(text, "--start") == seconds
