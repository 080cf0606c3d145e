"""The tools of the benchmarks: what may be timed, how, and what happens to a row that fails."""

import gc
import json
import time

import jax
import numpy as np
import pytest
from helpers.networks import BLOCKS, narrow_vgg16
from helpers.reference import assert_close

from bench.harness import photos, records, sides, timing
from bench.harness.context import Context
from bench.harness.work import evaluation_flops


@pytest.fixture
def context(tmp_path):
    return Context("short", tmp_path, size=64, rivals=False)


def test_quartiles_are_those_of_the_runs():
    found = timing.quartiles([5.0, 1.0, 2.0, 4.0, 3.0])
    assert found == {"median": 3.0, "quartile_1": 2.0, "quartile_3": 4.0, "runs": 5}


def test_contenders_take_turns_block_by_block(monkeypatch):
    monkeypatch.setattr(timing, "PAUSE_SECONDS", 0.0)
    calls = []

    def contender(name, once):
        def runs(count, warm_up):
            calls.append((name, count, warm_up))
            return [once] * count

        return runs

    effort = timing.Effort(blocks=2, seconds=1.0)
    found = timing.take_turns(
        {"slow": contender("slow", 3.0), "fast": contender("fast", 0.2)}, effort
    )
    blocks = [("slow", 1, 1), ("fast", 5, 2)]
    assert calls == [("slow", 1, 1), ("fast", 1, 1), *blocks, *blocks]
    assert found["slow"]["runs"] == 2 and found["fast"] == timing.quartiles([0.2] * 10)


def test_garbage_is_not_collected_while_timing():
    enabled = []
    warm_up_and_runs = timing.local(lambda: enabled.append(gc.isenabled()))
    assert len(warm_up_and_runs(2, 1)) == 2
    assert enabled == [True, False, False] and gc.isenabled()


def test_garbage_is_collected_again_after_a_failure():
    with pytest.raises(ZeroDivisionError):
        timing.local(lambda: 1 / 0)(1, 0)
    assert gc.isenabled()


def test_a_run_ends_when_the_device_has_finished(monkeypatch):
    waited = []
    monkeypatch.setattr(jax, "block_until_ready", waited.append)
    timing.seconds(lambda: "result")
    assert waited == ["result"]


@pytest.mark.parametrize("error", [2e-4, np.nan])
def test_a_contender_that_disagrees_is_not_timed(error):
    timing.check({"ours": 1e-5}, 1e-4)
    with pytest.raises(timing.Disagreement, match="theirs"):
        timing.check({"ours": 1e-5, "theirs": error}, 1e-4)


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


def test_rows_fail_one_by_one_and_stop_when_the_time_is_over(context):
    def measure(row):
        time.sleep(0.02)
        return {"half": 12 // row}

    found = context.rows([4, 0, 3], measure)
    assert [row.get("half") for row in found["rows"]] == [3, None, 4]
    assert records.failed(found) and found["rows"][1]["row"] == 0
    hurried = context.until(time.monotonic() + 0.01).rows([1, 2, 3], measure)
    assert len(hurried["rows"]) == 1 and hurried["left_out"] == [2, 3]


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
def test_stripes_are_soft_and_cover_every_pixel_once(count):
    masks = photos.stripes(count, 5, 240)
    assert masks.shape == (count, 5, 240) and masks.dtype == np.float32
    assert_close(masks.sum(0), np.ones((5, 240)))
    assert masks.min() >= 0 and masks.mean((1, 2)) == pytest.approx(1 / count)
    assert np.any((masks > 0) & (masks < 1)) == (count > 1)


def test_photos_are_enlarged_if_a_size_requires_it():
    pair = photos.pair(900, regions=3)
    assert max(pair.content.shape) == max(pair.style.shape) == 900
    assert pair.content_masks.shape == (3, *pair.content.shape[:2])
    assert photos.pair(64).content_masks.shape[1:] == (43, 64)


def test_a_list_of_numbers_is_one_line(tmp_path):
    record = {"numbers": [1, 2.5, -3], "text": ["a"], "none": []}
    assert json.loads(records.to_json(record)) == record
    assert '"numbers": [ 1, 2.5, -3 ]' in records.to_json(record)
    records.write_record(tmp_path / "record.json", record)
    assert [path.read_text() for path in tmp_path.iterdir()] == [records.to_json(record)]
