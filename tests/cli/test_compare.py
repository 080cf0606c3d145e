"""`jphoto compare`: several presets of one pair on one sheet."""

import pytest
from PIL import Image

from jphoto.presets import PRESETS


@pytest.fixture
def arguments(photos, tmp_path):
    pair = [photos / f"{role}.png" for role in ("content", "style")]
    masks = [f"--{role}-mask={photos / role}_mask.png" for role in ("content", "style")]
    return ["compare", *pair, *masks, "--size=64", "--out", tmp_path / "sheet.png"]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Every preset in two steps, so that its way through the program is what is tested."""
    presets = {name: {**preset, "steps": 2} for name, preset in PRESETS.items()}
    monkeypatch.setattr("jphoto.settings.PRESETS", presets)


def test_the_sheet_shows_inputs_and_every_preset(arguments, tmp_path, command):
    status, out, _ = command(*arguments, "--presets=neural, fast")
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith("neural: ") and lines[1].startswith("fast: ")
    with Image.open(tmp_path / "sheet.png") as sheet:
        # Content, style (56 x 48, as high as the 36 of the others), two results; gutters of 4.
        assert sheet.width == 64 + 42 + 64 + 64 + 5 * 4


def test_by_default_the_older_method_stands_beside_this_one(arguments, command):
    status, out, _ = command(*arguments)
    assert status == 0
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == ["neural", "default"]


@pytest.mark.parametrize(
    ("presets", "message"),
    [
        ("neural,paper2", "no preset is called 'paper2'"),
        ("fast,fast", "a preset is named twice"),
        ("", "no preset is called ''"),
    ],
)
def test_wrong_presets_are_told_before_any_work(presets, message, arguments, tmp_path, command):
    status, out, errors = command(*arguments, f"--presets={presets}")
    assert (status, out) == (1, "")
    assert message in errors
    assert not (tmp_path / "sheet.png").exists()


def test_no_sheet_is_written_over(arguments, tmp_path, command):
    (tmp_path / "sheet.png").write_bytes(b"mine")
    status, _, errors = command(*arguments)
    assert status == 1 and "exists" in errors
    assert (tmp_path / "sheet.png").read_bytes() == b"mine"


def test_ctrl_c_leaves_out_the_presets_after_it(arguments, tmp_path, command, monkeypatch):
    monkeypatch.setattr("jphoto.cli.run.exit_status", lambda result: 130)
    status, out, _ = command(*arguments)
    assert status == 130
    assert "neural: " in out and "default: " not in out
    assert (tmp_path / "sheet.png").exists()
