"""The objective of a pair, on a network of a few channels with random weights."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.networks import narrow_vgg16
from helpers.reference import assert_close, dense_laplacian, energy, photo

from jphoto.arrays import to_picture
from jphoto.arrays.pyramid import quartered_picture
from jphoto.matting.affinities import matting_affinities
from jphoto.objectives.colors import color_moments, color_transfer
from jphoto.objectives.details import detail_strengths
from jphoto.objectives.dimensionless import (
    COARSE_DIMENSIONLESS,
    COARSE_WEIGHT,
    EPSILON,
    LARGEST_EIGENVALUE_OF_PRODUCT,
    coarse_flatness,
    content_targets,
    evaluate,
    photorealism_product,
    region_targets,
    style_targets,
)
from jphoto.objectives.targets import ContentTargets, LossWeights, Targets, Terms

H, W = 35, 41
PARAMS = narrow_vgg16()
LEFT = np.broadcast_to(np.arange(W) < 18, (H, W))
MASKS = np.stack([LEFT, ~LEFT]).astype(np.float32)
STYLE_MASKS = MASKS[:, ::-1, ::-1].copy()
WEIGHTS = LossWeights(1.0, 0.05, 100.0, 0.5, 0.1)


@jax.jit
def targets_of(content, style, masks, style_masks) -> Targets:
    affinities = matting_affinities(content, EPSILON)
    goals = color_moments(style, style_masks)
    details = detail_strengths(style, style_masks)
    of_style = style_targets(PARAMS, "torchvision", style, style_masks, goals, details)
    flat = coarse_flatness(content)
    of_content = content_targets(PARAMS, "torchvision", content, affinities, flat)
    recolored = color_transfer(content, masks, goals)
    return Targets(of_style, of_content, *region_targets(PARAMS, masks, of_style), recolored)


def evaluate_at(
    picture: jax.Array, targets: Targets, weights: LossWeights
) -> tuple[jax.Array, Terms]:
    return evaluate(PARAMS, "torchvision", targets, weights, picture)


differentiated = jax.value_and_grad(evaluate_at, has_aux=True)
evaluated = jax.jit(differentiated)


def value_of(targets: Targets, weights: LossWeights, picture: jax.Array) -> tuple[jax.Array, Terms]:
    return evaluated(picture, targets, weights)[0]


def gradient_of(targets: Targets, weights: LossWeights, picture: jax.Array) -> jax.Array:
    return evaluated(picture, targets, weights)[1]


@pytest.fixture(scope="module")
def targets() -> Targets:
    return targets_of(photo("textured", H, W), photo("textured", H, W, 1), MASKS, STYLE_MASKS)


def test_total_is_the_weighted_sum_of_the_terms(targets: Targets) -> None:
    weights, picture = LossWeights(2.0, 3.0, 5.0, 11.0, 7.0), photo("textured", H, W, 2)
    total, terms = value_of(targets, weights, picture)
    assert min(terms) > 0 and total == terms.total
    expected = 2 * terms.style + 3 * terms.content + 5 * terms.photorealism
    expected += 11 * terms.recoloring + 7 * terms.variation
    assert float(total) == pytest.approx(float(expected), rel=1e-6)


def test_a_photo_with_itself_as_style_is_at_the_bottom() -> None:
    content = photo("textured", H, W)
    targets = targets_of(content, content, MASKS, MASKS)
    # Its color transfer is itself, but for rounding.
    assert_close(targets.recolored, content)
    _, terms = value_of(targets._replace(recolored=content), WEIGHTS, content)
    assert terms.content == terms.photorealism == terms.recoloring == 0
    # Both sum the same products, each in an order of its own.
    assert terms.style < 1e-12


def test_every_region_and_every_layer_is_seen(targets: Targets) -> None:
    """A target changed anywhere changes the style term."""
    picture = photo("textured", H, W, 2)
    style = float(value_of(targets, WEIGHTS, picture)[1].style)
    for kind, layer, region in itertools.product(("grams", "means"), range(5), range(2)):
        goals = list(getattr(targets.style, kind))
        goals[layer] = np.array(goals[layer])
        goals[layer][region] *= 2
        other = targets._replace(style=targets.style._replace(**{kind: goals}))
        changed = value_of(other, WEIGHTS, picture)[1].style
        assert abs(float(changed) - style) > 1e-4 * style


def test_beyond_the_gamut_only_photorealism_pulls(targets: Targets) -> None:
    inside = photo("textured", H, W, 2).copy()
    inside[3:6, 4:9] = (0, 0.5, 1)
    outside = inside.copy()
    outside[3:6, 4:9] = (-0.1, 0.5, 1.2)
    _, seen = value_of(targets, WEIGHTS, inside)
    _, found = value_of(targets, WEIGHTS, outside)
    assert (found.style, found.content) == (seen.style, seen.content)
    weights = LossWeights(1.0, 0.05, 0.0, 0.0, 0.0)
    pulled = np.asarray(gradient_of(targets, weights, outside))[3:6, 4:9]
    assert np.all(pulled[..., [0, 2]] == 0) and np.all(pulled[..., 1] != 0)
    # Neither black nor white is a trap.
    assert np.all(np.asarray(gradient_of(targets, weights, inside))[3:6, 4:9] != 0)


def test_large_shapes_cost_photorealism_where_the_photo_is_plain(targets: Targets) -> None:
    """Against the energies of dense matrices, at full size and at a quarter of it."""
    content = np.full((H, W, 3), 0.5, np.float32) + photo("textured", H, W) / 100
    content[:, 28:] = photo("textured", H, W)[:, 28:]
    waves = 0.05 * np.sin(np.arange(W) / 3)[:, None] * np.ones((H, 1, 3), np.float32)
    plain = targets_of(content, photo("textured", H, W, 1), MASKS, STYLE_MASKS)
    found = value_of(plain, WEIGHTS, content + waves)[1].photorealism
    counts = np.asarray(jax.jit(coarse_flatness)(content))
    assert counts[:, 0].min() > 0.9 and counts[:, -1].max() < 0.1
    fine = energy(content, np.moveaxis(waves, -1, 0), EPSILON) / (H * W)
    quarter = jax.jit(quartered_picture)
    small, change = (np.asarray(quarter(a)) for a in (content, waves))
    matrix = dense_laplacian(small, EPSILON, counts)
    broad = sum(v @ matrix @ v for v in change.reshape(-1, 3).T.astype(np.float64)) / counts.size
    assert COARSE_WEIGHT * broad > fine
    assert float(found) == pytest.approx(fine + COARSE_WEIGHT * broad, rel=1e-4)
    alone = plain._replace(content=plain.content._replace(coarse_affinities=()))
    found = value_of(alone, WEIGHTS, content + waves)[1].photorealism
    assert float(found) == pytest.approx(fine, rel=1e-3)


def test_below_half_the_size_fewer_layers_and_windows_are_compared() -> None:
    def targets(picture, masks):
        flat, affinities = coarse_flatness(picture), matting_affinities(picture, EPSILON)
        statistics = color_moments(picture, masks), detail_strengths(picture, masks)
        of_photo = PARAMS, "torchvision", picture
        of_style = COARSE_DIMENSIONLESS.style_targets(*of_photo, masks, *statistics)
        return of_style, COARSE_DIMENSIONLESS.content_targets(*of_photo, affinities, flat)

    of_style, of_content = jax.eval_shape(targets, photo("textured", H, W), MASKS)
    assert len(of_style.grams) == len(of_style.means) == 4
    assert of_content.coarse_affinities == ()


def test_the_product_is_the_gradient_of_photorealism(targets: Targets) -> None:
    change = 0.1 * np.random.default_rng(4).normal(size=(H, W, 3)).astype(np.float32)
    content = np.asarray(targets.content.photo)
    change *= (content + change > 0) & (content + change < 1)
    alone = LossWeights(0.0, 0.0, 1.0, 0.0, 0.0)
    product = jax.jit(photorealism_product)(targets.content, np.moveaxis(change, -1, 0))
    expected = 2 / (H * W) * np.asarray(to_picture(product))
    assert_close(gradient_of(targets, alone, content + change), expected, 1e-4)


@functools.partial(jax.jit, static_argnames=("h", "w"))
def product_of(content, h: int, w: int) -> jax.Array:
    """The photorealism product of each unit vector."""
    small = quartered_picture(content)
    broad = matting_affinities(small, EPSILON, jnp.ones(small.shape[:2]))
    affinities = matting_affinities(content, EPSILON)
    held = ContentTargets(content, jnp.zeros(0), affinities, broad, None)
    return photorealism_product(held, jnp.eye(h * w).reshape(h * w, h, w))


@pytest.mark.parametrize(("h", "w"), [(12, 12), (9, 10), (5, 13)])
def test_no_eigenvalue_of_the_product_is_larger_than_said(h: int, w: int) -> None:
    matrix = np.asarray(product_of(photo("smooth", h, w), h, w)).reshape(h * w, h * w)
    assert_close(matrix, matrix.T, 1e-5)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-4
    assert np.linalg.eigvalsh(matrix)[-1] <= LARGEST_EIGENVALUE_OF_PRODUCT


def test_recoloring_is_the_distance_to_the_recolored_photo(targets: Targets) -> None:
    picture, recolored = photo("textured", H, W, 2), np.asarray(targets.recolored)
    away, there = (
        float(value_of(targets, WEIGHTS, at)[1].recoloring) for at in (picture, recolored)
    )
    assert away == pytest.approx(float(3 * np.mean(np.square(picture - recolored))), rel=1e-5)
    assert there == 0


@pytest.mark.parametrize(
    "weights", [WEIGHTS, LossWeights(1.0, 0.0, 0.0, 0.0, 0.0), LossWeights(0.0, 1.0, 0.0, 1.0, 1.0)]
)
def test_gradient_is_the_slope_in_any_direction(targets: Targets, weights: LossWeights) -> None:
    picture = photo("textured", H, W, 2)
    gradient = np.asarray(gradient_of(targets, weights, picture), np.float64)
    for seed in range(4):
        direction = np.random.default_rng(seed).normal(size=gradient.shape)
        direction += gradient / np.linalg.norm(gradient) * np.linalg.norm(direction)
        with jax.enable_x64(True):
            slope = double_slope(targets, weights, picture, direction)
        assert np.vdot(gradient, direction) == pytest.approx(slope, rel=1e-4)


@jax.jit
def double_total(params, targets: Targets, weights: LossWeights, picture: jax.Array) -> jax.Array:
    return evaluate(params, "torchvision", targets, weights, picture)[0]


def double_slope(targets, weights, picture, direction, step=1e-6) -> float:
    """A central difference of the same objective in float64."""
    # Numbers of groups stay whole.
    wide = jax.tree.map(
        lambda a: np.asarray(a, np.float64 if a.dtype == np.float32 else a.dtype), (PARAMS, targets)
    )
    ahead, behind = (
        double_total(*wide, weights, picture + sign * step * direction) for sign in (1.0, -1.0)
    )
    return (float(ahead) - float(behind)) / (2 * step)


def test_the_dimmer_a_regions_style_the_more_its_term_curves(targets: Targets) -> None:
    content, style = photo("textured", H, W), photo("textured", H, W, 1)
    partly = MASKS * np.float32(np.arange(H) < 20)[:, None]
    # Flat and like the mean of the photos that networks are trained on, left; vivid, right.
    dim = np.where(STYLE_MASKS[0][..., None] > 0, np.float32([0.5, 0.46, 0.4]), style)
    curvature = np.asarray(targets_of(content, dim, partly, STYLE_MASKS).curvature)
    left, right, rest = curvature[0, 0], curvature[0, -1], curvature[-1]
    assert left > 1.2 > 1 > right
    np.testing.assert_array_equal(rest, 1)
    np.testing.assert_array_equal(curvature[:20], np.where(LEFT, left, right)[:20])
    # All in one region, and the other is nowhere.
    whole = np.stack([np.ones((H, W)), np.zeros((H, W))]).astype(np.float32)
    np.testing.assert_allclose(targets_of(content, style, whole, whole).curvature, 1, rtol=1e-6)


def test_changing_weights_compiles_nothing(targets: Targets) -> None:
    picture = photo("textured", H, W, 2)
    value_of(targets, WEIGHTS, picture)
    compiled = evaluated._cache_size()
    for weights in (LossWeights(3.0, 0.0, 1e4, 0.0, 2.0), LossWeights(0.5, 0.7, 0.0, 1.0, 0.0)):
        value_of(targets, weights, picture)
    assert evaluated._cache_size() == compiled


def test_vmap_is_a_loop(targets: Targets) -> None:
    pictures = np.stack([photo("textured", H, W, seed) for seed in (2, 3)])
    together = jax.jit(jax.vmap(differentiated, (0, None, None)))
    (values, _), gradients = together(pictures, targets, WEIGHTS)
    for k, picture in enumerate(pictures):
        assert_close(values[k], value_of(targets, WEIGHTS, picture)[0])
        # Convolutions of a batch add in another order, and ReLUs near 0 may switch.
        assert_close(gradients[k], gradient_of(targets, WEIGHTS, picture), 1e-4)
