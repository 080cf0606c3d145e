"""A look: what a transfer takes from style photos, learned once, kept in a file, mixed, shared."""

import dataclasses
import functools
import hashlib
import io
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import UInt8

import jphoto
from jphoto import files, images
from jphoto.errors import ImageError, LookError
from jphoto.formats import LOOK_SUFFIX
from jphoto.images import PictureSource
from jphoto.looks import archive, learning
from jphoto.looks.regions import ColorPicture, HostPicture
from jphoto.looks.statistics import Statistics, added, scaled, with_kind
from jphoto.networks.vgg import transposed_kernels, with_flipped_kernels
from jphoto.process.phases import phase
from jphoto.settings import Settings
from jphoto.solver.checks import SMALLEST_SIDE
from jphoto.solver.devices import find_devices
from jphoto.solver.pairs import working_photo
from jphoto.weights import LazyWeights

INSTALL_SEGMENTER = "jphoto weights install deeplab"
MOST_NAMED = 4
"""Photos that a title names."""
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
    """From the colors of all photos together: the Wasserstein distance, a mean over its kinds."""
    fits: bool = True
    """Whether it is like the others. Photos that are not count all the same."""


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """What a transfer takes from style photos: per kind of thing, and as a whole.

    `jphoto.transfer` takes a look wherever it takes a style photo. Looks of one network are mixed
    by arithmetic: `0.7 * dusk + 0.3 * film`. Only the ratio of the factors matters: a kind of thing
    that both have is mixed by it, and one that a single look has is taken from that one. Colors are
    mixed as the Wasserstein barycenter of the photos' distributions.
    """

    statistics: Statistics
    network: str
    """Name of the network that made it."""
    network_digest: str
    """Of its weights, see `Weights.digest`."""
    size: int
    """Long side of the working photos, in pixels."""
    photos: tuple[LookPhoto, ...]
    """In the order of the statistics' color samples."""
    general: bool = False
    """Whether it is meant for any photo: one that shows no kind that the look has takes the style
    of its whole photos. Without it, such a photo is an error."""
    thumbnails: Mapping[str, UInt8[np.ndarray, "h w 3"]] = dataclasses.field(
        default_factory=dict, repr=False
    )
    """Small pictures of photos, by their names; empty unless they were asked for."""

    @classmethod
    def from_photos(
        cls,
        photos: Iterable[PictureSource],
        *,
        masks: Sequence[PictureSource | None] | None = None,
        settings: Settings | None = None,
        with_thumbnails: bool = False,
        progress: Callable[[int], bool | None] | None = None,
    ) -> "Look":
        """Learn a look from photos, one after the other: memory does not grow with their number.

        Kinds of things are classes that the segmenter finds, if it is installed, or the colors of
        masks. Without both, the look has only the photos as a whole.

        Args:
          photos: in the forms that `jphoto.transfer` takes.
          masks: of the photos in flat colors, None for a photo without one.
          settings: size, backbone and device are used.
          with_thumbnails: whether small pictures of the photos go into the look.
          progress: called with the number of photos that are learned; returning False stops, and
            the look is of the photos so far.

        Raises: LookError, without photos; ImageError, MaskError, WeightsError or DeviceError.
        """
        return _Learning(settings or Settings(), with_thumbnails).look(photos, masks, progress)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of things that it has, and last "whole photo"."""
        return self.statistics.kinds

    @functools.cached_property
    def digest(self) -> str:
        """A sha256 over its statistics; equal looks give equal results."""
        return archive.digest(self.statistics)

    def __add__(self, other: "Look") -> "Look":
        """Both looks, each by its weight; see `Look`.

        Raises: LookError, if they were made with different networks.
        """
        if not isinstance(other, Look):
            return NotImplemented
        self._check_alike(other)
        return dataclasses.replace(
            self,
            statistics=added(self.statistics, other.statistics),
            size=max(self.size, other.size),
            photos=(*self.photos, *other.photos),
            general=self.general and other.general,
            thumbnails={**self.thumbnails, **other.thumbnails},
        )

    def __mul__(self, factor: float) -> "Look":
        """The look with so many times its weight in a mix.

        Raises: LookError, unless the factor is a positive number.
        """
        if not isinstance(factor, int | float):
            return NotImplemented
        if not (math.isfinite(factor) and factor > 0):
            raise LookError(f"the weight of a look must be a positive number, not {factor}")
        return dataclasses.replace(self, statistics=scaled(self.statistics, factor))

    __rmul__ = __mul__

    def with_kind(self, kind: str, other: "Look") -> "Look":
        """The look with one kind of thing taken from another look.

        Raises: LookError, if the other has no such kind, or they do not fit each other.
        """
        self._check_alike(other)
        if kind not in other.kinds:
            hint = "" if other.kinds[:-1] else f"; to find kinds of things: {INSTALL_SEGMENTER}"
            raise LookError(
                f"there is no {kind} in {other.title}, only {', '.join(other.kinds)}{hint}"
            )
        return dataclasses.replace(
            self,
            statistics=with_kind(self.statistics, kind, other.statistics),
            photos=(*self.photos, *other.photos),
        )

    @property
    def title(self) -> str:
        """Its photos with their shares, such as "dusk.jpg 70 %, film.jpg 30 %"."""
        weights = self.statistics.colors.weights
        whole = weights[:, -1] / weights[:, -1].sum()
        named = [
            f"{photo.name}{self._share_of(number, float(share))}"
            for number, (photo, share) in enumerate(zip(self.photos, whole, strict=True))
        ]
        more = len(named) - MOST_NAMED
        return ", ".join(named[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

    def _share_of(self, number: int, share: float) -> str:
        """How much a photo counts, or for which kinds, if that is not the same for all photos."""
        weights = self.statistics.colors.weights
        if not share:
            kinds = [self.kinds[k] for k in np.flatnonzero(weights[number])]
            return f" for {' and '.join(kinds)}"
        return "" if np.allclose(weights[:, -1], weights[0, -1]) else f" {share:.0%}"

    def check_network(self, network: str, digest: str) -> None:
        """Raises: LookError, if it was made with another network than this."""
        if (network, digest) != (self.network, self.network_digest):
            other = "other weights of " if network == self.network else ""
            raise LookError(
                f"the look of {self.title} was made with {other}{self.network}, and the transfer "
                f"uses {network}; give --backbone {self.network}, or make the look again"
            )

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the look to a file, completely or not at all.

        Args:
          path: of the file, with the suffix .look.
          force: whether an older file may be replaced.

        Raises: LookError, if the path has another suffix or cannot be written.
        """
        target = check_output(path, inputs=(), force=force)
        content = archive.to_bytes(self._archive())
        try:
            with files.replacing(target, force=force) as draft:
                draft.write_bytes(content)
        except OSError as error:
            raise LookError(f"look: {target} {files.unwritable(error)}") from error

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Look":
        """Read a look from a file.

        Raises: LookError, if it is no look, damaged, or was made by a newer jphoto.
        """
        statistics, record, thumbnails = archive.read(Path(path))
        try:
            photos = tuple(LookPhoto(**photo) for photo in record.pop("photos"))
            record.pop("jphoto")
            return cls(statistics, photos=photos, thumbnails=thumbnails, **record)
        except (TypeError, KeyError, AttributeError) as error:
            raise LookError(f"{path} is damaged: {error}; make or copy it again") from None

    def _archive(self) -> archive.Archive:
        record: dict[str, Any] = {
            "jphoto": jphoto.__version__,
            "network": self.network,
            "network_digest": self.network_digest,
            "size": self.size,
            "general": self.general,
            "photos": [dataclasses.asdict(photo) for photo in self.photos],
        }
        return archive.Archive(self.statistics, record, dict(self.thumbnails))

    def _check_alike(self, other: "Look") -> None:
        networks = [(look.network, look.network_digest) for look in (self, other)]
        if networks[0] != networks[1]:
            names = " and ".join(dict.fromkeys((self.network, other.network)))
            names = names if self.network != other.network else f"different weights of {names}"
            raise LookError(
                f"looks of different networks cannot be mixed: {self.title} and {other.title} were "
                f"made with {names}; make one of them again with --backbone"
            )


def mixed(looks: Sequence[Look], weights: Sequence[float] | None = None) -> Look:
    """Several looks as one, with the weight 1.

    Args:
      looks: at least one.
      weights: of the looks, not negative; equal weights by default. Those with 0 are left out.

    Raises: LookError, if the weights do not fit, or the looks do not fit each other.
    """
    shares = checked_weights(weights, len(looks))
    parts = [look * share for look, share in zip(looks, shares, strict=True) if share]
    return functools.reduce(Look.__add__, parts)


def checked_weights(weights: Sequence[float] | None, count: int) -> list[float]:
    """The weights of style photos or looks, adding up to 1.

    Raises: LookError, if their number is wrong, one is negative or no number, or all are zero.
    """
    if weights is None:
        return [1 / count] * count
    if len(weights) != count:
        styles = f"{count} styles" if count != 1 else "1 style"
        raise LookError(f"{len(weights)} style weights were given for {styles}; give one for each")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        shown = ", ".join(f"{weight:g}" for weight in weights)
        raise LookError(f"style weights must be 0 or positive numbers, not {shown}")
    if not sum(weights):
        raise LookError("the style weights are all 0; give at least one style a positive weight")
    return [weight / sum(weights) for weight in weights]


def check_output(
    path: str | os.PathLike[str], *, inputs: Sequence[PictureSource], force: bool
) -> Path:
    """Refuse the path of a look that cannot or should not be written, before any work is done.

    Args:
      path: of the look.
      inputs: that it is made from; paths among them are never overwritten.
      force: whether an older file may be replaced.

    Returns: the path.
    Raises: LookError, with the reason.
    """
    target = Path(path)
    if target.suffix.lower() != LOOK_SUFFIX:
        raise LookError(
            f"look: {target} needs the suffix {LOOK_SUFFIX}, as in {target.stem}{LOOK_SUFFIX}"
        )
    paths = [Path(source) for source in inputs if isinstance(source, str | os.PathLike)]
    try:
        files.check_free(target, inputs=paths, force=force, what="look")
        if not target.absolute().parent.is_dir():
            raise LookError(f"look: there is no folder {target.absolute().parent}")
    except (ImageError, OSError, ValueError) as error:
        raise LookError(str(error)) from None
    return target


class _Learning:
    """Learns from photos at one size with one network.

    Args:
      settings: size, backbone and device are used.
      with_thumbnails: whether small pictures are kept.
    """

    def __init__(self, settings: Settings, with_thumbnails: bool) -> None:
        self.size, self.with_thumbnails = settings.long_side, with_thumbnails
        self.device = find_devices(settings.device)[0]
        self.weights = LazyWeights(settings.backbone)
        self.photos: list[LookPhoto] = []
        self.thumbnails: dict[str, np.ndarray] = {}

    def look(
        self,
        photos: Iterable[PictureSource],
        masks: Sequence[PictureSource | None] | None,
        progress: Callable[[int], bool | None] | None,
    ) -> Look:
        """The look of the photos; see `Look.from_photos`."""
        sources = [*photos]
        pairs = zip(sources, masks or [None] * len(sources), strict=True)
        with jax.default_device(self.device):
            statistics = self._statistics(pairs, progress)
            combined = learning.combined(statistics)
        found = learning.distances(combined)
        unlike = set(learning.unlike_the_others(found))
        listed = tuple(
            dataclasses.replace(photo, distance=round(float(far), 4), fits=number not in unlike)
            for number, (photo, far) in enumerate(zip(self.photos, found, strict=True))
        )
        return Look(
            combined,
            self.weights.network,
            self.weights.digest,
            self.size,
            listed,
            thumbnails=self.thumbnails,
        )

    def _statistics(
        self,
        pairs: Iterable[tuple[PictureSource, PictureSource | None]],
        progress: Callable[[int], bool | None] | None,
    ) -> Iterable[Statistics]:
        params = with_flipped_kernels(jax.device_put(self.weights.params))
        portrait = with_flipped_kernels(transposed_kernels(jax.device_put(self.weights.params)))
        network = learning.Network(params, portrait, self.weights.preprocessing)
        for number, (source, mask) in enumerate(pairs, 1):
            with phase(f"learning from photo {number}"):
                photo, painted = self._read(source, mask)
                kinds = learning.kinds_of(photo, painted, self.weights)
                yield learning.photo_statistics(photo, kinds, network, self.size)
            if progress is not None and progress(number) is False:
                return

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
        with Path(source).open("rb") as file:
            return Path(source).name, hashlib.file_digest(file, "sha256").hexdigest()
    if isinstance(source, images.HeldFile):
        return source.name, hashlib.sha256(source.content).hexdigest()
    with io.BytesIO() as file:
        np.save(file, np.asarray(source))
        return "array", hashlib.sha256(file.getvalue()).hexdigest()
