"""Makes an EXIF block agree with the colors of the file that it will be in.

EXIF knows sRGB and Adobe RGB. It has one number for all color spaces but sRGB, and the index of the
Interop directory says that it is Adobe RGB.
Source: Exif 3.0 (CIPA DC-008), sections 4.6.6.2 and 4.6.8; DCF 2.0 (CIPA DC-009), section 3.2.
"""

import struct
from typing import Literal, NamedTuple

from jphoto.metadata.exif_block import Block
from jphoto.metadata.tiff_directories import ASCII, EXIF, INTEROP, MAIN, SHORT

_POSITIONING, _COLOR_SPACE, _COMPONENTS, _INDEX, _VERSION = 0x0213, 0xA001, 0x9101, 1, 2
_UNDEFINED = 7  # a type of value
_SRGB, _OTHER = 1, 65535
_INDICES = {"srgb": b"R98\0", "adobe-rgb": b"R03\0"}
_CHANNELS = {1: b"\1\0\0\0", 3: b"\1\2\3\0"}  # Y; Y, Cb, Cr
_CENTERED = 1


class FileColor(NamedTuple):
    """What EXIF says of the colors in a file."""

    space: Literal["srgb", "adobe-rgb", "other"] = "srgb"
    """The color space of the embedded profile."""
    jpeg_channels: int = 0
    """1 or 3 in JPEG files, which store brightness and color differences; 0 in all others."""
    sized: bool = False
    """Whether the file's own tags have the size of the picture, as TIFF's do."""

    @property
    def number(self) -> int:
        """ColorSpace: 1 for sRGB, or 65535."""
        return _SRGB if self.space == "srgb" else _OTHER


def set_color(block: Block, color: FileColor) -> None:
    """Set ColorSpace, the Interop index and, of JPEG files, the meaning and place of channels.

    Args:
      block: without an Exif directory it has no ColorSpace and gets none.
      color: of the file.
    """
    if color.jpeg_channels == 0:
        block.remove_entries(MAIN, {_POSITIONING})
    else:
        _set_short(block, MAIN, _POSITIONING, _CENTERED)
    if EXIF not in block.directories:
        return
    _set_short(block, EXIF, _COLOR_SPACE, color.number)
    if color.jpeg_channels == 0:
        block.remove_entries(EXIF, {_COMPONENTS})
    else:
        block.set_value(EXIF, _COMPONENTS, _UNDEFINED, _CHANNELS[color.jpeg_channels])
    _set_index(block, color)


def _set_short(block: Block, name: int, tag: int, number: int) -> None:
    block.set_value(name, tag, SHORT, struct.pack(f"{block.order}H", number))


def _set_index(block: Block, color: FileColor) -> None:
    """Set the Interop index; with neither of the two color spaces there is none."""
    if INTEROP not in block.directories and color.space == "adobe-rgb":
        block.add_directory(EXIF, INTEROP, room=2)
        block.set_value(INTEROP, _VERSION, _UNDEFINED, b"0100")
    if INTEROP not in block.directories:
        return
    block.remove_entries(INTEROP, {0x1000})  # RelatedImageFileFormat
    if color.space in _INDICES:
        block.set_value(INTEROP, _INDEX, ASCII, _INDICES[color.space])
    else:
        block.remove_entries(INTEROP, {_INDEX})
