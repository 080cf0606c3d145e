"""The color of photo files, in NumPy: everything between a file's levels and extended sRGB.

`icc` reads ICC profiles of tone curves and a matrix, and applies them; `profiles` chooses the
conversion for each photo and each file to write; `srgb` is the curve of sRGB. Colors inside the
optimizer, such as statistics and losses, are in `objectives`.
"""
