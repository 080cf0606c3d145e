"""From places to pixels: soft masks whose borders follow the photo's own edges.

A place of a network's grid is many pixels wide. Which of them belong together is what the matting
Laplacian knows, the same that keeps edges in a transfer.

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
"""Ridge of the local fits: noise is no edge."""
FIDELITY = 0.01
"""How closely a mask keeps to the places, see `precondition.smooth`."""
DEGREE = 60


def soft_mask(photo: Picture, share: Float[Array, "y x"]) -> Plane:
    """The share of a region in every pixel.

    Args:
      photo: h x w x 3.
      share: of the region in every place.

    Returns: in [0, 1]. Masks of shares that add up to 1 do so too, but for rounding.
    """
    plane = jax.image.resize(share, photo.shape[:2], "linear")[..., None]
    mask = smooth(matting_affinities(photo, EPSILON), plane, FIDELITY, DEGREE)
    return jnp.clip(mask[..., 0], 0, 1)
