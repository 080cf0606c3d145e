"""Measures of a photo style transfer that the optimizer never sees.

Is the style there? `style_distance`, `color_distance`. Is the content still there?
`edge_similarity`, `perceptual_distance`. Is it still a photo? `affine_residual`, `matting_energy`,
`banding`. With the true photo at hand: `psnr`, `ssim`, `color_difference`, `perceptual_distance`.

Pictures are NumPy arrays h x w x 3, sRGB in [0, 1]; masks k x h x w; every measure is a float, and
its definition does not change, so that figures stay comparable. `params` is
`jphoto.weights.load("alexnet").params`.
"""

from jphoto.metrics.photorealism import affine_residual, affine_residuals, banding, matting_energy
from jphoto.metrics.structure import edge_similarity, perceptual_distance
from jphoto.metrics.style import color_distance, style_distance
from jphoto.metrics.truth import color_difference, color_differences, psnr, ssim

__all__ = [
    "affine_residual",
    "affine_residuals",
    "banding",
    "color_difference",
    "color_differences",
    "color_distance",
    "edge_similarity",
    "matting_energy",
    "perceptual_distance",
    "psnr",
    "ssim",
    "style_distance",
]
