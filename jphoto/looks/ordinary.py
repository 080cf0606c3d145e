"""The colors of ordinary photos, kind by kind: what a look of many photos differs from.

Each is the barycenter of the colors of a kind in 55 free photos that nobody has graded, of which as
many as noted show the kind; `bench/studies/ordinary_colors.py` makes the table. sRGB in [0, 1].
"""

import numpy as np

from jphoto.looks.gaussians import Gaussian


def _gaussian(mean: list[float], *covariance: list[float]) -> Gaussian:
    return Gaussian(np.array(mean), np.array(covariance))


ORDINARY = {
    "sky": _gaussian(  # 33 photos
        [0.5801, 0.6747, 0.7633],
        [0.012, 0.0085, 0.005],
        [0.0085, 0.0069, 0.0049],
        [0.005, 0.0049, 0.0051],
    ),
    "mountain": _gaussian(  # 9 photos
        [0.4544, 0.4129, 0.391],
        [0.0216, 0.0199, 0.0164],
        [0.0199, 0.0216, 0.021],
        [0.0164, 0.021, 0.0257],
    ),
    "grass": _gaussian(  # 8 photos
        [0.4428, 0.4867, 0.2812],
        [0.0124, 0.0106, 0.0107],
        [0.0106, 0.0108, 0.0091],
        [0.0107, 0.0091, 0.0115],
    ),
    "trees": _gaussian(  # 19 photos
        [0.3418, 0.3587, 0.2038],
        [0.0256, 0.0235, 0.0185],
        [0.0235, 0.0231, 0.0175],
        [0.0185, 0.0175, 0.018],
    ),
    "ground": _gaussian(  # 14 photos
        [0.4449, 0.4034, 0.3171],
        [0.0159, 0.0141, 0.0135],
        [0.0141, 0.0136, 0.0128],
        [0.0135, 0.0128, 0.0144],
    ),
    "building": _gaussian(  # 20 photos
        [0.5207, 0.4428, 0.355],
        [0.0442, 0.0384, 0.0298],
        [0.0384, 0.0362, 0.0301],
        [0.0298, 0.0301, 0.0282],
    ),
    "person": _gaussian(  # 14 photos
        [0.5552, 0.4613, 0.3918],
        [0.0346, 0.0324, 0.0283],
        [0.0324, 0.035, 0.0329],
        [0.0283, 0.0329, 0.0355],
    ),
    "water": _gaussian(  # 12 photos
        [0.3955, 0.445, 0.3521],
        [0.0142, 0.0122, 0.0087],
        [0.0122, 0.0125, 0.0098],
        [0.0087, 0.0098, 0.0107],
    ),
    "wall": _gaussian(  # 6 photos
        [0.5204, 0.5015, 0.3765],
        [0.0136, 0.0133, 0.0136],
        [0.0133, 0.0142, 0.0146],
        [0.0136, 0.0146, 0.0195],
    ),
    "whole photo": _gaussian(  # 55 photos
        [0.4855, 0.482, 0.4172],
        [0.041, 0.0373, 0.0348],
        [0.0373, 0.0397, 0.0418],
        [0.0348, 0.0418, 0.0543],
    ),
}
