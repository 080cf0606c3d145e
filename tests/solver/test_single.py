"""The solver of one pair, with a tiny made-up network: host loop, starts, endings, compilation."""

import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import LARGE, PAIR, make_pair, run, targets_of, totals

import jphoto
from jphoto.compilation import program
from jphoto.objectives.dimensionless import DIMENSIONLESS, evaluate
from jphoto.objectives.targets import LossWeights
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.pairs import bucket
from jphoto.solver.progress import Progress, Status
from jphoto.solver.single import recolor, solve
from jphoto.solver.steps import CHUNK_STEPS, PATIENCE_STEPS, advance, begin
from jphoto.solver.vectorized import SINGLE


@pytest.mark.parametrize(("optimizer", "share"), [("lbfgs", 0.75), ("adam", 0.85)])
def test_the_objective_falls_and_never_rises(params, optimizer, share):
    solution = run(params, optimizer=optimizer, start="content", steps=20)
    values = totals(solution)
    assert solution.status is Status.FINISHED
    assert np.all(np.diff(values) <= 0)
    assert values[-1] < share * values[0]


@pytest.mark.parametrize(("optimizer", "further"), [("lbfgs", 1), ("adam", 0)])
def test_the_picture_is_the_one_of_the_last_terms(params, optimizer, further):
    """L-BFGS ends with the picture that a further step would evaluate."""
    # So large a rate that Adam overshoots and its last picture is not its best.
    chosen = {
        "style_weight": 1.5, "content_weight": 0.5, "photorealism_weight": 100.0,
        "recoloring_weight": 3.0, "variation_weight": 0.2,
    }  # fmt: skip
    both = {"optimizer": optimizer, "learning_rate": 0.3, **chosen}
    solution = run(params, **both, steps=13)
    evaluated = run(params, **both, steps=13 + further).steps
    targets = targets_of(params, PAIR)
    weights = LossWeights(*chosen.values())
    _, terms = jax.jit(evaluate, static_argnums=1)(
        params, "torchvision", targets, weights, solution.picture
    )
    np.testing.assert_allclose(terms, evaluated[-1][:-1], rtol=1e-4)
    assert solution.picture.dtype == np.float32


def test_the_total_is_the_weighted_sum_of_the_terms(params):
    chosen = {
        "style": 2.0,
        "content": 3.0,
        "photorealism": 4.0,
        "recoloring": 5.0,
        "variation": 6.0,
    }
    for step in run(params, **{f"{term}_weight": weight for term, weight in chosen.items()}).steps:
        parts = sum(weight * getattr(step, term) for term, weight in chosen.items())
        np.testing.assert_allclose(step.total, parts, rtol=1e-5)


def test_the_first_terms_are_the_starts(params):
    np.testing.assert_array_equal(run(params, start="content", steps=1).picture, PAIR.content)


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


def test_without_steps_colors_move_to_the_styles_region_by_region():
    told = []
    settings = Settings.preset("preview", style_strength=1.0)
    solution = recolor(PAIR, settings, told.append, bucket(PAIR, 48))
    assert (solution.status, solution.steps) == (Status.FINISHED, ())
    for mask, style_mask in zip(PAIR.content_masks, PAIR.style_masks, strict=True):
        inside, goal = mask[..., None] == 1, style_mask[..., None] == 1
        before, after, wanted = (
            photo.mean((0, 1), where=region)
            for photo, region in (
                (PAIR.content, inside), (solution.picture, inside), (PAIR.style, goal)
            )
        )  # fmt: skip
        assert np.abs(after - wanted).max() < 0.2 * np.abs(before - wanted).max()
    (report,) = told
    assert (report.step, report.share, report.terms) == (0, 1.0, None)
    np.testing.assert_array_equal(report.picture(), solution.picture.clip(0, 1))
    half = recolor(PAIR, Settings.preset("preview", style_strength=0.5), lambda _: False)
    assert half.status is Status.STOPPED
    middle = (PAIR.content + solution.picture) / 2
    np.testing.assert_allclose(half.picture, middle, atol=1e-4)


def test_progress_may_stop_it(params):
    solution = run(params, steps=1000, progress=lambda progress: progress.step < 3)
    assert solution.status is Status.STOPPED
    assert 3 <= len(solution.steps) <= 2 + CHUNK_STEPS


def test_every_start_is_its_own_picture(params):
    color, content, noise, other = (
        run(params, steps=1, **chosen).picture
        for chosen in ({}, {"start": "content"}, {"start": "noise"}, {"start": "noise", "seed": 1})
    )
    np.testing.assert_array_equal(content, PAIR.content)
    means = [photo.mean((0, 1)) for photo in (color, PAIR.style, PAIR.content)]
    assert np.abs(means[0] - means[1]).max() < 0.2 * np.abs(means[2] - means[1]).max()
    for picture in (noise, other):
        away = picture - programs.MEAN_COLOR
        assert abs(away.mean()) < 0.1 * programs.START_NOISE
        np.testing.assert_allclose(away.std(), programs.START_NOISE, rtol=0.05)
    assert np.abs(noise - other).max() > programs.START_NOISE
    np.testing.assert_array_equal(run(params, steps=1, start="noise", seed=1).picture, other)


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


def test_the_preconditioner_gets_further_in_as_many_steps(params):
    chosen = {"start": "content", "photorealism_weight": 2000.0, "steps": 12}
    plain = run(params, **chosen)
    found = run(params, preconditioner="laplacian", **chosen)
    assert found.status is Status.FINISHED
    assert np.all(np.diff(totals(found)) <= 0)
    away = totals(plain)[-1] / totals(found)[-1]
    assert away > 1.1, away


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


def test_without_photorealism_the_preconditioner_does_no_harm(params):
    chosen = {"start": "content", "photorealism_weight": 0.0, "steps": 12}
    plain, found = (run(params, preconditioner=p, **chosen) for p in ("none", "laplacian"))
    assert totals(found)[-1] < 1.1 * totals(plain)[-1]


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


def test_the_free_stage_comes_first_and_knows_no_photorealism(params):
    two = run(params, free_share=0.5, photorealism_weight=1e4, start="content", steps=10)
    free = run(params, photorealism_weight=0.0, start="content", steps=5)
    assert two.steps[:5] == free.steps
    assert two.steps[5][1:] == free.steps[-1][1:]  # the next stage begins at the same picture
    np.testing.assert_allclose(
        two.steps[5].total - free.steps[-1].total, 1e4 * free.steps[-1].photorealism, rtol=1e-4
    )
    assert two.steps[-1].photorealism < two.steps[5].photorealism


@pytest.mark.parametrize("optimizer", ["lbfgs", "lbfgs-fixed", "adam"])
def test_nan_weights_end_it_with_the_start(params, optimizer):
    broken = {**params, "conv3_1": {**params["conv3_1"], "bias": jnp.float32([np.nan] * 6)}}
    solution = run(broken, optimizer=optimizer, start="content")
    assert solution.status is Status.NOT_FINITE
    np.testing.assert_array_equal(solution.picture, PAIR.content)


def test_a_photo_in_its_own_style_stays_as_it_is(params):
    same = PAIR._replace(style=PAIR.content, style_masks=PAIR.content_masks)
    solution = run(params, same, start="content", steps=30)
    first = solution.steps[0]
    assert (first.content, first.photorealism) == (0, 0)
    assert first.style < 1e-12  # both sum the same products, each in an order of its own
    # Rounding in the color transfer of a photo to itself.
    assert first.recoloring < 1e-8
    assert solution.steps[-1].total <= first.total
    assert np.abs(solution.picture - PAIR.content).max() < 0.005


def test_another_weight_or_seed_compiles_nothing(params, compilations):
    run(params, start="noise")
    run(params, optimizer="adam")
    compilations.clear()
    run(params, start="noise", seed=3, steps=13)
    run(params, start="noise", style_weight=2.0, content_weight=0.0, photorealism_weight=7.5)
    run(params, optimizer="adam", learning_rate=0.5)
    assert compilations == []


def test_whole_numbers_as_weights_compile_nothing(params, compilations):
    run(params)
    settings = Settings(steps=3, levels=1, preconditioner="none", smoothing="none")
    # As a user may write it, and the run-time check of annotations would refuse.
    object.__setattr__(settings, "photorealism_weight", 50)
    object.__setattr__(settings, "learning_rate", 1)
    compilations.clear()
    solve(PAIR, params, "torchvision", settings)
    assert compilations == []


def test_a_new_size_compiles_each_program_once(params, compilations):
    run(params, optimizer="adam")
    compilations.clear()
    pair = make_pair((41, 48), (36, 44))
    run(params, pair, steps=13, optimizer="adam")
    programs = len(compilations)
    # Style, preparation, start, state, steps.
    assert 4 <= programs <= 6
    run(params, pair, steps=2, optimizer="adam")
    assert len(compilations) == programs


def test_time_is_told_by_phase(params):
    assert run(params).seconds.keys() == {"prepare", "solve", "smooth"}


@pytest.fixture
def evaluations(monkeypatch, nothing_kept):
    """A list of the totals of all pictures that are evaluated, in the compiled program itself."""
    seen = []

    def counted(*arguments):
        total, terms = evaluate(*arguments)
        jax.debug.callback(lambda total: seen.append(float(total)), total)
        return total, terms

    monkeypatch.setitem(programs.OBJECTIVES, "jphoto", DIMENSIONLESS._replace(evaluate=counted))
    static = ("preprocessing", "objective", "optimizer", "preconditioner")
    traced_anew = program(static=static, donated=(4,))(advance.__wrapped__)
    monkeypatch.setattr("jphoto.solver.single.SINGLE", SINGLE._replace(advance=traced_anew))
    return seen


def test_as_many_evaluations_as_steps(params, evaluations):
    for steps in (1, 7, 10, 13):
        evaluations.clear()
        solution = run(params, steps=steps)
        jax.effects_barrier()
        assert len(solution.steps) == len(evaluations) == steps
        assert solution.steps[0].total == evaluations[0]
        assert solution.steps[-1].total == min(evaluations)
