"""Regions found in one photo or in two, as masks to look at, repaint and pass to a transfer."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import Float32, UInt8

from jphoto import files, images
from jphoto.images import PictureSource
from jphoto.looks import Look, StyleSource
from jphoto.looks import regions as look_regions
from jphoto.looks.styles import opened
from jphoto.pipeline.reading import read_photo
from jphoto.process.phases import phase
from jphoto.regions import HostMasks, Region, decode_colors
from jphoto.segmentation import automatic_regions
from jphoto.segmentation.soft_masks import soft_masks
from jphoto.settings import Settings
from jphoto.solver.devices import find_devices
from jphoto.weights import LazyWeights

Photo: TypeAlias = Path | images.HeldFile

OVERLAY_NAME, RECORD_NAME = "overlay.jpg", "regions.json"
OVERLAY_HEIGHT = 500
"""Pixels of the photos on the overlay."""
LEGEND_HEIGHT = OVERLAY_HEIGHT // 15
"""Pixels of a line of the legend."""


class PaintedRegions(NamedTuple):
    """The regions of one photo as a mask."""

    mask: UInt8[np.ndarray, "h w 3"]
    """In flat colors, as `jphoto.transfer` takes it; the photo's own size."""
    legend: tuple[tuple[str, int], ...]
    """Name and color (red * 65536 + green * 256 + blue) of each region, the largest first."""


@dataclasses.dataclass(frozen=True)
class Regions:
    """The regions found in one photo, or the matched regions of two."""

    photos: tuple[PaintedRegions, ...]
    """In the order that the photos were given; matched regions have the same color in both."""
    table: tuple[Region, ...]
    """Which regions were matched, and what happens to the others; a single photo is matched with
    itself."""
    method: automatic_regions.Method
    """How the regions were found."""
    match_confidence: float
    """How well two photos match, from 0 to 1; see `regions.matching.SegmentMatch`."""


def find_regions(
    content: PictureSource, style: StyleSource | None = None, *, settings: Settings | None = None
) -> Regions:
    """Find the regions of one photo, or those that it shares with another photo or a look.

    Args:
      content: a path, the bytes of a file, an open file, a Pillow image, or an array h x w x 3 of
        uint8 or of floats in [0, 1].
      style: a second photo, in any of these forms, or a look; only the content photo is painted
        then.
      settings: regions, size, backbone and device are used.

    Raises: ImageError, LookError, WeightsError or DeviceError.
    """
    settings = settings or Settings()
    chosen = style if style is None else opened(style, settings)
    with phase("reading the photos"):
        read = [read_photo(content, "content", settings.long_side)]
        if chosen is not None and not isinstance(chosen, Look):
            read.append(read_photo(chosen, "style", settings.long_side))
    if isinstance(chosen, Look):
        with phase("finding regions"), jax.default_device(find_devices(settings.device)[0]):
            return _regions_of_look(*read[0], chosen, settings)
    network = LazyWeights(settings.backbone)
    with phase("finding regions"), jax.default_device(find_devices(settings.device)[0]):
        found = automatic_regions.find([photo for photo, _ in read], settings.regions, network)
        photos = tuple(
            _paint(photo, size, found, number) for number, (photo, size) in enumerate(read)
        )
    return Regions(photos, found.match.table, found.method, found.match.match_confidence)


def _regions_of_look(
    photo: Float32[np.ndarray, "h w 3"], size: tuple[int, int], look: Look, settings: Settings
) -> Regions:
    """The regions of a content photo that a look has kinds for, and those that it lacks."""
    found = look_regions.find_regions(
        photo, look.statistics, settings.regions, general=look.general
    )
    names = [" and ".join(kinds) for kinds in found.kinds]
    colors = [look_regions.color_of(kinds[0]) for kinds in found.kinds]
    painted = _painted(found.masks, names, colors, size)
    return Regions((painted,), found.table, found.method or "none", found.match_confidence)


def _paint(
    photo: Float32[np.ndarray, "h w 3"],
    size: tuple[int, int],
    found: automatic_regions.FoundRegions,
    number: int,
) -> PaintedRegions:
    """Paint each pixel in the color of the region that has the largest share of it.

    Args:
      photo: at working size.
      size: height and width of the photo as it was read.
      found: the regions.
      number: of the photo among the photos of `found`.
    """
    segments, groups = found.photos[number], found.match.groups
    matched = {segment for group in groups for segment in group}
    present = np.unique(segments.labels).tolist()
    regions = [*groups, *[(segment,) for segment in present if segment not in matched]]
    names = [
        " and ".join(found.names[k] for k in region if segments.shares[k]) for region in regions
    ]
    colors = [found.colors[region[0]] for region in regions]
    return _painted(soft_masks(photo, segments.labels, regions), names, colors, size)


def _painted(
    masks: HostMasks, names: Sequence[str], colors: Sequence[int], size: tuple[int, int]
) -> PaintedRegions:
    """Each pixel in the color of the mask that has the largest share of it.

    Args:
      masks: of regions, at working size.
      names: of the regions.
      colors: of the regions, red * 65536 + green * 256 + blue.
      size: height and width of the photo as it was read.
    """
    largest, chosen = np.full(size, -1.0, np.float32), np.zeros(size, np.uint8)
    for place, mask in enumerate(masks):
        share = images.resize(mask[..., None], size)[..., 0]  # one at a time: photos may be large
        chosen[share > largest] = place
        largest = np.maximum(largest, share)
    palette = decode_colors(np.array(colors, np.int32)).astype(np.uint8)
    areas = np.bincount(chosen.ravel(), minlength=len(masks))
    order = [k for k in np.argsort(-areas, kind="stable").tolist() if areas[k]]
    return PaintedRegions(palette[chosen], tuple((names[k], colors[k]) for k in order))


def check_outputs(folder: Path, photos: Sequence[Path], *, force: bool) -> None:
    """Refuse a folder that cannot or should not be written to, before any work is done.

    Args:
      folder: is created if necessary.
      photos: whose regions will be written; they are never overwritten.
      force: whether files of an earlier segmentation may be replaced.

    Raises: ImageError, if the folder cannot be created or written to, or has such files (without
      `force`).
    """
    files.make_folder(folder)
    for name in (*_mask_names(len(photos)), OVERLAY_NAME):
        images.check_output(folder / name, inputs=photos, force=force)
    files.check_free(folder / RECORD_NAME, force=force)


def write_regions(
    regions: Regions, photos: Sequence[Photo], folder: Path, *, force: bool = True
) -> list[Path]:
    """Write masks, an overlay with a legend, and a record, into a folder that was checked.

    Args:
      regions: of the photos.
      photos: one or two.
      folder: see `check_outputs`.
      force: whether files of an earlier segmentation may be replaced.

    Returns: the paths of the masks, overlay.jpg and regions.json.
    Raises: SavedElsewhereError, after all are written, if one has another name, because another
      program wrote a file of that name in the meantime; ImageError, if one cannot be written.
    """
    names = _mask_names(len(photos))
    tiles, colors = [], dict[str, int]()
    with files.all_saved() as saving:
        for name, source, painted in zip(names, photos, regions.photos, strict=True):
            mask = painted.mask.astype(np.float32) / 255
            with saving():
                images.save_picture(mask, folder / name, force=force)
            photo = images.read_picture(source, role="photo")
            shown = Path(_name(source)).name
            tiles += [(shown, photo), (name, images.overlay(photo, painted.mask))]
            colors |= dict(painted.legend)
        sheet = images.side_by_side(tiles, OVERLAY_HEIGHT)
        legend = images.legend(tuple(colors.items()), sheet.shape[1], LEGEND_HEIGHT)
        with saving():
            images.save_picture(images.stack([sheet, legend]), folder / OVERLAY_NAME, force=force)
        with saving():
            files.write_text(_record(regions, photos), folder / RECORD_NAME, force=force)
    return [folder / name for name in (*names, OVERLAY_NAME, RECORD_NAME)]


def _mask_names(photos: int) -> tuple[str, ...]:
    return ("mask.png",) if photos == 1 else ("content_mask.png", "style_mask.png")


def _name(photo: Photo) -> str:
    return photo.name if isinstance(photo, images.HeldFile) else str(photo)


def _record(regions: Regions, photos: Sequence[Photo]) -> str:
    """All but the pictures, as JSON."""
    masks = _mask_names(len(photos))
    content = {
        "method": regions.method,
        "trust": regions.match_confidence,
        "photos": [
            {
                "photo": _name(photo),
                "mask": name,
                "size": list(painted.mask.shape[:2]),
                "colors": {label: f"#{color:06x}" for label, color in painted.legend},
            }
            for photo, name, painted in zip(photos, masks, regions.photos, strict=True)
        ],
        "regions": [region._asdict() for region in regions.table],
    }
    return json.dumps(content, indent=1) + "\n"
