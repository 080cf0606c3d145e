"""Which photos get which grade: styles under it, and contents that are compared with their truth.

The same seed gives the same choice. No photo is both a style and a content of one family.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.truth.looks import FAMILIES, Picture
from bench.truth.manifest import read_manifest
from bench.truth.pairs import CHANGE, SEED, TRIES, Seed, graded
from jphoto import images, metrics

STYLES = 20
"""Photos that a look is made of."""
SIZE = 350
"""Long side of all photos, in pixels."""


class Choice(NamedTuple):
    """The photos of one family of grades, by name, and the seed of its grade."""

    family: str
    seed: Seed
    styles: tuple[str, ...]
    contents: tuple[str, ...]


def read_photos(folder: Path, size: int = SIZE) -> dict[str, Picture]:
    """All photos of the manifest at a common long side, sRGB in [0, 1].

    Args:
      folder: with a file for each photo, from `python -m bench.truth photos`.
      size: long side, in pixels.

    Raises: ImageError, if one is missing.
    """
    found = {}
    for name in read_manifest():
        picture = images.read_picture(folder / f"{name}.png", role=name)
        found[name] = np.float64(
            images.resize(picture, images.working_size(picture.shape[:2], size))
        )
    return found


def choose(pictures: Mapping[str, Picture], family: str, contents: int) -> Choice:
    """The styles and contents of a family, and the first grade that changes contents visibly.

    Args:
      pictures: to choose from, by name.
      family: of grades, see `FAMILIES`.
      contents: number of content photos.
    """
    number = list(FAMILIES).index(family)
    order = np.random.default_rng((SEED, number)).permutation(len(pictures))
    names = [list(pictures)[n] for n in order]
    styles, others = names[:STYLES], names[STYLES : STYLES + contents]
    seed = _visible_grade(family, number, [pictures[name] for name in others])
    return Choice(family, seed, tuple(styles), tuple(others))


def under_grade(pictures: Mapping[str, Picture], choice: Choice, name: str) -> Picture:
    """A photo under the grade of a family: a style photo, or the truth of a content photo."""
    return np.float32(graded(pictures[name], choice.family, choice.seed, None))


def _visible_grade(family: str, number: int, contents: Sequence[Picture]) -> Seed:
    """The first seed whose median change lies in `CHANGE`, or else the one that comes nearest."""
    best: tuple[float, Seed] = (np.inf, (SEED, number, 0))
    for attempt in range(TRIES):
        seed = (SEED, number, attempt)
        changes = [
            metrics.color_difference(graded(picture, family, seed, None), picture)
            for picture in contents
        ]
        change = float(np.median(changes))
        off = max(CHANGE[0] - change, change - CHANGE[1], 0.0)
        best = min(best, (off, seed))
        if off == 0:
            break
    return best[1]
