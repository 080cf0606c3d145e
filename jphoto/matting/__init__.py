"""The matting Laplacian of a photo and what follows from it: the code behind photorealism.

- `affinities`: the matting affinities of a photo's pixels, which stand for the Laplacian;
- `laplacian`: the Laplacian's product with planes, and its energy;
- `preconditioner`: its approximate inverse, and edge-aware smoothing;
- `affine_maps`: local affine maps of colors, fitted, smoothed, enlarged and applied;
- `lift`: a solved picture at the photo's own size.

The photorealism loss that uses the energy is in `objectives`; the refinement of regions' borders
along edges is in `regions`. These functions are for other people's projects too: arrays in, arrays
out, and all but `lift` run inside `jax.jit`, `jax.vmap` and `jax.grad`.
"""

from jphoto.matting.affine_maps import (
    AffineMaps,
    apply_affine_maps,
    fit_affine_maps,
    fit_box_maps,
)
from jphoto.matting.affinities import Affinities, matting_affinities
from jphoto.matting.laplacian import LARGEST_EIGENVALUE, laplacian_energy, laplacian_product
from jphoto.matting.lift import lift
from jphoto.matting.preconditioner import shifted_inverse, smooth

__all__ = [
    "LARGEST_EIGENVALUE",
    "AffineMaps",
    "Affinities",
    "apply_affine_maps",
    "fit_affine_maps",
    "fit_box_maps",
    "laplacian_energy",
    "laplacian_product",
    "lift",
    "matting_affinities",
    "shifted_inverse",
    "smooth",
]
