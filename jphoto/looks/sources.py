"""The photos that a look is learned from: read one by one, and their statistics combined."""

import dataclasses
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import UInt8

from jphoto import images
from jphoto.errors import ImageError, LookError
from jphoto.images import PictureSource
from jphoto.looks import learning, outliers
from jphoto.looks.regions import ColorPicture, HostPicture
from jphoto.looks.statistics import Statistics
from jphoto.networks.vgg import transposed_kernels, with_flipped_kernels
from jphoto.process.memory import give_back
from jphoto.process.phases import phase
from jphoto.settings import Settings
from jphoto.solver.checks import SMALLEST_SIDE
from jphoto.solver.devices import find_devices
from jphoto.solver.pairs import working_photo
from jphoto.weights import LazyWeights
from jphoto.weights.digests import file_digest

THUMBNAIL_SIDE = 240
"""Long side of thumbnails, in pixels."""
SMALLEST_PHOTO = 4 * SMALLEST_SIDE
"""Least side of a photo of a look, in pixels: it is also compared at a quarter of its size."""


@dataclasses.dataclass(frozen=True)
class LookPhoto:
    """A photo that a look was learned from."""

    name: str
    """Of its file, without folders."""
    sha256: str
    """Of the file, or of the pixels of an array."""
    distance: float = 0.0
    """Of its colors from the median of all photos, in standard deviations of ordinary photos."""
    fits: bool = True
    """Whether it is like the others. Photos that are not count all the same."""


class Learned(NamedTuple):
    """What is learned from photos; the fields are those of `Look`."""

    statistics: Statistics
    network: str
    network_digest: str
    size: int
    photos: tuple[LookPhoto, ...]
    thumbnails: dict[str, UInt8[np.ndarray, "h w 3"]]


def learn(
    photos: Iterable[PictureSource],
    masks: Sequence[PictureSource | None] | None,
    settings: Settings,
    *,
    with_thumbnails: bool,
    progress: Callable[[int], bool | None] | None,
) -> Learned:
    """Learn from photos, one after the other; arguments and errors as of `Look.from_photos`."""
    reader = _Reader(settings, with_thumbnails)
    return _learned(reader, reader.statistics(_with_masks(photos, masks), progress))


def learn_colors(
    photos: Iterable[PictureSource],
    masks: Sequence[PictureSource | None] | None,
    settings: Settings,
) -> Learned:
    """Learn only colors, as `learn`, without a network: what a result without steps needs."""
    reader = _Reader(settings, with_thumbnails=False)
    return _learned(reader, reader.colors(_with_masks(photos, masks)))


def _learned(reader: "_Reader", statistics: Iterable[Statistics]) -> Learned:
    """What a reader's photos have together."""
    with jax.default_device(find_devices(reader.device)[0]):
        combined = learning.combined(statistics)
    found = outliers.distances(combined)
    unlike = set(outliers.unlike_the_others(found))
    listed = tuple(
        dataclasses.replace(photo, distance=round(float(far), 4), fits=number not in unlike)
        for number, (photo, far) in enumerate(zip(reader.photos, found, strict=True))
    )
    weights = reader.weights
    digest = weights.digest if combined.averages else ""
    return Learned(combined, weights.network, digest, reader.size, listed, reader.thumbnails)


def _with_masks(
    photos: Iterable[PictureSource], masks: Sequence[PictureSource | None] | None
) -> Iterator[tuple[PictureSource, PictureSource | None]]:
    """Each photo with its mask. Photos are not counted before: they may be a stream of arrays."""
    count = 0
    for count, photo in enumerate(photos, 1):
        if masks is not None and count > len(masks):
            break
        yield photo, None if masks is None else masks[count - 1]
    if masks is not None and count != len(masks):
        raise LookError(f"{len(masks)} masks were given, and not as many photos; give one for each")


class _Reader:
    """Reads photos one after the other, computes their statistics, and keeps their records.

    Args:
      settings: size, backbone and device are used.
      with_thumbnails: whether small pictures are kept.
    """

    def __init__(self, settings: Settings, with_thumbnails: bool) -> None:
        self.size, self.device = settings.long_side, settings.device
        self.with_thumbnails = with_thumbnails
        self.weights = LazyWeights(settings.backbone)
        self.photos: list[LookPhoto] = []
        self.thumbnails: dict[str, np.ndarray] = {}

    def statistics(
        self,
        pairs: Iterable[tuple[PictureSource, PictureSource | None]],
        progress: Callable[[int], bool | None] | None,
    ) -> Iterator[Statistics]:
        """The statistics of each photo with its mask; arguments as of `learn`."""
        params = with_flipped_kernels(jax.device_put(self.weights.params))
        portrait = with_flipped_kernels(transposed_kernels(jax.device_put(self.weights.params)))
        network = learning.Network(params, portrait, self.weights.preprocessing)
        for number, (source, mask) in enumerate(pairs, 1):
            with phase(f"learning from photo {number}"):
                photo, painted = self._read(source, mask)
                kinds = learning.kinds_of(photo, painted, self.weights)
                yield learning.photo_statistics(photo, kinds, network, self.size)
            give_back()  # or pieces of the photo's arrays, too small to reuse, would add up
            if progress is not None and progress(number) is False:
                return

    def colors(
        self, pairs: Iterable[tuple[PictureSource, PictureSource | None]]
    ) -> Iterator[Statistics]:
        """The statistics of each photo with its mask, without averages."""
        for number, (source, mask) in enumerate(pairs, 1):
            with phase(f"learning from photo {number}"):
                photo, painted = self._read(source, mask)
                kinds = learning.kinds_of(photo, painted, self.weights, quick=True)
                yield learning.photo_colors(photo, kinds)

    def _read(
        self, source: PictureSource, mask: PictureSource | None
    ) -> tuple[HostPicture, ColorPicture | None]:
        """A photo and its mask at working size; keeps the photo's record."""
        held = images.held(source, "style photo")
        picture = images.read_picture(held, role="style photo")
        photo = working_photo(picture, "style photo", self.size)
        if min(photo.shape[:2]) < SMALLEST_PHOTO:
            name = images.source_name(held, "style photo")
            raise ImageError(
                f"{name} is {picture.shape[1]} x {picture.shape[0]} pixels; a look needs photos of "
                f"at least {SMALLEST_PHOTO} x {SMALLEST_PHOTO} at size {self.size}"
            )
        name, digest = _identity(held)
        self.photos.append(LookPhoto(name, digest))
        if self.with_thumbnails:
            small = images.resize(photo, images.working_size(photo.shape[:2], THUMBNAIL_SIDE))
            self.thumbnails[name] = np.rint(255 * small).astype(np.uint8)
        if mask is None:
            return photo, None
        size = photo.shape[0], photo.shape[1]
        own = picture.shape[0], picture.shape[1]
        return photo, images.read_mask(mask, role="style mask", size=size, picture_size=own)


def _identity(source: images.HeldSource) -> tuple[str, str]:
    """The name of a photo without folders, and the sha256 of its file or pixels."""
    if isinstance(source, str | os.PathLike):
        return Path(source).name, file_digest(Path(source), "sha256")
    if isinstance(source, images.HeldFile):
        return source.name, hashlib.sha256(source.content).hexdigest()
    with io.BytesIO() as file:
        np.save(file, np.asarray(source))
        return "array", hashlib.sha256(file.getvalue()).hexdigest()
