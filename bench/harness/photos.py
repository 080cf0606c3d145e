"""The photos that cases work on: bundled pairs, at any size and with any number of regions."""

import numpy as np

from bench.harness.processes import ROOT
from jphoto import images
from jphoto.pipeline.reading import pair_of
from jphoto.solver.pairs import Pair

FOLDER = ROOT / "jphoto" / "photos"
SOFT_BORDER = 0.02
"""Width of the soft borders of stripes, as a share of the photo's width."""


def sources(size: int, name: str = "meadow") -> list[np.ndarray]:
    """Content, style, content mask and style mask of a bundled pair, enlarged to at least a size.

    Args:
      size: least long side of both photos, in pixels.
      name: of the pair.
    """
    pictures, masks, folder = [], [], FOLDER / name
    for role in ("content", "style"):
        picture = images.read_picture(folder / f"{role}.jpg", role=role)
        before = picture.shape[:2]
        scale = max(1.0, size / max(before))
        height, width = (round(scale * side) for side in before)
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
    """The pair at working size.

    Args:
      size: long side of both photos, in pixels.
      regions: number of upright stripes in place of the painted regions.
    """
    painted, _ = pair_of(*sources(size), size)
    if regions is None:
        return painted
    return painted._replace(
        content_masks=stripes(regions, *painted.content.shape[:2]),
        style_masks=stripes(regions, *painted.style.shape[:2]),
    )


def size_of(pair: Pair) -> dict[str, int]:
    """Height and width of the content photo in pixels, as records have them."""
    return dict(zip(("height", "width"), pair.content.shape[:2], strict=True))


def stripes(count: int, height: int, width: int) -> np.ndarray:
    """Masks, count x height x width, of upright stripes with soft borders; they sum to 1."""
    x = np.arange(width, dtype=np.float32) + 0.5
    borders = np.arange(1, count)[:, None] * width / count
    passed = np.clip((x - borders) / (SOFT_BORDER * width) + 0.5, 0, 1)
    shares = -np.diff(passed, axis=0, prepend=1.0, append=0.0)
    return np.repeat(shares[:, None].astype(np.float32), height, axis=1)


def labels(count: int, height: int, width: int) -> np.ndarray:
    """A mask as people paint it, height x width: upright stripes with one label each."""
    return np.tile(np.uint8(np.arange(width) * count // width), (height, 1))
