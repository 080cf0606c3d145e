"""Region classes: groups of the segmenter's classes that a photographer would treat alike.

Luan et al. 2017 (section 3.2) merge classes in the same way; this table is our own.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

ADE20K_CLASSES = (
    "other", "wall", "building", "sky", "floor", "tree", "ceiling", "road",
    "bed", "window", "grass", "cabinet", "sidewalk", "person", "earth", "door",
    "table", "mountain", "plant", "curtain", "chair", "car", "water", "painting",
    "sofa", "shelf", "house", "sea", "mirror", "rug", "field", "armchair",
)  # fmt: skip
"""The segmenter's classes, in the order of its channels: the 31 of ADE20K that cover most pixels,
and one for all others."""


class RegionClass(NamedTuple):
    """One class of regions, such as all water."""

    members: tuple[str, ...]
    """The segmenter's classes that belong to it."""
    substitutes: tuple[str, ...]
    """Region classes that it may be matched with if the other photo has none of it."""
    color: int
    """In masks, red * 65536 + green * 256 + blue."""


CLASSES = {
    "sky": RegionClass(("sky",), (), 0x4DA6FF),
    "water": RegionClass(("water", "sea"), ("sky", "building", "ground"), 0x0033CC),
    "mountain": RegionClass(("mountain",), ("ground", "trees", "grass"), 0x996633),
    "ground": RegionClass(
        ("earth", "road", "sidewalk"), ("grass", "floor", "mountain", "water"), 0xD9B380
    ),
    "grass": RegionClass(("grass", "field"), ("ground", "trees", "mountain"), 0x99E600),
    "trees": RegionClass(("tree", "plant"), ("grass", "mountain"), 0x008000),
    "building": RegionClass(("building", "house"), ("wall",), 0xE60000),
    "wall": RegionClass(
        ("wall", "door", "window", "curtain", "painting", "mirror"),
        ("building", "ceiling"),
        0xFF99CC,
    ),
    "ceiling": RegionClass(("ceiling",), ("wall",), 0xFFFFCC),
    "floor": RegionClass(("floor", "rug"), ("ground", "wall"), 0x663300),
    "furniture": RegionClass(
        ("bed", "cabinet", "table", "chair", "sofa", "shelf", "armchair"),
        ("things", "floor", "wall", "building"),
        0xFF8000,
    ),
    "person": RegionClass(("person",), ("things",), 0xFF00FF),
    "car": RegionClass(("car",), ("things", "ground"), 0x6600CC),
    "things": RegionClass(("other",), ("furniture", "person", "car"), 0x808080),
}
"""Region classes by name. Every class of the segmenter belongs to exactly one."""

CLASS_NAMES = tuple(CLASSES)
SUBSTITUTES = {name: region_class.substitutes for name, region_class in CLASSES.items()}


def class_probabilities(
    segmenter_probabilities: Float32[np.ndarray, "y x 32"],
) -> Float32[np.ndarray, "y x classes"]:
    """The probability of each region class, in the order of `CLASSES`, at each place.

    Args:
      segmenter_probabilities: of each of `ADE20K_CLASSES`.
    """
    members = [[ADE20K_CLASSES.index(name) for name in c.members] for c in CLASSES.values()]
    return np.stack([segmenter_probabilities[..., columns].sum(-1) for columns in members], -1)
