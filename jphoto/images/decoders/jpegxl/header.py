"""Reads size and color space from the header of a JPEG XL codestream.

imagecodecs decodes the pixels but tells none of these.
Source: ISO/IEC 18181-1, annexes B and D; field for field also in libjxl's `image_metadata.cc`,
`headers.cc` and `color_encoding_internal.cc`.
"""

from typing import NamedTuple

from jphoto.images.pixels import Cicp

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))
_PREVIEW_EIGHTS = ((16, 1), (32, 1), (5, 1), (9, 33))
_PREVIEW_SIDES = ((6, 1), (8, 65), (10, 321), (12, 1345))
_ENUM = ((0, 0), (0, 1), (4, 2), (6, 18))
_GRAY, _CUSTOM, _D65, _SRGB_PRIMARIES, _P3_PRIMARIES, _DISPLAY_P3 = 1, 2, 1, 1, 11, 12


class Header(NamedTuple):
    """What a codestream declares."""

    width: int
    height: int
    animated: bool
    own_profile: bool
    """Whether the pixels are in the space of an ICC profile, which is not read."""
    cicp: Cicp | None
    """The color space if it has code points; None for sRGB."""
    other_space: bool
    """Whether the color space has no code points: other white, primaries or a plain gamma."""


class _Bits:
    """A codestream read bit by bit, the lowest bit of a byte first."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self.left:
            raise EOFError("its header is cut short")
        found = self.value & ((1 << count) - 1)
        self.value >>= count
        self.left -= count
        return found

    def choice(self, options: tuple[tuple[int, int], ...]) -> int:
        """Read a number whose first two bits choose how many bits follow and what is added."""
        bits, offset = options[self.take(2)]
        return self.take(bits) + offset


def read_header(codestream: bytes) -> Header:
    """Read the header. Raises: EOFError, if it is cut short; ValueError, if it is broken."""
    bits = _Bits(codestream[2:1024])
    width, height = _size(bits)
    if bits.take(1):  # all is default: 8 bits, sRGB
        return Header(width, height, False, False, None, False)
    animated = _extra_fields(bits) if bits.take(1) else False
    _skip_bit_depth(bits)
    bits.take(1)  # whether 16-bit buffers suffice
    for _ in range(bits.choice(((0, 0), (0, 1), (4, 2), (12, 1)))):
        _skip_extra_channel(bits)
    in_xyb = bool(bits.take(1))
    has_profile, cicp, other = _color(bits)
    return Header(width, height, animated, has_profile and not in_xyb, cicp, other)


def _size(bits: _Bits, *, preview: bool = False) -> tuple[int, int]:
    """Read width and height, those of a preview in their own way."""
    in_eights = bits.take(1)

    def side() -> int:
        if preview:
            return 8 * bits.choice(_PREVIEW_EIGHTS) if in_eights else bits.choice(_PREVIEW_SIDES)
        return 8 * (bits.take(5) + 1) if in_eights else bits.choice(_SIDES)

    height = side()
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return height * across // down, height
    return side(), height


def _extra_fields(bits: _Bits) -> bool:
    """Skip orientation, size on screen, preview and animation; return whether there is one."""
    bits.take(3)
    if bits.take(1):
        _size(bits)
    if bits.take(1):
        _size(bits, preview=True)
    if not bits.take(1):
        return False
    bits.choice(((0, 100), (0, 1000), (10, 1), (30, 1)))
    bits.choice(((0, 1), (0, 1001), (8, 1), (10, 1)))
    bits.choice(((0, 0), (3, 0), (16, 0), (32, 0)))
    bits.take(1)
    return True


def _skip_bit_depth(bits: _Bits) -> None:
    if bits.take(1):  # floating-point numbers, with the bits of their exponent
        bits.choice(((0, 32), (0, 16), (0, 24), (6, 1)))
        bits.take(4)
    else:
        bits.choice(((0, 8), (0, 10), (0, 12), (6, 1)))


def _skip_extra_channel(bits: _Bits) -> None:
    if bits.take(1):  # all is default: opacity of 8 bits
        return
    kind = bits.choice(_ENUM)
    _skip_bit_depth(bits)
    bits.choice(((0, 0), (0, 3), (0, 4), (3, 1)))
    bits.take(8 * bits.choice(((0, 0), (4, 0), (5, 16), (10, 48))))  # its name
    if kind == 0:
        bits.take(1)
    elif kind == 2:
        bits.take(4 * 16)
    elif kind == 5:
        bits.choice(((0, 1), (2, 0), (4, 3), (8, 19)))


def _color(bits: _Bits) -> tuple[bool, Cicp | None, bool]:
    """Read the color space: whether it is an ICC profile, its code points, whether it has none."""
    if bits.take(1):  # all is default: sRGB
        return False, None, False
    if bits.take(1):
        return True, None, False
    space = bits.choice(_ENUM)
    if space not in (0, _GRAY):
        return False, None, True
    white = bits.choice(_ENUM)
    if white == _CUSTOM:
        return False, None, True
    primaries = _SRGB_PRIMARIES if space == _GRAY else bits.choice(_ENUM)
    if primaries == _CUSTOM:
        return False, None, True
    if bits.take(1):  # a plain gamma
        return False, None, True
    transfer = bits.choice(_ENUM)
    if primaries == _P3_PRIMARIES and white == _D65:
        primaries = _DISPLAY_P3  # which H.273 tells from cinemas' by its white
    return False, Cicp(primaries, transfer), white != _D65
