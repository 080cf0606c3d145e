"""A padded picture is measured, smoothed and carried as the picture alone is."""

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

WEIGHTS = LossWeights(1.0, 0.05, 100.0, 0.5, 0.1)
SHAPE = 48, 56
STYLE_SHAPE = 52, 44
sizes = st.tuples(st.integers(32, SHAPE[0]), st.integers(32, SHAPE[1]))
style_sizes = st.tuples(st.integers(32, STYLE_SHAPE[0]), st.integers(32, STYLE_SHAPE[1]))


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
    targets = targets_of(params, pair[:4], *pair[4:])

    def total(picture):
        return evaluate(params, "torchvision", targets, WEIGHTS, picture)

    (value, terms), gradient = jax.value_and_grad(total, has_aux=True)(picture)
    solved = steps._inverse_photorealism(targets, WEIGHTS, gradient)
    return value, terms, gradient, solved, targets.recolored


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def same_within(found, expected, size, tolerance=1e-5):
    """A padded array holds what is expected, and zeros elsewhere; height and width come first."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert relative(found[: size[0], : size[1]], expected) < tolerance
    assert not found[size[0] :].any() and not found[:, size[1] :].any()


# Every example is a program of its own, compiled for a size.
@given(sizes, style_sizes)
@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
def test_loss_and_gradient_of_a_padded_pair_are_those_of_the_pair_alone(size, style_size):
    params, pair = tiny_network(), pair_of(size, style_size)
    picture = np.float32(photo("textured", *size, seed=9))
    alone = value_and_gradient(params, picture, *pair)
    found = value_and_gradient(params, padded(picture, SHAPE), *padded_pair(pair, 1))
    assert relative(found[0], alone[0]) < 1e-5
    for term, expected in zip(found[1], alone[1], strict=True):
        assert relative(term, expected) < 1e-5
    for whole, expected in zip(found[2:], alone[2:], strict=True):
        same_within(whole, expected, size)


@given(sizes)
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
def test_reductions_and_enlargements_of_a_padded_picture_are_those_of_the_picture(size):
    planes = jnp.asarray(np.random.default_rng(3).random((2, *size)), jnp.float32)
    more, where = jnp.asarray(padded(np.asarray(planes), SHAPE, (1, 2))), valid(size)
    half, quarter = ([-(-side // factor) for side in size] for factor in (2, 4))

    def same(found, expected, size):
        same_within(np.moveaxis(found, 0, -1), np.moveaxis(expected, 0, -1), size, 1e-6)

    same(halved(more, where), halved(planes), half)
    same(quartered(more, where), quartered(planes), quarter)
    small = halved(more, where)
    back = doubled(small, SHAPE, where[::2, ::2]) * where
    same(back, doubled(halved(planes), size), size)
    spread = quartered_transpose(quartered(more, where), *SHAPE, where)
    same(spread, quartered_transpose(quartered(planes), *size), size)


@given(sizes, st.sampled_from(["textured", "smooth"]))
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
def test_affine_maps_and_flatness_of_a_padded_photo_are_those_of_the_photo(size, kind):
    content, picture = (jnp.float32(photo(kind, *size, seed=seed)) for seed in (4, 5))
    more = [jnp.asarray(padded(np.asarray(photo), SHAPE)) for photo in (content, picture)]
    where = valid(size)
    maps, found = fit_box_maps(content, picture), fit_box_maps(*more, valid=where)
    # What they make of the photo: where colors hardly vary, slopes are hardly determined.
    same_within(apply_affine_maps(found * where, more[0]), apply_affine_maps(maps, content), size)
    flat = flatness(more[0], valid=where) * where
    same_within(flat, flatness(content), size)
