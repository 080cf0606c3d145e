"""A solved picture at the photo's own size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from jphoto import images
from jphoto.matting.lift import lift, linear_weights, local_maps

TOLERANCE = {"rtol": 0, "atol": 2e-5}
"""Of float32 sums of four products."""


def photo(shape, seed=0):
    """Smooth, with edges and some grain."""
    rng = np.random.default_rng(seed)
    coarse = np.uint8(255 * rng.random((4, 5, 3)))
    image = Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC)
    picture = np.asarray(image, np.float32) / 255
    picture[shape[0] // 2 :, : shape[1] // 2] *= 0.5
    return np.clip(picture + rng.normal(0, 0.01, picture.shape), 0, 1).astype(np.float32)


def recolored(picture):
    slopes = np.array([[0.7, 0.2, 0.0], [-0.1, 1.1, 0.1], [0.3, 0.0, 0.5]], np.float32)
    return picture @ slopes.T + np.array([0.05, -0.02, 0.1], np.float32)


sizes = st.tuples(st.integers(8, 40), st.integers(8, 40))


@given(sizes, sizes)
@settings(deadline=None, max_examples=25)
def test_an_affine_recoloring_is_the_same_at_any_size(small, large):
    content, original = photo(small), photo(large, 1) * 1.2 - 0.1  # also colors beyond [0, 1]
    lifted = lift(content, recolored(content), original)
    assert lifted.shape == original.shape and lifted.dtype == np.float32
    # Slopes lean a little on the identity.
    np.testing.assert_allclose(lifted, recolored(original), rtol=0, atol=0.03)


@given(sizes)
@settings(deadline=None, max_examples=25)
def test_at_the_solved_size_every_pixel_is_kept(size):
    content, picture = photo(size), photo(size, 1)
    np.testing.assert_allclose(lift(content, picture, content), picture, **TOLERANCE)


@pytest.mark.parametrize("strip", [1, 7, 1000])
def test_the_strip_changes_no_pixel(strip):
    content, picture, original = photo((30, 40)), photo((30, 40), 1), photo((211, 283))
    expected = lift(content, picture, original)
    np.testing.assert_array_equal(lift(content, picture, original, strip), expected)


@pytest.mark.parametrize("gain", [0.4, 1.0, 2.5])
def test_grain_is_mapped_as_its_surroundings_are(gain):
    rng = np.random.default_rng(0)
    tones = np.where(np.arange(800) < 400, 0.2, 0.3).astype(np.float32)
    flat = np.broadcast_to(tones[None, :, None], (480, 800, 3))
    original = np.float32(flat + rng.normal(0, 0.02, flat.shape))
    content = images.resize(original, (60, 100))
    lifted = lift(content, gain * content, original)
    for half in (np.s_[:, :360], np.s_[:, 440:]):
        assert np.std(lifted[half]) == pytest.approx(gain * np.std(original[half]), rel=0.05)


@pytest.mark.parametrize("side", [2, 3])
def test_detail_of_a_few_pixels_keeps_its_own_colors(side):
    """Squares of a few pixels of the solved picture, in six colors.

    No affine map takes all six to the colors of the picture, and larger boxes contain all six.
    """
    rng = np.random.default_rng(0)
    colors, goals = np.float32(rng.random((2, 6, 3)))
    squares = np.kron(rng.integers(0, 6, (16, 16)), np.ones((4 * side, 4 * side), int))
    squares = np.roll(squares, 2, axis=1)  # edges in the middle of a pixel of the solved picture
    original, wanted = colors[squares], goals[squares]
    content, picture = (
        p.reshape(16 * side, 4, 16 * side, 4, 3).mean((1, 3)) for p in (original, wanted)
    )
    away = lift(content, picture, original) - wanted
    assert np.sqrt(np.mean(away**2)) < {2: 0.032, 3: 0.014}[side]


def test_an_edge_has_no_halo():
    original = np.full((320, 480, 3), 0.2, np.float32)
    original[:, 243:] = [0.8, 0.7, 0.5]  # within a pixel of the smaller one
    content = images.resize(original, (40, 60))
    left, right = np.float32([0.1, 0.2, 0.6]), np.float32([0.9, 0.5, 0.1])
    part = (content - original[0, 0]) / (original[0, -1] - original[0, 0])
    lifted = lift(content, left + part * (right - left), original)
    np.testing.assert_allclose(lifted[:, :243], np.broadcast_to(left, (320, 243, 3)), atol=0.02)
    np.testing.assert_allclose(lifted[:, 243:], np.broadcast_to(right, (320, 237, 3)), atol=0.02)


def test_maps_take_each_pixel_to_the_picture_exactly():
    content, picture = photo((40, 50)), recolored(photo((40, 50)))
    maps = local_maps(content, picture)
    assert maps.shape == (40, 12, 50)
    slopes = maps[:, 3:].reshape(40, 3, 3, 50)
    met = maps[:, :3] + np.einsum("hiow,hwi->how", slopes, content)
    np.testing.assert_allclose(met.transpose(0, 2, 1), picture, **TOLERANCE)


@given(st.integers(1, 300), st.integers(1, 300))
def test_linear_weights_lie_between_their_neighbors(length, count):
    low, high, share = linear_weights(length, count)
    assert np.all((low >= 0) & (high >= low) & (high < count) & (high - low <= 1))
    assert np.all((share >= 0) & (share <= 1))
    middle = (low + high * 1.0) / 2 if count == 1 else low + share
    expected = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    np.testing.assert_allclose(middle, expected, atol=1e-4)


@pytest.mark.parametrize("pair", ["03", "14", "43"])
def test_a_lifted_photo_scaled_back_down_is_the_solved_one(pair, shared):
    folder = shared / "pairs" / pair
    original, published = (
        images.read_picture(folder / f"{name}.png", role="content")
        for name in ("content", "published")
    )
    size = images.working_size(original.shape[:2], 175)
    content, solved = images.resize(original, size), images.resize(published, size)
    lifted = np.clip(lift(content, solved, original), 0, 1)
    error = np.mean((images.resize(lifted, size) - solved) ** 2)
    assert -10 * np.log10(error) > 34
