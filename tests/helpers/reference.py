"""Slow, obvious twins of the compiled code in float64 NumPy, photos to try them on, and how close
is close. Everything here reads as its formula and takes its time."""

import numpy as np
from scipy import linalg

TOLERANCES = {"float64": 1e-10, "float32": 1e-5, "bfloat16": 2e-2}
"""Largest error, as a share of the largest expected value, for each dtype of what is tested."""

KINDS = ("textured", "smooth", "flat", "gray", "one direction")


def assert_close(actual, expected, tolerance=None, scale=None):
    """No entry is off by more than `tolerance` times `scale`, by default the largest expected."""
    actual = np.asarray(actual)
    if tolerance is None:
        tolerance = TOLERANCES[actual.dtype.name]
    actual, expected = actual.astype(np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f"{actual.shape}, expected {expected.shape}"
    scale = np.abs(expected).max() if scale is None else scale
    worst = np.abs(actual - expected).max()
    assert worst <= tolerance * scale, f"off by {worst:.3g}, allowed {tolerance * scale:.3g}"


def photo(kind="textured", height=12, width=15, seed=0):
    """A float32 picture in [0, 1] of the kind that strains local fits in its own way."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width][..., None] / max(height, width)
    if kind == "textured":
        picture = random.random((height, width, 3))
    elif kind == "smooth":  # 8 bits deep, as files are: rounding is all the texture there is
        a, b, c = random.random((3, 3))
        picture = np.round(255 * (0.3 + 0.2 * a * x + 0.2 * b * y + 0.2 * c * x * y)) / 255
    elif kind == "flat":
        picture = np.broadcast_to(random.random(3), (height, width, 3))
    elif kind == "gray":
        picture = np.repeat(random.random((height, width, 1)), 3, 2)
    else:  # all colors on one line
        picture = 0.2 + random.random((height, width, 1)) * np.array([0.7, 0.3, 0.1])
    return picture.astype(np.float32)


def dense_laplacian(content, epsilon=1e-7, counts=None):
    """Levin et al. 2008, eq. 12, window by window; n x n for n pixels, row by row.

    A window counts what `counts` (h x w) has at its middle, or 1.
    """
    content = np.asarray(content, np.float64)
    h, w, _ = content.shape
    counts = np.ones((h, w)) if counts is None else counts
    number = np.arange(h * w).reshape(h, w)
    laplacian = np.zeros((h * w, h * w))
    for y in range(h - 2):
        for x in range(w - 2):
            window = number[y : y + 3, x : x + 3].ravel()
            colors = content[y : y + 3, x : x + 3].reshape(9, 3)
            centered = colors - colors.mean(0)
            covariance = centered.T @ centered / 9 + epsilon / 9 * np.eye(3)
            affinity = (1 + centered @ np.linalg.solve(covariance, centered.T)) / 9
            laplacian[np.ix_(window, window)] += counts[y + 1, x + 1] * (np.eye(9) - affinity)
    return laplacian


def energy(content, planes, epsilon=1e-7):
    """Sum over planes of v^T L v."""
    v = np.asarray(planes, np.float64).reshape(len(planes), -1)
    return np.einsum("ci,ij,cj->", v, dense_laplacian(content, epsilon), v)


def gram_matrix(features, mask):
    """Sum of mask^2 f f^T over the sum of mask^2."""
    features, mask = np.asarray(features, np.float64), np.asarray(mask, np.float64)
    return np.einsum("hw,hwc,hwd->cd", mask**2, features, features) / np.sum(mask**2)


def mean_features(features, mask):
    """Sum of mask f over the sum of mask."""
    return np.einsum("hw,hwc->c", np.float64(mask), features) / np.sum(mask, dtype=np.float64)


def style_loss(features, masks, grams, means):
    """Sum over regions of area * (mean((G - T)^2) / mean(T^2), and 3 times that of the means)."""
    total = 0.0
    for mask, gram, mean in zip(masks, grams, means, strict=True):
        area = np.asarray(mask, np.float64).mean()
        total += area * content_loss(gram_matrix(features, mask), gram)
        total += 3 * area * content_loss(mean_features(features, mask), mean)
    return total


def content_loss(features, target):
    """mean((F - T)^2) / mean(T^2)."""
    features, target = np.asarray(features, np.float64), np.asarray(target, np.float64)
    return np.mean((features - target) ** 2) / np.mean(target**2)


def photorealism_loss(content, picture):
    """Matting energy per pixel."""
    return energy(content, np.moveaxis(picture, -1, 0)) / (picture.shape[0] * picture.shape[1])


def moments(picture, mask):
    """Mean and covariance of the colors under a mask, as one would by hand."""
    colors = np.asarray(picture, np.float64).reshape(-1, 3)
    weights = np.asarray(mask, np.float64).ravel()
    mean = np.average(colors, axis=0, weights=weights)
    return mean, np.cov(colors.T, aweights=weights, ddof=0)


def transport(source, target):
    """Pitie, Kokaram 2007, eq. 17: A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2."""
    root = linalg.sqrtm(source)
    inverse = np.linalg.inv(root)
    return np.real(inverse @ linalg.sqrtm(root @ target @ root) @ inverse)


def color_transfer(content, style, content_mask, style_mask, ridge=1e-5):
    """One region's linear Monge-Kantorovich map, applied to the whole content; no clipping."""
    mean, covariance = moments(content, content_mask)
    goal, spread = moments(style, style_mask)
    matrix = transport(covariance + ridge * np.eye(3), spread + ridge * np.eye(3))
    return (np.asarray(content, np.float64) - mean) @ matrix.T + goal
