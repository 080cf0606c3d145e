"""The contenders: the content photo as it is, transfers of the colors of whole photos, and jphoto.

Two packages are asked for and never dependencies: color-matcher, which is under the GPL and
therefore imported here only, and colortrans. A method whose package is missing is left out.
color-matcher's own solver, MVGD, compares pixels at the same place, so it fits photos of one scene
only; of photos of different scenes it makes noise.

Every method gets photos in memory and returns a picture of the content photo's size. jphoto is used
as `jphoto.transfer` with VGG-16, which every installation has. Without painted masks, regions
depend on whether the segmentation network is installed: `default, labels` needs it, and the others
need its absence, as after `pip install`. Two runs that differ in JPHOTO_WEIGHTS make both.
"""

import dataclasses
import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import jphoto
from bench.harness import colors
from bench.harness.colors import Picture
from jphoto import weights

BACKBONE = "vgg16"
SEGMENTER = "deeplab"


class Made(NamedTuple):
    """What a method made of a pair."""

    picture: Picture
    details: dict[str, Any]
    """What else the record keeps, such as how regions were found."""


@dataclasses.dataclass(frozen=True)
class Method:
    """One way to give a photo the look of another."""

    make: Callable[[Picture, Picture], Made]
    """From content and style, sRGB in [0, 1]."""
    package: str | None = None
    """To install with pip."""
    segmenter: bool | None = None
    """Whether the segmentation network has to be installed, or must not be."""

    def left_out(self) -> str | None:
        """Why the method cannot run here, if so."""
        if self.package and importlib.util.find_spec(self.package.replace("-", "_")) is None:
            return f"needs `pip install {self.package}`"
        installed = weights.find(SEGMENTER) is not None
        if self.segmenter and not installed:
            return f"needs `jphoto weights install {SEGMENTER}`"
        if self.segmenter is False and installed:
            return f"needs JPHOTO_WEIGHTS to name a folder without {SEGMENTER}"
        return None


def _plain(transfer: Callable[[Picture, Picture], Picture]) -> Method:
    return Method(lambda content, style: Made(transfer(content, style), {}))


def _color_matcher(name: str) -> Method:
    def make(content: Picture, style: Picture) -> Made:
        matcher = importlib.import_module("color_matcher").ColorMatcher()
        levels = [np.rint(255 * photo).astype(np.uint8) for photo in (content, style)]
        matched = matcher.transfer(src=levels[0], ref=levels[1], method=name)
        return Made(np.asarray(matched, np.float64) / 255, {})

    return Method(make, package="color-matcher")


def _colortrans(name: str) -> Method:
    def make(content: Picture, style: Picture) -> Made:
        transfer = getattr(importlib.import_module("colortrans"), f"transfer_{name}")
        levels = [np.rint(255 * photo).astype(np.uint8) for photo in (content, style)]
        return Made(np.asarray(transfer(*levels), np.float64) / 255, {})

    return Method(make, package="colortrans")


def _jphoto(preset: str, content: Picture, style: Picture, *, regions: str = "auto") -> Made:
    settings = jphoto.Settings.preset(preset, backbone=BACKBONE, regions=regions)
    result = jphoto.transfer(np.float32(content), np.float32(style), settings=settings)
    found = {"regions": result.settings.regions, "region_count": len(result.regions)}
    return Made(result.picture, found)


METHODS: dict[str, Method] = {
    "content photo": _plain(lambda content, style: content),
    "Reinhard": _plain(colors.reinhard),
    "histograms": _plain(colors.match_histograms),
    "MKL": _color_matcher("mkl"),
    "HM-MKL-HM": _color_matcher("hm-mkl-hm"),
    "PCCM": _colortrans("pccm"),
    "LHM": _colortrans("lhm"),
    "preview": Method(partial(_jphoto, "preview"), segmenter=False),
    "preview, global": Method(partial(_jphoto, "preview", regions="none")),
    "fast": Method(partial(_jphoto, "fast"), segmenter=False),
    "default": Method(partial(_jphoto, "default"), segmenter=False),
    "default, labels": Method(partial(_jphoto, "default"), segmenter=True),
    "best": Method(partial(_jphoto, "best"), segmenter=False),
    "neural": Method(partial(_jphoto, "neural"), segmenter=False),
    "paper": Method(partial(_jphoto, "paper"), segmenter=False),
}
PEERS = ("content photo", "Reinhard", "histograms", "MKL", "HM-MKL-HM", "PCCM", "LHM")
"""Those that are not jphoto."""
OURS = "default"
"""The method that all others are compared with."""
