"""Regions of a content photo and its styles as masks for the page: found, imported and painted.

Masks are PNG in flat colors, in the format of `jphoto segment`, with a long side of at most
`MASK_SIDE` pixels; a transfer takes them at that size.
"""

import secrets
from typing import Any

import numpy as np

from jphoto import images
from jphoto.app.jobs.folder import write_bytes
from jphoto.app.jobs.photos import Photo
from jphoto.app.jobs.session import Session
from jphoto.images import HeldFile
from jphoto.pipeline.segmentation import PaintedRegions, find_regions
from jphoto.regions import Region
from jphoto.settings import Settings

MASK_SIDE = 1024
"""Long side of masks, in pixels."""


def found_regions(
    session: Session, content: Photo, styles: list[Photo], settings: Settings
) -> dict[str, Any]:
    """Find the regions that a photo shares with each style.

    Args:
      session: that has the photos.
      content: the content photo.
      styles: photos or looks.
      settings: as of `find_regions`.

    Returns: the painted content photo; each painted style, None for a look; and the table of
      regions with the first style.
    Raises: JphotoError, as `find_regions`.
    """
    first, painted = None, []
    for style in styles:
        found = find_regions(
            session.reduced(content.id), session.reduced(style.id), settings=settings
        )
        first = first or found
        confidences = {row.name: row.confidence for row in found.table}
        own = found.photos[1] if len(found.photos) > 1 else None
        painted.append(None if own is None else _kept(session, own, confidences))
    if first is None:
        first = find_regions(session.reduced(content.id), settings=settings)
    confidences = {row.name: row.confidence for row in first.table}
    return {
        "content": _kept(session, first.photos[0], confidences),
        "styles": painted,
        "table": [_row(row) for row in first.table],
        "method": first.method,
        "trust": first.match_confidence,
    }


def _row(row: Region) -> dict[str, Any]:
    values = row._asdict()
    confidence = values["confidence"]
    return {**values, "confidence": None if confidence is None else float(confidence)}


def _kept(
    session: Session, painted: PaintedRegions, confidences: dict[str, float | None]
) -> dict[str, Any]:
    """Keep a mask, and describe it."""
    colors = images.read_mask(
        painted.mask, role="mask", size=_mask_size(painted.mask.shape[:2]),
        picture_size=painted.mask.shape[:2],
    )  # fmt: skip
    legend = {color: name for name, color in painted.legend}
    return _described(session, colors, legend, confidences)


def imported_mask(session: Session, file: HeldFile, photo: Photo) -> dict[str, Any]:
    """Keep a mask that was painted in the page, or by another program.

    Args:
      session: that keeps it.
      file: that was sent.
      photo: that it is of.

    Raises: MaskError, if it is no mask of this photo.
    """
    size = _mask_size(photo.size)
    colors = images.read_mask(file, role="mask", size=size, picture_size=photo.size)
    return _described(session, colors, {}, {})


def _mask_size(size: tuple[int, ...]) -> tuple[int, int]:
    return images.working_size((size[0], size[1]), MASK_SIDE)


def _described(
    session: Session,
    colors: np.ndarray,
    names: dict[int, str],
    confidences: dict[str, float | None],
) -> dict[str, Any]:
    """Keep a mask; its id, size and legend, the largest region first."""
    key = secrets.token_hex(8)
    write_bytes(session.folder.part("masks") / f"{key}.png", images.png_bytes(colors))
    codes = colors.astype(np.int64) @ np.array([65536, 256, 1])
    found, counts = np.unique(codes, return_counts=True)
    legend = []
    for place in np.argsort(-counts, kind="stable"):
        code, share = int(found[place]), float(counts[place] / codes.size)
        name = names.get(code, f"#{code:06x}")
        confidence = confidences.get(name)
        legend.append(
            {
                "name": name,
                "color": f"#{code:06x}",
                "share": share,
                "confidence": None if confidence is None else float(confidence),
            }
        )
    height, width = colors.shape[:2]
    return {"mask": key, "legend": legend, "width": width, "height": height}
