"""The colors of ordinary photos, kind by kind: the table of `jphoto/looks/ordinary.py`.

    python bench/studies/ordinary_colors.py FOLDER

FOLDER holds photos that nobody has graded, such as those that `python -m bench.truth photos` takes
out of packages. The segmenter must be installed (`jphoto weights install deeplab`). The program
prints the barycenter of each kind's colors, for kinds that enough of the photos show.
"""

import sys
from pathlib import Path

import numpy as np

from jphoto.looks import Look
from jphoto.looks.gaussians import barycenter
from jphoto.settings import Settings

FEWEST_PHOTOS = 5
"""Effective number of photos that a kind's colors come from, at least."""


def main() -> None:
    """Print the table."""
    photos = sorted(path for path in Path(sys.argv[1]).iterdir() if path.suffix == ".png")
    look = Look.from_photos(photos, settings=Settings(size=400, backbone="vgg16"))
    colors, finest = look.statistics.colors, -1
    for kind, name in enumerate(look.kinds):
        weights = colors.weights[:, kind].astype(np.float64)
        count = weights.sum() ** 2 / np.sum(weights**2)
        if count < FEWEST_PHOTOS:
            continue
        mean, covariance = barycenter(
            colors.means[:, kind, finest].astype(np.float64),
            colors.covariances[:, kind, finest].astype(np.float64),
            weights,
        )
        print(f'    "{name}": _gaussian(  # {count:.0f} photos')
        for row in (mean, *covariance):
            print(f"        {[round(float(value), 4) for value in row]},")
        print("    ),")


if __name__ == "__main__":
    main()
