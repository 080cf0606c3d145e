"""The benchmarks' own rules: what may be timed, how, and what becomes of a case that fails."""

import gc
import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import photos
import pytest
import run
import sides
import timing
from cases import laplacian, objective, solve
from context import Context
from flops import evaluation_flops
from helpers.networks import BLOCKS, narrow_vgg16
from helpers.reference import assert_close, photo
from helpers.scripts import load

from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import laplacian_product

ROOT = Path(__file__).resolve().parents[2]

EFFORT = timing.Effort(blocks=3, seconds=0.0)


@pytest.fixture
def context(tmp_path):
    return Context("short", tmp_path, size=64, rivals=False)


def test_quartiles_are_those_of_the_runs():
    found = timing.quartiles([5.0, 1.0, 2.0, 4.0, 3.0])
    assert found == {"median": 3.0, "quartile_1": 2.0, "quartile_3": 4.0, "runs": 5}


def test_contenders_take_turns_block_by_block(monkeypatch):
    monkeypatch.setattr(timing, "PAUSE", 0.0)
    asked = []

    def contender(name, once):
        def runs(count, warm_up):
            asked.append((name, count, warm_up))
            return [once] * count

        return runs

    effort = timing.Effort(blocks=2, seconds=1.0)
    found = timing.take_turns(
        {"slow": contender("slow", 3.0), "fast": contender("fast", 0.2)}, effort
    )
    blocks = [("slow", 1, 1), ("fast", 5, 2)]
    assert asked == [("slow", 1, 1), ("fast", 1, 1), *blocks, *blocks]
    assert found["slow"]["runs"] == 2 and found["fast"] == timing.quartiles([0.2] * 10)


def test_garbage_is_not_collected_while_timing():
    seen = []
    warm_up_and_runs = timing.local(lambda: seen.append(gc.isenabled()))
    assert len(warm_up_and_runs(2, 1)) == 2
    assert seen == [True, False, False] and gc.isenabled()


def test_garbage_is_collected_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        timing.local(lambda: 1 / 0)(1, 0)
    assert gc.isenabled()


def test_a_run_ends_when_the_device_has_done_its_work(monkeypatch):
    waited = []
    monkeypatch.setattr(jax, "block_until_ready", waited.append)
    timing.seconds(lambda: "result")
    assert waited == ["result"]


@pytest.mark.parametrize("error", [2e-4, np.nan])
def test_a_contender_that_disagrees_is_not_timed(error):
    timing.check({"ours": 1e-5}, 1e-4)
    with pytest.raises(timing.Disagreement, match="theirs"):
        timing.check({"ours": 1e-5, "theirs": error}, 1e-4)


def test_a_wrong_product_stops_its_case(context, monkeypatch):
    monkeypatch.setattr(laplacian, "stencil_product", lambda a, planes: 1.001 * planes)
    monkeypatch.setattr(laplacian, "take_turns", lambda *_: pytest.fail("timed all the same"))
    (row,) = laplacian.run(context)["rows"]
    assert row["error"].startswith("Disagreement") and "stencil" in row["error"]


def test_distances_are_relative():
    gradient = np.array([3.0, 4.0])
    found = sides.distances({"theirs": (2.2, 1.1 * gradient)}, (2.0, gradient))["theirs"]
    assert (found["total"], found["gradient norm"]) == (pytest.approx(0.1), pytest.approx(0.1))


def test_a_gradient_may_jump_in_a_few_places_but_not_everywhere():
    gradient = np.random.default_rng(0).normal(size=10_000)
    jumps = np.where(np.arange(10_000) < 5, 0.5, 0.0)
    for other, agrees in ((gradient + jumps, True), (1.03 * gradient, False)):
        errors = sides.distances({"theirs": (1.0, other)}, (1.0, gradient))
        if agrees:
            sides.check_evaluations(errors, "float32")
        else:
            with pytest.raises(timing.Disagreement, match="gradient norm of theirs"):
                sides.check_evaluations(errors, "float32")


def test_a_failing_case_is_recorded_and_the_others_go_on(context):
    cases = {
        "good": run.Case(lambda context: {"value": 1}, 0.5),
        "bad": run.Case(lambda context: {}["nothing"], 0.3),
        "last": run.Case(lambda context: {"rows": []}, 0.2),
    }
    done = dict(run.measured(cases, context, limit=100.0))
    assert done["good"]["value"] == 1 and done["last"]["rows"] == []
    assert done["bad"]["error"] == "KeyError: 'nothing'"
    assert [run.failed(done[name]) for name in cases] == [False, True, False]


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


def test_rows_fail_one_by_one_and_end_with_the_time(context):
    def measure(row):
        time.sleep(0.02)
        return {"half": 12 // row}

    found = context.rows([4, 0, 3], measure)
    assert [row.get("half") for row in found["rows"]] == [3, None, 4]
    assert run.failed(found) and found["rows"][1]["row"] == 0
    hurried = context.until(time.monotonic() + 0.01).rows([1, 2, 3], measure)
    assert len(hurried["rows"]) == 1 and hurried["left_out"] == [2, 3]


def test_the_stencil_is_the_laplacian():
    content = jnp.asarray(photo("textured", 11, 14))
    planes = jnp.asarray(photo("textured", 11, 14, 1)).transpose(2, 0, 1)
    affinities = matting_affinities(content)
    found = jax.jit(laplacian.stencil_product)(laplacian.stencil(affinities), planes)
    assert_close(found, laplacian_product(affinities, planes))


def test_flops_are_multiplications_and_additions_by_hand():
    # Pixels of each block of a 35 x 41 picture, sizes rounded up.
    pixels = dict(zip(range(1, 6), (35 * 41, 18 * 21, 9 * 11, 5 * 6, 3 * 3), strict=True))
    regions, width, expected = 2, 3, 0
    for block, count, channels in BLOCKS:
        for place in range(count):
            if (block, place) != (5, 1):
                forward = pixels[block] * 9 * width * channels
                expected += 2 * (forward + forward)
            width = channels
        expected += 2 * regions * 2 * channels**2 * pixels[block]
    assert evaluation_flops(narrow_vgg16(), (35, 41), regions) == expected


@pytest.mark.parametrize("count", [1, 3, 6])
def test_stripes_are_soft_and_share_out_every_pixel(count):
    masks = photos.stripes(count, 5, 240)
    assert masks.shape == (count, 5, 240) and masks.dtype == np.float32
    assert_close(masks.sum(0), np.ones((5, 240)))
    assert masks.min() >= 0 and masks.mean((1, 2)) == pytest.approx(1 / count)
    assert np.any((masks > 0) & (masks < 1)) == (count > 1)


def test_photos_are_enlarged_where_a_size_asks_for_it():
    pair = photos.pair(900, regions=3)
    assert max(pair.content.shape) == max(pair.style.shape) == 900
    assert pair.content_masks.shape == (3, *pair.content.shape[:2])
    assert photos.pair(64).content_masks.shape[1:] == (43, 64)


def test_a_curve_is_where_the_objective_improves():
    found = solve.curve(
        [5.0, 6.0, np.nan, 4.0, 4.0, 3.0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], range(1, 7)
    )
    expected = {"evaluations": [1, 4, 6], "seconds": [0.1, 0.4, 0.6], "objective": [5.0, 4.0, 3.0]}
    assert found == expected


def test_the_rival_is_the_faster_one():
    medians = {"jphoto": 2.0, "torch": 5.0, "torch compiled": 3.0}
    assert objective.comparison(medians) == {"rival": "torch compiled", "ratio": 1.5}
    assert objective.comparison({"jphoto": 2.0}) == {}


def test_a_list_of_numbers_is_one_line():
    record = {"numbers": [1, 2.5, -3], "text": ["a"], "none": []}
    assert json.loads(run.written(record)) == record
    assert '"numbers": [ 1, 2.5, -3 ]' in run.written(record)


def test_the_command_writes_a_record(tmp_path):
    out = tmp_path / "found.json"
    command = [
        sys.executable,
        ROOT / "bench" / "run.py",
        "--cases",
        "laplacian",
        "--size",
        "64",
        "--alone",
    ]
    subprocess.run([*command, "--out", out], check=True, capture_output=True)
    record = json.loads(out.read_text())
    (row,) = record["cases"]["laplacian"]["rows"]
    assert record["mode"] == "short" and record["machine"]["versions"]["jax"]
    assert {"jphoto", "stencil", "matrix"} <= set(row["product_seconds"])
    assert max(row["distance"].values()) <= laplacian.TOLERANCE


def test_an_unknown_case_is_refused():
    command = [sys.executable, ROOT / "bench" / "run.py", "--cases", "lapse"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "no such case: lapse" in done.stderr


def results():
    """A made-up record with every case that tables and plots show."""
    times = {"median": 0.004, "quartile_1": 0.003, "quartile_3": 0.005, "runs": 9}
    size = {"height": 40, "width": 64}
    curve = {"evaluations": [1, 2], "seconds": [0.1, 0.2], "objective": [2.0, 1.0]}
    method = {"evaluations": 2, "seconds": 0.2, "prepare_seconds": 0.1, "objective": 1.0}
    held = {"resident": 10**9}
    row = {"size": size, "long_side": 64, "regions": 2}
    cases = {
        "objective": {
            **row,
            "precision": "float32",
            "seconds": {"jphoto": times, "torch": {**times, "median": 0.03}},
            "rival": "torch",
            "ratio": 7.5,
        },
        "solve": {**row, "methods": {"jphoto": {**method, "curve": curve}}},
        "memory": {**row, "processes": {"evaluation": {"peak_bytes": held}}},
    }
    machine = {"device": "cpu", "processor": "a processor", "cores": 2}
    rows = {name: {"rows": [row, {"error": "none"}]} for name, row in cases.items()}
    return {"cpu": {"machine": machine, "cases": rows}}


def test_tables_show_what_was_measured(monkeypatch):
    tables = load("readme_tables")
    monkeypatch.setattr(tables, "results", results)
    text = "".join(
        f"<!-- {name} -->\n<!-- /{name} -->\n" for name in ("benchmark", "solve", "memory")
    )
    found = tables.updated(text)
    assert "| 64 x 40 | 2 | float32 | 4.0 ms | 30 ms | 7.50 |" in found
    assert "| jphoto | 2 | 0.20 | 0.10 | 1.000 |" in found
    assert "| 64 x 40 | 1.00 GB |" in found
    with pytest.raises(LookupError, match="nothing about laplacian"):
        tables.laplacian_table()


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is absent")
def test_plots_carry_a_digest_of_their_figures(tmp_path):
    plots = load("plots")
    assert plots.stale(results(), tmp_path) == ["convergence", "memory"]
    plots.draw(results(), tmp_path)
    assert plots.stale(results(), tmp_path) == []
    changed = results()
    changed["cpu"]["cases"]["solve"]["rows"][0]["methods"]["jphoto"]["evaluations"] = 3
    assert plots.stale(changed, tmp_path) == ["convergence"]
