"""Measures of the quality of a photo style transfer, independent of what the solver optimizes.

- `style`: is the style there? `style_distance`, `color_distance`.
- `structure`: is the content still there? `edge_similarity`, `perceptual_distance` (LPIPS).
- `photorealism`: is the result still a photo? `affine_residual`, `matting_energy`, `banding`.
- `truth`: if the true photo is known, `psnr`, `ssim`, `color_difference`,
  `histogram_correlation`.
- `temporal`: is a clip as steady as its source? `warping_error`, `relative_error`,
  `new_clipping`.
- `flicker`: does a clip's color change where its source's does not? `flicker`, `color_drift`.

`features` computes AlexNet's features and `pictures` has Lab, luminance and size checks for all of
them. Pictures are NumPy arrays h x w x 3, sRGB in [0, 1]; masks are k x h x w; `params` are
`jphoto.weights.load("alexnet").params`. Every measure is a float. Definitions do not change, so
that figures stay comparable. Reading files and statistics over pairs are in `jphoto.evaluation`.
"""

from jphoto.metrics.photorealism import affine_residual, affine_residuals, banding, matting_energy
from jphoto.metrics.structure import edge_similarity, perceptual_distance
from jphoto.metrics.style import color_distance, style_distance
from jphoto.metrics.truth import (
    color_difference,
    color_differences,
    histogram_correlation,
    psnr,
    ssim,
)

__all__ = [
    "affine_residual",
    "affine_residuals",
    "banding",
    "color_difference",
    "color_differences",
    "color_distance",
    "edge_similarity",
    "histogram_correlation",
    "matting_energy",
    "perceptual_distance",
    "psnr",
    "ssim",
    "style_distance",
]
