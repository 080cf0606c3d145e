"""Color code points: the profiles of the color spaces that PNG, HEIC, AVIF and JPEG XL name so.

Source: ITU-T H.273, tables 2 and 3.
"""

from jphoto.images.color.own_profiles import (
    D65,
    SRGB_CURVE,
    SRGB_PRIMARIES,
    Curve,
    make_profile,
    power,
)
from jphoto.images.pixels import Chromaticities, Cicp

UNSPECIFIED = 2
PQ, HLG = 16, 18

_C = (0.310, 0.316)
_SMPTE_C = Chromaticities(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_PRIMARIES = {
    1: SRGB_PRIMARIES,
    4: Chromaticities(_C, (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: Chromaticities(D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: _SMPTE_C,
    7: _SMPTE_C,
    8: Chromaticities(_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: Chromaticities(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    10: Chromaticities((1 / 3, 1 / 3), (1, 0), (0, 1), (0, 0)),
    11: Chromaticities((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: Chromaticities(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: Chromaticities(D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
_NAMES = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}

# The curves of cameras for video, BT.709 and its relatives (1, 6, 11, 12, 14, 15), mean sRGB in
# files of photos: writers that know no better put 1 for both, and browsers show them as sRGB.
# Source: Chromium, ui/gfx/color_space.cc, GetTransferFunction.
_CURVES = dict.fromkeys((1, 6, 11, 12, 13, 14, 15, UNSPECIFIED), SRGB_CURVE) | {
    4: power(2.2),
    5: power(2.8),
    7: Curve(3, (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 4 * 0.0228)),
    8: power(1.0),
    17: power(2.6),
}


def profile_of(cicp: Cicp) -> bytes:
    """Make the profile of a color space of standard range.

    Raises: ValueError, if a code point is reserved, or a transfer is unknown or HDR.
    """
    if cicp.transfer not in _CURVES:
        raise ValueError(f"its transfer characteristics have the code {cicp.transfer}")
    name = _NAMES.get(cicp.primaries, "RGB")
    return make_profile(chromaticities_of(cicp), _CURVES[cicp.transfer], name)


def is_srgb(cicp: Cicp) -> bool:
    """Whether code points mean sRGB; what is unspecified means it too."""
    return cicp.primaries in (1, UNSPECIFIED) and _CURVES.get(cicp.transfer) == SRGB_CURVE


def chromaticities_of(cicp: Cicp) -> Chromaticities:
    """Look up the primaries.

    Unspecified ones are those of sRGB. With PQ and HLG, unspecified and reserved ones are those of
    BT.2020, since these values must never be taken for sRGB.

    Raises: ValueError, if the code point is reserved.
    """
    if cicp.transfer in (PQ, HLG):
        return _PRIMARIES.get(cicp.primaries, _PRIMARIES[9])
    primaries = 1 if cicp.primaries == UNSPECIFIED else cicp.primaries
    if primaries not in _PRIMARIES:
        raise ValueError(f"its color primaries have the code {primaries}")
    return _PRIMARIES[primaries]
