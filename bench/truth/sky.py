"""The sky of a photo, as a soft mask.

Only for photos whose sky fills the upper edge. A watershed of the color slopes in Lab grows from
two markers: the upper edge is sky, and the lower part of the photo is ground. The border is blurred
by a few pixels, as that of a mask that a photographer paints.
"""

import numpy as np
from jaxtyping import Float, Float64
from scipy import ndimage
from skimage import color, segmentation

SKY_ROWS = 0.03
"""Share of the height at the upper edge that is surely sky."""
NOISE_SIGMA = 1.0
"""Pixels over which Lab is smoothed before its slopes are taken."""
BORDER_SIGMA = 2.0
"""Pixels over which the border of the mask is blurred."""


def sky_mask(picture: Float[np.ndarray, "h w 3"], ground: float) -> Float64[np.ndarray, "h w"]:
    """The share of sky in each pixel: 1 in the sky, 0 on the ground.

    Args:
      picture: sRGB in [0, 1], with sky along its upper edge.
      ground: share of the height below which there is no sky.
    """
    lab = color.rgb2lab(picture)
    slopes = [
        ndimage.gaussian_gradient_magnitude(lab[..., channel], NOISE_SIGMA) for channel in range(3)
    ]
    height = picture.shape[0]
    markers = np.zeros(picture.shape[:2], np.int32)
    markers[: round(SKY_ROWS * height)] = 1
    markers[round(ground * height) :] = 2
    labels = segmentation.watershed(np.linalg.norm(slopes, axis=0), markers)
    mask: Float64[np.ndarray, "h w"] = ndimage.gaussian_filter(
        np.float64(labels == 1), BORDER_SIGMA
    )
    return mask
