"""A card that shows a look: the colors of each of its kinds, its photos, and an example."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from jphoto import images
from jphoto.looks.gaussians import barycenter
from jphoto.looks.look import Look
from jphoto.looks.styles import StyleSource, opened
from jphoto.settings import Settings

HostPicture = Float32[np.ndarray, "h w 3"]

SWATCHES = 7
"""Colors in the palette of a kind, from dark to light."""
SPREAD = 1.6
"""Standard deviations from the mean to the first and the last swatch, along the direction in which
the colors vary most."""
ROW_HEIGHT = 48
"""Pixels of a palette on the card."""
PICTURE_HEIGHT = 240
"""Pixels of photos on the card."""
MOST_PHOTOS = 12
"""Thumbnails on the card."""
CARD_WIDTH = 900
"""Pixels of the palettes and of rows of photos."""


def palette(look: Look, kind: str) -> Float32[np.ndarray, "swatches 3"]:
    """Colors of one kind, from dark to light.

    Args:
      look: that has the kind.
      kind: a name among `Look.kinds`.
    """
    number, colors = look.kinds.index(kind), look.statistics.colors
    weights = colors.weights[:, number].astype(np.float64)
    mean, covariance = barycenter(
        colors.means[:, number, -1].astype(np.float64),
        colors.covariances[:, number, -1].astype(np.float64),
        weights,
    )
    values, directions = np.linalg.eigh(covariance)
    main = directions[:, -1] * np.sqrt(values[-1])
    main *= np.sign(main.sum()) or 1.0
    steps = np.linspace(-SPREAD, SPREAD, SWATCHES)[:, None]
    found: np.ndarray = np.clip(mean + steps * main, 0, 1).astype(np.float32)
    return found


def palettes(look: Look) -> HostPicture:
    """The palettes of all kinds, below one another, without names: a look in place of a photo."""
    rows = [palette(look, kind) for kind in look.kinds]
    small = np.stack(rows)
    return np.kron(small, np.ones((ROW_HEIGHT, ROW_HEIGHT, 1), np.float32))


def picture_of_style(style: StyleSource, role: str = "style") -> HostPicture:
    """A style photo, or the palettes of a look, for sheets.

    Raises: ImageError or LookError, if it cannot be read.
    """
    found = opened(style, Settings())
    return palettes(found) if isinstance(found, Look) else images.read_picture(found, role=role)


def card(look: Look, examples: Sequence[tuple[str, HostPicture]] = ()) -> HostPicture:
    """Palettes with the names and shares of their kinds, thumbnails if the look has any, examples.

    Args:
      look: to show.
      examples: pictures with their names, in [0, 1].
    """
    width = CARD_WIDTH // SWATCHES
    rows = []
    for kind, share in zip(look.kinds, look.statistics.shares, strict=True):
        colors = palette(look, kind)[None]
        strip = np.kron(colors, np.ones((ROW_HEIGHT, width, 1), np.float32))
        rows.append(images.side_by_side([(f"{kind}  {share:.0%}", strip)]))
    photos = [(name, small.astype(np.float32) / 255) for name, small in look.thumbnails.items()]
    for shown in (photos[:MOST_PHOTOS], [*examples]):
        rows += [images.side_by_side(row, PICTURE_HEIGHT) for row in _rows(shown)]
    return images.stack(rows)


def _rows(pictures: Sequence[tuple[str, HostPicture]]) -> list[list[tuple[str, HostPicture]]]:
    """The pictures in rows of the card's width."""
    rows, left = list[list[tuple[str, HostPicture]]](), 0.0
    for name, picture in pictures:
        width = PICTURE_HEIGHT * picture.shape[1] / picture.shape[0]
        if width > left:
            rows, left = [*rows, []], float(CARD_WIDTH)
        rows[-1].append((name, picture))
        left -= width
    return rows
