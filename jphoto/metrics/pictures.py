"""What several measures need of pictures: types, Lab, luminance, slopes, and sizes that fit.

Pictures are h x w x 3, sRGB in [0, 1], of any floating type; what is computed from them is float64.
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
    """Hold two pictures to one size, large enough for the measure.

    Args:
      smallest: pixels that the shorter side must have.

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
    """Hold a picture to the shorter side that a measure needs.

    Raises: ImageError, naming the size.
    """
    h, w, _ = picture.shape
    if min(h, w) < smallest:
        raise ImageError(
            f"the picture is {w} x {h} pixels; this measure needs a shorter side of {smallest}"
        )


def lab(picture: Float[np.ndarray, "h w 3"]) -> Float64[np.ndarray, "h w 3"]:
    """Colors in CIE Lab, under D65 for the 2 degree observer."""
    colors: Float64[np.ndarray, "h w 3"] = rgb2lab(picture.astype(np.float64))
    return colors


def luminance(picture: Float[np.ndarray, "h w 3"]) -> Plane:
    """Gray as scikit-image has it: .2125 red + .7154 green + .0721 blue, gamma left alone."""
    gray: Plane = rgb2gray(picture.astype(np.float64))
    return gray


def slopes(picture: Float[np.ndarray, "h w 3"]) -> Plane:
    """Length of the luminance's Sobel gradient, per pixel: s on a ramp of slope s.

    scikit-image's filter answers twice the slope along an axis, and takes the root of the mean of
    the two axes' squares instead of their sum.
    """
    gradient: Plane = sobel(luminance(picture)) / np.sqrt(2)
    return gradient
