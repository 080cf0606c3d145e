"""Is the content still there: similarity of edges, and perceptual distance (LPIPS).

Both measures ignore, as far as possible, what a transfer should change: the first ignores contrast
and brightness, the second ignores color if it is taken on luminance.

Source: Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural
Similarity"; Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features".
"""

import numpy as np
from jaxtyping import Float, Float32, Float64
from skimage import metrics  # loads a function, and SciPy's statistics, at its first use

from jphoto.metrics.features import alexnet_features
from jphoto.metrics.pictures import HostPicture, Plane, check_sizes, luminance, slopes
from jphoto.networks.alexnet import Params

SMALLEST_SIDE = 11
"""Pixels; the size of the window of SSIM."""
SMALLEST_RMS_SLOPE = 1e-6
"""Root mean square of slopes that are only rounding errors. One pixel of a megapixel that is off by
one 8-bit level makes more."""
DATA_RANGE = 5.0
"""In root mean squares of the slopes; sets the constants that stabilize SSIM's quotients."""


def edge_similarity(result: HostPicture, content: HostPicture) -> float:
    """SSIM of the slopes of luminance, divided by their root mean square in each picture.

    Gaussian weights of sigma 1.5, population covariance, data range 5.

    Args:
      result: h x w x 3, at least 11 pixels on the shorter side.
      content: the same size.

    Returns: at most 1, for the content itself and for any global change of its contrast and
      brightness; near 0 for unrelated edges.
    Raises: ImageError, if the sizes differ or are too small.
    """
    check_sizes(result, content, SMALLEST_SIDE)
    similarity = metrics.structural_similarity(
        _relative_slopes(result),
        _relative_slopes(content),
        data_range=DATA_RANGE,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def _relative_slopes(picture: HostPicture) -> Plane:
    edges = slopes(picture)
    return edges / max(float(np.sqrt(np.mean(edges**2))), SMALLEST_RMS_SLOPE)


def perceptual_distance(
    params: Params, picture: HostPicture, reference: HostPicture, *, luminance: bool = False
) -> float:
    """LPIPS: weighted squared distance between normalized features of AlexNet.

    Args:
      params: `jphoto.weights.load("alexnet").params`, with the LPIPS heads.
      picture: h x w x 3, at least 31 pixels on the shorter side.
      reference: the same size.
      luminance: compare the luminance of the pictures, without color.

    Returns: 0 for the reference itself; 0.4 to 0.8 for unrelated photos.
    Raises: ImageError, if the sizes differ or are too small.
    Source: Zhang et al. 2018, eq. 1.
    """
    check_sizes(picture, reference)
    if luminance:
        picture, reference = _gray(picture), _gray(reference)
    total = 0.0
    layers = zip(
        alexnet_features(params, picture), alexnet_features(params, reference), strict=True
    )
    for number, (features, target) in enumerate(layers, 1):
        head = np.asarray(params[f"lpips{number}"]["kernel"], np.float64).ravel()
        squares = (_directions(features) - _directions(target)) ** 2
        total += float(np.mean(squares @ head))
    return total


def _gray(picture: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    return np.repeat(luminance(picture)[..., None], 3, axis=2)


def _directions(features: Float32[np.ndarray, "y x c"]) -> Float64[np.ndarray, "y x c"]:
    """The features at each position as a unit vector, with the constant of LPIPS for zero."""
    vectors = features.astype(np.float64)
    directions: Float64[np.ndarray, "y x c"] = vectors / (
        np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-10
    )
    return directions
