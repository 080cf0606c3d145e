"""The cases of the benchmarks: a wrong result is not timed, and records say what was measured."""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import assert_close, photo

from bench.cases import (
    batch_memory,
    busy_cores,
    first_look,
    laplacian,
    objective,
    proportions,
    solve,
)
from bench.harness import transfers
from bench.harness.context import Context
from jphoto import images
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import laplacian_product


@pytest.fixture
def context(tmp_path):
    return Context("short", tmp_path, size=64, rivals=False)


def test_a_wrong_product_stops_its_case(context, monkeypatch):
    monkeypatch.setattr(laplacian, "stencil_product", lambda a, planes: 1.001 * planes)
    monkeypatch.setattr(laplacian, "take_turns", lambda *_: pytest.fail("timed all the same"))
    (row,) = laplacian.run(context)["rows"]
    assert row["error"].startswith("Disagreement") and "stencil" in row["error"]


def test_the_stencil_is_the_laplacian():
    content = jnp.asarray(photo("textured", 43, 64))
    planes = np.ascontiguousarray(photo("textured", 43, 64, 1).transpose(2, 0, 1))
    affinities = matting_affinities(content)

    @jax.jit
    def found(affinities, planes):
        return laplacian.stencil_product(laplacian.stencil(affinities), planes)

    assert_close(found(affinities, planes), jax.jit(laplacian_product)(affinities, planes))


def test_a_curve_has_the_evaluations_that_improve_the_objective():
    found = solve.curve(
        [5.0, 6.0, np.nan, 4.0, 4.0, 3.0], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], range(1, 7)
    )
    expected = {"evaluations": [1, 4, 6], "seconds": [0.1, 0.4, 0.6], "objective": [5.0, 4.0, 3.0]}
    assert found == expected


def test_the_rival_is_the_faster_one():
    medians = {"jphoto": 2.0, "torch": 5.0, "torch compiled": 3.0}
    assert objective.comparison(medians) == {"rival": "torch compiled", "ratio": 1.5}
    assert objective.comparison({"jphoto": 2.0}) == {}


def test_the_first_look_is_timed_by_phases_and_beside_its_limits(context, monkeypatch):
    monkeypatch.setattr(first_look, "RUNS", {"short": 1})
    monkeypatch.setattr("jphoto.segmentation.automatic_regions.FEATURES_SIDE", 192)
    row = first_look.inside(context, 64)
    assert set(row["seconds"]) == {"inside, regions found", "inside, masks"}
    assert all(times["runs"] == 1 for times in row["seconds"].values())
    assert row["limit_seconds"]["inside, masks"] == first_look.LIMITS_SECONDS["inside, masks"]
    assert {"read", "regions", "solve", "lift"} <= set(row["phases"])


def test_a_first_look_is_a_whole_process(context, monkeypatch):
    made = {"seconds": {"read": 1.0}, "settings": {"regions": "none"}}
    monkeypatch.setattr(first_look, "RUNS", {"short": 2})
    command = [sys.executable, "-c", f"print({json.dumps(json.dumps(made))})"]
    monkeypatch.setattr(first_look, "module_command", lambda *_: command)
    row = first_look.process(context, 64)
    assert row["seconds"]["process"]["runs"] == 2 and row["phases"] == {"read": 1.0}


@pytest.mark.parametrize(
    ("words", "shape"), [("3:2", (43, 64)), ("2:3", (64, 43)), ("1:1", (64, 64))]
)
def test_photos_of_new_proportions_are_transferred_twice(context, monkeypatch, words, shape):
    given = []
    monkeypatch.setattr(
        transfers, "module_command", lambda *arguments: given.append(arguments) or ["true"]
    )
    row = proportions.measure(context, words, 64)
    assert row["further_seconds"] == row["first_seconds"] - row["second_seconds"]
    _, _, content, style, *_ = given[0]
    for path in (content, style):
        size = images.working_size(images.read_picture(path, role="photo").shape[:2], 64)
        np.testing.assert_allclose(size, shape, atol=1)


def test_busy_cores_are_processor_time_by_time(context):
    def working():
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass

    idle, busy = (
        busy_cores.measure(context, work)["cores"] for work in (lambda: time.sleep(0.1), working)
    )
    assert idle < 0.1 * busy


def test_a_batch_is_looked_at_after_each_pair(tmp_path):
    """Of the process that works: this one writes three lines, and holds more after the last."""
    lines = [
        "import pathlib, sys, time",
        "journal = pathlib.Path(sys.argv[1])",
        "for pair in range(3):",
        "    held = b'.' * (pair // 2 * 2**28)",
        "    with journal.open('a') as file: print('{}', file=file)",
        "    time.sleep(0.5)",
    ]
    (tmp_path / "out").mkdir()
    journal = tmp_path / "out" / "results.jsonl"
    working = [sys.executable, "-c", "\n".join(lines), str(journal)]
    starting = f"import subprocess; subprocess.run({working!r}, check=True)"
    after = batch_memory.watch([sys.executable, "-c", starting], tmp_path)
    assert len(after) == 3 and after[0]["seconds"] < after[1]["seconds"] < after[2]["seconds"]
    assert after[2]["resident"] - after[1]["resident"] > 2**27
    assert after[2]["peak"] >= after[2]["resident"] and after[0]["mappings"] > 10
