"""What the solver of one pair reports while it runs, and how it is stopped."""

import numpy as np
import pytest
from helpers.solving import LARGE, run

import jphoto
from jphoto.solver.progress import Progress, Status
from jphoto.solver.steps import CHUNK_STEPS


def test_progress_is_told_at_rising_steps(params):
    told = []
    solution = run(params, steps=13, progress=told.append)
    assert all(isinstance(progress, Progress) for progress in told)
    steps = [progress.step for progress in told]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[1], steps[-1]) == (0, 1, 13)
    assert all(progress.steps == 13 for progress in told)
    assert told[0].terms is None and told[0].share == 0
    assert [progress.terms for progress in told[1:]] == [solution.steps[k - 1] for k in steps[1:]]
    assert np.cumsum([progress.taken for progress in told]).tolist() == steps
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)


def test_progress_shows_the_best_picture_from_the_start_on(params, monkeypatch):
    monkeypatch.setattr("jphoto.solver.descent.CHUNK_SECONDS", 0.0)  # it is told of every step
    shown = []

    def watch(progress):
        shown.append(progress.picture())
        watch.last = progress

    own = {"optimizer": "adam", "style_strength": 0.5}  # Adam ends with its best picture
    solution = run(params, LARGE, watch, levels=2, steps=3, start="content", **own)
    assert {picture.shape for picture in shown} == {LARGE.content.shape}
    assert all(picture.min() >= 0 and picture.max() <= 1 for picture in shown)
    np.testing.assert_allclose(shown[0], LARGE.content, atol=1e-3)
    np.testing.assert_allclose(shown[-1], solution.picture.clip(0, 1), atol=1e-6)
    away = [np.abs(picture - solution.picture).mean() for picture in shown]
    assert away[-1] < away[len(away) // 2] < away[0]
    with pytest.raises(jphoto.JphotoError, match="only until the callback returns"):
        watch.last.picture()


def test_quick_pictures_of_progress_have_the_contents_detail(params, monkeypatch, small_levels):
    monkeypatch.setattr("jphoto.solver.descent.CHUNK_SECONDS", 0.0)
    shown = []

    def watch(progress):
        size = progress.terms.size if progress.terms else 48
        shown.append((size, progress.picture(quick=True), progress.picture()))

    run(params, LARGE, watch, levels=2, steps=2, start="content")
    assert {size for size, *_ in shown} == {48, 96}
    for size, quick, lifted in shown:
        assert quick.shape == LARGE.content.shape and quick.min() >= 0 and quick.max() <= 1
        assert np.abs(quick - lifted).mean() <= (0.02 if size == 48 else 0)
    np.testing.assert_allclose(shown[0][1], LARGE.content, atol=1e-3)


def test_it_may_be_stopped_before_the_first_step(params):
    solution = run(params, LARGE, lambda progress: False, levels=2, start="content")
    assert (solution.status, solution.steps) == (Status.STOPPED, ())
    np.testing.assert_allclose(solution.picture, LARGE.content, atol=1e-2)


def test_progress_may_stop_it(params):
    solution = run(params, steps=1000, progress=lambda progress: progress.step < 3)
    assert solution.status is Status.STOPPED
    assert 3 <= len(solution.steps) <= 2 + CHUNK_STEPS


def test_time_is_told_by_phase(params):
    assert run(params).seconds.keys() == {"prepare", "solve", "smooth"}
