"""Transfers of the colors of whole photos, by which jphoto is compared with older methods.

Pictures are h x w x 3, sRGB in [0, 1]; results may lie outside.
"""

import numpy as np
from jaxtyping import Float
from skimage import color, exposure

Picture = Float[np.ndarray, "h w 3"]


def reinhard(content: Picture, style: Picture) -> Picture:
    """Mean and deviation of the style's colors in CIE Lab.

    Source: Reinhard et al. 2001, "Color Transfer between Images", which uses l-alpha-beta.
    """
    own, wanted = color.rgb2lab(content), color.rgb2lab(style)
    scale = wanted.std((0, 1)) / own.std((0, 1))
    matched = (own - own.mean((0, 1))) * scale + wanted.mean((0, 1))
    picture: Picture = color.lab2rgb(matched)
    return picture


def match_histograms(content: Picture, style: Picture) -> Picture:
    """The style's histogram of each channel."""
    picture: Picture = exposure.match_histograms(content, style, channel_axis=-1)
    return picture
