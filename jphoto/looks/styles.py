"""What a transfer takes as its style: a photo, a look, or several of both in a mix."""

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from jphoto import weights
from jphoto.errors import LookError
from jphoto.formats import LOOK_SUFFIX, is_look
from jphoto.images import PictureSource
from jphoto.looks.bundled import bundled_looks, look_colors, look_file
from jphoto.looks.look import Look
from jphoto.looks.mixing import checked_weights, mixed
from jphoto.settings import Settings

StyleSource: TypeAlias = PictureSource | Look
"""A photo, a look, the path of a look's file, or the name of a bundled look."""
Masks: TypeAlias = PictureSource | Sequence[PictureSource | None] | None

_KEPT_LOOKS = 4
"""Looks of files that are kept in memory: those used last."""
_KEPT_PHOTOS = 8
"""Photos of mixes whose statistics are kept: other weights need nothing else."""
_KEPT_COLORS = 64
"""Photos of mixes whose colors are kept: a few kilobytes each."""


class Style(NamedTuple):
    """The style of a transfer: one photo with its mask, or one look."""

    source: PictureSource | Look
    mask: PictureSource | None
    settings: Settings
    """With the network of the look, unless another one is asked for."""


def style_of(
    style: StyleSource | Sequence[StyleSource],
    masks: Masks,
    weights: Sequence[float | int] | None,
    for_kinds: Mapping[str, StyleSource] | None,
    settings: Settings,
    *,
    to_keep: bool = False,
) -> Style:
    """The style that several make together; a photo that is the only one with a weight stays one.

    Args:
      style: one or several.
      masks: of the photos among several styles, in their order; None for one without.
      weights: of the styles; None for equal ones.
      for_kinds: styles of single kinds of things, by the names of the kinds, if there are any.
      settings: of the transfer; size, backbone and device are used for photos of a mix. With 0
        steps, a mix has only colors, which need no network.
      to_keep: whether the look will be saved, and so needs what a transfer with steps compares.

    Raises: LookError, if weights, looks or kinds do not fit; ImageError, if a photo cannot be read.
    """
    styles: list[StyleSource]
    styles = [*style] if isinstance(style, list | tuple) else [style]  # type: ignore[list-item]
    if not styles:
        raise LookError("no style was given; give at least one style photo or look")
    own_masks = _masks_for(len(styles), masks)
    shares = checked_weights(weights, len(styles))
    only_colors = not (settings.steps or to_keep)
    open_style = functools.partial(opened, settings=settings, only_colors=only_colors)
    used = [
        (share, open_style(source), mask)
        for share, source, mask in zip(shares, styles, own_masks, strict=True)
        if share
    ]
    others = {kind: open_style(source) for kind, source in (for_kinds or {}).items()}
    if len(used) == 1 and not others:
        _, source, mask = used[0]
    else:
        source, mask = _mix(used, others, settings, only_colors), None
    return Style(source, mask, with_network(settings, source))


def _masks_for(count: int, masks: Masks) -> list[PictureSource | None]:
    """A mask or None for each of so many styles."""
    if masks is None:
        return [None] * count
    own: list[PictureSource | None]
    own = [*masks] if isinstance(masks, list | tuple) else [masks]  # type: ignore[list-item]
    if len(own) != count:
        raise LookError(f"{len(own)} style masks were given for {count} styles; give one each")
    return own


def opened(
    source: StyleSource, settings: Settings, *, only_colors: bool = False
) -> PictureSource | Look:
    """A style with the look in place of its file or its name; photos are returned as they are.

    Args:
      source: a photo or a look.
      settings: decide the network of a bundled look.
      only_colors: whether the colors of a bundled look are enough.
    """
    if not isinstance(source, str | os.PathLike):
        return source
    path = Path(source)
    if path.suffix.lower() == LOOK_SUFFIX:
        return look_of_file(path)
    if not is_look(path):
        return source
    if str(path) not in bundled_looks():
        raise LookError(
            f"{path} is not the path of a photo, and no look that comes with jphoto is called so; "
            f"these are {', '.join(bundled_looks())}"
        )
    if only_colors:
        own = Settings(size=settings.long_side, backbone=settings.backbone, device=settings.device)
        return look_colors(str(path), own, weights.find("deeplab"))
    return look_of_file(look_file(str(path), settings))


def look_of_file(path: Path) -> Look:
    """The look of a file, read once while the file stays the same.

    Raises: LookError, if it cannot be read as a look.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise LookError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise LookError(f"{path} cannot be read as a look: {error.strerror}") from None
    return _load(path, status.st_size, status.st_mtime_ns)


def with_network(settings: Settings, *styles: PictureSource | Look) -> Settings:
    """The settings with the network of the first look, unless another one is asked for."""
    looks = (style for style in styles if isinstance(style, Look))
    look = next(looks, None)
    if look is None or settings.backbone != "auto":
        return settings
    return dataclasses.replace(settings, backbone=look.network)  # type: ignore[arg-type]


def _mix(
    used: Sequence[tuple[float, PictureSource | Look, PictureSource | None]],
    others: Mapping[str, PictureSource | Look],
    settings: Settings,
    only_colors: bool,
) -> Look:
    sources = [source for _, source, _ in used]
    settings = with_network(settings, *sources, *others.values())
    used_alone: dict[object, Look] = {}

    def look_of(source: PictureSource | Look, mask: PictureSource | None = None) -> Look:
        if isinstance(source, Look):
            return source.only_colors() if only_colors else source
        # A style of the mix may be that of a kind, too.
        key = str(source) if isinstance(source, str | os.PathLike) else id(source)
        if key not in used_alone:
            used_alone[key] = _learned(source, mask, settings, only_colors)
        return used_alone[key]

    looks = [look_of(source, mask) for _, source, mask in used]
    look = mixed(looks, [share for share, *_ in used])
    for kind, source in others.items():
        look = look.with_kind(kind, look_of(source))
    return look


def _learned(
    source: PictureSource, mask: PictureSource | None, settings: Settings, only_colors: bool
) -> Look:
    """The look of one photo; that of a file is kept while nothing that it depends on changes."""
    make = Look.colors_of_photos if only_colors else Look.from_photos
    files = [Path(file) for file in (source, mask) if isinstance(file, str | Path)]
    if len(files) < 1 + (mask is not None) or not all(file.is_file() for file in files):
        return make([source], masks=[mask], settings=settings)
    states = tuple(
        (file.absolute(), file.stat().st_size, file.stat().st_mtime_ns) for file in files
    )
    networks = weights.resolve(settings.backbone), weights.find("deeplab")
    own = Settings(size=settings.long_side, backbone=settings.backbone, device=settings.device)
    return (_learn_colors if only_colors else _learn)(states, own, networks)


def _learn_files(
    make: Callable[..., Look],
    files: tuple[tuple[Path, int, int], ...],
    settings: Settings,
    networks: tuple[object, ...],
) -> Look:
    """The look of a photo and its mask, if it has one; sizes, times and networks are for caches."""
    paths = [path for path, *_ in files]
    return make(paths[:1], masks=paths[1:] or None, settings=settings)


@functools.lru_cache(_KEPT_PHOTOS)
def _learn(*key: Any) -> Look:
    return _learn_files(Look.from_photos, *key)


@functools.lru_cache(_KEPT_COLORS)
def _learn_colors(*key: Any) -> Look:
    return _learn_files(Look.colors_of_photos, *key)


@functools.lru_cache(_KEPT_LOOKS)
def _load(path: Path, size: int, modified: int) -> Look:
    return Look.load(path)
