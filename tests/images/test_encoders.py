"""Metadata in written files, and what independent readers find in these files."""

import json
import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from helpers.originals import EXIF, FULL, NOTHING, RECORDS, XMP, an_original, colors, original
from helpers.profiles import P3
from PIL import Image, JpegImagePlugin

from jphoto.errors import ImageError
from jphoto.images import output, save_like
from jphoto.images.color.own_profiles import gray_profile, srgb_profile
from jphoto.metadata import Metadata

# Metadata


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_metadata_are_written_and_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    save_like(colors(), an_original(), path, metadata=FULL)
    found = original(path).metadata
    assert found.xmp == XMP
    if suffix != "tif":
        assert found.exif == EXIF
    else:  # read into a block of its own
        assert found.exif.startswith(b"II*\0") and b"Maker\0" in found.exif
    if suffix == "jpg":
        assert found.iptc.startswith(b"Photoshop 3.0\0") and RECORDS in found.iptc
    else:
        assert found.iptc == (RECORDS if suffix == "tif" else None)
    again = tmp_path / f"b.{suffix}"
    save_like(colors(), an_original(), again, metadata=found)
    assert original(again).metadata == found


def test_exif_is_added_to_a_complete_tiff_draft(tmp_path: Path, monkeypatch) -> None:
    added = []

    def add(path: Path, exif: bytes) -> None:
        added.append((np.asarray(Image.open(path)).shape, exif))

    monkeypatch.setattr(output, "add_exif", add)
    save_like(colors(), an_original(), tmp_path / "a.tif", metadata=FULL)
    save_like(colors(), an_original(), tmp_path / "b.tif", metadata=NOTHING)
    assert added == [((6, 9, 3), EXIF)]


@pytest.mark.parametrize("field", ["exif", "xmp", "iptc"])
def test_metadata_too_long_for_jpeg(tmp_path: Path, field: str) -> None:
    metadata = Metadata(**{field: bytes(70_000)})
    with pytest.raises(ImageError, match=r"a\.jpg cannot be written: .* too long"):
        save_like(colors(), an_original(), tmp_path / "a.jpg", metadata=metadata)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


# Other readers


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tiff_as_tifffile_reads_it(tmp_path: Path, depth: int, channels: int) -> None:
    tifffile = pytest.importorskip("tifffile")
    alpha = colors()[..., 0] if channels in (2, 4) else None
    path = tmp_path / "a.tif"
    picture = colors() if channels > 2 else colors()[..., :1].repeat(3, axis=2)
    like = an_original(alpha=alpha, depth=depth)
    save_like(picture, like, path, metadata=FULL, gray=channels < 3)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        levels = page.asarray().reshape(6, 9, channels)
        assert page.bitspersample == depth
        assert page.tags["InterColorProfile"].value in (srgb_profile(), gray_profile())
        assert bytes(page.tags["XMP"].value) == XMP
        assert [int(e) for e in page.extrasamples] == ([2] if alpha is not None else [])
    full = 2**depth - 1
    planes = 3 if channels > 2 else 1
    np.testing.assert_allclose(levels[..., :planes] / full, picture[..., :planes], atol=1 / full)
    if alpha is not None:
        np.testing.assert_allclose(levels[..., -1] / full, alpha, atol=0.5001 / full)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_as_pillow_and_imagecodecs_read_it(tmp_path: Path, depth: int, channels: int) -> None:
    alpha = colors()[..., 0] if channels in (2, 4) else None
    path = tmp_path / "a.png"
    picture = colors() if channels > 2 else colors()[..., :1].repeat(3, axis=2)
    save_like(
        picture, an_original(alpha=alpha, depth=depth), path, metadata=FULL, gray=channels < 3
    )
    with Image.open(path) as image:
        image.load()
        assert image.info["exif"] == b"Exif\0\0" + EXIF
        assert image.info["xmp"] == XMP
        assert image.info["icc_profile"] in (srgb_profile(), gray_profile())
    levels, full = imagecodecs.png_decode(path.read_bytes()), 2**depth - 1
    assert levels.dtype == {8: np.uint8, 16: np.uint16}[depth]
    levels = levels.reshape(6, 9, channels)
    planes = 3 if channels > 2 else 1
    np.testing.assert_allclose(levels[..., :planes] / full, picture[..., :planes], atol=1 / full)
    if alpha is not None:
        np.testing.assert_allclose(levels[..., -1] / full, alpha, atol=0.5001 / full)


def test_jpeg_as_pillow_reads_it(tmp_path: Path) -> None:
    save_like(colors(16, 16), an_original(profile=P3), tmp_path / "a.jpg", metadata=FULL)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.info["exif"] == b"Exif\0\0" + EXIF
        assert image.info["xmp"] == XMP
        assert image.info["photoshop"][0x0404] == RECORDS
        assert image.info["icc_profile"] == P3
        assert JpegImagePlugin.get_sampling(image) == 0


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_files_as_exiftool_reads_them(tmp_path: Path, suffix: str) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is absent")
    xmp = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        b"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        b"xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Label='green'/></rdf:RDF></x:xmpmeta>"
    )
    metadata = Metadata(EXIF, xmp, RECORDS)
    path = tmp_path / f"a.{suffix}"
    save_like(colors(16, 16), an_original(profile=P3, depth=16), path, metadata=metadata)
    done = subprocess.run(
        ["exiftool", "-json", "-validate", "-warning", "-a", "-G", path],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    everything = subprocess.run(
        ["exiftool", "-json", "-G", path], capture_output=True, text=True, check=True
    )
    found = json.loads(everything.stdout)[0]
    assert found["XMP:Label"] == "green"
    assert found["ICC_Profile:ProfileConnectionSpace"].strip() == "XYZ"
    assert found["EXIF:Make"] == "Maker"
    assert found.get("IPTC:Caption-Abstract") == ("words" if suffix in ("jpg", "tif") else None)
    assert "Error" not in done.stdout
    if suffix in ("png", "webp"):  # for JPEG and TIFF, it misses mandatory entries in the EXIF
        assert json.loads(done.stdout)[0]["ExifTool:Validate"] == "OK"
