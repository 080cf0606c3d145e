"""Measures of clips on arrays whose answers are known."""

import math

import numpy as np
import pytest

from jphoto.errors import ImageError
from jphoto.metrics import temporal

SIZE = (24, 32)
EVERYWHERE = np.ones(SIZE, bool)


def frame(shift=0.0):
    """A smooth picture, moved to the left."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    columns += shift
    waves = [np.sin(columns / 4), np.cos(rows / 5 + columns / 6), np.sin(rows / 4)]
    return 0.5 + 0.2 * np.stack(waves, -1)


def flow(shift):
    found = np.zeros((*SIZE, 2))
    found[..., 1] = shift
    return found


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_a_frame_that_only_moves_has_no_error(shift):
    error = temporal.warping_error(frame(shift), frame(), flow(shift), EVERYWHERE)
    assert error < 0.1
    if shift:
        assert temporal.warping_error(frame(shift), frame(), flow(0), EVERYWHERE) > 5


def test_the_error_is_that_of_what_changes_in_levels():
    brighter = frame() + 3 / 255
    assert temporal.warping_error(brighter, frame(), flow(0), EVERYWHERE) == pytest.approx(3, 1e-6)


def test_what_is_hidden_does_not_count():
    changed, valid = frame(), EVERYWHERE.copy()
    changed[4:9, 5:12] = 0
    valid[4:9, 5:12] = False
    assert temporal.warping_error(changed, frame(), flow(0), valid) < 1e-9
    assert math.isnan(temporal.warping_error(changed, frame(), flow(0), ~EVERYWHERE))


def test_frames_of_different_sizes_are_refused():
    with pytest.raises(ImageError, match="32 x 24"):
        temporal.warping_error(frame(), frame()[:-1], flow(0), EVERYWHERE)


def test_more_contrast_is_no_less_steady():
    noise = np.random.default_rng(0).normal(0, 0.02, (*SIZE, 3))
    source, before = frame(), frame() + noise
    strong, strong_before = 1.5 * source - 0.2, 1.5 * before - 0.2
    was = temporal.warping_error(source, before, flow(0), EVERYWHERE)
    now = temporal.warping_error(strong, strong_before, flow(0), EVERYWHERE)
    ratio = temporal.contrast_ratio(strong, source)
    assert ratio == pytest.approx(1.5, 0.02)
    assert temporal.relative_error(now / ratio, was) == pytest.approx(1, 0.02)
    assert temporal.relative_error(2 * now / ratio, was) > 1.5


def test_black_frames_have_the_same_contrast():
    black = np.zeros((*SIZE, 3))
    assert temporal.contrast_ratio(black, black) == 1
    assert temporal.relative_error(0.0, 0.0) == 1


def test_only_new_clipping_counts():
    source, picture = np.full((2, 2, 3), 0.5), np.full((2, 2, 3), 0.5)
    source[0, 0] = picture[0, 0] = 1
    picture[1, 1] = 0
    assert temporal.new_clipping(picture, source) == pytest.approx(1 / 4)


def test_motion_and_motion_back_agree_where_both_are_seen():
    assert temporal.agreeing(flow(2), flow(-2)).all()
    assert not temporal.agreeing(flow(4), flow(4)).any()


def test_optical_flow_is_the_motion():
    gray = [frame(shift).mean(-1).astype(np.float32) for shift in (1.0, 0.0)]
    found = temporal.optical_flow(*gray)
    assert np.abs(np.median(found[6:-6, 6:-6], (0, 1)) - [0, 1]).max() < 0.2
