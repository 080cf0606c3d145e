"""Carrying maps between key frames: exact where nothing moves, with the motion where it does."""

import itertools

import numpy as np
import pytest

from jphoto.matting.bilateral_grid import layout_of
from jphoto.video.carrying import Key, carried_grids, link_between, reconciled
from jphoto.video.motion import FrameMotion, motions

LAYOUT = layout_of((48, 96))


def still_frames(count):
    colors = np.random.default_rng(0).random((*LAYOUT.nodes, 3)).astype(np.float32)
    nowhere = np.zeros((*LAYOUT.nodes, 2), np.float32)
    return [FrameMotion(colors, nowhere, nowhere)] * count


def moving_frames(count, cells):
    """Frames in which everything moves to the left by so many cells each."""
    rows, columns = LAYOUT.nodes
    wide = np.random.default_rng(0).random((rows, columns + 20, 3))
    wide = np.cumsum(wide - wide.mean(1, keepdims=True), 1).astype(np.float32) / 10
    shift = np.zeros((rows, columns, 2), np.float32)
    shift[..., 1] = cells
    return [
        FrameMotion(wide[:, n * cells : n * cells + columns], shift, -shift) for n in range(count)
    ]


def grid(seed=0):
    return np.random.default_rng(seed).random((*LAYOUT.nodes, 8, 12)).astype(np.float32)


def test_a_still_scene_keeps_the_maps_of_its_key_frame():
    frames = still_frames(5)
    key = Key(0, grid(), frames[0])
    first, *others = carried_grids(frames, 0, key, None)
    np.testing.assert_allclose(first.grid, key.grid, atol=1e-6)
    for other in others:
        np.testing.assert_allclose(other.grid, first.grid, atol=1e-8)
        assert (other.gain, other.offset) == (1, 0)


def test_maps_move_with_what_they_belong_to():
    frames = moving_frames(4, cells=2)
    key = Key(0, grid(), frames[0])
    carried = [*carried_grids(frames, 0, key, None)]
    for number, found in enumerate(carried):
        seen = LAYOUT.nodes[1] - 2 * number
        expected = key.grid[:, 2 * number :]
        np.testing.assert_allclose(found.grid[:, :seen], expected, atol=2e-2)


@pytest.mark.parametrize("first", [0, 3])
def test_between_two_key_frames_the_maps_pass_from_one_to_the_other(first):
    frames = still_frames(9)
    left, right = Key(first, grid(1), frames[0]), Key(first + 8, grid(2), frames[0])
    found = [one.grid for one in carried_grids(frames, first, left, right)]
    assert len(found) == 8
    np.testing.assert_allclose(found[0], left.grid, atol=1e-5)
    np.testing.assert_allclose(found[4], (left.grid + right.grid) / 2, atol=1e-5)
    steps = [np.abs(b - a).max() for a, b in itertools.pairwise([*found, right.grid])]
    assert max(steps) < 0.25 * np.abs(right.grid - left.grid).max()


def test_frames_before_the_first_key_frame_follow_it_backwards():
    frames = moving_frames(4, cells=2)
    key = Key(3, grid(), frames[3])
    first = next(carried_grids(frames, 0, None, key))
    np.testing.assert_allclose(first.grid[:, 6:], key.grid[:, :-6], atol=2e-2)


def test_key_frames_that_see_the_same_get_the_same_maps():
    frames = still_frames(6)
    grids = [grid(1), grid(2), grid(3)]
    links = [link_between(frames[:3]), link_between(frames[3:])]
    found = reconciled(grids, links)
    mean = np.mean(grids, 0)
    for one in found:
        assert np.abs(one - mean).max() < 0.2 * np.abs(grids[0] - mean).max()


def test_key_frames_that_see_other_things_keep_their_maps():
    frames = still_frames(2)
    frames[1] = frames[1]._replace(colors=1 - frames[1].colors)
    grids = [grid(1), grid(2)]
    found = reconciled(grids, [link_between(frames)])
    colors = np.abs(frames[0].colors - frames[1].colors).mean(-1)
    different = colors > 0.3
    assert different.any()
    change = np.abs(found[0] - grids[0])[different].mean()
    assert change < 0.5 * np.abs(grids[1] - grids[0])[different].mean()


def picture(shift, size=(96, 192)):
    """A smooth texture, moved to the left by a number of pixels."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    columns += shift
    waves = [
        np.sin(rows / a + columns / b + phase)
        for a, b, phase in ((9, 7, 0), (-13, 11, 1), (17, 23, 2), (5, 31, 3))
    ]
    gray = 128 + 25 * np.sum(waves, 0)
    return np.stack([gray, 0.8 * gray + 20, 0.9 * gray], -1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("shift", [0.4, 1.5, 5.0])
def test_motion_is_that_of_the_picture(shift):
    layout = layout_of((96, 192))
    first, second = motions(iter([picture(0), picture(shift)]), layout)
    assert not first.to_previous.any()
    inner = slice(4, -4)
    for found, sign in ((second.to_previous, 1), (second.from_previous, -1)):
        pixels = found[inner, inner] * layout.cell
        assert np.abs(np.median(pixels, (0, 1)) - [0, sign * shift]).max() < 0.1 + 0.02 * shift


def test_motion_does_not_mind_the_exposure():
    layout = layout_of((96, 192))
    dark = (0.5 * picture(3) + 30).astype(np.uint8)
    *_, found = motions(iter([picture(0), dark]), layout)
    pixels = found.to_previous[4:-4, 4:-4] * layout.cell
    assert np.abs(np.median(pixels, (0, 1)) - [0, 3]).max() < 0.2


def test_equal_frames_do_not_move_at_all():
    *_, found = motions(iter([picture(0), picture(0)]), layout_of((96, 192)))
    assert not found.to_previous.any() and not found.from_previous.any()
