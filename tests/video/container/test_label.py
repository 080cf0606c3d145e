"""Labels of clips, as commands show them."""

import json

from helpers.clips import make

from jphoto.label import Label
from jphoto.settings import Settings
from jphoto.video.container import ClipWriter, open_clip, read_frames

LABEL = Label(
    jphoto="0.1.0", jax="0.10.2", device="cpu", network="ab" * 32, inputs={"content": "01" * 32},
    settings=Settings(size=512, style_strength=0.6),
)  # fmt: skip


def test_inspect_shows_how_a_clip_was_made(tmp_path, command):
    source = make(tmp_path / "a.mkv", frames=2)
    clip = open_clip(source)
    with ClipWriter(tmp_path / "b.mp4", clip, label=LABEL.to_json()) as writer:
        for frame in read_frames(clip):
            writer.write(frame, frame.rgb)
        writer.finish()
    status, out, _ = command("inspect", tmp_path / "b.mp4")
    assert status == 0
    assert "style_strength" in out
    record = json.loads(command("inspect", tmp_path / "b.mp4", "--json")[1])
    assert record["label"]["settings"]["size"] == 512
    status, _, errors = command("inspect", source)
    assert status == 1
    assert "a.mkv does not say how it was made" in errors
    status, _, errors = command("inspect", source, "--content", source)
    assert status == 2
    assert "not for clips" in " ".join(errors.split())
