"""Many transfers from Python: in order, errors pair by pair, as one transfer alone."""

import itertools

import numpy as np
import pytest
from PIL import Image

import jphoto
from jphoto.errors import ImageError, JphotoError, StoppedError
from jphoto.pipeline import grouping, transfer_many
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

SETTINGS = jphoto.Settings(
    regions="none", backbone="vgg16", device="cpu", steps=1, levels=1, size=48
)


def stand_in(pair):
    """A solution that shows which pair it is of."""
    picture = (pair.content + pair.style.mean((0, 1))) / 2
    return Solution(np.float32(picture), (Step(*[1.0] * 6, 48),), Status.FINISHED, {"solve": 0.5})


@pytest.fixture
def sizes(monkeypatch):
    """How many pairs were solved at once, each time; the solver is a stand-in."""
    counts = []

    def solve(solver, pairs, count, keep_going):
        counts.append(len(pairs))
        solutions = [stand_in(one.pair) for one in pairs]
        if keep_going():
            return solutions
        return [solution._replace(status=Status.STOPPED) for solution in solutions]

    monkeypatch.setattr(grouping.GroupSolver, "solve", solve)
    return counts


def photo(seed, size=(40, 48)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def expected(content, style):
    return content / 255 / 2 + style.mean((0, 1)) / 255 / 2


def test_results_are_in_the_order_of_the_pairs(sizes, tmp_path):
    """Paths, Pillow images and arrays; two sizes, so that groups end in another order."""
    style, contents = photo(9), [photo(n, (40, 48) if n % 2 else (48, 40)) for n in range(5)]
    Image.fromarray(contents[0]).save(tmp_path / "0.png")
    pairs = [(tmp_path / "0.png", style), (Image.fromarray(contents[1]), style)]
    pairs += [(content, style) for content in contents[2:]]
    results = jphoto.transfer_many(pairs, SETTINGS, at_once=2)
    assert sorted(sizes) == [1, 2, 2]
    for content, result in zip(contents, results, strict=True):
        assert result.picture.shape == content.shape and result.status is Status.FINISHED
        assert np.abs(result.picture - expected(content, style)).max() < 1e-3
        assert set(result.label.inputs) == {"content", "style"}
        assert result.seconds["total"] == pytest.approx(
            sum(seconds for phase, seconds in result.seconds.items() if phase != "total")
        )
    results[0].save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as saved:
        assert saved.size == (40, 48)


def test_pairs_of_one_bucket_follow_each_other(sizes, monkeypatch):
    """One at a time, as on a CPU; the results stay in the order of the pairs."""
    order, solve = [], grouping.GroupSolver.solve

    def noted(solver, pairs, *rest):
        order.append(pairs[0].pair.content.shape[0])
        return solve(solver, pairs, *rest)

    monkeypatch.setattr(grouping.GroupSolver, "solve", noted)
    contents = [photo(n, (40, 48) if n % 2 else (48, 40)) for n in range(12)]
    results = jphoto.transfer_many([(content, photo(9)) for content in contents], SETTINGS)
    assert sorted(sizes) == [1] * 12
    assert sum(one != other for one, other in itertools.pairwise(order)) == 1
    for content, result in zip(contents, results, strict=True):
        assert result.picture.shape == content.shape
        assert np.abs(result.picture - expected(content, photo(9))).max() < 1e-3


def test_a_pair_that_fails_has_its_error_in_its_place(sizes, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    mask = np.zeros((40, 48, 3), np.uint8)
    pairs = [
        (photo(0), photo(1)),
        (tmp_path / "broken.jpg", photo(1)),
        (photo(0), photo(1, (8, 8))),
        (photo(0),),
        "ab",
        (photo(0), None),
        (photo(2), photo(1)),
    ]
    results = jphoto.transfer_many(pairs, SETTINGS)
    assert [isinstance(result, jphoto.Result) for result in results] == [
        True, False, False, False, False, False, True
    ]  # fmt: skip
    for number, words in (
        (1, "broken.jpg"), (2, "8 x 8"), (3, "pair 3: expected"), (4, "pair 4: expected"),
        (5, "pair 5"),
    ):  # fmt: skip
        assert isinstance(results[number], ImageError) and words in str(results[number])
    with_masks = SETTINGS.preset("default", **{**vars(SETTINGS), "regions": "auto"})
    (one,) = jphoto.transfer_many([(photo(0), photo(1), mask, None)], with_masks)
    assert isinstance(one, jphoto.MaskError) and "style mask too" in str(one)


def test_an_error_of_the_solver_is_that_pairs_alone(sizes, monkeypatch):
    solve = grouping.GroupSolver.solve

    def sometimes(solver, pairs, *rest):
        if pairs[0].pair.content.shape[0] == 48:
            raise ZeroDivisionError("by chance")
        return solve(solver, pairs, *rest)

    monkeypatch.setattr(grouping.GroupSolver, "solve", sometimes)
    good, bad = jphoto.transfer_many(
        [(photo(0), photo(1)), (photo(0, (48, 40)), photo(1))], SETTINGS
    )
    assert isinstance(good, jphoto.Result)
    assert isinstance(bad, JphotoError) and "pair 1: ZeroDivisionError: by chance" in str(bad)


@pytest.mark.parametrize("where", ["prepare_pair", "make_result"])
def test_an_error_of_any_class_is_that_pairs_alone(sizes, monkeypatch, where):
    calls, whole = [], getattr(transfer_many, where)

    def second_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyError("by chance")
        return whole(*arguments)

    monkeypatch.setattr(transfer_many, where, second_fails)
    pairs = [(photo(n), photo(9)) for n in range(3)]
    results = jphoto.transfer_many(pairs, SETTINGS, at_once=1)
    assert [type(result) for result in results] == [jphoto.Result, JphotoError, jphoto.Result]
    assert "pair 1: KeyError: 'by chance'" in str(results[1])
    assert isinstance(results[1].__cause__, KeyError)


def test_progress_is_reported_and_can_stop(sizes):
    told, pairs = [], [(photo(n), photo(9)) for n in range(4)]

    def progress(now):
        told.append((now.ended, now.failed, now.pairs))
        return now.ended < 2

    results = jphoto.transfer_many(pairs, SETTINGS, at_once=1, progress=progress)
    assert told[0] == (0, 0, 4) and told[-1][0] == 2
    assert [type(result) for result in results[:2]] == [jphoto.Result] * 2
    assert all(isinstance(result, StoppedError) for result in results[2:])
    # A pair that is being solved keeps its best picture so far.
    (stopped,) = jphoto.transfer_many(pairs[:1], SETTINGS, progress=lambda now: False)
    assert stopped.status is Status.STOPPED and stopped.picture.shape == (40, 48, 3)


def test_no_pairs_are_no_results(sizes):
    assert jphoto.transfer_many([], SETTINGS) == [] and not sizes


def test_it_gives_what_a_transfer_gives(photos):
    """With the real network and masks: to the bit on a CPU."""
    settings = jphoto.Settings(size=64, steps=1, levels=1, backbone="vgg16", device="cpu")
    names = ("content.png", "style.png", "content_mask.png", "style_mask.png")
    content, style, *masks = (photos / name for name in names)
    alone = jphoto.transfer(
        content, style, content_mask=masks[0], style_mask=masks[1], settings=settings
    )
    again, itself = jphoto.transfer_many(
        [(content, style, *masks), (content, content, masks[0], masks[0])], settings
    )
    assert np.array_equal(again.picture, alone.picture)
    assert again.label == alone.label and again.regions == alone.regions
    changes = [np.abs(result.picture - result.content).mean() for result in (again, itself)]
    assert changes[1] < 0.1 * changes[0]
