"""Tells that a file has more pictures than the one that is read."""

import logging

from PIL import Image

# Formats whose further frames are frames of an animation; layers of PSD, sizes of ICO and previews
# or gain maps of telephones' JPEG (MPO) are parts of the one picture.
_FRAMES = {"GIF": "frames", "WEBP": "frames", "FLI": "frames", "DCX": "pages"}
_MPO_ENTRIES, _KIND_OF_ENTRY = 0xB002, "MPType"
_SHOTS = ("(Disparity)", "(Panorama)", "(Multi-Angle)")

_logger = logging.getLogger(__name__)


def tell_frames(count: int, name: str, kind: str = "frames", used: str = "first") -> None:
    """Log that a file has several pictures, if it has."""
    if count > 1:
        _logger.warning("%s: has %d %s; the %s one is used", name, count, kind, used)


def tell_further_pictures(image: Image.Image, name: str) -> None:
    """Log that there are further frames, pages or shots beside a Pillow image; not its parts."""
    kind = _FRAMES.get(image.format or "")
    try:
        if kind:
            tell_frames(getattr(image, "n_frames", 1), name, kind)
        elif image.format == "MPO":
            entries = getattr(image, "mpinfo", {}).get(_MPO_ENTRIES, [])
            kinds = [entry["Attribute"].get(_KIND_OF_ENTRY, "") for entry in entries]
            tell_frames(1 + sum(kind.endswith(_SHOTS) for kind in kinds[1:]), name, "pictures")
    except Exception:
        # What follows the first picture may be damaged in any way; it isn't used.
        _logger.warning("%s: has further frames, which are damaged; the first one is used", name)
