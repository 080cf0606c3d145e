"""Looks: what a transfer takes from one or many style photos, kept, mixed and shared.

- `look`: the `Look` that Python users hold: learned from photos, saved, loaded, added; `mixing`:
  several by weights;
- `statistics`: its numbers, for each kind of thing and for whole photos, and what becomes of them
  for the regions of a content photo; `gaussians` has the mathematics of its colors, `ordinary` the
  colors of ordinary photos;
- `sources`, `learning`: the photos of a look, and their statistics; `outliers` are photos that do
  not fit the others;
- `regions`: which region of a content photo takes which kind;
- `styles`: the style of a transfer, which may be a photo, a look, or a mix of several; `bundled`
  has the looks that come with jphoto; `targets` is what the solver gets;
- `archive`: the file format.

The solver gets from a look what it computes itself from a style photo: `StyleTargets`.
"""

from jphoto.looks.look import Look
from jphoto.looks.mixing import mixed
from jphoto.looks.sources import LookPhoto
from jphoto.looks.styles import StyleSource, style_of

__all__ = ["Look", "LookPhoto", "StyleSource", "mixed", "style_of"]
