"""What a result says of itself: nothing of the old file, all of the picture, its own colors."""

import json
import re
import shutil
import struct
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.blocks import (
    EXIF,
    INTEROP,
    Tree,
    camera_tree,
    header,
    rational,
    serialize_tree,
    short,
    words,
)
from helpers.originals import heic, png
from helpers.packets import NAMESPACES, TITLE, packet
from helpers.profiles import P3
from PIL import Image, PngImagePlugin

from jphoto.images.color.profiles import srgb_profile
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
            [program, "-json", "-G1", "-a", "-n", "-validate", "-warning", "-all", out]
        )
        facts = json.loads(printed)[0]
        # Its minor ones are about tags of cameras, such as Rating, that the standard lacks.
        # It wants IPTC in TIFF as numbers of 32 bits, whose bytes some readers swap.
        warnings = [facts[name] for name in facts if "Warning" in name]
        assert all(re.match(r"\[minor\]|.*IPTC-NAA", text) for text in warnings), warnings
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
        assert uri.encode() not in after


@pytest.mark.parametrize(
    ("source", "suffix"),
    [(".jpg", ".jpg"), (".png", ".tif"), (".webp", ".png"), (".heic", ".webp")],
)
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


@pytest.mark.parametrize(
    ("source", "suffix"),
    [
        *((".jpg", suffix) for suffix in (*SUFFIXES, ".bmp")),
        *((source, ".png") for source in (".png", ".tif", ".bmp", "16.png")),
        *((source, ".jpg") for source in (".png", ".tif", ".bmp", "16.png")),
    ],
)
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


def camera_exif(space, index):
    """EXIF of a camera set to a color space, with entries that are about its file."""
    main, (inner, below) = camera_tree("<", b"").values, camera_tree("<", b"").children[EXIF]
    del inner[0x927C]
    main |= {0x0103: short("<", 6), 0xC612: (1, b"\1\4\0\0")}
    inner |= {0xA001: short("<", space), 0x9102: rational("<", 4)}
    below[INTEROP].values[1] = words(index)
    return header("<") + serialize_tree(Tree(main, {EXIF: Tree(inner, below)}), "<", 8)


COLORS = {
    # the content's profile, its EXIF, the result's EXIF
    "sRGB": (None, (1, "R98"), (1, "R98")),
    "P3 called sRGB": (P3, (1, "R98"), (65535, None)),
    "sRGB called Adobe RGB": (srgb_profile(), (65535, "R03"), (1, "R98")),
}


@EVERY_SUFFIX
@pytest.mark.parametrize("case", COLORS)
def test_exif_agrees_with_the_profile(case, suffix, transferred, tmp_path):
    profile, before, after = COLORS[case]
    options = {"icc_profile": profile} if profile else {}
    exif = b"Exif\0\0" + camera_exif(*before)
    facts = transferred(saved(tmp_path / "c.webp", exif=exif, **options), suffix).facts
    assert (facts["ExifIFD:ColorSpace"], facts.get("InteropIFD:InteropIndex")) == after
    assert facts["IFD0:Make"] == "Canon"
    assert not {"ExifIFD:CompressedBitsPerPixel", "IFD0:DNGVersion"} & facts.keys()
    assert ("ExifIFD:ComponentsConfiguration" in facts) == (suffix == ".jpg")


@pytest.mark.parametrize(
    ("unit", "density", "found"), [(1, (240, 240), 240), (2, (40, 40), 101.6), (0, (3, 2), None)]
)
def test_density_of_a_jpeg_has_a_unit(unit, density, found, transferred, tmp_path):
    path = saved(tmp_path / "c.jpg", dpi=(1, 1))
    data = path.read_bytes()
    path.write_bytes(data[:13] + struct.pack(">BHH", unit, *density) + data[18:])
    facts = transferred(path, ".tif").facts
    assert facts["IFD0:XResolution"] == pytest.approx(found or 72)


def test_density_turns_with_the_photo(transferred, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = transferred(saved(tmp_path / "c.jpg", exif=exif, dpi=(200, 100)), ".tif").facts
    assert (facts["IFD0:XResolution"], facts["IFD0:YResolution"]) == (100, 200)


def test_regions_and_panoramas_get_the_new_size(transferred, tmp_path, monkeypatch):
    monkeypatch.setitem(NAMESPACES, "GPano", "http://ns.google.com/photos/1.0/panorama/")
    monkeypatch.setitem(NAMESPACES, "rs", "http://www.metadataworkinggroup.com/schemas/regions/")
    monkeypatch.setitem(NAMESPACES, "dim", "http://ns.adobe.com/xap/1.0/sType/Dimensions#")
    counts = {"FullPanoWidth": 96, "FullPanoHeight": 80, "CroppedAreaLeft": 12}
    counts |= {"CroppedAreaImageWidth": 48, "CroppedAreaImageHeight": 40}
    xmp = packet(
        '<rs:Regions rdf:parseType="Resource"><rs:AppliedToDimensions dim:w="48" dim:h="40"'
        ' dim:unit="pixel"/></rs:Regions>',
        " ".join(f'GPano:{name}Pixels="{number}"' for name, number in counts.items())
        + ' exif:ColorSpace="65535" tiff:XResolution="72/1"',
    )
    path = saved(tmp_path / "c.jpg", xmp=xmp, dpi=(300, 300))
    facts = transferred(path, ".jpg", "--out-size", "36").facts
    width, height = facts["File:ImageWidth"], facts["File:ImageHeight"]
    assert (width, height) == (36, 30)
    assert facts["XMP-mwg-rs:RegionAppliedToDimensionsW"] == width
    assert facts["XMP-mwg-rs:RegionAppliedToDimensionsH"] == height
    for name, number in counts.items():
        assert facts[f"XMP-GPano:{name}Pixels"] == number * 3 // 4
    assert facts["XMP-exif:ColorSpace"] == 1 and facts["XMP-tiff:XResolution"] == 300


def record(dataset, text, number=2):
    return struct.pack(">BBBH", 0x1C, number, dataset, len(text)) + text


RECORDS = (
    record(90, b"\x1b%G", 1) + record(120, "Käse".encode()) + record(25, b"a") + record(25, b"b")
    + record(80, b"Ada") + record(116, b"mine") + record(90, b"Bern")
)  # fmt: skip
OLD_RECORDS = record(120, "Käse".encode("latin-1")) + record(25, b"a") + record(25, b"b")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".avif", ".jxl"])
@pytest.mark.parametrize("records", [RECORDS, OLD_RECORDS], ids=["UTF-8", "Latin-1"])
def test_iptc_is_kept_where_a_format_has_no_place_for_it(suffix, records, transferred, tmp_path):
    segment = b"Photoshop 3.0\08BIM\4\4\0\0" + struct.pack(">I", len(records)) + records
    extra = b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment
    facts = transferred(saved(tmp_path / "c.jpg", extra=extra), suffix).facts
    assert facts["XMP-dc:Description"] == "Käse" and facts["XMP-dc:Subject"] == ["a", "b"]
    assert (facts.get("XMP-dc:Creator") == "Ada") == (records == RECORDS)
    assert (facts.get("XMP-photoshop:City") == "Bern") == (records == RECORDS)


def test_location_is_stripped_from_iptc_as_well(transferred, tmp_path):
    text = f"\niptc\n{len(RECORDS):8}\n{RECORDS.hex()}\n"
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type iptc", text, zip=True)
    path = saved(tmp_path / "c.png", pnginfo=info)
    facts = transferred(path, ".jpg").facts
    assert facts["IPTC:City"] == facts["XMP-photoshop:City"] == "Bern"
    result = transferred(path, ".tif", "--strip-location", "--force")
    assert b"Bern" not in result.path.read_bytes()
    assert result.facts["XMP-dc:Rights"] == result.facts["IPTC:CopyrightNotice"] == "mine"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_texts_of_png_are_kept(suffix, transferred, tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "Käse")
    info.add_itxt("Author", "李")
    info.add_text("Copyright", "mine", zip=True)
    info.add_text("Creation Time", "Tue, 02 Jan 2024 03:04:05 +0100")
    info.add_text("Comment", "Created with GIMP")
    facts = transferred(saved(tmp_path / "c.png", pnginfo=info), suffix).facts
    assert (facts["XMP-dc:Title"], facts["XMP-dc:Creator"]) == ("Käse", "李")
    assert facts["XMP-dc:Rights"] == "mine" and "XMP-dc:Description" not in facts
    assert facts["XMP-xmp:CreateDate"] == "2024:01:02 03:04:05+01:00"


def test_what_xmp_says_comes_before_other_texts(transferred, tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "old")
    info.add_itxt("XML:com.adobe.xmp", packet(TITLE).decode())
    facts = transferred(saved(tmp_path / "c.png", pnginfo=info), ".png").facts
    assert facts["XMP-dc:Title"] == 'One & "two"'


@pytest.mark.parametrize(
    ("comment", "found"),
    [("Käse", "Käse"), ("CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n", None)],
)
@pytest.mark.parametrize("source", [".jpg", ".gif"])
def test_comments_are_captions_unless_programs_leave_them(
    comment, found, source, transferred, tmp_path
):
    path = saved(tmp_path / f"c{source}", comment=comment.encode())
    assert transferred(path, ".png").facts.get("XMP-dc:Description") == found


@pytest.mark.parametrize(
    "description",
    ['{"shape": [40, 48, 3]}', "ImageJ=1.53\nimages=1", '<?xml version="1.0"?><OME xmlns="x"/>'],
)
def test_what_programs_say_of_arrays_is_left_out(description, transferred, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = description
    exif[0x010F], exif[0x011A], exif[0x011B], exif[0x0128] = "Canon", 300.0, 300.0, 2
    # What exiftool demands of a JPEG's EXIF.
    exif.get_ifd(0x8769).update({0x9000: b"0232", 0xA000: b"0100", 0xA002: 48, 0xA003: 40})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0oplus_1048576"
    for source in (".tif", ".jpg"):
        facts = transferred(saved(tmp_path / f"c{source}", exif=exif), ".jpg", "--force").facts
        assert facts["IFD0:Make"] == "Canon"
        assert not {"IFD0:ImageDescription", "ExifIFD:UserComment"} & facts.keys()


def test_metadata_that_are_left_out_are_told(transferred, tmp_path, caplog):
    path = saved(tmp_path / "c.jpg", xmp=packet(TITLE))
    further = b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(further)) + further
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment + data[2:])
    transferred(path, ".bmp")
    assert "further segments" in caplog.text and "no place for EXIF" in caplog.text
