"""`scripts/gpu`: every step is recorded, whatever happens to it, with the CPU as a stand-in."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from helpers.session import run_session
from helpers.solving import tiny_network

from bench.cases import batch as batch_case
from bench.gpu import batch, estimate, machine, objective, parity, stand_ins, transfer
from bench.gpu.plan import STEPS
from bench.gpu.session import slug, summary
from bench.harness import memory_probe, network
from bench.harness.context import Context
from bench.harness.records import failed
from jphoto.solver.progress import Status
from jphoto.solver.progress import Step as SolverStep
from jphoto.solver.single import Solution
from jphoto.weights import archive

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ["bash", ROOT / "scripts" / "gpu"]


@pytest.fixture
def environment(tmp_path):
    """Variables with a Python of the tests for the script, and a CPU as jax's only device."""
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "python").chmod(0o755)
    return {**os.environ, "JPHOTO_VENV": str(tmp_path / "venv"), "JAX_PLATFORMS": "cpu"}


def test_without_an_accelerator_it_says_so_and_exits_2(environment, tmp_path):
    done = subprocess.run(
        COMMAND, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "scripts/gpu: jax finds no GPU or TPU on this machine, only the CPU\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--steps", "parity,lunch"], "no such step: lunch"),
        (["--stand-in", "cpu"], "--stand-in needs --out"),
    ],
)
def test_wrong_options_are_refused(environment, options, words):
    done = subprocess.run(
        [*COMMAND, *options], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and words in done.stderr


def test_the_stand_in_runs_a_real_step(environment, tmp_path):
    out = tmp_path / "cpu.json"
    options = ["--stand-in", "cpu", "--size", "64", "--steps", "tests", "--out", out]
    subprocess.run([*COMMAND, *options], env=environment, capture_output=True, check=True)
    record = json.loads(out.read_text())
    assert (record["mode"], record["platform"]) == ("gpu", "cpu")
    assert record["machine"]["versions"]["jax"] == jax.__version__
    assert record["network"]["name"] in ("vgg16", "vgg19") and record["took_seconds"] > 0
    case = record["cases"]["tests"]
    assert len(case["rows"]) >= 5 and "unfinished" not in case
    assert {row["outcome"] for row in case["rows"]} == {"skipped"}


def test_a_step_that_fails_is_recorded_and_the_next_runs(tmp_path):
    cases = run_session(tmp_path / "record.json", ["raising", "crashing", "good"])
    assert cases["raising"] | {"took_seconds": 0} == {
        "rows": [], "error": "ValueError: no", "took_seconds": 0,
    }  # fmt: skip
    assert cases["crashing"]["rows"] == [{"value": 1}]
    assert cases["crashing"]["error"] == f"the process ended with status {-signal.SIGABRT}"
    assert cases["good"]["rows"] == [{"value": 1}] * 2 and "error" not in cases["good"]
    assert [failed(case) for case in cases.values()] == [True, True, False]
    assert summary(cases["crashing"]) == f"1 rows, {cases['crashing']['error']}"


def test_a_step_that_takes_too_long_is_stopped_and_keeps_its_rows(tmp_path):
    began = time.monotonic()
    cases = run_session(tmp_path / "record.json", ["slow", "last"], seconds=2.0)
    assert time.monotonic() - began < 5
    assert cases["slow"]["rows"] == [{"value": 1}]
    assert cases["slow"]["error"] == "stopped after 1 seconds"
    assert cases["last"]["rows"] == [{"value": 1}]


def test_a_step_without_time_or_packages_is_left_out(tmp_path):
    late = run_session(tmp_path / "record.json", ["good"], seconds=-1.0)
    assert late["good"] == {"rows": [], "left_out": "no time was left"}
    lacking = run_session(
        tmp_path / "record.json", ["good"], missing=["torch", "pytest"], needs=("pytest",)
    )
    assert lacking["good"] == {"rows": [], "left_out": "needs pytest"}


def test_a_kill_after_the_second_step_leaves_a_valid_record(tmp_path):
    out = tmp_path / "record.json"
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.session", out, "good", "last", "slow"],
        env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if out.exists() and json.loads(out.read_text())["cases"].get("slow", {}).get("rows"):
                break
            time.sleep(0.05)
        process.kill()
    cases = json.loads(out.read_text())["cases"]
    assert len(cases["good"]["rows"]) == 2 and len(cases["last"]["rows"]) == 1
    assert cases["slow"] == {"rows": [{"value": 1}], "unfinished": True}


def test_a_worker_ends_with_its_session(environment):
    options = json.dumps({"platform": "cpu", "seconds": 60, "size": 64})
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.gpu.worker", "parity", options],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=30) == -signal.SIGKILL


def test_the_slug_of_a_device_is_a_file_name():
    assert slug("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3"
    assert slug("TPU v4") == "tpu-v4"


def test_the_shares_of_the_steps_are_the_whole_time():
    assert sum(step.share for step in STEPS.values()) == pytest.approx(1)
    assert {name: step.module for name, step in STEPS.items()} == {
        name: f"bench.gpu.{name}" for name in STEPS
    }


# The steps themselves.


@pytest.fixture
def rows():
    return []


@pytest.fixture
def context(tmp_path):
    return Context("full", tmp_path, size=64, rivals=False)


@pytest.fixture
def tiny(monkeypatch):
    """A network of few and narrow layers in place of VGG-16."""
    vgg = SimpleNamespace(params=tiny_network(), preprocessing="torchvision")
    monkeypatch.setattr(network.weights, "load", lambda name: vgg)
    network.network.cache_clear()
    network._params_on.cache_clear()
    yield
    network.network.cache_clear()
    network._params_on.cache_clear()


def solution(picture, total=1.0):
    return Solution(picture, (SolverStep(*[total] * 6, 64),), Status.FINISHED, {"solve": 0.1})


def test_parity_compares_both_devices(context, rows, tiny, monkeypatch):
    pictures = iter([np.zeros((4, 4, 3)), np.full((4, 4, 3), 2 / 255)])
    monkeypatch.setattr(parity, "solve", lambda *_: solution(next(pictures)))
    parity.run(context, rows.append)
    assert [row["what"] for row in rows] == [
        "loss and gradient, float32", "Gram matrices", "matting Laplacian product", "short solve",
    ]  # fmt: skip
    assert not any("error" in row for row in rows)
    parity.evaluated.cache_clear()
    assert rows[0]["distance"] == {"total": 0, "gradient norm": 0}
    assert 0 < rows[2]["distance"]["accelerator"] <= rows[2]["tolerance"]["accelerator"]
    assert rows[3]["distance"] == {"objective": 0, "levels": pytest.approx(2)}


@pytest.mark.parametrize("error", [2.0, np.nan])
def test_a_result_that_differs_is_an_error(error):
    found = parity.row("a sum", {"near": 0.1, "far": error}, {"near": 1.0, "far": 1.0})
    assert found["error"] == "too far off: far" and found["distance"]["near"] == 0.1


def test_a_transfer_has_cold_and_warm_seconds_and_memory(context, rows, monkeypatch):
    result = SimpleNamespace(
        seconds={"total": 3.0}, steps=solution(None).steps, regions=(), solved=np.zeros((43, 64, 3))
    )
    monkeypatch.setattr("jphoto.transfer", lambda *_, **__: result)

    def probe(what, options):
        found = getattr(memory_probe, what)(**options)
        peaks = {"resident": 10**9, "device": 2 * 10**9}
        return {**found, "platform": "gpu", "peak_bytes": peaks, "all_seconds": [9.0, 2.0, 1.0]}

    monkeypatch.setattr(transfer, "probe", probe)
    monkeypatch.setattr(estimate, "probe", probe)
    transfer.run(context, rows.append)
    estimate.run(context, rows.append)
    first, second = rows
    assert (first["cold_seconds"], first["warm_seconds"]) == (9.0, 1.0)
    assert first["size"] == {"height": 43, "width": 64} and first["long_side"] == 64
    for row in rows:
        assert row["held_bytes"] == 2 * 10**9
        assert row["ratio"] == row["expected_bytes"] / row["held_bytes"]
    assert second["what"]["size"] == 64 and json.dumps(rows)


def test_a_batch_has_pairs_per_minute(context, rows, tiny, monkeypatch):
    def solve(pair, *_, **__):
        return solution(pair.content)

    monkeypatch.setattr(batch_case, "solve", solve)
    monkeypatch.setattr(batch_case, "solve_batch", lambda pairs, *_: [*map(solve, pairs)])
    peaks = iter([10, 20])
    monkeypatch.setattr(batch_case, "held_bytes", lambda: next(peaks))
    batch_case.solved_singly.cache_clear()
    batch.run(context, rows.append)
    batch_case.solved_singly.cache_clear()
    (row,) = rows
    assert "error" not in row, row
    assert (row["at_once"], row["pairs"], row["most_levels_apart"]) == (2, 2, 0)
    assert row["pairs_a_minute"] == pytest.approx(60 / row["seconds_a_pair"])
    assert row["held_bytes"] == 20 and row["expected_bytes"] > 0 and json.dumps(row)


def test_the_objective_is_timed_in_the_precision_of_transfers(context, rows, monkeypatch):
    monkeypatch.setattr(objective, "measure", lambda context, row: row._asdict())
    objective.run(context, rows.append)
    assert rows == [{"size": 64, "regions": None, "precision": "float32"}]


def test_random_weights_have_the_shapes_of_vgg19(tmp_path):
    path = tmp_path / "vgg19.safetensors"
    machine.write_random(path)
    found = archive.read(path, "vgg19")
    assert found.source == "random" and len(found.params) == 16
    kernel = found.params["conv3_2"]["kernel"]
    assert kernel.shape == (3, 3, 256, 256)
    assert kernel.std() == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)


def test_stand_ins_serve_the_imports_of_a_transfer(tmp_path):
    assert stand_ins.install(["jaxtyping", "torch", "platformdirs", "psutil"], tmp_path) == [
        "jaxtyping", "platformdirs", "psutil",
    ]  # fmt: skip
    program = (
        "import jaxtyping, platformdirs, psutil, jphoto.pipeline.transfer as t, sys\n"
        "assert jaxtyping.__file__.startswith(sys.argv[1])\n"
        "print(platformdirs.user_cache_path('jphoto').name, psutil.virtual_memory().available,\n"
        "      psutil.Process().memory_info().rss, t.transfer.__name__)"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    name, available, resident, function = done.stdout.split()
    assert (name, function) == ("jphoto", "transfer")
    assert int(available) > int(resident) > 10**7
