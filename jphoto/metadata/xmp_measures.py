"""Corrects the numbers of an XMP packet that depend on a picture's size, density or color space.

Those of regions and panoramas are in structures; their coordinates are relative, or scale with the
picture.
Source: Guidelines for Handling Image Metadata 2.0 (MWG), section 5.9; Google, Photo Sphere XMP.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping

from jphoto.metadata.density import INCH, Density
from jphoto.metadata.xmp_packet import DESCRIPTION, qualified

_REGION_SIZE = qualified("mwg-rs:AppliedToDimensions")
_RESOLUTION = ("tiff:XResolution", "tiff:YResolution", "tiff:ResolutionUnit")
_PANORAMA = qualified("GPano:")
_CROPPED = tuple(qualified(f"GPano:CroppedAreaImage{side}Pixels") for side in ("Width", "Height"))
_PIXEL_COUNTS = ("Pixels", "RectLeft", "RectTop", "RectWidth", "RectHeight")
_MOST_STRETCH = 0.02  # rounding of a small picture's sides


def correct_measures(
    rdf: ET.Element, size: tuple[int, int], density: Density | None, color_space: int
) -> None:
    """Correct the numbers that are present.

    Args:
      rdf: changed in place.
      size: (height, width) of the new picture.
      density: of the new picture; None if it is unknown, and then it is removed.
      color_space: 1 for sRGB, or 65535 for any other.
    """
    height, width = size
    numbers = {"tiff:Orientation": "1", "exif:ColorSpace": str(color_space)}
    numbers |= dict.fromkeys(("tiff:ImageLength", "exif:PixelYDimension"), str(height))
    numbers |= dict.fromkeys(("tiff:ImageWidth", "exif:PixelXDimension"), str(width))
    if density is None:
        resolution = {qualified(name) for name in _RESOLUTION}
        for description in rdf.findall(DESCRIPTION):
            remove_keys(description, resolution.__contains__)
    else:
        across, down = (f"{side.numerator}/{side.denominator}" for side in density.fractions)
        numbers |= dict(zip(_RESOLUTION, (across, down, str(INCH)), strict=True))
    for description in rdf.findall(DESCRIPTION):
        _set(description, {qualified(name): number for name, number in numbers.items()})
    sides = {qualified("stDim:w"): str(width), qualified("stDim:h"): str(height)}
    for applied in rdf.iter(_REGION_SIZE):
        for element in applied.iter():
            _set(element, sides)
    _scale_panorama(rdf, size)


def remove_keys(element: ET.Element, unwanted: Callable[[str], bool]) -> None:
    """Remove the unwanted attributes and children of an element."""
    element[:] = [child for child in element if not unwanted(child.tag)]
    element.attrib = {key: value for key, value in element.attrib.items() if not unwanted(key)}


def _set(parent: ET.Element, values: Mapping[str, str]) -> None:
    """Set the attributes and children of an element that are present."""
    for key, value in values.items():
        if key in parent.attrib:
            parent.set(key, value)
        for element in parent.findall(key):
            element.clear()
            element.text = value


def _scale_panorama(rdf: ET.Element, size: tuple[int, int]) -> None:
    """Scale the pixel counts of a panorama, or remove it if it is not this picture's."""
    counts: dict[str, str] = {}
    for description in rdf.findall(DESCRIPTION):
        children = {element.tag: element.text or "" for element in description}
        counts |= {
            key: value
            for key, value in (children | description.attrib).items()
            if key.startswith(_PANORAMA) and key.endswith(_PIXEL_COUNTS)
        }
    if not counts:
        return
    try:
        width, height = (float(counts[key]) for key in _CROPPED)
        down, across = size[0] / height, size[1] / width
        if abs(down / across - 1) > _MOST_STRETCH:
            raise ValueError("it has other proportions")
        scaled = {
            key: str(round(float(value) * (across if _is_across(key) else down)))
            for key, value in counts.items()
        }
    except (KeyError, ValueError, ZeroDivisionError, OverflowError):
        for description in rdf.findall(DESCRIPTION):
            remove_keys(description, lambda key: key.startswith(_PANORAMA))
        return
    for description in rdf.findall(DESCRIPTION):
        _set(description, scaled)


def _is_across(key: str) -> bool:
    return "Width" in key or "Left" in key
