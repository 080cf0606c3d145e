"""Soft masks in full resolution from regions on a coarse grid, with borders along photo edges.

A cell of a network's grid is many pixels wide. The matting Laplacian of the photo, which also keeps
edges in place during a transfer, decides which pixels of a cell belong to a region.

Source: Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting", eq. 14.
"""

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from jphoto.arrays import Picture, Plane
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.preconditioner import smooth

EPSILON = 1e-4
"""Regularization of the matting Laplacian, large enough that noise is not taken for an edge."""
FIDELITY = 0.01
"""Weight of the coarse mask against the Laplacian, see `matting.preconditioner.smooth`."""
DEGREE = 60
"""Of the polynomial that solves for the mask, see `matting.preconditioner.smooth`."""


def soft_mask(photo: Picture, share: Float[Array, "y x"]) -> Plane:
    """Compute the share of a region in every pixel from its share in every cell of a grid.

    Args:
      photo: h x w x 3.
      share: of the region in each cell, in [0, 1]; the grid covers the photo.

    Returns: h x w, in [0, 1]. Masks of shares that add up to 1 add up to 1, except for rounding.
    """
    plane = jax.image.resize(share, photo.shape[:2], "linear")[..., None]
    mask = smooth(matting_affinities(photo, EPSILON), plane, FIDELITY, DEGREE)
    return jnp.clip(mask[..., 0], 0, 1)
