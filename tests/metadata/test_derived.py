"""Metadata of new pictures: laws of `derived_metadata`, and files as exiftool reads them."""

import json
import shutil
import struct
import subprocess

import pytest
from helpers.blocks import (
    SIZE,
    camera,
    camera_tree,
    edit_options,
    exif_of_tiff,
    header,
    jpeg,
    thumbnail_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from jphoto.metadata import FileColor, Metadata, derived_metadata, iptc, label_text
from jphoto.metadata.tiff_directories import EXIF, GPS, MAX_EXIF_BYTES, Tree, serialize_tree
from jphoto.metadata.tiff_exif import add_exif
from jphoto.metadata.xmp import MAX_XMP_BYTES

SOFTWARE = "jphoto 1.2 (a test)"
LABEL = '{"style": "dusk \U0001f306", "weight": 1}'
OPTIONS = {"size": SIZE, "thumbnail": None, "strip_location": False, "label": None}
OPTIONS |= {"software": SOFTWARE, "color": FileColor("srgb", 3)}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    b' xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" tiff:Make="Canon"'
    b' exif:GPSLatitude="48,51.5N"/></rdf:RDF></x:xmpmeta>'
)
IPTC = b"\x1c\x02\x05\x00\x07a title\x1c\x02\x5a\x00\x06a city"


def photo(order="<"):
    return Metadata(camera(order, jpeg("red")), XMP, IPTC)


def test_nothing_gives_nothing():
    for thumbnail in (None, jpeg("blue")):
        assert derived_metadata(Metadata(), **OPTIONS | {"thumbnail": thumbnail}) == Metadata()


def test_a_label_adds_exif_and_xmp():
    result = derived_metadata(Metadata(), **OPTIONS | {"label": LABEL, "thumbnail": jpeg("blue")})
    assert label_text(result) == LABEL
    assert SOFTWARE.encode() in result.exif
    assert thumbnail_of(result.exif) == jpeg("blue")
    assert result.iptc is None


def test_a_result_used_as_content_again():
    once = derived_metadata(photo(), **OPTIONS | {"label": "first"})
    assert label_text(once) == "first"
    again = derived_metadata(once, **OPTIONS | {"label": "second"})
    assert label_text(again) == "second"
    assert b"first" not in again.xmp
    silent = derived_metadata(once, **OPTIONS)
    assert label_text(silent) is None
    assert SOFTWARE.encode() in silent.exif


@settings(max_examples=60, deadline=None)
@given(st.sampled_from("<>"), edit_options, st.one_of(st.none(), st.text("ab\"'&\n")))
def test_deriving_twice_is_deriving_once(order, options, label):
    options = options | {"label": label, "software": SOFTWARE}
    del options["density"]  # which is the photo's own
    once = derived_metadata(photo(order), **options)
    assert derived_metadata(once, **options) == once
    assert label_text(once) == label


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60), st.booleans())
def test_any_bytes_can_get_a_label(exif, xmp, records, strip_location):
    strange = Metadata(exif, xmp, records)
    assert (
        label_text(derived_metadata(strange, **OPTIONS | {"strip_location": strip_location}))
        is None
    )
    assert label_text(derived_metadata(strange, **OPTIONS | {"label": LABEL})) == LABEL


def test_all_fits_into_jpeg_files(tmp_path):
    title = b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="%s"/>' % (b"x" * 10**5)
    block = header("<") + serialize_tree(camera_tree("<", b"note" * 15_000), "<", 8)
    before = Metadata(block, XMP.replace(b"/>", title))
    large = jpeg("blue", (400, 400), quality=95)
    after = derived_metadata(before, **OPTIONS | {"label": LABEL, "thumbnail": large})
    assert 60_000 < len(after.exif) <= MAX_EXIF_BYTES
    assert len(after.xmp) <= MAX_XMP_BYTES
    write(after, tmp_path / "a.jpg")
    assert label_text(after) == LABEL


# Files, read by exiftool


def write(metadata, path):
    """A file of each format with metadata in it, as Pillow writes them."""
    image = Image.new("RGB", SIZE[::-1], "white")
    exif = b"Exif\0\0" + metadata.exif if metadata.exif else b""
    if path.suffix == ".tif":
        image.save(path, tiffinfo={700: metadata.xmp} if metadata.xmp else {})
        if metadata.exif:
            add_exif(path, metadata.exif)
    elif path.suffix == ".png":
        info = PngImagePlugin.PngInfo()
        if metadata.xmp:
            info.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode())
        image.save(path, pnginfo=info, exif=exif)
    else:
        image.save(path, exif=exif, xmp=metadata.xmp or b"")
    return path


@pytest.fixture(scope="module")
def exiftool():
    """Runs exiftool with arguments, and returns what it prints; one process serves all tests."""
    program = shutil.which("exiftool")
    if program is None:
        pytest.skip("exiftool is absent")
    with subprocess.Popen(
        [program, "-stay_open", "True", "-@", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip

        def run(*arguments):
            lines = [*map(str, arguments), "-execute", ""]
            process.stdin.write("\n".join(lines).encode())
            process.stdin.flush()
            printed = b""
            while not printed.endswith(b"{ready}\n"):
                printed += process.stdout.readline() or pytest.fail("exiftool has ended")
            return printed.removesuffix(b"{ready}\n")

        yield run
        process.communicate(b"-stay_open\nFalse\n")


@pytest.fixture(scope="module")
def read_file(exiftool):
    """Reads a file. Returns: all that exiftool finds, by group and name, and its warnings."""

    def read(path):
        options = ["-json", "-G1", "-a", "-n", "-b", "-validate", "-warning", "-all"]
        found = json.loads(exiftool(*options, path))[0]
        warnings = {text for name, text in found.items() if "Warning" in name}
        if path.suffix == ".tif":  # where maker notes cannot stay valid
            warnings = {text for text in warnings if "incorrect maker notes offsets" not in text}
        return {name: value for name, value in found.items() if "Warning" not in name}, warnings

    return read


EVERY_FORMAT = pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
KEPT = {
    "IFD0:Make": "Canon",
    "IFD0:Model": "Canon EOS 5D",
    "IFD0:ModifyDate": "2024:05:06 07:08:09",
    "ExifIFD:DateTimeOriginal": "2024:05:06 07:08:09",
    "ExifIFD:ExposureTime": 3,
    "InteropIFD:InteropIndex": "R98",
}
POSITION = {
    "GPS:GPSLatitude": 48 + 51 / 60 + 29 / 3600,
    "GPS:GPSLongitude": 2 + 17 / 60 + 40 / 3600,
}
MAKER_NOTE = {
    "Canon:CanonImageType": "Canon EOS 5D",
    "Canon:CanonFirmwareVersion": "Firmware 1.2.3",
    "Canon:OwnerName": "the owner",
}
ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"


@EVERY_FORMAT
@pytest.mark.parametrize("order", ["<", ">"])
def test_exiftool_reads_what_was_kept(read_file, tmp_path, suffix, order):
    before = photo(order)
    _, warned = read_file(write(before, tmp_path / f"before{suffix}"))
    after = derived_metadata(
        before, **OPTIONS | {"label": LABEL, "thumbnail": jpeg("blue"), "size": (200, 300)}
    )
    found, warns = read_file(write(after, tmp_path / f"after{suffix}"))
    assert warns <= warned
    expected = KEPT | {
        "IFD0:Software": SOFTWARE,
        "ExifIFD:ExifImageWidth": 300,
        "ExifIFD:ExifImageHeight": 200,
        "XMP-tiff:Orientation": 1,
        "XMP-tiff:Make": "Canon",
        "XMP-xmp:CreatorTool": SOFTWARE,
        "XMP-iptcExt:DigitalSourceType": ENHANCED,
        "XMP-jphoto:Transfer": LABEL,
    }
    if suffix != ".tif":  # whose maker notes have moved, and which has no thumbnail
        expected |= MAKER_NOTE | {"IFD0:Orientation": 1, "IFD1:ThumbnailLength": len(jpeg("blue"))}
    assert {name: found.get(name) for name in expected} == expected
    assert {name: found[name] for name in POSITION} == pytest.approx(POSITION)
    assert found["XMP-exif:GPSLatitude"] == pytest.approx(48 + 51.5 / 60)


@EVERY_FORMAT
def test_exiftool_finds_no_place(read_file, tmp_path, suffix):
    before = photo()
    found, warned = read_file(write(before, tmp_path / f"before{suffix}"))
    assert any("GPS" in name for name in found)
    after = derived_metadata(before, **OPTIONS | {"strip_location": True})
    found, warns = read_file(write(after, tmp_path / f"after{suffix}"))
    assert warns <= warned
    assert not [name for name in found if "GPS" in name]
    assert {name: found.get(name) for name in KEPT} == KEPT
    assert found["IFD0:Software"] == "Camera 1"
    assert "IFD1:ThumbnailLength" not in found
    assert b"a city" not in after.iptc


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize("both", [False, True])
def test_exiftool_finds_no_place_in_the_exif_directory(read_file, tmp_path, suffix, both):
    """Where that links to the location, alone or beside the main directory."""
    tree = camera_tree("<", b"")
    values, below = tree.children[EXIF]
    del values[0x927C]  # an empty maker note, of which exiftool warns
    exif = Tree(values, below | {GPS: tree.children[GPS]})
    branches = (tree.children if both else {}) | {EXIF: exif}
    before = Metadata(header("<") + serialize_tree(Tree(tree.values, branches), "<", 8))
    found, warned = read_file(write(before, tmp_path / f"before{suffix}"))
    assert "GPS:GPSLatitude" in found
    after = derived_metadata(before, **OPTIONS | {"strip_location": True})
    found, warns = read_file(write(after, tmp_path / f"after{suffix}"))
    assert warns <= warned
    assert not [name for name in found if "GPS" in name]
    assert {name: found.get(name) for name in KEPT} == KEPT


def test_exiftool_does_not_warn_of_a_label_alone(read_file, tmp_path):
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        _, warned = read_file(write(Metadata(), tmp_path / f"before{suffix}"))
        after = derived_metadata(
            Metadata(), **OPTIONS | {"label": LABEL, "thumbnail": jpeg("blue")}
        )
        found, warns = read_file(write(after, tmp_path / f"after{suffix}"))
        assert warns <= warned
        assert found["XMP-jphoto:Transfer"] == LABEL


def test_exiftool_extracts_the_new_thumbnail(exiftool, tmp_path):
    after = derived_metadata(photo(), **OPTIONS | {"thumbnail": jpeg("blue")})
    path = write(after, tmp_path / "a.jpg")
    assert exiftool("-b", "-ThumbnailImage", path) == jpeg("blue")


def test_a_label_that_exiftool_wrote_again_is_read(exiftool, tmp_path):
    """It writes packets in its own way, and properties as attributes on request."""
    after = derived_metadata(photo(), **OPTIONS | {"label": LABEL})
    path = write(after, tmp_path / "a.jpg")
    printed = exiftool("-api", "compact=Shorthand", "-XMP-dc:Title=new", path)
    assert b"1 image files updated" in printed
    with Image.open(path) as image:
        again = image.info["xmp"]
    assert b"new" in again
    assert b"jphoto:transfer='" in again
    assert label_text(Metadata(xmp=again)) == LABEL


def test_exiftool_reads_iptc_in_both_forms(read_file, tmp_path):
    """They are a JPEG's segment and a TIFF's tag."""
    records = derived_metadata(photo(), **OPTIONS | {"strip_location": True}).iptc
    plain = write(Metadata(), tmp_path / "a.jpg").read_bytes()
    payload = iptc.for_jpeg(records)
    segment = b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload
    (tmp_path / "b.jpg").write_bytes(plain[:2] + segment + plain[2:])
    image = Image.new("RGB", SIZE[::-1])
    image.save(tmp_path / "b.tif", tiffinfo={33723: iptc.for_tiff(iptc.for_jpeg(records))})
    for name in ("b.jpg", "b.tif"):
        found, _ = read_file(tmp_path / name)
        assert found["IPTC:ObjectName"] == "a title"
        assert "IPTC:City" not in found


def test_a_tiff_file_as_content(read_file, tmp_path):
    before = write(photo(">"), tmp_path / "a.tif")
    after = derived_metadata(Metadata(exif_of_tiff(before), XMP), **OPTIONS | {"label": LABEL})
    found, _ = read_file(write(after, tmp_path / "b.jpg"))
    assert {name: found.get(name) for name in KEPT} == KEPT
    assert found["IFD0:Software"] == SOFTWARE
