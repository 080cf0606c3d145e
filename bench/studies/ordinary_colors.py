"""The colors of ordinary photos, kind by kind: the table of `jphoto/looks/ordinary.py`.

    python bench/studies/ordinary_colors.py FOLDER

FOLDER holds photos that nobody has graded, such as those that `python -m bench.truth photos` takes
out of packages. The segmenter must be installed (`jphoto weights install deeplab`). The program
prints the barycenter of each kind's colors, for kinds that enough of the photos show.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jphoto.looks import Look
from jphoto.looks.gaussians import Gaussian, barycenter
from jphoto.settings import Settings

FEWEST_PHOTOS = 5
"""Effective number of photos that a kind's colors come from, at least."""


def main() -> None:
    """Print the table."""
    photos = sorted(path for path in Path(sys.argv[1]).iterdir() if path.suffix == ".png")
    look = Look.from_photos(photos, settings=Settings(size=400, backbone="vgg16"))
    everything = range(len(photos))
    for kind, colors in ordinary_colors(look, everything).items():
        print(f'    "{kind}": _gaussian(  # {_count(look, kind, everything):.0f} photos')
        for row in (colors.mean, *colors.covariance):
            print(f"        {[round(float(value), 4) for value in row]},")
        print("    ),")


def ordinary_colors(look: Look, photos: Sequence[int]) -> dict[str, Gaussian]:
    """The barycenter of each kind's colors, for kinds that enough photos show.

    Args:
      look: of photos that nobody has graded.
      photos: numbers of those that count.
    """
    colors, finest, found = look.statistics.colors, -1, {}
    for number, kind in enumerate(look.kinds):
        if _count(look, kind, photos) >= FEWEST_PHOTOS:
            found[kind] = barycenter(
                colors.means[photos, number, finest].astype(np.float64),
                colors.covariances[photos, number, finest].astype(np.float64),
                colors.weights[photos, number].astype(np.float64),
            )
    return found


def _count(look: Look, kind: str, photos: Sequence[int]) -> float:
    """The effective number of photos that show a kind; 0 without any."""
    weights = look.statistics.colors.weights[photos, look.kinds.index(kind)].astype(np.float64)
    return float(weights.sum() ** 2 / max(np.sum(weights**2), np.finfo(np.float64).tiny))


if __name__ == "__main__":
    main()
