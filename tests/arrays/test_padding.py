"""A padded picture is measured, smoothed and carried as the picture alone is."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from helpers.reference import photo
from helpers.solving import targets_of, tiny_network
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jphoto.arrays.pyramid import doubled, halved, quartered, quartered_transpose
from jphoto.matting.affine_maps import apply_affine_maps, fit_box_maps, flatness
from jphoto.objectives.dimensionless import evaluate
from jphoto.objectives.targets import LossWeights
from jphoto.solver import steps
from jphoto.solver.pairs import Pair

WEIGHTS = LossWeights(1.0, 0.05, 100.0, 0.5, 0.1)
SHAPE = 48, 56
STYLE_SHAPE = 52, 44
# Each size is a program of its own: few sizes, odd and even, the smallest and the whole array.
sizes = st.sampled_from([(37, 41), (36, 49), (32, 55), (47, 32), SHAPE])


def padded(array, shape, axes=(0, 1)):
    """Zeros after an array, along two axes."""
    after = [(0, 0)] * array.ndim
    for axis, side in zip(axes, shape, strict=True):
        after[axis] = 0, side - array.shape[axis]
    return np.pad(array, after)


def valid(size, shape=SHAPE):
    return jnp.asarray(padded(np.ones(size, np.float32), shape))


def regions(size, number=2, seed=0):
    """Soft masks of regions that leave some of the photo to none."""
    shares = np.random.default_rng(seed).dirichlet(np.ones(number + 1), size)
    return shares[..., :number].transpose(2, 0, 1).astype(np.float32)


def pair_of(size, style_size, seed=0):
    photos = photo("textured", *size, seed=seed), photo("smooth", *style_size, seed=seed + 1)
    return *map(np.float32, photos), regions(size, seed=seed), regions(style_size, seed=seed + 2)


def padded_pair(pair, extra_regions=0):
    """The same in larger arrays, with regions that are nowhere, and where it is valid."""
    content, style, *masks = pair
    photos = padded(content, SHAPE), padded(style, STYLE_SHAPE)
    masks = [
        padded(np.pad(plane, ((0, extra_regions), (0, 0), (0, 0))), shape, (1, 2))
        for plane, shape in zip(masks, (SHAPE, STYLE_SHAPE), strict=True)
    ]
    where = valid(content.shape[:2]), valid(style.shape[:2], STYLE_SHAPE)
    return *photos, *masks, *where


@jax.jit
def value_and_gradient(params, picture, *pair):
    """Of the whole objective, and a product with what the solver is preconditioned by."""
    targets = targets_of(params, Pair(*pair[:4]), *pair[4:])

    def total(picture):
        return evaluate(params, "torchvision", targets, WEIGHTS, picture)

    (value, terms), gradient = jax.value_and_grad(total, has_aux=True)(picture)
    solved = steps.inverse_photorealism(targets, WEIGHTS, gradient)
    return value, terms, gradient, solved, targets.recolored


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def same_within(found, expected, size, tolerance=1e-5):
    """A padded array holds what is expected, and zeros elsewhere; height and width come first."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert relative(found[: size[0], : size[1]], expected) < tolerance
    assert not found[size[0] :].any() and not found[:, size[1] :].any()


def test_loss_and_gradient_of_a_padded_pair_are_those_of_the_pair_alone():
    # Odd and even sides of both photos, which are halved and quartered differently.
    size, style_size = (37, 50), (46, 41)
    params, pair = tiny_network(), pair_of(size, style_size)
    picture = np.float32(photo("textured", *size, seed=9))
    alone = value_and_gradient(params, picture, *pair)
    found = value_and_gradient(params, padded(picture, SHAPE), *padded_pair(pair, 1))
    assert relative(found[0], alone[0]) < 1e-5
    for term, expected in zip(found[1], alone[1], strict=True):
        assert relative(term, expected) < 1e-5
    for whole, expected in zip(found[2:], alone[2:], strict=True):
        same_within(whole, expected, size)


@functools.partial(jax.jit, static_argnames="size")
def halves_and_quarters(planes, size, where=None):
    """Means of blocks of 2 and of 4 pixels a side, and both brought back to the size."""
    half, quarter = halved(planes, where), quartered(planes, where)
    back = doubled(half, size, None if where is None else where[::2, ::2])
    spread = quartered_transpose(quarter, *size, where)
    return half, quarter, back if where is None else back * where, spread


@given(sizes, st.integers(0, 99))
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
def test_reductions_and_enlargements_of_a_padded_picture_are_those_of_the_picture(size, seed):
    planes = np.random.default_rng(seed).random((2, *size)).astype(np.float32)
    expected = halves_and_quarters(planes, size)
    found = halves_and_quarters(padded(planes, SHAPE, (1, 2)), SHAPE, valid(size))
    half, quarter = (tuple(-(-side // factor) for side in size) for factor in (2, 4))
    for more, alone, valid_size in zip(found, expected, (half, quarter, size, size), strict=True):
        same_within(np.moveaxis(more, 0, -1), np.moveaxis(alone, 0, -1), valid_size, 1e-6)


fit = jax.jit(fit_box_maps)
apply = jax.jit(apply_affine_maps)
flatness_of = jax.jit(flatness)


@given(sizes, st.sampled_from(["textured", "smooth"]))
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
def test_affine_maps_and_flatness_of_a_padded_photo_are_those_of_the_photo(size, kind):
    content, picture = (np.float32(photo(kind, *size, seed=seed)) for seed in (4, 5))
    more, where = [padded(each, SHAPE) for each in (content, picture)], valid(size)
    maps, found = fit(content, picture), fit(*more, valid=where)
    # What they make of the photo: where colors hardly vary, slopes are hardly determined.
    same_within(apply(found * where, more[0]), apply(maps, content), size)
    same_within(flatness_of(more[0], valid=where) * where, flatness_of(content), size)
