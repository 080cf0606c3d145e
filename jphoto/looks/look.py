"""A look: what a transfer takes from style photos, learned once, kept in a file, mixed, shared."""

import dataclasses
import functools
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

import jphoto
from jphoto import files
from jphoto.errors import ImageError, LookError
from jphoto.formats import LOOK_SUFFIX
from jphoto.images import PictureSource
from jphoto.looks import archive, sources
from jphoto.looks.sources import LookPhoto
from jphoto.looks.statistics import Statistics, added, scaled, with_kind
from jphoto.settings import Settings
from jphoto.weights.layout import layers

INSTALL_SEGMENTER = "jphoto weights install deeplab"
MOST_NAMED = 4
"""Photos that a title names."""


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
    """Of its weights, see `Weights.digest`; empty if only colors were learned."""
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
        learned = sources.learn(
            photos,
            masks,
            settings or Settings(),
            with_thumbnails=with_thumbnails,
            progress=progress,
        )
        return cls(**learned._asdict())

    @classmethod
    def colors_of_photos(
        cls,
        photos: Iterable[PictureSource],
        *,
        masks: Sequence[PictureSource | None] | None = None,
        settings: Settings | None = None,
    ) -> "Look":
        """Learn only the colors of photos, without a network, which is enough for a preview.

        Such a look cannot be saved, and a transfer with steps refuses it. Arguments and errors as
        of `from_photos`.
        """
        return cls(**sources.learn_colors(photos, masks, settings or Settings())._asdict())

    def only_colors(self) -> "Look":
        """The look as if only its colors had been learned."""
        colors = self.statistics._replace(averages={})
        return dataclasses.replace(self, statistics=colors, network_digest="")

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

    def __mul__(self, factor: float | int) -> "Look":
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
            found = other.kinds[:-1] or other.kinds
            hint = "" if other.kinds[:-1] else f"; to find kinds of things: {INSTALL_SEGMENTER}"
            raise LookError(f"there is no {kind} in {other.title}, only {', '.join(found)}{hint}")
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
        """Raises: LookError, if it was made with another network than this, or has only colors."""
        self._check_complete()
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

        Raises: LookError, if the path has another suffix or cannot be written, or if the look has
          only colors.
        """
        self._check_complete()
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
            _check_channels(statistics, record["network"])
            photos = tuple(LookPhoto(**photo) for photo in record.pop("photos"))
            record.pop("jphoto")
            return cls(statistics, photos=photos, thumbnails=thumbnails, **record)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
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

    def _check_complete(self) -> None:
        if not self.statistics.averages:
            raise LookError(
                f"only the colors of {self.title} were learned, which is enough for a preview; "
                "make the look with Look.from_photos"
            )

    def _check_alike(self, other: "Look") -> None:
        if bool(self.statistics.averages) != bool(other.statistics.averages):
            self._check_complete()
            other._check_complete()
        networks = [(look.network, look.network_digest) for look in (self, other)]
        if networks[0] != networks[1]:
            names = " and ".join(dict.fromkeys((self.network, other.network)))
            names = names if self.network != other.network else f"different weights of {names}"
            raise LookError(
                f"looks of different networks cannot be mixed: {self.title} and {other.title} were "
                f"made with {names}; make one of them again with --backbone"
            )


def _check_channels(statistics: Statistics, network: str) -> None:
    """Raises: ValueError, unless the averages have as many channels as the network's layers."""
    shapes = layers(network)
    for name, array in statistics.averages.items():
        _, layer, *_ = name.split(".")
        channels = shapes.get(layer.replace("relu", "conv"), array.shape)[-1]
        if any(side != channels for side in array.shape[1:]):
            raise ValueError(f"{name} does not have the {channels} channels of {network}")


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
