"""Soft masks in full resolution from regions on a coarse grid, with borders along photo edges.

A cell of a network's grid is many pixels wide. The matting Laplacian of the photo, which also keeps
edges in place during a transfer, decides which pixels of a cell belong to a region.

Source: Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting", eq. 14.
"""

import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Masks, Picture
from jphoto.arrays.padding import Valid
from jphoto.matting.affinities import matting_affinities
from jphoto.matting.preconditioner import smooth

EPSILON = 1e-4
"""Regularization of the matting Laplacian, large enough that noise is not taken for an edge."""
FIDELITY = 0.01
"""Weight of the coarse mask against the Laplacian, see `matting.preconditioner.smooth`."""
DEGREE = 60
"""Of the polynomial that solves for the mask, see `matting.preconditioner.smooth`."""


def soft_masks(
    photo: Picture,
    shares: Float[Array, "k h w"],
    count: int | Int[Array, ""] | None = None,
    valid: Valid = None,
) -> Masks:
    """Compute the share of each region in every pixel from a coarse share.

    Args:
      photo: h x w x 3.
      shares: of each region, in [0, 1], enlarged linearly from a grid to the photo's size.
      count: regions to compute; the masks after them are 0. By default all.
      valid: 1 where the arrays hold the photo, see `arrays.padding`.

    Returns: k x h x w, in [0, 1]. Where shares add up to 1, masks do, except for rounding.
    """
    affinities = matting_affinities(photo, EPSILON, valid=valid)

    def add(index: Int[Array, ""], masks: Masks) -> Masks:
        mask = smooth(affinities, shares[index][..., None], FIDELITY, DEGREE)
        with_it: Masks = masks.at[index].set(jnp.clip(mask[..., 0], 0, 1))
        return with_it

    masks: Masks = lax.fori_loop(
        0, len(shares) if count is None else count, add, jnp.zeros_like(shares)
    )
    return masks
