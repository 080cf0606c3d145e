"""The colors of ordinary photos."""

from jphoto.looks.gaussians import Gaussian

ORDINARY: dict[str, Gaussian] = {}
