"""The commands of the pages run, one after the other, on tiny copies of what they use."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.pages import PAGES, ROOT, blocks

COLORS = "--steps=0", "--smoothing=none", "--device=cpu"
SMALL = ("--size=240",)
TINY = {
    "transfer": COLORS + SMALL,
    "demo": (*COLORS, *SMALL, "--regions=none"),
    "batch": (*COLORS, *SMALL, "--regions=none"),
    "video": (*COLORS, "--regions=none"),
    "segment": SMALL,
    "look make": SMALL,
}
"""What makes a command quick, by its name; it comes last, so that it counts."""
ELSEWHERE = (
    # What sets up the environment, which the tests have.
    "python3 -m venv", ". .venv", "pip install", "bash scripts/check",
    # tests/app, tests/batches, tests/bench and tests/weights; descents of presets, tests/cli.
    "jphoto app", "srun", "gcloud", "mpirun", "jphoto batch shoot.csv --out shared/at-dusk",
    "jphoto weights install", "python bench/", "python -m bench", "bash scripts/gpu",
    "python scripts/", "python -m scripts", "jphoto compare", "jphoto warm-up",
)  # fmt: skip
"""Beginnings of commands that other tests run, or that need other machines."""


def lines(page):
    every = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in every if line and not line.startswith(ELSEWHERE)]


def is_tutorial(page):
    return page.parent.name == "tutorials"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if lines(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_commands_of_a_page_run(page, prepared, tmp_path, monkeypatch, command):
    """A tutorial begins with nothing but a clip, and makes everything else itself."""
    if is_tutorial(page):
        shutil.copy(prepared / "walk.mp4", tmp_path)
    else:
        shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    if any("--pairs photos" in line for line in lines(page)):
        shutil.rmtree("photos")
        shutil.copytree("pairs", "photos")
    for line in lines(page):
        if not line.startswith("jphoto "):
            subprocess.run(line, shell=True, check=True)
            continue
        name = max((one for one in TINY if line.startswith(f"jphoto {one} ")), key=len, default="")
        force = ("--force",) if "--out" in line and not is_tutorial(page) else ()
        status, _, errors = command(*_expanded(line)[1:], *TINY.get(name, ()), *force)
        assert status == 0, f"{line}\n{errors}"


def _expanded(line):
    """The words of a line without its comment, with names of files in place of patterns."""
    words = shlex.split(line, comments=True)
    return [name for word in words for name in _matching(word)]


def _matching(word):
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]
