"""From a solved picture to the file that a photographer gets: its own size, colors, depth and
metadata, and a label that says how it was made.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float32

import jphoto
from jphoto import images, metadata
from jphoto.errors import ImageError
from jphoto.images import Original, PictureSource
from jphoto.label import Label
from jphoto.matting.lift import lift
from jphoto.pipeline.devices import kind_of
from jphoto.pipeline.digests import digests_of
from jphoto.settings import Settings
from jphoto.weights.archive import Weights

ROLES = "content", "style", "content_mask", "style_mask"
"""What a result is made from."""


def finished(
    original: Original,
    content: Float32[np.ndarray, "h w 3"],
    solved: Float32[np.ndarray, "h w 3"],
    settings: Settings,
) -> Float32[np.ndarray, "h2 w2 3"]:
    """The result at the size that it is to have.

    Args:
      original: the content photo as it was read.
      content: the same, as it was solved.
      solved: what was found for it.
      settings: `out_size` is read here.

    Returns: sRGB in [0, 1], but that the colors of a photo with a wider profile may lie outside.
    """
    solved = np.clip(solved, 0, 1)
    goal = original.picture
    if settings.out_size != "full":
        goal = images.resize(
            goal, images.working_size(goal.shape[:2], settings.out_size), clip=False
        )
    if goal.shape == content.shape and np.array_equal(goal, content):
        return solved
    lifted = lift(content, solved, goal)
    return np.clip(lifted, 0, 1, out=lifted) if original.profile is None else lifted


def write(
    picture: Float32[np.ndarray, "h w 3"],
    original: Original,
    path: Path,
    settings: Settings,
    label: Label,
) -> None:
    """Write a result as a file of the content photo's kind.

    Args:
      picture: from `finished`.
      original: whose color profile, transparency, depth and metadata are kept.
      path: in a format that takes the depth asked for, see `check`.
      settings: depth, gray, strip_location and label are read here.
      label: what to say of it.

    Raises: ImageError, if it cannot be written.
    """
    file_metadata = metadata.derived_metadata(
        original.metadata,
        size=(picture.shape[0], picture.shape[1]),
        thumbnail=images.thumbnail(picture),
        strip_location=settings.strip_location,
        label=label.to_json() if settings.label else None,
        software=label.software,
    )
    images.save_like(
        picture,
        original,
        path,
        metadata=file_metadata,
        depth=_depth(settings),
        gray=settings.gray and original.gray,
    )


def check(
    path: str | os.PathLike[str],
    settings: Settings,
    *,
    inputs: Sequence[PictureSource],
    force: bool,
) -> Path:
    """Refuse an output that could not be written, or should not be, before any work is done.

    Args: see `images.check_output`; depth is read of the settings.

    Returns: the path.
    Raises: ImageError, with the reason.
    """
    target = images.check_output(path, inputs=inputs, force=force)
    images.check_depth(target, _depth(settings))
    return target


def _depth(settings: Settings) -> int:
    """Bits a channel; 0 for the content's own."""
    return 0 if settings.depth == "auto" else int(settings.depth)


def label_of(
    settings: Settings, inputs: Mapping[str, str], network: Weights, device: jax.Device
) -> Label:
    """What there is to say of a result.

    Args:
      settings: with the size and the regions that were used.
      inputs: digests by role.
      network: the weights that were used.
      device: where it was computed.

    Returns: the settings in it have the backbone and the device in place of what was to be chosen.
    """
    names: Any = {"backbone": network.network, "device": kind_of(device)}
    return Label(
        jphoto=jphoto.__version__,
        jax=jax.__version__,
        device=device.device_kind,
        network=network.digest,
        inputs=inputs,
        settings=dataclasses.replace(settings, **names),
    )


def read_label(path: str | os.PathLike[str]) -> Label:
    """What a picture says of how it was made.

    Raises: ImageError, if it says nothing, or cannot be read.
    """
    text = metadata.label_text(images.read_original(path, role="picture").metadata)
    if text is None:
        raise ImageError(
            f"picture: {path} does not say how it was made: it was not made by jphoto, was made "
            "with --no-label, or another program has taken its metadata out"
        )
    return Label.from_json(text)


def digests(*sources: PictureSource | None) -> dict[str, str]:
    """The digests of what a result is made from, by role.

    Args:
      sources: content, style, content mask and style mask; those that are None are left out.

    Raises: ImageError, if a file cannot be read.
    """
    roles = zip(ROLES, sources, strict=True)
    return digests_of({role: source for role, source in roles if source is not None})
