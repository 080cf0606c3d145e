"""The segmenter's classes, which of them are one kind of thing to a photographer, and which kinds
may stand in for one another.

Luan et al. 2017 merge classes likewise (section 3.2); this table is our own.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

CLASSES = (
    "other", "wall", "building", "sky", "floor", "tree", "ceiling", "road",
    "bed", "window", "grass", "cabinet", "sidewalk", "person", "earth", "door",
    "table", "mountain", "plant", "curtain", "chair", "car", "water", "painting",
    "sofa", "shelf", "house", "sea", "mirror", "rug", "field", "armchair",
)  # fmt: skip
"""Of ADE20K, the 31 that cover most pixels, in the order of the network's channels."""


class Kind(NamedTuple):
    """What is one kind of thing to a photographer."""

    classes: tuple[str, ...]
    near: tuple[str, ...]
    """Kinds that may take its place where the other photo lacks it."""
    color: int
    """In masks, red * 65536 + green * 256 + blue."""


KINDS = {
    "sky": Kind(("sky",), (), 0x4DA6FF),
    "water": Kind(("water", "sea"), ("sky", "building", "ground"), 0x0033CC),
    "mountain": Kind(("mountain",), ("ground", "trees", "grass"), 0x996633),
    "ground": Kind(
        ("earth", "road", "sidewalk"), ("grass", "floor", "mountain", "water"), 0xD9B380
    ),
    "grass": Kind(("grass", "field"), ("ground", "trees", "mountain"), 0x99E600),
    "trees": Kind(("tree", "plant"), ("grass", "mountain"), 0x008000),
    "building": Kind(("building", "house"), ("wall",), 0xE60000),
    "wall": Kind(
        ("wall", "door", "window", "curtain", "painting", "mirror"),
        ("building", "ceiling"),
        0xFF99CC,
    ),
    "ceiling": Kind(("ceiling",), ("wall",), 0xFFFFCC),
    "floor": Kind(("floor", "rug"), ("ground", "wall"), 0x663300),
    "furniture": Kind(
        ("bed", "cabinet", "table", "chair", "sofa", "shelf", "armchair"),
        ("things", "floor", "wall", "building"),
        0xFF8000,
    ),
    "person": Kind(("person",), ("things",), 0xFF00FF),
    "car": Kind(("car",), ("things", "ground"), 0x6600CC),
    "things": Kind(("other",), ("furniture", "person", "car"), 0x808080),
}
"""Every class is in one kind."""

NAMES = tuple(KINDS)
NEAR = {name: kind.near for name, kind in KINDS.items()}


def kinds_of(classes: Float32[np.ndarray, "y x 32"]) -> Float32[np.ndarray, "y x kinds"]:
    """Probabilities of kinds, in the order of `KINDS`, from those of classes."""
    members = [[CLASSES.index(name) for name in kind.classes] for kind in KINDS.values()]
    return np.stack([classes[..., columns].sum(-1) for columns in members], -1)
