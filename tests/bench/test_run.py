"""`bench/run.py`: cases share the time, and one that fails does not stop the others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import run
from bench.cases import laplacian
from bench.harness.context import Context
from bench.harness.records import failed

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bench" / "run.py"


@pytest.fixture
def context(tmp_path):
    return Context("short", tmp_path, size=64, rivals=False)


def test_a_failing_case_is_recorded_and_the_others_run(context):
    cases = {
        "good": run.Case(lambda context: {"value": 1}, 0.5),
        "bad": run.Case(lambda context: {}["nothing"], 0.3),
        "last": run.Case(lambda context: {"rows": []}, 0.2),
    }
    done = dict(run.measured(cases, context, limit=100.0))
    assert done["good"]["value"] == 1 and done["last"]["rows"] == []
    assert done["bad"]["error"] == "KeyError: 'nothing'"
    assert [failed(done[name]) for name in cases] == [False, True, False]


def test_each_case_has_its_share_of_the_time(context):
    cases = {
        "long": run.Case(lambda context: {"left": context.time_left}, 3.0),
        "short": run.Case(lambda context: {"left": context.time_left}, 1.0),
    }
    done = dict(run.measured(cases, context, limit=100.0))
    assert done["long"]["left"] == pytest.approx(75, abs=1)
    assert done["short"]["left"] == pytest.approx(100, abs=1)
    late = dict(run.measured(cases, context, limit=-1.0))
    assert all(found == {"rows": [], "left_out": "all"} for found in late.values())


def test_the_command_writes_a_record(tmp_path):
    out = tmp_path / "found.json"
    options = ["--cases", "laplacian", "--size", "64", "--alone", "--out", out]
    # Elsewhere than in the checkout, and without it on the path of modules.
    subprocess.run(
        [sys.executable, SCRIPT, *options], check=True, capture_output=True, cwd=tmp_path
    )
    record = json.loads(out.read_text())
    (row,) = record["cases"]["laplacian"]["rows"]
    assert record["mode"] == "short" and record["machine"]["versions"]["jax"]
    assert {"jphoto", "stencil", "matrix"} <= set(row["product_seconds"])
    assert max(row["distance"].values()) <= laplacian.TOLERANCE


def test_an_unknown_case_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "--cases", "lapse"])
    with pytest.raises(SystemExit) as exit:
        run.main()
    assert exit.value.code == 2 and "no such case: lapse" in capsys.readouterr().err
