"""What a result says of itself: nothing of the old file, all of the picture, its own colors."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.originals import heic, png
from helpers.packets import NAMESPACES, packet
from helpers.profiles import P3
from PIL import Image

from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

WORK = ["--size", "64", "--steps", "1", "--backbone", "vgg16", "--regions", "none"]
SUFFIXES = [".jpg", ".png", ".tif", ".webp"]
EVERY_SUFFIX = pytest.mark.parametrize("suffix", SUFFIXES)


@pytest.fixture
def transferred(tmp_path, photos, command, monkeypatch):
    """Transfers a photo without solving, and returns what exiftool reads of the result."""

    def mixed(pair, *_, **__):
        picture = (pair.content + pair.style.mean((0, 1))) / 2
        return Solution(picture, (Step(*[1.0] * 6, 60),), Status.FINISHED, {})

    monkeypatch.setattr("jphoto.pipeline.transfer.solve", mixed)
    program = shutil.which("exiftool") or pytest.skip("exiftool is absent")

    def run(content, suffix, *options):
        out = tmp_path / f"out{suffix}"
        status, _, errors = command(
            "transfer", content, photos / "style.png", "--out", out, *WORK, *options
        )
        assert status == 0, errors
        printed = subprocess.check_output(
            [program, "-json", "-G1", "-a", "-n", "-validate", "-warning", out]
            + ["-all", "-x", "System:all"]
        )
        facts = json.loads(printed)[0]
        assert not [name for name in facts if "Warning" in name], facts
        return SimpleNamespace(path=out, facts=facts)

    return run


def photo(size=(48, 40)):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))


def saved(path, **options):
    if path.suffix == ".heic":
        return heic(path, np.asarray(photo()), **options)
    photo().save(path, **options)
    return path


OLD = {
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
    "GDepth": "http://ns.google.com/photos/1.0/depthmap/",
    "Device": "http://ns.google.com/photos/dd/1.0/device/",
    "MiCamera": "http://ns.xiaomi.com/photos/1.0/camera/",
    "OpCamera": "http://ns.oplus.com/photos/1.0/camera/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "HDRGainMap": "http://ns.apple.com/HDRGainMap/1.0/",
    "apdi": "http://ns.apple.com/pixeldatainfo/1.0/",
    "aas": "http://ns.apple.com/adjustment-settings/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "darktable": "http://darktable.sf.net/",
    "co": "http://ns.phaseone.com/captureone/1.0/",
    "mm": "http://ns.adobe.com/xap/1.0/mm/",
    "c2": "http://c2pa.org/ns/1.0/",
}
FORMS = {
    "attribute": lambda prefix: packet("", f'{prefix}:Any="1"'),
    "element": lambda prefix: packet(f"<{prefix}:Any>1</{prefix}:Any>"),
    "structure": lambda prefix: packet(
        f'<{prefix}:Any><rdf:Seq><rdf:li rdf:parseType="Resource"><{prefix}:More>1</{prefix}:More>'
        f"</rdf:li></rdf:Seq></{prefix}:Any>"
    ),
    "field": lambda prefix: packet(f'<xmp:Box rdf:parseType="Resource" {prefix}:Any="1"/>'),
    "other prefix": lambda prefix: packet("", f'{prefix}:Any="1"').replace(
        f"{prefix}:".encode(), b"zz:"
    ).replace(f"xmlns:{prefix}=".encode(), b"xmlns:zz="),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_no_namespace_of_the_old_file_is_left(form, tmp_path, monkeypatch):
    """By the editor alone, in each form; the command line has all at once below."""
    from helpers.packets import OPTIONS

    from jphoto.metadata.xmp import edited

    for prefix, uri in OLD.items():
        monkeypatch.setitem(NAMESPACES, prefix, uri)
        before = FORMS[form](prefix)
        assert b"Any" in before
        after = edited(before, **OPTIONS)
        assert b"Any" not in after, prefix
        assert uri.encode() not in after or (form == "other prefix" and uri.encode() not in after)


@EVERY_SUFFIX
@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".heic"])
def test_facts_about_the_old_file_are_left_out(source, suffix, transferred, tmp_path, monkeypatch):
    for prefix, uri in OLD.items():
        monkeypatch.setitem(NAMESPACES, prefix, uri)
    gone = "".join(f"<{prefix}:Any>secret</{prefix}:Any>" for prefix in OLD)
    gone += "<photoshop:DocumentAncestors>secret</photoshop:DocumentAncestors>"
    kept = (
        "<dc:rights>mine</dc:rights><xmp:Rating>4</xmp:Rating><photoshop:City>Bern</photoshop:City>"
    )
    xmp = packet(gone + kept, 'dc:format="image/old" tiff:Compression="6" photoshop:ICCProfile="x"')
    if source == ".png":
        path = png(tmp_path / "c.png", np.asarray(photo()), xmp=xmp)
    else:
        path = saved(tmp_path / f"c{source}", xmp=xmp)
    result = transferred(path, suffix)
    for trace in (b"secret", b"image/old", *(uri.encode() for uri in OLD.values())):
        assert trace not in result.path.read_bytes()
    facts = result.facts
    assert facts["XMP-xmp:Rating"] == 4 and facts["XMP-photoshop:City"] == "Bern"
    assert "mine" in str(facts["XMP-dc:Rights"])
    assert not {"XMP-tiff:Compression", "XMP-photoshop:ICCProfileName"} & facts.keys()


DENSE = {"dpi": (300, 300)}


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".bmp"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif", ".bmp", "16.png"])
def test_density_is_kept(source, suffix, transferred, tmp_path):
    path = tmp_path / f"c{source}"
    if source == "16.png":
        Image.fromarray(np.arange(48 * 40, dtype=np.uint16).reshape(40, 48)).save(path, **DENSE)
    else:
        saved(path, **DENSE)
    result = transferred(path, suffix)
    if suffix != ".webp":
        with Image.open(result.path) as image:
            assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    if suffix != ".bmp":
        assert result.facts["IFD0:XResolution"] == pytest.approx(300)
        assert result.facts["IFD0:YResolution"] == pytest.approx(300)


def test_without_density_none_is_made_up(transferred, tmp_path):
    result = transferred(saved(tmp_path / "c.png"), ".png")
    assert "PNG-pHYs:PixelsPerUnitX" not in result.facts
    result = transferred(saved(tmp_path / "c.jpg"), ".jpg")
    assert result.facts["JFIF:ResolutionUnit"] == 0


def camera_exif(**inner):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model"
    exif[0x0103], exif[0xC612] = 6, b"\1\4\0\0"
    exif.get_ifd(0x8769).update({0x9000: b"0232", 0x9003: "2024:05:06 07:08:09"})
    exif.get_ifd(0x8769).update({int(tag[1:], 16): value for tag, value in inner.items()})
    return exif


@EVERY_SUFFIX
@pytest.mark.parametrize("wide", [False, True])
def test_exif_agrees_with_the_profile(wide, suffix, transferred, tmp_path):
    exif = camera_exif(xA001=1 if wide else 65535, x9102=4.0)
    exif.get_ifd(0xA005).update({1: "R98" if wide else "R03", 2: b"0100"})
    options = {"icc_profile": P3} if wide else {}
    facts = transferred(saved(tmp_path / "c.webp", exif=exif, **options), suffix).facts
    assert facts["ExifIFD:ColorSpace"] == (65535 if wide else 1)
    assert facts.get("InteropIFD:InteropIndex") == (None if wide else "R98")
    assert facts["IFD0:Make"] == "Maker"
    assert not {"ExifIFD:CompressedBitsPerPixel", "IFD0:DNGVersion"} & facts.keys()
