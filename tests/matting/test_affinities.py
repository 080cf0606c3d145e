"""The matting affinities of a photo: against the matrix, pair by pair."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.reference import KINDS, assert_close, dense_laplacian, photo

from jphoto.matting.affinities import NEIGHBOR_OFFSETS, matting_affinities, window_pixels


def affinities_of(
    content: np.ndarray, epsilon: float = 1e-7, counts: np.ndarray | None = None
) -> np.ndarray:
    counts = None if counts is None else jnp.asarray(counts)
    return np.stack(matting_affinities(jnp.asarray(content), epsilon, counts))


def dense_affinities(
    content: np.ndarray, epsilon: float = 1e-7, counts: np.ndarray | None = None
) -> np.ndarray:
    """Off-diagonal entries of -L, laid out by step and first pixel, a border of 2 around."""
    h, w, _ = content.shape
    laplacian = dense_laplacian(content, epsilon, counts).reshape(h, w, h, w)
    laid = np.zeros((len(NEIGHBOR_OFFSETS), h + 4, w + 4))
    for k, (dy, dx) in enumerate(NEIGHBOR_OFFSETS):
        for y in range(h - dy):
            for x in range(max(0, -dx), w - max(0, dx)):
                laid[k, y + 2, x + 2] = -laplacian[y, x, y + dy, x + dx]
    return laid


def test_shifts_list_the_nine_pixels_of_a_window_row_by_row() -> None:
    planes = jnp.arange(20.0).reshape(4, 5)
    np.testing.assert_array_equal(
        [pixel[1, 2] for pixel in window_pixels(planes)], [7, 8, 9, 12, 13, 14, 17, 18, 19]
    )


def test_steps_lead_from_the_earlier_to_the_later_pixel_once() -> None:
    both = {*NEIGHBOR_OFFSETS, *((-y, -x) for y, x in NEIGHBOR_OFFSETS)}
    square = {(y, x) for y in range(-2, 3) for x in range(-2, 3)}
    assert (
        both == square - {(0, 0)}
        and len(NEIGHBOR_OFFSETS) == 12
        and all(step > (0, 0) for step in NEIGHBOR_OFFSETS)
    )


@pytest.mark.parametrize("shape", [(3, 3), (12, 15), (9, 4), (3, 17)])
@pytest.mark.parametrize("kind", KINDS)
def test_affinities_are_the_entries_of_the_matrix(kind: str, shape: tuple[int, int]) -> None:
    content = photo(kind, *shape)
    # 1e-4, not 1e-5: where 8-bit colors hardly vary, V has condition numbers of several hundred.
    tolerance = 1e-4 if kind == "smooth" else None
    assert_close(affinities_of(content), dense_affinities(content), tolerance)


def test_the_callers_ridge_is_added() -> None:
    content = photo()
    assert_close(affinities_of(content, 0.25), dense_affinities(content, 0.25))
    assert np.abs(dense_affinities(content, 0.25) - dense_affinities(content)).max() > 0.01


def test_windows_count_by_their_weights() -> None:
    content = photo()
    counts = np.random.default_rng(0).uniform(size=content.shape[:2]).astype(np.float32)
    assert_close(affinities_of(content, 1e-7, counts), dense_affinities(content, 1e-7, counts))


def test_no_affinity_reaches_out_of_the_photo() -> None:
    affinities = affinities_of(photo())
    for plane, (dy, dx) in zip(affinities, NEIGHBOR_OFFSETS, strict=True):
        y, x = np.indices(plane.shape) - 2
        outside = (y < 0) | (x < 0) | (x >= 15) | (y + dy >= 12) | (x + dx < 0) | (x + dx >= 15)
        assert not plane[outside].any()
