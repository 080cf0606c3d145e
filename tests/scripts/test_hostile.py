"""Damaged files through the command line; `scripts/hostile.py` by itself takes a thousand."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "hostile.py"
KINDS = 40


@pytest.fixture
def hostile(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import hostile

    return hostile


def test_no_damaged_file_does_harm():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--count", str(KINDS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["wrong"] == {} and done.returncode == 0
    assert found["files"] == dict.fromkeys(found["files"], 1) and len(found["files"]) == KINDS


def test_the_same_seed_damages_in_the_same_way(hostile):
    assert hostile.cases(2 * KINDS, 5) == hostile.cases(2 * KINDS, 5) != hostile.cases(2 * KINDS, 6)
    whole = hostile.whole_files()
    damaged = [case.content != whole[case.kind] for case in hostile.cases(10 * KINDS, 0)]
    assert sum(damaged) > 0.95 * len(damaged)


def test_what_breaks_would_be_told(hostile, tmp_path, monkeypatch):
    out = tmp_path / "out.png"
    monkeypatch.setattr(hostile, "_peak", lambda: 3_000_000_000)
    assert hostile._judged(["inspect", str(out)], out, set()) == "held 3.0 GB"
    monkeypatch.setattr(hostile, "_peak", lambda: 0)
    assert hostile._judged(["inspect", str(out)], out, set()) == ""
    told = hostile._judged(["inspect", str(out), "--no-such-option"], out, set())
    assert told.startswith("status 2")
