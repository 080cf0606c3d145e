"""A benchmark with known truth: free photos, looks made by code, and other programs beside jphoto.

`manifest` reads the list of photos (photos.toml), `packages` takes them out of packages with
`qt_resources`, `looks` are changes of color, `sky` separates sky and ground, `pairs` makes pairs
with their truth, `methods` are the contenders, `record` measures what they made. `python -m
bench.truth` runs all of it.

A pair is a content photo and another photo under a look. Its truth is the content photo under the
same look. A look is an exact function of colors, but a style photo shows it only through colors of
its own: no method can be perfect, and all of them have the same hints.
"""
