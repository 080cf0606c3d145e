"""The color of photo files, in NumPy: everything between a file's levels and extended sRGB.

`resolver` finds what a photo's colors mean and converts them. `code_points` and `hdr` are for
colors declared without a profile, `own_profiles` makes profiles, `profiles` converts by profiles
and chooses those of files to write; `icc` applies tone curves and a matrix, `lut_profiles` tables.
`srgb` is the curve of sRGB. Colors inside the optimizer, such as statistics and losses, are in
`objectives`.
"""
