"""Is the content still there: its edges, and what a network recognizes in it.

Both measures are blind to what a transfer should change, as far as they can be: the first to
contrast and brightness, the second, on luminance, to color.

Source: Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural
Similarity"; Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features".
"""

import numpy as np
from jaxtyping import Float, Float32, Float64
from skimage.metrics import structural_similarity

from jphoto.metrics.features import alexnet_features
from jphoto.metrics.pictures import HostPicture, Plane, check_sizes, luminance, slopes
from jphoto.networks.alexnet import Params

SMALLEST_SIDE = 11
"""Pixels: the window of SSIM."""
FAINT = 1e-6
"""Root mean square of slopes below which they are rounding: one pixel of a megapixel, one 8-bit
level off, makes more."""
DATA_RANGE = 5.0
"""In root mean squares of the slopes; sets the constants that keep SSIM's quotients finite."""


def edge_similarity(result: HostPicture, content: HostPicture) -> float:
    """SSIM of the luminance's slopes, each in units of its own root mean square.

    Gaussian weights of sigma 1.5, population covariance, data range 5.

    Args:
      result: h x w x 3, at least 11 pixels on the shorter side.
      content: the same size.

    Returns: at most 1, which is reached by the content itself and by any change of its contrast and
      brightness as a whole; near 0 for unrelated edges.
    Raises: ImageError, if the sizes differ or are too small.
    """
    check_sizes(result, content, SMALLEST_SIDE)
    similarity = structural_similarity(
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
    return edges / max(float(np.sqrt(np.mean(edges**2))), FAINT)


def perceptual_distance(
    params: Params, picture: HostPicture, reference: HostPicture, *, luminance: bool = False
) -> float:
    """LPIPS, by AlexNet and its linear heads.

    Args:
      params: as `jphoto.weights.load("alexnet").params` has them.
      picture: h x w x 3, at least 31 pixels on the shorter side.
      reference: the same size.
      luminance: compare gray versions.

    Returns: at least 0, which is reached by the reference itself; 0.4 to 0.8 for unrelated photos.
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
    for number, (seen, wanted) in enumerate(layers, 1):
        head = np.asarray(params[f"lpips{number}"]["kernel"], np.float64).ravel()
        squares = (_directions(seen) - _directions(wanted)) ** 2
        total += float(np.mean(squares @ head))
    return total


def _gray(picture: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 3"]:
    return np.repeat(luminance(picture)[..., None], 3, axis=2)


def _directions(seen: Float32[np.ndarray, "y x c"]) -> Float64[np.ndarray, "y x c"]:
    """Each position's features as a unit vector, by LPIPS' own way around zero."""
    features = seen.astype(np.float64)
    directions: Float64[np.ndarray, "y x c"] = features / (
        np.linalg.norm(features, axis=-1, keepdims=True) + 1e-10
    )
    return directions
