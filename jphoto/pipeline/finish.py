"""From a solved picture to the file that a photographer gets.

The result has the content photo's size, colors, depth and metadata, and a label that says how it
was made.
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
from jphoto.errors import ImageError, SettingsError
from jphoto.images import Original, PictureSource
from jphoto.label import Label
from jphoto.looks import Look
from jphoto.matting.lift import lift
from jphoto.settings import Settings
from jphoto.solver.devices import platform_of
from jphoto.weights import AnyWeights

ROLES = "content", "style", "content_mask", "style_mask"
"""Of the pictures that a result is made from."""


def full_size_result(
    original: Original,
    content: Float32[np.ndarray, "h w 3"],
    solved: Float32[np.ndarray, "h w 3"],
    settings: Settings,
) -> Float32[np.ndarray, "h2 w2 3"]:
    """Lift a solved picture to the output size.

    Args:
      original: the content photo as it was read.
      content: the content photo at working size.
      solved: the solved picture, the same size.
      settings: `out_size` is used.

    Returns: sRGB in [0, 1]; if the photo has a wider color profile, colors may lie outside.
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


def at_strength(
    content: Float32[np.ndarray, "h w 3"],
    solved: Float32[np.ndarray, "h w 3"],
    was: float | int,
    strength: float | int,
) -> Float32[np.ndarray, "h w 3"]:
    """A solved picture with another share of the change, as if it had been solved with that.

    Args:
      content: the content photo at working size.
      solved: the solved picture, not clipped.
      was: `Settings.style_strength` that it was solved with.
      strength: in place of that.

    Raises: SettingsError, if nothing of the change is left in the picture.
    """
    if strength == was:
        return solved
    if not was:
        raise SettingsError("style_strength 0 has left nothing of the style; transfer it again")
    share = np.float32(strength / was)
    return (1 - share) * content + share * solved


def write_result(
    picture: Float32[np.ndarray, "h w 3"],
    original: Original,
    path: Path,
    settings: Settings,
    label: Label,
    *,
    force: bool,
) -> None:
    """Write a result with the color profile, transparency, depth and metadata of the content photo.

    Args:
      picture: from `full_size_result`.
      original: the content photo as it was read.
      path: in a format that has the depth asked for, see `check_output`.
      settings: depth, gray, strip_location and label are used.
      label: how the result was made; written unless the settings say otherwise.
      force: whether an older file may be replaced.

    Raises: SavedElsewhereError, if the result was saved under another name or in another format,
      because a file has this name or it cannot be written; ImageError, if it was not saved.
    """
    depth, gray = _depth(settings), settings.gray and original.gray
    file_metadata = metadata.derived_metadata(
        original.metadata,
        size=(picture.shape[0], picture.shape[1]),
        color=images.file_color(original, path, depth=depth, gray=gray),
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
        depth=depth,
        gray=gray,
        force=force,
    )


def check_output(
    path: str | os.PathLike[str],
    settings: Settings,
    *,
    inputs: Sequence[PictureSource],
    force: bool,
) -> Path:
    """Refuse an output that cannot or should not be written, before any work is done.

    Args:
      path: of the result.
      settings: depth is used.
      inputs: see `images.check_output`.
      force: see `images.check_output`.

    Returns: the path.
    Raises: ImageError, with the reason.
    """
    target = images.check_output(path, inputs=inputs, force=force)
    images.check_depth(target, _depth(settings))
    return target


def check_size(path: Path, original: Original, settings: Settings) -> None:
    """Refuse an output whose format cannot hold the result, before any work is done.

    Args:
      path: of the result.
      original: the content photo as it was read.
      settings: out_size, depth and gray are used.

    Raises: ImageError, naming the formats that can hold it.
    """
    size = original.picture.shape[:2]
    if settings.out_size != "full":
        size = images.working_size(size, settings.out_size)
    channels = 1 if settings.gray and original.gray else 3
    shape = (*size, channels + (original.alpha is not None))
    # A photo of 16 bits has as many in the result as the format holds.
    images.check_size(path, shape, _depth(settings) or (8 if original.depth == 8 else 0))


def _depth(settings: Settings) -> int:
    """Bits a channel; 0 for the content photo's own."""
    return 0 if settings.depth == "auto" else int(settings.depth)


def label_of(
    settings: Settings,
    inputs: Mapping[str, str],
    network: AnyWeights,
    device: jax.Device,
    look: str = "",
) -> Label:
    """The label of a result: how it was made.

    Args:
      settings: with the size and the regions that were used.
      inputs: digests by role.
      network: the weights that were used, or could have been.
      device: where the result was computed.
      look: the title of the look, if there was one.

    Returns: a label whose settings name the backbone and the device that were used.
    """
    names: Any = {"backbone": network.network, "device": platform_of(device)}
    return Label(
        jphoto=jphoto.__version__,
        jax=jax.__version__,
        device=device.device_kind,
        network=network.digest if network.used else "",
        inputs=inputs,
        settings=dataclasses.replace(settings, **names),
        look=look,
    )


def read_label(source: PictureSource) -> Label:
    """Read from a picture how it was made.

    Raises: ImageError, if the picture has no label or cannot be read.
    """
    text = metadata.label_text(images.read_original(source, role="picture").metadata)
    if text is None:
        raise ImageError(
            f"{images.source_name(source, 'picture')} does not say how it was made: it was "
            "not made by jphoto, was made with --no-label, or another program has removed its "
            "metadata"
        )
    return Label.from_json(text)


def held_inputs(*sources: PictureSource | Look | None) -> dict[str, Any]:
    """What a result is made from, by role, so that it can be read several times.

    Args:
      sources: content, style, content mask and style mask; those that are None are left out, and a
        look is held already.

    Raises: ImageError, if one can be read only once and that fails.
    """
    roles = zip(ROLES, sources, strict=True)
    given = {role: source for role, source in roles if source is not None}
    return {
        role: source if isinstance(source, Look) else images.held(source, role.replace("_", " "))
        for role, source in given.items()
    }
