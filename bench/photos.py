"""The photos that cases work on: bundled ones, at any size and with any regions."""

from pathlib import Path

import numpy as np

from jphoto import images
from jphoto.pipeline.reading import read_pair
from jphoto.solver.pairs import Pair

FOLDER = Path(__file__).parents[1] / "jphoto" / "photos"
SOFTNESS = 0.02
"""Width of the soft borders of stripes, as a share of the photo's."""


def sources(size: int, name: str = "meadow") -> list[np.ndarray]:
    """Content, style, content mask and style mask, enlarged if `size` asks for it."""
    pictures, masks, folder = [], [], FOLDER / name
    for role in ("content", "style"):
        picture = images.read_picture(folder / f"{role}.jpg", role=role)
        before = picture.shape[:2]
        larger = max(1.0, size / max(before))
        height, width = (round(larger * side) for side in before)
        pictures.append(images.resize(picture, (height, width)))
        masks.append(
            images.read_mask(
                folder / f"{role}_mask.png",
                role=f"{role} mask",
                size=(height, width),
                picture_size=before,
            )
        )
    return [*pictures, *masks]


def pair(size: int, regions: int | None = None) -> Pair:
    """The pair at a size.

    Args:
      size: long side of both photos, in pixels.
      regions: upright stripes in place of the painted regions.
    """
    painted, _ = read_pair(*sources(size), size)
    if regions is None:
        return painted
    return painted._replace(
        content_masks=stripes(regions, *painted.content.shape[:2]),
        style_masks=stripes(regions, *painted.style.shape[:2]),
    )


def size_of(pair: Pair) -> dict[str, int]:
    """Of the content photo, in pixels, as records have it."""
    return dict(zip(("height", "width"), pair.content.shape[:2], strict=True))


def stripes(count: int, height: int, width: int) -> np.ndarray:
    """Masks, count x height x width, of upright stripes with soft borders; they sum to 1."""
    x = np.arange(width, dtype=np.float32) + 0.5
    borders = np.arange(1, count)[:, None] * width / count
    passed = np.clip((x - borders) / (SOFTNESS * width) + 0.5, 0, 1)
    shares = -np.diff(passed, axis=0, prepend=1.0, append=0.0)
    return np.repeat(shares[:, None].astype(np.float32), height, axis=1)


def labels(count: int, height: int, width: int) -> np.ndarray:
    """A mask as people paint it, height x width: upright stripes of as many labels."""
    return np.tile(np.uint8(np.arange(width) * count // width), (height, 1))
