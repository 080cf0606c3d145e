"""Pictures for measures: types, Lab, luminance, slopes, and checks of sizes.

Pictures are h x w x 3, sRGB in [0, 1], of any floating type; results are float64.
"""

from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Float64
from skimage.color import rgb2gray, rgb2lab
from skimage.filters import sobel

from jphoto.errors import ImageError

HostPicture: TypeAlias = Float[np.ndarray, "_ _ 3"]
Plane: TypeAlias = Float64[np.ndarray, "h w"]


def check_sizes(picture: HostPicture, reference: HostPicture, smallest: int = 1) -> None:
    """Check that two pictures have the same size, and that it is large enough for the measure.

    Args:
      picture: to be measured.
      reference: that it is compared with.
      smallest: pixels that the shorter side must have at least.

    Raises: ImageError, naming both sizes, or the size that is too small.
    """
    (h, w, _), (height, width, _) = picture.shape, reference.shape
    if (h, w) != (height, width):
        raise ImageError(
            f"the picture is {w} x {h} pixels and its reference {width} x {height}; "
            "resize one to the other's size"
        )
    check_side(picture, smallest)


def check_side(picture: HostPicture, smallest: int) -> None:
    """Check that the shorter side of a picture is long enough for the measure.

    Raises: ImageError, naming the size.
    """
    h, w, _ = picture.shape
    if min(h, w) < smallest:
        raise ImageError(
            f"the picture is {w} x {h} pixels; this measure needs a shorter side of {smallest}"
        )


def lab(picture: Float[np.ndarray, "h w 3"]) -> Float64[np.ndarray, "h w 3"]:
    """Colors in CIE Lab, for the illuminant D65 and the 2 degree observer."""
    colors: Float64[np.ndarray, "h w 3"] = rgb2lab(picture.astype(np.float64))
    return colors


def luminance(picture: Float[np.ndarray, "h w 3"]) -> Plane:
    """Gray as scikit-image defines it: .2125 red + .7154 green + .0721 blue of sRGB values."""
    gray: Plane = rgb2gray(picture.astype(np.float64))
    return gray


def slopes(picture: Float[np.ndarray, "h w 3"]) -> Plane:
    """Length of the luminance's Sobel gradient, per pixel: s on a ramp of slope s.

    scikit-image's filter returns twice the slope along an axis, and combines both axes by the root
    of the mean of their squares instead of the sum.
    """
    gradient: Plane = sobel(luminance(picture)) / np.sqrt(2)
    return gradient
