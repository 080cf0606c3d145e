"""The solver of one pair at several sizes, from coarse to fine."""

import threading

import numpy as np
import pytest
from helpers.solving import LARGE, run, totals

from jphoto.solver import programs
from jphoto.solver.progress import Status
from jphoto.solver.steps import PATIENCE_STEPS, begin
from jphoto.solver.vectorized import SINGLE


def test_sizes_go_from_coarse_to_fine(params, small_levels):
    told = []
    # 20 x 24 would be too small.
    solution = run(params, LARGE, told.append, levels=3, steps=4, start="content")
    assert [step.size for step in solution.steps] == [48] * 8 + [96] * 4
    assert solution.picture.shape == LARGE.content.shape
    alone = run(params, LARGE, levels=1, steps=4, start="content")
    assert [step.size for step in alone.steps] == [96] * 4
    assert solution.steps[8].total < alone.steps[0].total
    shares = [progress.share for progress in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert shares[[progress.step for progress in told].index(8)] == pytest.approx(8 / 24)
    assert {progress.steps for progress in told} == {12}


def test_targets_of_larger_sizes_are_asked_for_last_and_by_a_thread(
    params, small_levels, monkeypatch
):
    asked, main = [], threading.main_thread()
    for name in ("content_targets", "style_targets"):
        real = getattr(programs, name)

        def noted(*arrays, real=real, name=name, **options):
            picture = next(array for array in arrays if hasattr(array, "shape"))
            asked.append((name, picture.shape, threading.current_thread() is main))
            return real(*arrays, **options)

        noted.ahead = real.ahead
        monkeypatch.setattr(programs, name, noted)
    run(params, LARGE, levels=2, steps=1)
    (height, width, _), style = LARGE.content.shape, LARGE.style.shape
    expected = [
        ("content_targets", (height // 2, width // 2, 3), False),
        ("style_targets", (style[0] // 2, style[1] // 2, 3), False),
        ("content_targets", LARGE.content.shape, False),
        ("style_targets", style, False),
    ]
    assert asked == expected


@pytest.mark.parametrize(("share", "known"), [(0.0, True), (0.5, False)])
def test_a_size_goes_on_with_what_the_one_before_has_taught(
    params, small_levels, monkeypatch, share, known
):
    told = []

    def noted(targets, weights, picture, coarser, **chosen):
        started = begin(targets, weights, picture, coarser, **chosen)
        state = started.optimizer
        # Now, for states are donated to the steps after them.
        pairs = [None if s is None else int(s.history.pairs) for s in (coarser, state)]
        told.append((*pairs, state.history.moves.shape[1:]))
        return started

    monkeypatch.setattr("jphoto.solver.single.SINGLE", SINGLE._replace(begin=noted))
    chosen = {"levels": 2, "steps": 4, "preconditioner": "laplacian", "free_share": share}
    solution = run(params, LARGE, **chosen)
    before, first, shape = told[len(told) // 2]
    assert shape == LARGE.content.shape
    assert (before is not None) == (first > 0) == known
    if not known:
        return
    assert first == before

    def untaught(targets, weights, picture, coarser, **chosen):
        return begin(targets, weights, picture, **chosen)

    monkeypatch.setattr("jphoto.solver.single.SINGLE", SINGLE._replace(begin=untaught))
    start, *taught = totals(solution)[8:]
    same, *alone = totals(run(params, LARGE, **chosen))[8:]
    assert start == same and taught[-1] < alone[-1]


def test_stopped_at_a_coarse_size_the_picture_is_carried_to_the_full_one(params, small_levels):
    solution = run(params, LARGE, lambda progress: progress.step < 2, levels=2)
    assert solution.status is Status.STOPPED
    assert {step.size for step in solution.steps} == {48}
    assert solution.picture.shape == LARGE.content.shape
    colors = [picture.mean((0, 1)) for picture in (solution.picture, LARGE.style, LARGE.content)]
    assert np.abs(colors[0] - colors[1]).max() < 0.2 * np.abs(colors[2] - colors[1]).max()


@pytest.mark.parametrize(("levels", "expected"), [(1, {96: 2}), (2, {48: 4, 96: 2})])
def test_a_smaller_size_takes_twice_the_steps(params, small_levels, levels, expected):
    told = []
    solution = run(params, LARGE, told.append, levels=levels, steps=2)
    sizes = [step.size for step in solution.steps]
    assert {size: sizes.count(size) for size in sizes} == expected
    assert told[-1].steps == len(sizes) and told[-1].share == 1


def test_a_size_ends_when_steps_hardly_help(params, small_levels):
    told = []
    solution = run(params, LARGE, told.append, levels=2, steps=100, tolerance=0.01)
    assert solution.status is Status.CONVERGED
    for size in (48, 96):
        values = [step.total for step in solution.steps if step.size == size]
        assert PATIENCE_STEPS < len(values) < 100
        assert values[-1 - PATIENCE_STEPS] - values[-1] < PATIENCE_STEPS * 0.01 * values[-1]
    assert told[-1].share == 1 and told[-1].steps == told[-1].step


def test_how_many_steps_are_taken_at_once_makes_no_difference(params, small_levels, monkeypatch):
    found = []
    for seconds in (0.0, 1e9):
        monkeypatch.setattr("jphoto.solver.descent.CHUNK_SECONDS", seconds)
        found.append(run(params, LARGE, levels=2, steps=100, tolerance=0.01))
    one_by_one, all_at_once = found
    assert one_by_one.steps == all_at_once.steps
    assert one_by_one.status is all_at_once.status is Status.CONVERGED
    np.testing.assert_array_equal(one_by_one.picture, all_at_once.picture)
