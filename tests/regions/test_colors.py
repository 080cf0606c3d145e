"""Segments by the colors of the photo: exact borders from a coarse view of them."""

import numpy as np
import pytest

from jphoto.regions.colors import with_colors

SIZE = 48, 64
BORDER = 40
"""First column of the second segment."""


def two_colors(difference: float) -> np.ndarray:
    """A noisy photo of two colors, side by side."""
    photo = 0.4 + 0.02 * np.random.default_rng(0).standard_normal((*SIZE, 3))
    photo[:, BORDER:] += difference
    return photo.astype(np.float32)


def blurred_view(center: float, width: float) -> np.ndarray:
    """Probabilities of two segments, as a network sees them whose grid is coarse."""
    second = 1 / (1 + np.exp(-(np.arange(SIZE[1]) - center) / width))
    probabilities = np.stack([1 - second, second], -1)
    return np.broadcast_to(probabilities, (*SIZE, 2)).copy()


@pytest.mark.parametrize("shift", [-8, 8])
def test_the_border_moves_to_where_the_color_changes(shift: int) -> None:
    probabilities = blurred_view(BORDER + shift, 6)
    assert (probabilities.argmax(-1)[0] == (np.arange(SIZE[1]) >= BORDER)).mean() < 0.9
    found = with_colors(two_colors(0.2), probabilities)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-6)
    assert (found.argmax(-1) == (np.arange(SIZE[1]) >= BORDER)).mean() > 0.999


def test_colors_that_say_nothing_leave_the_view_of_the_network() -> None:
    probabilities = blurred_view(BORDER, 6)
    found = with_colors(two_colors(0), probabilities)
    assert np.abs(found - probabilities).mean() < 0.03


def test_where_the_network_is_sure_color_does_not_decide() -> None:
    """A red boat on the water does not become part of a red house."""
    photo, probabilities = two_colors(0.2), blurred_view(BORDER, 1)
    photo[10:20, 4:10] += 0.2
    assert probabilities[10:20, 4:10, 1].max() < 1e-12
    found = with_colors(photo, probabilities)
    boat = found[10:20, 4:10]
    assert (boat.argmax(-1) == 0).mean() > 0.5
    assert (found[:, :4].argmax(-1) == 0).all()


def test_absent_segments_stay_absent() -> None:
    probabilities = np.zeros((*SIZE, 3))
    probabilities[..., :2] = blurred_view(BORDER, 6)
    found = with_colors(two_colors(0.2), probabilities)
    assert not found[..., 2].any()
    whole = np.ones((*SIZE, 1))
    np.testing.assert_array_equal(with_colors(two_colors(0.2), whole), whole)
