"""Many pairs at once give what each gives alone."""

from collections import Counter

import numpy as np
import pytest
from helpers.solving import make_pair, totals

from jphoto.networks.vgg import transposed_kernels
from jphoto.pipeline.grouping import GroupSolver
from jphoto.pipeline.preparing import Group, PreparedPair
from jphoto.settings import Settings
from jphoto.solver.batch import solve_batch
from jphoto.solver.pairs import (
    PROPORTIONS,
    Pair,
    Shape,
    bucket,
    halvings,
    photo_arrays,
    rounded,
    transposed,
)
from jphoto.solver.progress import Status
from jphoto.solver.single import solve
from jphoto.weights import Weights

SIZES = ((80, 96), (80, 96)), ((79, 95), (80, 96))
"""Of the content and the style of each pair: LARGE's, and one whose half is PAIR's."""
SHAPE = Shape((96, 112), (96, 96), 3)


@pytest.fixture(scope="module")
def pairs():
    return [make_pair(*sizes, seed=seed) for seed, sizes in enumerate(SIZES)]


def test_padded_photos_have_zeros_beyond_them(pairs):
    for pair in pairs:
        found = photo_arrays(pair.style, pair.style_masks, SHAPE.style, 3)
        assert found.picture.shape == (96, 96, 3) and found.masks.shape == (3, 96, 96)
        height, width, _ = pair.style.shape
        np.testing.assert_array_equal(found.picture[:height, :width], pair.style)
        assert found.valid.sum() == found.valid[:height, :width].sum() == height * width
        assert found.picture.sum() == pytest.approx(pair.style.sum(), rel=1e-5)
        assert found.masks.sum() == height * width and not found.masks[2].any()


@pytest.mark.parametrize("size", [256, 700])
def test_padded_photos_are_halved_in_arrays_of_half_the_size(size):
    height = round(size / 1.6)  # in arrays of 3:2
    photo = np.ones((height, size, 3), np.float32)
    shape = rounded(Shape(photo.shape[:2], photo.shape[:2], 1), size).content
    assert shape[0] > height
    arrays = photo_arrays(photo, photo[None, ..., 0], shape, 4)
    *smaller, largest = halvings(arrays, 3)
    assert largest is arrays
    for half, factor in zip(smaller, (4, 2), strict=True):
        assert half.valid.shape == (shape[0] // factor, size // factor)
        assert half.valid.sum() == -(-height // factor) * (size // factor)
        assert half.masks.shape == (4, *half.valid.shape)
        np.testing.assert_allclose(half.picture, np.stack([half.valid] * 3, -1), atol=1e-6)


def same(solution, alone):
    assert solution.picture.shape == alone.picture.shape
    away = 255 * np.abs(np.clip(solution.picture, 0, 1) - np.clip(alone.picture, 0, 1))
    assert away.max() < 2 and away.mean() < 0.2
    assert solution.status is alone.status
    assert [step.size for step in solution.steps] == [step.size for step in alone.steps]
    np.testing.assert_allclose(totals(solution), totals(alone), rtol=1e-2)


def test_a_batch_gives_what_each_pair_gives_alone(pairs, params, small_levels):
    settings = Settings(steps=2, levels=2, tolerance=0.005)  # with more, rounding grows to pixels
    found = solve_batch(pairs, SHAPE, params, "torchvision", settings)
    for pair, solution in zip(pairs, found, strict=True):
        same(solution, solve(pair, params, "torchvision", settings))
        assert len({step.size for step in solution.steps}) == 2


def test_a_pair_that_fails_leaves_the_others_alone(pairs, params):
    broken = pairs[1]._replace(content=np.full_like(pairs[1].content, np.nan))
    settings = Settings(steps=6, levels=1, tolerance=0.005)
    found = solve_batch([pairs[0], broken], SHAPE, params, "torchvision", settings)
    whole = solve_batch(pairs, SHAPE, params, "torchvision", settings)
    assert found[1].status is Status.NOT_FINITE
    np.testing.assert_array_equal(found[0].picture, whole[0].picture)


def test_pairs_of_other_sizes_in_the_same_arrays_compile_nothing(
    pairs, params, compilations, nothing_kept
):
    settings = Settings(steps=6, levels=1, tolerance=0.005)
    found = solve_batch(pairs, SHAPE, params, "torchvision", settings)
    for pair, solution, compiles in zip(pairs, found, (True, False), strict=True):
        compilations.clear()
        alone = solve(pair, params, "torchvision", settings, shape=SHAPE)
        assert bool(compilations) == compiles
        same(solution, alone)


def test_a_portrait_is_solved_in_the_arrays_of_a_landscape(pairs, params, compilations):
    settings = Settings(steps=6, levels=1, tolerance=0.005)
    landscape, portrait = pairs[0], transposed(pairs[0])
    expected = solve(
        landscape, transposed_kernels(params), "torchvision", settings, shape=SHAPE
    ).transposed()
    compilations.clear()
    shown = []
    found = solve(
        portrait, params, "torchvision", settings, lambda p: shown.append(p.picture().shape), SHAPE
    )
    np.testing.assert_array_equal(found.picture, expected.picture)
    assert set(shown) == {portrait.content.shape}
    group = Group(SHAPE.content, SHAPE.regions, True, (settings.steps,), settings)
    prepared = PreparedPair(portrait, SHAPE, (), settings, group, {})
    network = Weights("vgg16", "torchvision", params, "", "", "")
    (grouped,) = GroupSolver(network, []).solve([prepared], 1, lambda: True)
    np.testing.assert_array_equal(grouped.picture, expected.picture)
    assert not compilations
    lying = solve(landscape, params, "torchvision", settings, shape=SHAPE).transposed()
    assert np.abs(lying.picture - expected.picture).max() > 0.01


def test_sixty_pairs_compile_no_more_programs_than_they_have_buckets(
    params, compilations, nothing_kept
):
    random = np.random.default_rng(0)
    plain = {"optimizer": "adam", "preconditioner": "none", "smoothing": "none"}
    settings = Settings(steps=1, levels=1, tolerance=0.0, **plain)
    sizes, buckets = set(), set()
    for seed in range(60):
        shapes = [(random.integers(41, 45), random.integers(61, 65)) for _ in range(2)]
        content, style = (side[::-1] if random.random() < 0.5 else side for side in shapes)
        pair, regions = make_pair(content, style, seed), random.integers(3, 5)
        content_masks, style_masks = (
            np.repeat(masks / 2, 2, 0)[:regions] for masks in (pair.content_masks, pair.style_masks)
        )
        pair = pair._replace(content_masks=content_masks, style_masks=style_masks)
        shape = bucket(pair, 64)
        sizes.add((content, style, regions))
        buckets.add(shape)
        solve(pair, params, "torchvision", settings, shape=shape)
    assert len(sizes) > 50 and len(buckets) == 2  # landscapes, with landscapes and with portraits
    assert compilations.count("jit(advance)") <= 1
    assert max(Counter(compilations).values()) <= len(buckets)


def test_a_bucket_is_hardly_larger_than_the_usual_photos():
    for proportion in (3 / 2, 4 / 3, 16 / 9, 5 / 4, 1):
        for size in (256, 700, 1400):
            height, width = round(size / proportion), size
            photo, masks = np.zeros((height, width, 3), np.float32), np.ones((3, height, width))
            shape = bucket(Pair(photo, photo, np.float32(masks), np.float32(masks)), size)
            assert shape.content == shape.style and shape.regions == 4
            assert shape == bucket(transposed(Pair(photo, photo, masks, masks)), size)
            assert all(
                0 <= more - side <= 4
                for more, side in zip(shape.content, (height, width), strict=True)
            )
            assert shape.content[0] * shape.content[1] < 1.05 * height * width


def test_photos_of_all_sizes_share_few_buckets():
    shapes = set()
    for long in (32, 45, 333, 612, 613, 699, 700):
        for short in {*range(32, long + 1, 7), long}:
            for photo in ((short, long), (long, short)):
                padded = rounded(Shape(photo, (64, 64), 1), 700).content
                assert all(more >= side for more, side in zip(padded, photo, strict=True))
                if long == 700:
                    shapes.add(padded)
                    assert (
                        short < 9 / 16 * 700
                        or padded[0] * padded[1] <= 1.25 * long * short + 4 * long
                    )
    assert len(shapes) == 2 * len(PROPORTIONS) - 1  # a square lies and stands
