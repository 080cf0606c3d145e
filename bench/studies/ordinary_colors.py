"""The colors of ordinary photos, kind by kind: the table of `jphoto/looks/ordinary.py`.

    python -m bench.studies.ordinary_colors FOLDER

FOLDER holds photos that nobody has graded, such as those that `python -m bench.truth photos` takes
out of packages. The segmenter must be installed (`jphoto weights install deeplab`). The program
prints the barycenter of each kind's colors, for kinds that enough of the photos show, and how much
whole photos vary.
"""

import sys
from pathlib import Path

import numpy as np

from bench.looks.ordinary import effective_count, ordinary_colors
from jphoto.looks import Look
from jphoto.looks.outliers import color_features
from jphoto.settings import Settings


def main() -> None:
    """Print the table."""
    photos = sorted(path for path in Path(sys.argv[1]).iterdir() if path.suffix == ".png")
    look = Look.from_photos(photos, settings=Settings(size=400, backbone="vgg16"))
    everything = range(len(photos))
    for kind, (mean, covariance) in ordinary_colors(look, everything).items():
        print(f'    "{kind}": _gaussian(  # {effective_count(look, kind, everything):.0f} photos')
        for row in (mean, *covariance):
            print(f"        {[round(float(value), 4) for value in row]},")
        print("    ),")
    colors = look.statistics.colors
    whole = zip(colors.means[:, -1, -1], colors.covariances[:, -1, -1], strict=True)
    features = [color_features(*(part.astype(np.float64) for part in one)) for one in whole]
    for row in np.cov(np.array(features).T):
        print(f"        {[round(float(value), 4) for value in row]},")


if __name__ == "__main__":
    main()
