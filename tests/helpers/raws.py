"""Small raw photos: DNG that LibRaw develops, and the structures of other makers' files."""

from pathlib import Path

import numpy as np
import tifffile

NEUTRAL = (0.5, 1.0, 0.7)
"""What the sensor measures of white, in red, green and blue."""
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)
_XYZ_TO_SRGB = np.linalg.inv(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
_BLACK, _WHITE = 256, 16380


def _fractions(values: object) -> tuple[int, ...]:
    return tuple(n for value in np.ravel(values) for n in (round(float(value) * 10000), 10000))


def dng(
    path: Path, picture: np.ndarray, *, orientation: int = 1, thumbnail: bool = True, stops: int = 0
) -> Path:
    """A DNG with a Bayer pattern whose sensor has the primaries of sRGB.

    Args:
      path: of the file.
      picture: h x w x 3, linear light in [0, 1] after white balance; h and w are even.
      orientation: of EXIF.
      thumbnail: whether the first page is one, and the sensor's values are in its child.
      stops: the baseline exposure.
    """
    measured = picture * NEUTRAL
    pattern = np.array([[0, 1], [1, 2]])
    rows, columns = np.indices(measured.shape[:2])
    channel = pattern[rows % 2, columns % 2][..., None]
    mosaic = np.take_along_axis(measured, channel, 2)[..., 0]
    levels = np.rint(_BLACK + mosaic * (_WHITE - _BLACK)).astype(np.uint16)
    tags = [
        (271, "s", 0, "Maker"), (272, "s", 0, "Camera"), (274, "H", 1, orientation),
        (700, "B", len(XMP), XMP), (50706, "B", 4, (1, 4, 0, 0)), (50708, "s", 0, "Maker Camera"),
        (50721, "2i", 9, _fractions(_XYZ_TO_SRGB)), (50728, "2I", 3, _fractions(NEUTRAL)),
        (50730, "2i", 1, (stops, 1)), (50778, "H", 1, 21),
    ]  # fmt: skip
    sensor = [
        (33421, "H", 2, (2, 2)), (33422, "B", 4, (0, 1, 1, 2)), (50714, "H", 1, _BLACK),
        (50717, "H", 1, _WHITE),
    ]  # fmt: skip
    small = np.full((40, 60, 3), 200, np.uint8)
    with tifffile.TiffWriter(path) as file:
        if thumbnail:
            options = {"photometric": "rgb", "subfiletype": 1, "subifds": 1, "extratags": tags}
            file.write(small, metadata=None, **options)
            tags = []
        file.write(levels, photometric="cfa", metadata=None, extratags=tags + sensor)
    return path


def nef(path: Path) -> Path:
    """The structure of a NEF: a thumbnail, and a child with values in Nikon's compression."""
    small = np.full((40, 60, 3), 200, np.uint8)
    with tifffile.TiffWriter(path) as file:
        make = [(271, "s", 0, "NIKON CORPORATION")]
        options = {"photometric": "rgb", "subfiletype": 1, "subifds": 1, "extratags": make}
        file.write(small, metadata=None, **options)
        file.write(np.zeros((64, 96), np.uint16), photometric="cfa", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].pages[0].tags[259].overwrite(34713)
    return path


def cr2(path: Path) -> Path:
    """The beginning of a CR2 before the pages of an ordinary TIFF file."""
    tifffile.imwrite(path, np.full((40, 60, 3), 200, np.uint8), photometric="rgb")
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].offset == 8
    data = path.read_bytes()
    start = len(data) + len(data) % 2  # the directory moves to the end
    count = int.from_bytes(data[8:10], "little")
    table = data[8 : 8 + 2 + 12 * count + 4]
    path.write_bytes(
        b"II*\0" + start.to_bytes(4, "little") + b"CR\x02\0" + data[12:].ljust(start - 12) + table
    )
    return path


BEGINNINGS = {
    "raf": b"FUJIFILMCCD-RAW 0201",
    "rw2": b"IIU\0\x18\0\0\0",
    "orf": b"IIRO\x08\0\0\0",
    "x3f": b"FOVb\0\0\x02\0",
    "mrw": b"\0MRM\0\0\0\0",
    "crw": b"II\x1a\0\0\0HEAPCCDR",
    "cr3": b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
    "iiq": b"II*\0\x10\0\0\0IIII\0\0\0\0",
}
"""Of the files of other makers, by suffix."""
