"""The steadiness of a clip, added up frame by frame."""

from fractions import Fraction

import numpy as np
import pytest
from helpers.clips import picture

from jphoto.errors import VideoError
from jphoto.video.steadiness import Motion, SteadinessSums, read_motion

SIZE = (48, 64)
STILL = Motion(np.zeros((*SIZE, 2), np.float32), np.ones(SIZE, bool))
SCENE = (picture(0, SIZE) / 255).astype(np.float32)
OTHER_SCENE = SCENE[::-1, ::-1]


def measured(frames, sources=None, cuts=()):
    def motion(number, *_):
        valid = np.full(SIZE, number not in cuts)
        valid[0] = True  # by chance, as where motion is found between frames of two shots
        return STILL._replace(valid=valid)

    sums = SteadinessSums(motion)
    for number, frame in enumerate(frames):
        source = SCENE if sources is None else sources[number]
        sums.add(Fraction(number, 10), source, frame.astype(np.float32))
    return sums.measures()


def test_a_slow_drift_shows_over_a_second_only():
    found = measured([SCENE + 0.5 / 255 * number for number in range(21)])
    assert found.flicker == pytest.approx(0.5, rel=0.01)
    assert found.drift == pytest.approx(5, rel=0.01)
    assert found.relative_warping == pytest.approx(np.hypot(1, 0.5), rel=0.05)
    assert found.color_drift == pytest.approx(10, rel=0.01)
    assert found.largest_change == pytest.approx(10, rel=0.01)
    assert found.mean_change == pytest.approx(5.25, rel=0.01)


def test_a_rest_of_less_than_a_second_counts():
    assert measured([SCENE + number / 255 for number in range(5)]).drift == pytest.approx(4, 0.01)


def test_nothing_is_compared_across_a_cut():
    sources = [SCENE] * 4 + [OTHER_SCENE] * 4
    frames = [one + (number >= 4) * 9 / 255 for number, one in enumerate(sources)]
    found = measured(frames, sources, cuts=[4])
    assert max(found.flicker, found.drift, found.warping) < 1e-4
    assert measured(frames, sources).flicker == pytest.approx(9 / np.sqrt(7), rel=0.01)


def test_both_shots_of_a_cut_have_their_drift():
    sources = [SCENE] * 4 + [OTHER_SCENE] * 4
    steps = [0, 1, 2, 3, 50, 52, 54, 56]
    frames = [one + step / 255 for one, step in zip(sources, steps, strict=True)]
    found = measured(frames, sources, cuts=[4])
    assert found.drift == pytest.approx(np.sqrt((3**2 + 6**2) / 2), rel=0.01)


def test_a_single_frame_has_no_flicker_to_measure():
    found = measured([SCENE])
    assert np.isnan([found.flicker, found.drift, found.warping]).all()
    assert found.largest_change == found.mean_change == 0


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"flow": np.zeros((2, *SIZE, 2))}, "cannot be read"),
        ({"flow": np.zeros((2, *SIZE)), "valid": np.ones((2, *SIZE))}, "must be frames x height"),
    ],
)
def test_motion_of_another_shape_is_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "motion.npz", **arrays)
    with pytest.raises(VideoError, match=words):
        read_motion(tmp_path / "motion.npz")


def test_motion_for_fewer_frames_is_refused_where_it_ends(tmp_path):
    path = tmp_path / "motion.npz"
    np.savez(path, flow=np.zeros((2, *SIZE, 2)), valid=np.ones((2, *SIZE)))
    motion = read_motion(path)
    assert motion(1, SCENE, SCENE).valid.all()
    with pytest.raises(VideoError, match="2 frames of 64 x 48 pixels, and the clip has 3"):
        motion(2, SCENE, SCENE)


def test_motion_whose_bytes_are_damaged_is_refused(tmp_path):
    path = tmp_path / "motion.npz"
    flow = np.random.default_rng(0).normal(size=(2, *SIZE, 2)).astype(np.float16)
    np.savez_compressed(path, flow=flow, valid=np.ones((2, *SIZE)))
    damaged = bytearray(path.read_bytes())
    damaged[200:700] = b"\xff" * 500
    path.write_bytes(damaged)
    with pytest.raises(VideoError, match="cannot be read"):
        read_motion(path)
