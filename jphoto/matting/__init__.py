"""The matting Laplacian of a photo, and what follows from it: photorealism lives here.

`affinities` computes the pairwise affinities of a photo's pixels, `laplacian` multiplies by the
Laplacian and evaluates its energy, `preconditioner` inverts it approximately, `affine_maps` fits
and applies local affine maps of colors, and `lift` takes a solved picture to the photo's own size.
The loss made from the energy is in `objectives`; borders of regions that follow edges are in
`regions`.
"""
