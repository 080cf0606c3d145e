"""Shots and key frames of clips whose frames are made up."""

import numpy as np
import pytest

from jphoto.video.motion import FrameMotion
from jphoto.video.shots import LONGEST_GAP, SHORTEST_GAP, ShotFinder

NODES = (10, 16)
NOWHERE = np.zeros((*NODES, 2), np.float32)


def scene(seed):
    wide = np.random.default_rng(seed).uniform(0.1, 0.9, (NODES[0], 200, 3))
    return wide.astype(np.float32)


def still(seed, count, gains=None):
    colors = scene(seed)[:, : NODES[1]]
    gains = np.ones(count) if gains is None else gains
    return [FrameMotion((gain * colors).astype(np.float32), NOWHERE, NOWHERE) for gain in gains]


def panning(seed, count):
    step = NOWHERE.copy()
    step[..., 1] = 1
    return [FrameMotion(scene(seed)[:, n : n + NODES[1]], step, -step) for n in range(count)]


def shots_of(frames):
    finder, shots, keys = ShotFinder(), [], []
    for shot, new in [*(finder.add(frame) for frame in frames), finder.end()]:
        shots += [shot] if shot else []
        keys += new
    assert {key for shot in shots for key in shot.keys} <= set(keys)
    return shots


def test_a_still_scene_has_one_key_frame():
    assert [*map(tuple, shots_of(still(0, 30)))] == [(0, 30, (0,))]


def test_every_cut_begins_a_shot_with_a_key_frame():
    shots = shots_of(still(0, 5) + still(1, 1) + panning(2, 4))
    assert [(shot.first, shot.end) for shot in shots] == [(0, 5), (5, 6), (6, 10)]
    assert all(shot.keys[0] == shot.first for shot in shots)


def test_a_pan_has_key_frames_as_it_goes_and_at_its_end():
    (shot,) = shots_of(panning(0, 60))
    gaps = np.diff(shot.keys)
    assert shot.keys[0] == 0 and shot.keys[-1] == 59
    assert gaps[:-1].min() >= SHORTEST_GAP
    assert gaps.max() <= NODES[1]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_fade_is_no_cut_and_its_dark_frames_are_no_key_frames(backwards):
    gains = np.linspace(0, 1, 40)
    frames = still(0, 40, gains[::-1] if backwards else gains)
    (shot,) = shots_of(frames)
    assert shot.keys
    assert all(
        frames[key].colors.max() > 0.5 * frames[0 if backwards else 39].colors.max()
        for key in shot.keys
    )


def test_flicker_makes_no_key_frames():
    gains = 1 + 0.15 * np.sin(np.arange(40))
    (shot,) = shots_of(still(0, 40, gains))
    assert len(shot.keys) == 1


def test_a_very_long_scene_is_divided():
    (shot,) = shots_of(still(0, LONGEST_GAP + 5))
    assert shot.keys == (0, LONGEST_GAP)


def test_no_frames_make_no_shot():
    assert ShotFinder().end() == (None, ())
