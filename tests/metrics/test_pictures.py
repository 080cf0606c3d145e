"""Measures of color, edges and truth: known answers, and changes that each must ignore."""

import numpy as np
import pytest
from helpers.reference import assert_close, photo
from scipy import ndimage
from skimage.color import lab2rgb

from jphoto import metrics
from jphoto.errors import ImageError, MaskError
from jphoto.images import read_picture
from jphoto.metrics.style import half_sphere


@pytest.fixture(scope="module")
def flower(photos) -> np.ndarray:
    """A real photo of 36 x 64 pixels."""
    return read_picture(photos / "content.png", role="content")


def noisy(picture: np.ndarray, sigma: float) -> np.ndarray:
    return picture + sigma * np.random.default_rng(1).normal(size=picture.shape)


def shuffled(picture: np.ndarray) -> np.ndarray:
    return np.random.default_rng(2).permutation(picture.reshape(-1, 3)).reshape(picture.shape)


def whole(picture: np.ndarray) -> np.ndarray:
    return np.ones((1, *picture.shape[:2]))


def halves(picture: np.ndarray, columns: int) -> np.ndarray:
    """Two regions, the left one with the given number of columns."""
    left = np.broadcast_to(np.arange(picture.shape[1]) < columns, picture.shape[:2])
    return np.stack([left, ~left]).astype(np.float32)


def lab_colors(height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
    """Colors in Lab, well inside the gamut of sRGB."""
    return [55, 0, 0] + 10 * np.random.default_rng(seed).uniform(-1, 1, (height, width, 3))


def color_distance(result: np.ndarray, style: np.ndarray) -> float:
    return metrics.color_distance(result, style, whole(result), whole(style))


def test_directions_are_spread_evenly() -> None:
    directions = half_sphere(64)
    assert_close(np.linalg.norm(directions, axis=1), np.ones(64))
    assert len(np.unique(directions.round(6), axis=0)) == 64
    assert_close(directions.T @ directions / 64, np.eye(3) / 3, tolerance=0.02)


def test_color_distance_compares_sorted_samples() -> None:
    """With as many pixels as quantiles, every pixel is a quantile."""
    a, b = lab_colors(seed=0), [5, 2, -3] + 0.7 * lab_colors(seed=1)
    lines = [np.sort(colors.reshape(-1, 3) @ half_sphere(64).T, axis=0) for colors in (a, b)]
    expected = np.mean(np.abs(lines[0] - lines[1]))
    assert color_distance(lab2rgb(a), lab2rgb(b)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shift", [(8, 0, 0), (0, 8, 0), (0, 0, -8), (-4, 5, 6)])
def test_colors_shifted_by_a_vector_are_half_its_length_away(shift) -> None:
    result = lab2rgb(lab_colors(20, 30) + shift)
    distance = color_distance(result, lab2rgb(lab_colors(20, 30)))
    assert distance == pytest.approx(np.linalg.norm(shift) / 2, rel=0.02)


def test_color_distance_ignores_where_colors_are(flower) -> None:
    assert color_distance(shuffled(flower), flower) == pytest.approx(0, abs=1e-9)
    assert metrics.edge_similarity(shuffled(flower), flower) < 0.3


def test_color_distance_is_weighted_by_the_area_of_regions() -> None:
    style = lab2rgb(lab_colors(16, 40))
    moved = lab_colors(16, 40)
    moved[:, :10] += 8, 0, 0
    result, masks = lab2rgb(moved), halves(style, 10)
    own = color_distance(result[:, :10], style[:, :10])
    assert own == pytest.approx(4, rel=0.02)
    both = metrics.color_distance(result, style, masks, masks)
    assert both == pytest.approx(own / 4, rel=1e-9)  # a quarter of the area


def test_colors_in_the_wrong_region_count() -> None:
    colors = lab_colors()
    picture = lab2rgb(np.concatenate([colors, colors + np.array([8, 0, 0])], 1))
    masks = halves(picture, 16)
    assert metrics.color_distance(picture, picture, masks, masks) == 0
    exchanged = metrics.color_distance(picture, picture, masks[::-1], masks)
    assert exchanged == pytest.approx(4, rel=0.02)


def test_regions_that_one_photo_lacks_do_not_count() -> None:
    result, style = lab2rgb(lab_colors(16, 40) + 2), lab2rgb(lab_colors(16, 40))
    masks, partial = halves(style, 10), halves(style, 10)
    partial[1] = 0.4  # below a half everywhere
    distance = metrics.color_distance(result, style, masks, partial)
    assert distance == metrics.color_distance(result, style, masks[:1], partial[:1])
    with pytest.raises(MaskError, match="no region"):
        metrics.color_distance(result, style, masks[1:], partial[1:])


def test_pixels_that_are_mostly_outside_a_region_do_not_count() -> None:
    style = lab2rgb(lab_colors(16, 40))
    changed = style.copy()
    changed[:, 10:] = 1
    masks = np.where(np.arange(40) < 10, 0.6, 0.4) * np.ones((1, 16, 1))
    assert metrics.color_distance(changed, style, masks, masks) == 0


def expected_edge_similarity(result: np.ndarray, content: np.ndarray) -> float:
    """Wang et al. 2004, eq. 13, on slopes; five pixels at the borders are left out."""

    def edges(picture):
        gray = picture.astype(np.float64) @ [0.2125, 0.7154, 0.0721]
        slopes = np.hypot(ndimage.sobel(gray, 0), ndimage.sobel(gray, 1))
        return slopes / np.sqrt(np.mean(slopes**2))

    def mean(plane):
        return ndimage.gaussian_filter(plane, 1.5, truncate=3.5)

    a, b, c1, c2 = edges(result), edges(content), (0.01 * 5) ** 2, (0.03 * 5) ** 2
    variances = mean(a * a) - mean(a) ** 2 + mean(b * b) - mean(b) ** 2
    similarity = (2 * mean(a) * mean(b) + c1) / (mean(a) ** 2 + mean(b) ** 2 + c1)
    similarity *= (2 * (mean(a * b) - mean(a) * mean(b)) + c2) / (variances + c2)
    return np.mean(similarity[5:-5, 5:-5])


def test_edge_similarity_equals_its_formula(flower) -> None:
    for result in (noisy(flower, 0.1), np.roll(flower, 1, 0), shuffled(flower)):
        expected = expected_edge_similarity(result, flower)
        assert metrics.edge_similarity(result, flower) == pytest.approx(expected, rel=1e-9)


def test_edge_similarity_ignores_contrast_and_brightness(flower) -> None:
    assert metrics.edge_similarity(flower, flower) == pytest.approx(1)
    assert metrics.edge_similarity(0.2 + 0.3 * flower, flower) == pytest.approx(1)
    assert metrics.edge_similarity(1 - flower, flower) == pytest.approx(1)


def test_edge_similarity_falls_if_edges_move_or_drown_in_noise(flower) -> None:
    assert metrics.edge_similarity(np.roll(flower, 1, 1), flower) < 0.8
    found = [metrics.edge_similarity(noisy(flower, s), flower) for s in (0, 0.02, 0.05, 0.1, 0.2)]
    assert found == sorted(found, reverse=True) and found[0] > found[-1] + 0.2


def test_edge_similarity_of_flat_pictures_is_finite(flower) -> None:
    flat, other = np.full_like(flower, 0.3), np.full_like(flower, [0.7, 0.1, 0.2])
    assert metrics.edge_similarity(flat, other) == pytest.approx(1)
    assert 0 <= metrics.edge_similarity(flat, flower) < 0.3


def test_psnr_is_the_mean_squared_error_in_decibels(flower) -> None:
    assert metrics.psnr(0.5 * flower + 0.1, 0.5 * flower) == pytest.approx(20, abs=1e-4)
    assert metrics.psnr(flower, flower) == float("inf")


def test_ssim_of_flat_pictures_is_that_of_their_means(flower) -> None:
    a, b, c1 = 0.3, 0.6, 0.01**2
    found = metrics.ssim(np.full_like(flower, a), np.full_like(flower, b))
    assert found == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), rel=1e-6)


def test_ssim_falls_with_noise(flower) -> None:
    found = [metrics.ssim(noisy(flower, sigma), flower) for sigma in (0, 0.02, 0.05, 0.1, 0.2)]
    assert found[0] == pytest.approx(1)
    assert found == sorted(found, reverse=True) and found[-1] < 0.7


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
        ((61.2901, 3.7196, -5.3901), (61.4292, 2.2480, -4.9620), 1.8731),
    ],
)
def test_color_difference_is_in_the_published_table(one, other, expected) -> None:
    """Sharma et al. 2005, table 1, pairs 17 to 19; half of the pixels differ."""
    truth = lab2rgb(np.full((4, 6, 3), one))
    result = truth.copy()
    result[:2] = lab2rgb(np.full((2, 6, 3), other))
    assert metrics.color_difference(truth, truth) == 0
    assert metrics.color_difference(result, truth) == pytest.approx(expected / 2, abs=2e-4)


def correlation_by_loops(result: np.ndarray, truth: np.ndarray) -> float:
    """The slow twin: counts pixel by pixel, and Pearson's formula with plain sums."""
    found = []
    for channel in range(3):
        counts = np.zeros((2, 256))
        for which, picture in enumerate((result, truth)):
            for value in picture[..., channel].ravel():
                counts[which, round(255 * float(value))] += 1
        (a, b), n = counts, 256
        above = n * (a * b).sum() - a.sum() * b.sum()
        below = (n * (a * a).sum() - a.sum() ** 2) * (n * (b * b).sum() - b.sum() ** 2)
        found.append(above / np.sqrt(below))
    return sum(found) / 3


def test_histogram_correlation_equals_its_slow_twin(flower) -> None:
    darker = np.float32(0.8 * flower**1.2)
    expected = correlation_by_loops(darker, flower)
    assert 0 < expected < 0.95
    assert metrics.histogram_correlation(darker, flower) == pytest.approx(expected, abs=1e-12)


def test_histogram_correlation_ignores_places_and_is_symmetric(flower) -> None:
    assert metrics.histogram_correlation(shuffled(flower), flower) == pytest.approx(1)
    there = metrics.histogram_correlation(flower**2, flower)
    assert metrics.histogram_correlation(flower, flower**2) == pytest.approx(there) and there < 1
    swapped = metrics.histogram_correlation(flower[..., ::-1], flower)  # channels count apart
    assert swapped < 0.9
    found = [metrics.histogram_correlation(noisy(flower, s), flower) for s in (0, 0.02, 0.1)]
    assert found == sorted(found, reverse=True)


def test_histogram_correlation_of_flat_and_of_even_histograms() -> None:
    one, other = np.full((16, 16, 3), 0.2), np.full((16, 16, 3), 0.6)
    assert metrics.histogram_correlation(one, one) == pytest.approx(1)
    assert metrics.histogram_correlation(one, other) == pytest.approx(-1 / 255)
    even = (np.arange(256).reshape(16, 16, 1) / 255).repeat(3, 2)
    assert metrics.histogram_correlation(even, one) == 1
    assert metrics.histogram_correlation(even + 2, even + 3) == pytest.approx(1)  # clipped


PAIRWISE = [
    metrics.edge_similarity, metrics.affine_residual, metrics.matting_energy, metrics.banding,
    metrics.psnr, metrics.ssim, metrics.color_difference, metrics.histogram_correlation,
    lambda a, b: metrics.perceptual_distance({}, a, b),
]  # fmt: skip


@pytest.mark.parametrize("measure", PAIRWISE, ids=lambda m: m.__name__)
def test_pictures_of_different_sizes_are_refused(measure) -> None:
    with pytest.raises(ImageError, match=r"15 x 12 pixels .* 12 x 15"):
        measure(photo(), photo(height=15, width=12))


@pytest.mark.parametrize("measure", [metrics.edge_similarity, metrics.ssim])
def test_pictures_too_small_for_ssim_are_refused(measure) -> None:
    with pytest.raises(ImageError, match=r"15 x 10 pixels.* 11"):
        measure(photo(height=10), photo(height=10, seed=1))
    assert -1 <= measure(photo(height=11), photo(height=11, seed=1)) < 1
