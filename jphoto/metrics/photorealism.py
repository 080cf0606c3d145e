"""Is the result still a photo: distance from a locally affine recoloring, and banding.

In each 3 x 3 window of the content, with centered colors V, the result's centered colors p have the
best affine fit a = (V^T V + eps)^-1 V^T p, where eps is that of `matting.affinities`. With centered
colors in float64, solving the 3 x 3 systems directly costs an error below 1e-8 of a.

Source: Levin et al. 2008, eq. 4 and 12; Luan et al. 2017, eq. 2.
"""

import numpy as np
import scipy
from jaxtyping import Float, Float64
from numpy.lib.stride_tricks import sliding_window_view

from jphoto.matting.affinities import EPSILON
from jphoto.metrics.pictures import HostPicture, Plane, check_sizes, slopes

STRIP_ROWS = 16
"""Rows of windows that are fitted at a time, to save memory."""
LARGEST_FLAT_SLOPE = 1.5 / 255
"""Of luminance, per pixel; a step of one 8-bit level makes a smaller slope."""
SMALLEST_FLAT_SHARE = 0.001
"""Share of the photo that must be flat for a meaningful mean."""


def affine_residual(result: HostPicture, content: HostPicture) -> float:
    """The part of the result's colors that no local affine map of the content's colors explains.

    Args:
      result: h x w x 3, at least 3 x 3 pixels, values in [0, 1].
      content: the same size.

    Returns: root mean square over windows, pixels and channels, in 8-bit levels (1/255): about 0
      for an affine recoloring; sigma * sqrt(5/9) for white noise on a textured content, since each
      window fits 4 of its 9 values.
    Raises: ImageError, if the sizes differ or are too small.
    """
    return float(np.sqrt(np.mean(affine_residuals(result, content) ** 2)))


def affine_residuals(result: HostPicture, content: HostPicture) -> Plane:
    """The affine residual of each 3 x 3 window.

    Args:
      result: h x w x 3, at least 3 x 3 pixels, values in [0, 1].
      content: the same size.

    Returns: h-2 x w-2, root mean square over a window's pixels and channels, in 8-bit levels
      (1/255); the center of window (y, x) is pixel (y + 1, x + 1).
    Raises: ImageError, if the sizes differ or are too small.
    """
    squares, _ = _window_fits(result, content)
    residuals: Plane = 255 * np.sqrt(squares / 27)
    return residuals


def matting_energy(result: HostPicture, content: HostPicture) -> float:
    """The photorealism term in float64: the sum over channels of v^T L v, per pixel.

    Args:
      result: h x w x 3, at least 3 x 3 pixels, values in [0, 1].
      content: the same size.

    Returns: at least 0; the squared residuals of the fits plus the regularization, eps |a|^2.
    Raises: ImageError, if the sizes differ or are too small.
    """
    squares, penalty = _window_fits(result, content)
    h, w, _ = content.shape
    return float(np.sum(squares + penalty) / (h * w))


def banding(result: HostPicture, content: HostPicture) -> float:
    """Slopes of the result where the content is flat, such as steps and blotches in a clear sky.

    Args:
      result: h x w x 3, values in [0, 1].
      content: the same size. A pixel is flat if the slope of luminance is at most 1.5/255 per pixel
        in its whole 5 x 5 neighborhood, which keeps edges out.

    Returns: mean length of the luminance's Sobel gradient over flat pixels, in 8-bit levels (1/255)
      per pixel; on a ramp this is its slope. NaN if less than 0.1 % of the content is flat.
    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, content)
    flat = scipy.ndimage.maximum_filter(slopes(content), 5) <= LARGEST_FLAT_SLOPE
    if flat.mean() < SMALLEST_FLAT_SHARE:
        return float("nan")
    return float(255 * np.mean(slopes(result)[flat]))


def _window_fits(result: HostPicture, content: HostPicture) -> tuple[Plane, Plane]:
    """Squared residuals and eps |a|^2 of each window's fit, summed over pixels and channels."""
    check_sizes(result, content, 3)
    h, w, _ = content.shape
    squares, penalty = [], []
    for top in range(0, h - 2, STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS + 2)
        colors, fitted = _centered_windows(content[rows]), _centered_windows(result[rows])
        across = colors.transpose(0, 2, 1)
        maps = np.linalg.solve(
            colors @ across + EPSILON * np.eye(3), colors @ fitted.transpose(0, 2, 1)
        )
        residual = fitted - maps.transpose(0, 2, 1) @ colors
        squares.append(np.sum(residual**2, axis=(1, 2)))
        penalty.append(EPSILON * np.sum(maps**2, axis=(1, 2)))
    shape = (h - 2, w - 2)
    return np.concatenate(squares).reshape(shape), np.concatenate(penalty).reshape(shape)


def _centered_windows(picture: Float[np.ndarray, "h w 3"]) -> Float64[np.ndarray, "n 3 9"]:
    """The colors of each 3 x 3 window, minus their mean: windows x channels x pixels."""
    windows = sliding_window_view(picture.astype(np.float64), (3, 3), (0, 1)).reshape(-1, 3, 9)
    centered: Float64[np.ndarray, "n 3 9"] = windows - windows.mean(-1, keepdims=True)
    return centered
