"""Local affine fits against least squares in each window, and banding against known answers."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import reference
from helpers.reference import assert_close, photo

from jphoto.errors import ImageError
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.laplacian import laplacian_energy
from jphoto.metrics import affine_residual, banding, matting_energy

LEVEL = 1 / 255
MATRIX = np.array([[0.5, 0.2, 0.1], [-0.1, 0.6, 0.1], [0.05, 0.05, 0.3]])


def noise(shape: tuple[int, ...], sigma: float, seed: int = 5) -> np.ndarray:
    return sigma * np.random.default_rng(seed).normal(size=shape)


def residual_by_least_squares(result: np.ndarray, content: np.ndarray, epsilon=1e-7) -> float:
    h, w, _ = content.shape
    residuals = []
    for y in range(h - 2):
        for x in range(w - 2):
            colors, values = (
                picture[y : y + 3, x : x + 3].reshape(9, 3).astype(np.float64)
                for picture in (content, result)
            )
            colors, values = colors - colors.mean(0), values - values.mean(0)
            ridged = np.vstack([colors, np.sqrt(epsilon) * np.eye(3)])
            fit = np.linalg.lstsq(ridged, np.vstack([values, np.zeros((3, 3))]))[0]
            residuals.append(values - colors @ fit)
    return 255 * np.sqrt(np.mean(np.square(residuals)))


@pytest.mark.parametrize("kind", reference.KINDS)
def test_affine_residual_equals_that_of_least_squares(kind) -> None:
    """On a picture taller than a strip."""
    content, result = photo(kind, 39, 5), photo("textured", 39, 5, seed=1)
    expected = residual_by_least_squares(result, content)
    assert affine_residual(result, content) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("kind", reference.KINDS)
def test_matting_energy_equals_that_of_the_laplacian(kind) -> None:
    content, result = photo(kind), photo("textured", seed=1)
    planes = np.moveaxis(result, -1, 0)
    pixels = content[..., 0].size
    found = matting_energy(result, content)
    assert found == pytest.approx(reference.energy(content, planes) / pixels, rel=1e-7)
    compiled = laplacian_energy(matting_affinities(jnp.asarray(content)), jnp.asarray(planes))
    assert_close(compiled / pixels, found)


def test_one_affine_recoloring_costs_nothing() -> None:
    content = photo(height=20, width=23)
    recolored = content @ MATRIX.T + 0.1
    for result in (content, recolored):
        assert affine_residual(result, content) < 1e-3
        assert matting_energy(result, content) < 1e-5


def test_other_changes_cost_something() -> None:
    content = photo(height=20, width=23)
    shifted = content.copy()
    shifted[5:15, 5:15] = np.roll(content, 1, 0)[5:15, 5:15]
    for result in (shifted, content**2, content[::-1]):
        assert affine_residual(result, content) > 1
        assert matting_energy(result, content) > 1e-3


def test_white_noise_leaves_five_of_nine_degrees_of_freedom() -> None:
    content = photo(height=60, width=60)
    result = content @ MATRIX.T + noise(content.shape, 3 * LEVEL)
    assert affine_residual(result, content) == pytest.approx(3 * np.sqrt(5 / 9), rel=0.03)


def test_residual_and_energy_grow_with_noise() -> None:
    content = photo("smooth", 20, 23)
    for measure in (affine_residual, matting_energy):
        found = [measure(content + noise(content.shape, s * LEVEL), content) for s in (0, 1, 2, 4)]
        assert found == sorted(found) and found[1] > 10 * found[0]


def test_pictures_smaller_than_a_window_are_refused() -> None:
    with pytest.raises(ImageError, match=r"5 x 2 pixels.* 3"):
        affine_residual(photo(height=2, width=5), photo(height=2, width=5))


def framed(height: int = 24, width: int = 30) -> np.ndarray:
    """A picture that is flat in the middle, out of reach of its borders."""
    content = photo(height=height, width=width)
    content[4:-4, 4:-4] = 0.5
    return content


@pytest.mark.parametrize("slope", [(0, 2), (3, 0), (3, 4)])
def test_banding_is_the_slope_of_a_ramp(slope) -> None:
    content = framed()
    y, x = np.mgrid[: content.shape[0], : content.shape[1]]
    ramp = np.repeat(LEVEL * (slope[0] * y + slope[1] * x)[..., None], 3, 2)
    assert banding(ramp, content) == pytest.approx(np.hypot(*slope))


def test_banding_is_measured_in_flat_parts_only() -> None:
    content = framed()
    assert banding(content, content) == 0
    edges = content.copy()
    edges[:4], edges[:, :4] = 1, 0
    assert banding(edges, content) == 0
    steps = content.copy()
    steps[:, 15:] += 4 * LEVEL
    assert banding(steps, content) > 0.1


def test_gentle_slopes_are_flat_and_steeper_ones_are_not() -> None:
    x = np.broadcast_to(np.arange(30.0), (24, 30))[..., None]
    gentle, steep = (np.repeat(LEVEL * s * x, 3, 2) for s in (1.45, 1.6))
    assert banding(gentle, gentle) > 1
    assert np.isnan(banding(steep, photo(height=24, width=30)))
    # Sobel finds half the slope in the last columns of a ramp; 5 x 5 neighborhoods exclude them.
    assert np.isnan(banding(steep, steep))


def test_banding_grows_with_noise() -> None:
    content = framed()
    found = [banding(content + noise(content.shape, s * LEVEL), content) for s in (0, 1, 2, 4)]
    assert found == sorted(found) and found[3] == pytest.approx(4 * found[1])


@pytest.mark.parametrize("kind", ["flat", "gray", "one direction"])
def test_poor_colors_give_finite_figures(kind) -> None:
    content = photo(kind)
    for result in (content, photo("flat", seed=3), photo()):
        assert np.isfinite(
            [affine_residual(result, content), matting_energy(result, content)]
        ).all()
        assert kind != "flat" or np.isfinite(banding(result, content))
