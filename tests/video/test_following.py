"""Following a key frame: agreement, borders and exposure."""

import numpy as np
import pytest

from jphoto.video.following import Follower, interpolated

NODES = (12, 20)


def colors(seed=0):
    return np.random.default_rng(seed).uniform(0.1, 0.9, (*NODES, 3)).astype(np.float32)


NOWHERE = np.zeros((*NODES, 2), np.float32)


@pytest.mark.parametrize(("gain", "offset"), [(1, 0), (0.8, 0), (0.2, 0), (0.5, 0.5), (1.3, -0.1)])
def test_exposure_is_found_and_followed(gain, offset):
    follower = Follower(colors())
    seen = follower.step(NOWHERE, (gain * colors() + offset).astype(np.float32))
    assert abs(seen.gain - gain) < 0.02
    assert abs(seen.offset - offset) < 0.02
    assert seen.agreement.min() > 0.95


def test_a_black_frame_is_the_key_frame_at_no_exposure():
    seen = Follower(colors()).step(NOWHERE, np.zeros((*NODES, 3), np.float32))
    assert seen.gain < 0.02
    assert abs(seen.offset) < 0.01


def test_a_thing_that_moves_in_does_not_change_the_exposure_and_does_not_agree():
    frame = colors()
    frame[3:8, 5:11] = [0.9, 0.1, 0.1]
    seen = Follower(colors()).step(NOWHERE, frame)
    assert abs(seen.gain - 1) < 0.02 and abs(seen.offset) < 0.01
    assert seen.agreement[4:7, 6:10].mean() < 0.3
    assert np.delete(seen.agreement, range(3, 8), 0).min() > 0.9


def test_motion_adds_up_and_what_leaves_the_key_frame_does_not_agree():
    frame, follower = colors(), Follower(colors())
    step = NOWHERE.copy()
    step[..., 1] = 1
    for number in (1, 2, 3):
        seen = follower.step(step, np.roll(frame, -number, 1))
    np.testing.assert_allclose(seen.places[..., 1], np.arange(NODES[1]) + np.full(NODES, 3))
    assert seen.agreement[:, -2:].max() == 0
    assert seen.agreement[:, :-3].min() > 0.9


def test_interpolation_meets_the_nodes_and_continues_beyond_them():
    values = np.random.default_rng(0).random((*NODES, 2, 3)).astype(np.float32)
    places = np.stack(np.meshgrid(*map(np.arange, NODES), indexing="ij"), -1).astype(np.float32)
    np.testing.assert_allclose(interpolated(values, places), values, atol=1e-6)
    halfway = interpolated(values, places + np.float32([0.5, 0]))
    np.testing.assert_allclose(halfway[:-1], (values[1:] + values[:-1]) / 2, rtol=1e-5)
    np.testing.assert_allclose(
        interpolated(values, places - 100), values[:1, :1] + 0 * values, atol=1e-6
    )
