"""Objectives: what a transfer minimizes, from Gram matrices and losses to the weighted total.

- `grams`: Gram matrices and mean features of regions;
- `losses`: one function for each loss term;
- `colors`: color moments, and the closed-form color transfer that a solve starts from,
  also of the colors of faint texture;
- `details`: strength of the finest detail, its closed-form transfer, and a bound for its colors;
- `targets`: the targets, weights and terms that objectives share;
- `dimensionless`: the default objective, with the weights of its layers;
- `published`: the objective of Luan et al. 2017 in its own units.

The functions exported here are for other people's projects too: arrays in, arrays out, inside
`jax.jit`, `jax.vmap` and `jax.grad`. How an objective is minimized is in `optimizers` and `solver`.
"""

from jphoto.objectives.colors import (
    Moments,
    color_moments,
    color_transfer,
    colorfulness,
    weakened_colors,
)
from jphoto.objectives.details import bounded_color_detail, detail_strengths, detail_transfer
from jphoto.objectives.grams import gram_matrices, mean_features
from jphoto.objectives.losses import (
    content_loss,
    gamut_loss,
    photorealism_loss,
    recoloring_loss,
    style_loss,
    total_variation,
)

__all__ = [
    "Moments",
    "bounded_color_detail",
    "color_moments",
    "color_transfer",
    "colorfulness",
    "content_loss",
    "detail_strengths",
    "detail_transfer",
    "gamut_loss",
    "gram_matrices",
    "mean_features",
    "photorealism_loss",
    "recoloring_loss",
    "style_loss",
    "total_variation",
    "weakened_colors",
]
