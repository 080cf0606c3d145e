"""Files that are no clips: one line each that says what is wrong and what to do."""

import contextlib
import os
import subprocess
import sys

import av
import numpy as np
import pytest
from helpers.clips import make
from PIL import Image

from jphoto.errors import SettingsError, VideoError
from jphoto.video.container import check_codec, open_clip, read_frames


def refused(path, words):
    with pytest.raises(VideoError, match=words) as caught:
        list(read_frames(open_clip(path)))
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("clip: ")


def test_paths_that_are_no_files(tmp_path):
    refused(tmp_path / "no.mp4", "does not exist")
    refused(tmp_path, "is a folder")
    refused("-", "is a stream")
    refused("rtsp://example.org/live", "is a stream")
    refused("https://example.org/a.mp4", "is a stream")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is a pipe")
    refused("/dev/zero", "is a pipe or a device")


def test_files_of_other_kinds(tmp_path):
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", "the file is empty")
    for name in ("a.jpg", "a.png", "a.webp", "a.tif"):
        Image.new("RGB", (32, 32), "red").save(tmp_path / name)
        refused(tmp_path / name, "is a picture; use jphoto transfer")
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    for name in ("a.gif", "b.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        refused(tmp_path / name, "is an animated picture")
    (tmp_path / "a.m3u8").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    refused(tmp_path / "a.m3u8", "list of other files")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile a.mp4\n")
    refused(tmp_path / "list.mp4", "list of other files")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(20000))
    refused(tmp_path / "noise.mp4", "is damaged, or no video")
    (tmp_path / "text.mp4").write_text("a text " * 100)
    refused(tmp_path / "text.mp4", "is damaged, or no video")


def test_sound_alone_is_no_clip_even_with_a_cover(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as output:
        track = output.add_stream("aac", rate=48000, layout="mono")
        cover = output.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 32
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate, silence.pts = 48000, 0
        picture = av.VideoFrame(32, 32, "yuvj420p")
        picture.pts = 0
        output.mux([*cover.encode(picture), *cover.encode(), *track.encode(silence)])
        output.mux(track.encode())
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video
    refused(tmp_path / "a.mp4", "has only sound")
    with av.open(str(tmp_path / "a.wav"), "w") as output:
        track = output.add_stream("pcm_s16le", rate=48000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), "s16", "mono")
        silence.sample_rate, silence.pts = 48000, 0
        output.mux([*track.encode(silence), *track.encode()])
    refused(tmp_path / "a.wav", "has only sound")


def test_a_recording_without_its_index(clip_file, tmp_path):
    whole = clip_file("a.mp4", codec="libx264", pixel_format="yuv420p").read_bytes()
    (tmp_path / "b.mp4").write_bytes(whole[: whole.index(b"moov") - 4])
    refused(tmp_path / "b.mp4", r"it has no index \(moov\)")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_file_that_is_cut_off_gives_its_frames_and_then_says_so(tmp_path, name):
    path = make(
        tmp_path / name, codec="libx264", pixel_format="yuv420p", frames=75, key_every=10,
        container_options={"movflags": "+faststart"} if name == "a.mp4" else {},
    )  # fmt: skip
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    clip, read = open_clip(path), []
    # The decoder may or may not notice that the last frame is not whole.
    words = r"(is cut off: its video ends at 0:0[012]\.\d of 0:03\.0|is damaged at 0:0[012]\.\d)"
    with pytest.raises(VideoError, match=words):
        for frame in read_frames(clip):
            read.append(frame)
    assert 5 < len(read) < 75
    assert len(list(read_frames(clip, end=0.2))) == 5


def test_hdr_is_refused(clip_file):
    for transfer, name in ((16, "PQ"), (18, "HLG")):
        path = clip_file(
            f"{name}.mkv", pixel_format="yuv420p10le", colors=(9, transfer, 9), frames=1
        )
        refused(path, rf"is HDR \({name}\).*export it as SDR")


def test_encrypted_clips_are_refused(clip_file):
    path = clip_file(
        "a.mp4", codec="libx264", pixel_format="yuv420p",
        container_options={
            "encryption_scheme": "cenc-aes-ctr", "encryption_key": "01" * 16,
            "encryption_kid": "02" * 16,
        },
    )  # fmt: skip
    refused(path, "is encrypted")


def test_what_is_lost_is_told(clip_file):
    notes = open_clip(clip_file("a.mkv", pixel_format="yuva444p12le", frames=1)).notes
    assert notes == ("left out: opacity", "12 bits a color become 10")


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("b.avi", {}, SettingsError, r"needs a suffix of video: \.mp4"),
        ("b", {}, SettingsError, "needs a suffix of video"),
        ("b.mp4", {"codec": "divx"}, SettingsError, "choose one of h264"),
        ("b.mp4", {"codec": "ffv1"}, SettingsError, r"choose a name with \.mkv"),
        ("b.webm", {"codec": "h264"}, SettingsError, "does not go into"),
        ("b.mov", {"codec": "prores", "crf": 3}, SettingsError, "no such setting"),
        ("b.mp4", {"crf": 60}, SettingsError, "not from 0 to 51"),
    ],
)
def test_what_does_not_go_together_is_told_before_the_work(
    clip_file, tmp_path, name, arguments, error, words
):
    clip = open_clip(clip_file("a.mkv", frames=1))
    with pytest.raises(error, match=words):
        check_codec(tmp_path / name, clip, **arguments)


def test_what_this_ffmpeg_lacks_is_told_before_the_work(clip_file, tmp_path, monkeypatch):
    from jphoto.video.container import codecs

    clip = open_clip(clip_file("a.mkv", frames=1))
    lacking = codecs.CODECS["h264"]._replace(encoder="nonesuch")
    monkeypatch.setitem(codecs.CODECS, "h264", lacking)
    with pytest.raises(VideoError, match="this FFmpeg lacks nonesuch"):
        check_codec(tmp_path / "b.mp4", clip)
    small = open_clip(clip_file("b.mkv", size=(2, 2), frames=1))
    with pytest.raises(VideoError, match="refuses frames of 2 x 2"):
        check_codec(tmp_path / "b.mp4", small, "av1")


WITHOUT = """
import sys
import jphoto.video.container as container
assert "av" not in sys.modules
sys.modules["av"] = None
from jphoto.errors import SettingsError
try:
    container.open_clip("a.mp4")
except SettingsError as error:
    print(error)
"""


def test_without_the_extra_one_line_says_how_to_install_it():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True
    )
    assert done.stdout == "video needs one more package; install it: pip install 'jphoto[video]'\n"


def test_ffmpeg_prints_nothing(tmp_path, capfd):
    path = make(tmp_path / "a.mkv", codec="ffv1", pixel_format="yuv420p", frames=3)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    path.write_bytes(data)
    clip = open_clip(path)
    with contextlib.suppress(VideoError):
        list(read_frames(clip))
    for codec in ("h264", "hevc", "av1"):
        check_codec(tmp_path / "b.mp4", clip, codec)
    assert capfd.readouterr() == ("", "")
