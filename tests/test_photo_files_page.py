"""The tables of the page about photo files say what the code does, measured on small files."""

import math
import struct
import uuid
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from helpers.chunks import chunk
from helpers.encoded import ENCODERS, PHOTO, CannotBeMadeError
from helpers.originals import EXIF, RECORDS, XMP
from helpers.pages import ROOT
from helpers.profiles import P3
from PIL import Image

from jphoto import formats, images
from jphoto.images.encoders.formats import FORMATS as OUTPUT_FORMATS
from jphoto.metadata import Density, Metadata
from jphoto.metadata.density import density_of_exif

PAGE = ROOT / "docs" / "reference" / "photo-files.md"
CHANNELS = {"gray": "L", "RGB": "RGB", "CMYK": "CMYK"}
BITS = (1, 2, 4, 8, 10, 12, 14, 16, 32)
FLOAT = 32
"""Bits that stand for floating-point numbers."""
FULL = Metadata(EXIF, XMP, RECORDS, Density(240.0, 240.0))
UUIDS = {
    "EXIF": b"JpgTiffExif->JP2",
    "XMP": uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes,
}
"""Of boxes in JPEG 2000."""


def table(heading: str) -> dict[str, list[str]]:
    """The rows of a table of the page by their first cell."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in rows[2:]}


def listed(words: list[str]) -> str:
    return ", ".join(words) or "none"


def suffixes_in_words(suffixes: tuple[str, ...]) -> str:
    return " ".join(f"`{suffix}`" for suffix in suffixes)


def read(path: Path) -> images.Original:
    return images.read_original(path, role="photo")


# Read


def readable(kind: formats.PhotoFormat, folder: Path) -> dict[tuple[int, str], images.Original]:
    """The photos that come back right, by the bits and channels of the file."""
    found = {}
    for bits in BITS:
        for channels in ("L", "LA", "RGB", "RGBA", "CMYK", "CMYKA"):
            path = folder / f"{bits}{channels}{kind.suffixes[0]}"
            try:
                ENCODERS[kind.name](path, bits, channels)
            except CannotBeMadeError:
                continue
            original = read(path)
            wanted = PHOTO[..., 2:].repeat(3, axis=2) if channels[0] == "L" else PHOTO
            # Half a level; developing, and JPEG at its best, are off by a little more.
            rough = 0.03 if kind.name in ("raw", "JPEG", "MPO") else 1e-4
            right = (
                np.abs(original.picture - wanted).max() < 0.5001 / (2 ** min(bits, 16) - 1) + rough
            )
            if right and original.depth == (8 if bits <= 8 else 16):
                found[bits, channels] = original
    return found


def bits_and_channels(kind: formats.PhotoFormat, folder: Path) -> tuple[str, str]:
    found = readable(kind, folder)
    bits = sorted({bits for bits, _ in found})
    every = {channels for _, channels in found}
    channels = [
        name
        for name, letters in CHANNELS.items()
        if any(c.removesuffix("A") == letters for c in every)
    ]
    if not any(original.gray for original in found.values()):
        channels = [name for name in channels if name != "gray"] or ["RGB"]
    if any(original.alpha is not None for original in found.values()):
        channels.append("opacity")
    return listed([str(b) if b != FLOAT else "float" for b in bits]), listed(channels)


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.name)
def test_what_is_read(kind, tmp_path):
    suffixes, bits, channels, *_, result = table("Read")[kind.name]
    assert suffixes == suffixes_in_words(kind.suffixes)
    assert (bits, channels) == bits_and_channels(kind, tmp_path)
    written = formats.result_suffix(Path(f"photo{kind.suffixes[0]}"))
    assert result == ("own format" if kind.written else f"`{written}`")


# What a file says of its colors and itself, and what jphoto makes of it


def camera_exif() -> bytes:
    """EXIF of a camera that is set to Adobe RGB."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    return exif.tobytes()


LEVELS = np.uint8(np.rint(255 * (0.3 + 0.3 * PHOTO)))
"""Colors that are inside sRGB, whatever color space they are taken for."""
POINTS = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 0}


def png(*chunks: bytes) -> bytes:
    whole = imagecodecs.png_encode(LEVELS)
    return whole[:33] + b"".join(chunks) + whole[33:]


def written_by_pillow(kind: str, path: Path, **options: object) -> None:
    if kind == "HEIC":
        pillow_heif.from_pillow(Image.fromarray(LEVELS)).save(path, quality=-1, **options)
    else:
        names = {"JPEG 2000": "JPEG2000"}
        Image.fromarray(LEVELS).save(path, names.get(kind, kind.upper()), **options)


def with_code_points(kind: str, path: Path) -> None:
    """Write the levels as Display P3."""
    if kind == "PNG":
        path.write_bytes(png(chunk(b"cICP", bytes([12, 13, 0, 1]))))
    elif kind == "AVIF":
        options = {"primaries": 12, "transfer": 13, "matrix": 0}
        path.write_bytes(imagecodecs.avif_encode(LEVELS, level=100, **options))
    elif kind == "HEIC":
        pillow_heif.options.SAVE_NCLX_PROFILE = True
        written_by_pillow(kind, path, chroma=444, **POINTS)
    else:
        raise CannotBeMadeError


def with_chromaticities(kind: str, path: Path) -> None:
    if kind != "PNG":
        raise CannotBeMadeError
    path.write_bytes(png(chunk(b"gAMA", struct.pack(">I", 100_000))))


WAYS = {
    "ICC": lambda kind, path: written_by_pillow(kind, path, icc_profile=P3),
    "code points": with_code_points,
    "EXIF": lambda kind, path: written_by_pillow(kind, path, exif=camera_exif()),
    "chromaticities": with_chromaticities,
}
"""Each writes the same levels in another color space."""
UNMEASURED = {"JPEG XL": "ICC, code points", "JPEG 2000": "ICC", "PSD": "ICC"}
"""What the libraries of the tests cannot write."""


def color_in_words(kind: str, path: Path) -> str:
    if kind in UNMEASURED:
        return UNMEASURED[kind]
    honored = []
    for way, write in WAYS.items():
        try:
            write(kind, path)
        except (CannotBeMadeError, KeyError):
            continue
        if np.abs(read(path).picture - LEVELS / 255).max() > 0.02:
            honored.append(way)
    return listed(honored)


def metadata_in_words(kind: formats.PhotoFormat, path: Path) -> str:
    """What comes back of the metadata of a file that has all that its format can hold."""
    if kind.written:
        like = images.Original(PHOTO.astype(np.float32), None, False, 8, None, FULL)
        images.save_like(like.picture, like, path, metadata=FULL)
    elif kind.name == "HEIC":
        written_by_pillow("HEIC", path, exif=b"Exif\0\0" + EXIF, xmp=XMP)
    elif kind.name == "MPO":
        written_by_pillow("JPEG", path, exif=b"Exif\0\0" + EXIF, xmp=XMP, dpi=(240, 240))
    else:
        bits, channels = (16, "RGB") if kind.name == "raw" else (8, "L")
        ENCODERS[kind.name](path, bits, channels if kind.name != "QOI" else "RGB")
    if kind.name == "JPEG 2000":
        for key, content in (("EXIF", EXIF), ("XMP", XMP)):
            box = struct.pack(">I4s", 24 + len(content), b"uuid") + UUIDS[key] + content
            path.write_bytes(path.read_bytes() + box)
    found = read(path).metadata
    density = found.density or (found.exif and density_of_exif(found.exif))
    names = {"EXIF": found.exif, "XMP": found.xmp, "IPTC": found.iptc, "density": density}
    return listed([name for name, value in names.items() if value])


@pytest.mark.parametrize("kind", formats.FORMATS, ids=lambda kind: kind.name)
def test_what_a_file_says_is_heard(kind, tmp_path):
    *_, color, metadata, _ = table("Read")[kind.name]
    path = tmp_path / f"photo{kind.suffixes[0]}"
    assert (color, metadata) == (color_in_words(kind.name, path), metadata_in_words(kind, path))


# Written

WRITTEN = [kind for kind in formats.FORMATS if kind.written]


def largest_in_words(suffix: str) -> str:
    limits = OUTPUT_FORMATS[suffix]
    if limits.most_bytes < math.inf:
        return f"{limits.most_bytes / 2**30:.0f} GB"
    return f"{limits.longest:,} a side" if limits.longest < 2**31 - 1 else "no limit"


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.name)
def test_what_is_written(kind, tmp_path):
    suffixes = kind.suffixes[: kind.written]
    path, picture = tmp_path / f"photo{suffixes[0]}", PHOTO.astype(np.float32)
    alpha = picture[..., 1]
    like = images.Original(picture, alpha, True, 16, P3, FULL)
    images.save_like(picture, like, path, metadata=FULL)
    found = read(path)
    images.save_like(picture, like, path, metadata=FULL, gray=True, force=True)
    gray = read(path)
    assert gray.depth == found.depth and (gray.alpha is None) == (found.alpha is None)
    channels = [*(["gray"] if gray.gray else []), "RGB"]
    channels += ["opacity"] if found.alpha is not None else []
    assert table("Written")[kind.name] == [
        suffixes_in_words(suffixes),
        "8" if found.depth == 8 else "8, 16",
        listed(channels),
        "ICC" if found.profile == P3 else "sRGB",
        metadata_in_words(kind, tmp_path / f"again{suffixes[0]}"),
        largest_in_words(suffixes[0]),
    ]


def test_every_format_has_its_rows():
    assert [*table("Read")] == [kind.name for kind in formats.FORMATS]
    assert [*table("Written")] == [kind.name for kind in WRITTEN]
