"""Regions as pictures: masks of a photo, or of two, to be looked at, repainted and given back."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import UInt8

from jphoto import files, images, weights
from jphoto.images import PictureSource
from jphoto.pipeline import automatic_regions
from jphoto.pipeline.devices import find_devices
from jphoto.pipeline.reading import read_photo
from jphoto.regions import Region, decode
from jphoto.settings import Settings

SHEET, RECORD = "overlay.jpg", "regions.json"
SHEET_HEIGHT = 500
"""Pixels of the photos on it."""


class Painted(NamedTuple):
    """One photo's regions."""

    mask: UInt8[np.ndarray, "h w 3"]
    """Flat colors, as `jphoto.transfer` takes them; the photo's own size."""
    legend: tuple[tuple[str, int], ...]
    """What each color stands for, and the color as red * 65536 + green * 256 + blue; largest
    first."""


@dataclasses.dataclass(frozen=True)
class Regions:
    """What was found in a photo, or in two."""

    photos: tuple[Painted, ...]
    """In the order they were given; what meets has one color in both."""
    table: tuple[Region, ...]
    """What met what; a single photo is met by itself."""
    method: automatic_regions.Method
    trust: float
    """How far two photos match, from 0 to 1; see `segment.matching.Meeting`."""


def find_regions(
    content: PictureSource, style: PictureSource | None = None, *, settings: Settings | None = None
) -> Regions:
    """Find the regions of a photo; with a second one, those that meet.

    Args:
      content: a path, a Pillow image, or an array h x w x 3 of uint8 or of floats in [0, 1].
      style: likewise.
      settings: regions, size, backbone and device are read here.

    Raises: ImageError, WeightsError or DeviceError.
    """
    settings = settings or Settings()
    read = [read_photo(content, "content", settings.long_side)]
    if style is not None:
        read.append(read_photo(style, "style", settings.long_side))
    network = weights.load(weights.resolve(settings.backbone))
    with jax.default_device(find_devices(settings.device)[0]):
        found = automatic_regions.find([photo for photo, _ in read], settings.regions, network)
        photos = tuple(
            _paint(photo, size, found, number) for number, (photo, size) in enumerate(read)
        )
    return Regions(photos, found.meeting.table, found.method, found.meeting.trust)


def _paint(
    photo: Any, size: tuple[int, int], found: automatic_regions.Found, number: int
) -> Painted:
    """A photo's regions in their colors: the largest share of a pixel has it."""
    seen = found.photos[number]
    matched = {segment for group in found.meeting.groups for segment in group}
    alone = [(segment,) for segment in np.unique(seen.labels).tolist() if segment not in matched]
    regions = [*found.meeting.groups, *alone]
    most, chosen = np.full(size, -1.0, np.float32), np.zeros(size, np.uint8)
    for place, mask in enumerate(automatic_regions.soft_masks(photo, seen.labels, regions)):
        share = images.resize(mask[..., None], size)[..., 0]  # one at a time: photos may be large
        chosen[share > most] = place
        most = np.maximum(most, share)
    colors = [found.colors[region[0]] for region in regions]
    palette = decode(np.array(colors, np.int32)).astype(np.uint8)
    areas = np.bincount(chosen.ravel(), minlength=len(regions))
    names = [" and ".join(found.names[k] for k in region if seen.shares[k]) for region in regions]
    order = [k for k in np.argsort(-areas, kind="stable").tolist() if areas[k]]
    return Painted(palette[chosen], tuple((names[k], colors[k]) for k in order))


def check_outputs(folder: Path, photos: Sequence[Path], *, force: bool) -> None:
    """Refuse a folder that could not be written to, or should not be, before any work is done.

    Args:
      folder: made if need be.
      photos: what the regions will be of; they are never written over.
      force: whether files of an earlier segmentation may be replaced.

    Raises: ImageError, if it cannot be made or written to, or has such files (without `force`).
    """
    files.make_folder(folder)
    for name in (*_mask_names(len(photos)), SHEET):
        images.check_output(folder / name, inputs=photos, force=force)
    files.check_text(folder / RECORD, force=force)


def write(regions: Regions, photos: Sequence[Path], folder: Path) -> list[Path]:
    """Write masks, an overlay with a legend, and a record, into a folder that was checked.

    Args:
      regions: of the photos.
      photos: one or two.
      folder: see `check_outputs`.

    Returns: the paths of the masks, overlay.jpg and regions.json.
    Raises: ImageError, if one cannot be written.
    """
    names = _mask_names(len(photos))
    tiles, colors = [], dict[str, int]()
    for name, path, painted in zip(names, photos, regions.photos, strict=True):
        images.save_picture(painted.mask.astype(np.float32) / 255, folder / name)
        photo = images.read_picture(path, role="photo")
        tiles += [(path.name, photo), (name, images.overlay(photo, painted.mask))]
        colors |= dict(painted.legend)
    sheet = images.side_by_side(tiles, SHEET_HEIGHT)
    legend = images.legend(tuple(colors.items()), sheet.shape[1], SHEET_HEIGHT // 15)
    images.save_picture(images.stack([sheet, legend]), folder / SHEET)
    files.write_text(_record(regions, photos), folder / RECORD)
    return [folder / name for name in (*names, SHEET, RECORD)]


def _mask_names(photos: int) -> tuple[str, ...]:
    return ("mask.png",) if photos == 1 else ("content_mask.png", "style_mask.png")


def _record(regions: Regions, photos: Sequence[Path]) -> str:
    """All but the pictures, as JSON."""
    masks = _mask_names(len(photos))
    content = {
        "method": regions.method,
        "trust": regions.trust,
        "photos": [
            {
                "photo": str(path),
                "mask": name,
                "size": list(painted.mask.shape[:2]),
                "colors": {label: f"#{color:06x}" for label, color in painted.legend},
            }
            for path, name, painted in zip(photos, masks, regions.photos, strict=True)
        ],
        "regions": [region._asdict() for region in regions.table],
    }
    return json.dumps(content, indent=1) + "\n"
