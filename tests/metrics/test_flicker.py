"""Flicker and drift on arrays whose answers are known."""

import math

import numpy as np
import pytest
from scipy import ndimage

from jphoto.metrics import flicker, temporal

SIZE = (60, 96)
EVERYWHERE = np.ones(SIZE, bool)
STILL = np.zeros((*SIZE, 2))


def scene(exposure=1.0, noise=0):
    """A smooth picture with a brightness, and noise from a seed."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    waves = [np.sin(columns / 9), np.cos(rows / 7 + columns / 20), np.sin(rows / 12)]
    picture = (0.45 + 0.3 * np.stack(waves, -1)) * exposure
    return picture + noise * np.random.default_rng(round(1000 * exposure)).normal(size=(*SIZE, 3))


def graded(picture):
    """A fixed look: more contrast, and a curve."""
    return (1.2 * picture + 0.02).clip(0, None) ** 1.3


def measured(clip, sources):
    """The flicker of frames of a still scene."""
    sums = np.zeros((flicker.MOMENTS, flicker.MOMENTS))
    for number in range(1, len(clip)):
        change, source_change = (
            temporal.warped_change(one[number], one[number - 1], STILL, EVERYWHERE)[0]
            for one in (clip, sources)
        )
        sums += flicker.change_moments(change, source_change, sources[number], EVERYWHERE)
    return flicker.flicker(sums)


EXPOSURES = [1.0, 1.06, 0.97, 1.02, 0.95, 1.05, 1.01]
STEADY = [scene(noise=0.0)] * 7
CHANGING = [scene(exposure) for exposure in EXPOSURES]


def test_a_fixed_look_does_not_flicker_though_the_exposure_does():
    assert measured([graded(one) for one in STEADY], STEADY) < 1e-9
    assert measured(CHANGING, STEADY) > 5
    assert measured([graded(one) for one in CHANGING], CHANGING) < 0.3


@pytest.mark.parametrize("sources", [STEADY, CHANGING], ids=["steady", "changing"])
def test_what_the_source_does_not_have_is_flicker(sources):
    signs = [1, -1, -1, 1, 1, -1, 1]
    clip = [one + 2 / 255 * sign for one, sign in zip(sources, signs, strict=True)]
    jumps = 255 * np.sqrt(np.mean(np.diff(2 / 255 * np.array(signs)) ** 2))
    assert 0.7 * jumps < measured(clip, sources) < 1.01 * jumps


def test_neither_noise_hides_flicker_nor_blur():
    noisy = [scene(exposure, noise=0.03) for exposure in np.linspace(1, 1.001, 7)]
    assert measured([graded(one) for one in noisy], noisy) < 0.3
    clip = [one + (-1) ** number / 255 for number, one in enumerate(noisy)]
    blurred = [ndimage.gaussian_filter(one, (1.5, 1.5, 0)) for one in clip]
    for frames in (clip, blurred):
        assert measured(frames, noisy) == pytest.approx(2, rel=0.1)


def test_without_pixels_that_are_seen_there_is_no_answer():
    change = np.zeros((*SIZE, 3))
    moments = flicker.change_moments(change, change, scene(), ~EVERYWHERE)
    assert math.isnan(flicker.flicker(moments))


def test_blocks_of_which_little_is_seen_do_not_count():
    seen = EVERYWHERE.copy()
    seen[:, :7] = False  # of the second column of blocks, a quarter is left
    values = np.where(seen[..., None], 1.0, 9.0) * np.ones(3)
    means = flicker.block_means(values, seen)
    assert len(means) == 15 * (24 - 2) and (means == 1).all()


def test_two_steps_make_one_and_what_is_hidden_in_between_stays_hidden():
    step = np.zeros((*SIZE, 2))
    step[..., 1] = 3
    hidden = EVERYWHERE.copy()
    hidden[:, 50:53] = False
    both, valid = flicker.chained_motion(step, EVERYWHERE, step, hidden)
    inside = np.s_[:, : SIZE[1] - 6]
    assert np.abs(both[inside] - [0, 6]).max() < 1e-9
    assert valid[inside].sum(1).tolist() == [SIZE[1] - 6 - 3] * SIZE[0]


def test_the_drift_of_a_color_map_is_seen_under_noise():
    maps = [flicker.color_map(scene(noise=0.05) + shift, scene()) for shift in (0, 3 / 255)]
    assert flicker.color_drift(maps[1], maps[0], scene()) == pytest.approx(3, rel=0.01)
    other = flicker.color_map(scene(1.001, noise=0.05), scene())
    assert flicker.color_drift(other, maps[0], scene()) < 1
