"""Steps after the descent, style strength and smoothing; and the published recipe as a whole."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import PAIR, run, totals

from jphoto.matting.affine_maps import fit_affine_maps, smooth_affine_maps
from jphoto.objectives import color_moments, detail_strengths
from jphoto.presets import PRESETS
from jphoto.settings import Settings
from jphoto.solver.programs import RECOLORED_SHARE, Goals, finished
from jphoto.solver.progress import Status
from jphoto.solver.single import solve


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_strength_blends_the_local_affine_maps_with_the_identity(params, strength):
    full, part = (run(params, style_strength=s).picture for s in (1.0, strength))
    fit = jax.jit(fit_affine_maps)
    identity, whole, blended = (fit(PAIR.content, p) for p in (PAIR.content, full, part))
    np.testing.assert_allclose(blended, identity + strength * (whole - identity), atol=2e-3)
    if not strength:
        np.testing.assert_array_equal(part, PAIR.content)


def test_the_result_is_smoothed_most_where_the_content_is_flat(params):
    noise = np.random.default_rng(2).normal(size=PAIR.content.shape)
    content = np.float32(np.where(np.arange(48)[:, None] < 24, 0.5 + noise / 400, PAIR.content))
    pair = PAIR._replace(content=content)
    raw = run(params, pair, smoothing="none", photorealism_weight=1.0).picture
    smoothed = np.asarray(finished(*map(jnp.asarray, (content, raw, pair.content_masks))))
    rough, calm = (np.std(np.diff(p[:, :18], axis=1)) for p in (raw, smoothed))
    assert calm < 0.3 * rough
    rough, calm = (np.std(np.diff(p[:, 30:], axis=1)) for p in (raw, smoothed))
    assert 0.9 * rough < calm < rough
    # Over the whole flat side, because smoothing spreads colors as far as the next edge.
    np.testing.assert_allclose(smoothed[:, :24].mean((0, 1)), raw[:, :24].mean((0, 1)), atol=0.01)


def test_colors_go_most_of_the_way_to_the_style_at_the_end(params):
    """Of each region; not where the descent did not start from its colors."""
    goals = color_moments(*map(jnp.asarray, (PAIR.style, PAIR.style_masks)))

    def away(smoothing, start):
        chosen = {"steps": 3, "recoloring_weight": 0.0, "smoothing": smoothing, "start": start}
        picture = run(params, **chosen).picture.clip(0, 1)
        found = color_moments(*map(jnp.asarray, (picture, PAIR.content_masks)))
        return np.abs(found.means - goals.means)[:-1].mean()

    assert away("laplacian", "color") < 0.8 * away("none", "color")
    assert away("laplacian", "content") > 0.9 * away("none", "content")


def test_the_result_goes_a_little_way_back_to_the_recolored_photo():
    content, masks = jnp.asarray(0.2 + 0.6 * PAIR.content), jnp.asarray(PAIR.content_masks)
    colors, details = color_moments(content, masks), detail_strengths(content, masks)
    waves = 0.2 * jnp.sin(jnp.arange(content.shape[1]) / 3)[:, None]
    plain, wavy = (
        finished(content, content, masks, Goals(content + change, colors, details))
        for change in (0, waves)
    )
    found = jnp.mean((wavy - plain) * waves) / jnp.mean(waves**2)
    assert 0.5 * RECOLORED_SHARE < found < 1.1 * RECOLORED_SHARE


def test_detail_goes_most_of_the_way_to_the_style_at_the_end():
    """As far as the last smoothing leaves it."""
    content, masks = jnp.asarray(PAIR.content), jnp.asarray(PAIR.content_masks)
    colors, own = color_moments(content, masks), detail_strengths(content, masks)

    def strengths(share):
        goals = Goals(content, colors, share * own)
        return detail_strengths(finished(content, content, masks, goals), masks)

    softer = np.sqrt(strengths(0.8**2) / strengths(1.0))
    np.testing.assert_allclose(softer, 0.85, atol=0.03)


def test_the_published_recipe_lowers_the_published_objective(params):
    settings = Settings.preset("paper", steps=60)
    solution = solve(PAIR, params, "torchvision", settings)
    values = totals(solution)
    assert (len(values), solution.status) == (60, Status.FINISHED)
    assert np.all(np.diff(values[:30]) <= 0) and np.all(np.diff(values[30:]) <= 0)
    assert values[29] < 0.3 * values[0] and values[-1] < 0.6 * values[30]
    unsmoothed = solve(PAIR, params, "torchvision", dataclasses.replace(settings, smoothing="none"))
    assert unsmoothed.steps == solution.steps
    np.testing.assert_array_equal(
        solution.picture,
        smooth_affine_maps(jnp.asarray(PAIR.content), jnp.asarray(unsmoothed.picture)),
    )
    assert PRESETS["paper"].keys() <= {field.name for field in dataclasses.fields(Settings)}


def test_a_gray_photo_has_no_painted_colors():
    """Chroma noise of 2 of 255 levels; the picture has green patches."""
    random = np.random.default_rng(4)
    content = np.float32(0.5 + random.normal(0, 0.08, (32, 32, 1)) + np.zeros(3))
    colored = np.clip(content * np.float32([1, 0.8, 0.6]), 0, 1)
    content = np.clip(content + random.normal(0, 2 / 255, content.shape), 0, 1)
    content, colored, masks = jnp.float32(content), jnp.float32(colored), jnp.ones((1, 32, 32))
    green = np.float32([-0.1, 0.2, -0.1])
    painted = colored + green * (np.arange(32)[:, None, None] < 16)
    goals = Goals(colored, color_moments(painted, masks), detail_strengths(painted, masks))
    result = np.asarray(finished(content, painted, masks, goals))
    halves = result[:16], result[16:]
    above, below = (np.mean(half[..., 1] - half[..., ::2].mean(-1)) for half in halves)
    assert abs(above - below) < 0.02  # of 0.3 that was painted


def test_small_things_get_no_colors_of_their_own():
    content, masks = jnp.asarray(PAIR.content), jnp.asarray(PAIR.content_masks)
    speckled = content.at[6::12, 6::12].set(jnp.float32([0.9, 0.1, 0.1]))
    goals = Goals(content, color_moments(speckled, masks), detail_strengths(speckled, masks))
    result = finished(content, speckled, masks, goals)
    was, now = (np.ptp((p - content)[6::12, 6::12], axis=-1).mean() for p in (speckled, result))
    assert now < 0.5 * was
