"""The commands of the tutorials run, one after the other, on tiny copies of what they use."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import clips
from helpers.pages import ROOT, blocks

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*-*.md"))
SOLVE = "--size=64", "--steps=0", "--smoothing=none"
TINY = {
    "transfer": SOLVE,
    "demo": (*SOLVE, "--regions=none"),
    "batch": (*SOLVE, "--regions=none"),
    "video": (*SOLVE, "--regions=none"),
    "compare": ("--size=64",),
    "segment": ("--size=64",),
    "look make": ("--size=240",),
}
"""What makes a command quick, by its name; it comes last, so that it counts."""
NOT_HERE = "python3 -m venv", ". .venv", "pip install", "jphoto app"
"""What sets up the environment, which the tests have, or opens a browser, which others test."""


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A folder to work in, with what the reader brings."""
    clips.make(tmp_path / "walk.mp4", codec="libx264", pixel_format="yuv420p", frames=5)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_from_its_first_command_to_its_last(page, prepared, command):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    if page.stem == "first-transfer":
        # Its presets take steps, which compile for a minute; other tests compare presets.
        lines = [line for line in lines if not line.startswith("jphoto compare")]
    for line in lines:
        if line.startswith(NOT_HERE):
            continue
        if not line.startswith("jphoto "):
            subprocess.run(line, shell=True, check=True)
            continue
        name = max((one for one in TINY if line.startswith(f"jphoto {one}")), key=len, default="")
        status, _, errors = command(*_expanded(line)[1:], *TINY.get(name, ()))
        assert status == 0, f"{line}\n{errors}"
    shutil.rmtree(prepared)


def _expanded(line):
    """The words of a line, with names of files in place of patterns."""
    words = shlex.split(line)
    found = [sorted(Path().glob(word)) if "*" in word else [word] for word in words]
    return [name for names in found for name in names]
