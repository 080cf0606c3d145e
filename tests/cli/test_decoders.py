"""Photos of many formats, large ones and ones with odd metadata, through the command line."""

import struct
import zlib
from io import BytesIO
from types import SimpleNamespace

import imagecodecs
import numpy as np
import pillow_heif
import psutil
import pytest
import tifffile
from helpers.chunks import chunk
from PIL import Image

from jphoto import images
from jphoto.images import limits
from jphoto.images.color.own_profiles import adobe_rgb_profile
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

WIDTH, HEIGHT = 60, 44
RAMP = np.linspace(0, 65535, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3)
DEEP = np.rint(RAMP).astype(np.uint16)
PHOTO = (DEEP // 257).astype(np.uint8)
MASK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
MASK[:, 30:] = 0, 255, 0


@pytest.fixture
def transferred(tmp_path, monkeypatch, command, caplog):
    """Runs a transfer of a content photo in which the solver returns it as it is."""

    def unchanged(pair, *_, **__):
        return Solution(pair.content, (Step(*[1.0] * 6, 60),), Status.FINISHED, {})

    monkeypatch.setattr("jphoto.pipeline.transfer.solve", unchanged)
    Image.fromarray(PHOTO).save(tmp_path / "style.png")

    def run(name, data, *options, out="out.png"):
        (tmp_path / name).write_bytes(data)
        options = options or ("--regions", "none")
        words = ["--size", "64", "--steps", "1", "--backbone", "vgg16", "--out", tmp_path / out]
        photos = tmp_path / name, tmp_path / "style.png"
        status, printed, told = command("transfer", *photos, *words, *options)
        return status, printed, told + caplog.text  # pytest takes the log from the terminal

    return run


def result(tmp_path, out="out.png"):
    return images.read_original(tmp_path / out, role="result")


def png(*chunks, size=(WIDTH, HEIGHT)):
    rows = b"".join(b"\0" + row.tobytes() for row in PHOTO)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels


# Limits


def test_the_limit_of_pixels_is_told(tmp_path, transferred):
    status, _, told = transferred("bomb.png", png(size=(60_000, 60_000)))
    assert status == 1
    assert "3600 megapixels; at most 500" in told
    assert "attack" not in told and not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("kind", ["jpg", "png", "jp2", "jxl", "ppm", "heic", "avif"])
def test_all_decoders_have_the_same_limit(transferred, monkeypatch, kind):
    monkeypatch.setattr(limits, "MOST_PIXELS", WIDTH * HEIGHT - 1)
    status, _, told = transferred(f"photo.{kind}", encoded(kind))
    assert status == 1 and "is too large; scale it down first" in told


@pytest.mark.parametrize("kind", ["jpg", "jxl"])
def test_memory_that_is_not_free_is_told_before_decoding(transferred, monkeypatch, kind):
    free = SimpleNamespace(available=50_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    status, _, told = transferred(f"photo.{kind}", encoded(kind))
    assert status == 1
    assert "is too large; scale it down first, or end other programs" in told and "GB" in told


def test_pillow_keeps_its_own_limit(transferred):
    before = Image.MAX_IMAGE_PIXELS
    assert transferred("photo.jpg", encoded("jpg"))[0] == 0
    assert before == Image.MAX_IMAGE_PIXELS


LONG = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" + b" " * 2_000_000
XMP = b"XML:com.adobe.xmp\0"
BLOCKS = {
    # name: (blocks, what is told of them)
    "long XMP": ([chunk(b"iTXt", XMP + b"\1\0\0\0" + zlib.compress(LONG))], ""),
    "too long XMP": (
        [chunk(b"iTXt", XMP + b"\0\0\0\0" + 9 * LONG)],
        "XMP was ignored: it has 18.0 MB; at most 16.8 MB",
    ),
    "long text": ([chunk(b"zTXt", b"Title\0\0" + zlib.compress(LONG))], ""),
    "many texts": ([chunk(b"tEXt", b"Title\0" + LONG)] * 40, ""),
    "a checksum of text": ([chunk(b"tEXt", b"Title\0words", 7)], "text Title was ignored: its"),
    "a checksum of EXIF": ([chunk(b"eXIf", b"II*\0", 7)], "EXIF was ignored: its checksum fails"),
    "a short chunk": ([chunk(b"pHYs", b"ab")], ""),
    "a broken profile": ([chunk(b"iCCP", b"a\0\0")], "color profile was ignored: it is cut short"),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_metadata_is_never_fatal(tmp_path, transferred, case):
    blocks, words = BLOCKS[case]
    status, _, told = transferred("photo.png", png(*blocks))
    assert status == 0, told
    assert words in told and ("was ignored" in told) == bool(words)
    np.testing.assert_allclose(result(tmp_path).picture, PHOTO / 255, atol=0.01)


def test_jpeg_with_megabytes_of_segments(transferred, tmp_path):
    whole = encoded("jpg")
    segment = struct.pack(">BBH", 0xFF, 0xFE, 65535) + b"a" * 65533
    assert transferred("photo.jpg", whole[:2] + 100 * segment + whole[2:])[0] == 0


# Formats


def encoded(kind):
    return ENCODERS[kind]()


def by_pillow(kind, array=PHOTO, **options):
    def encode():
        file = BytesIO()
        Image.fromarray(array).save(file, kind, **options)
        return file.getvalue()

    return encode


def heic(array=PHOTO):
    file = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(array)).save(file, quality=95)
    return file.getvalue()


def netpbm(white, channels=3):
    levels = np.rint(RAMP / 65535 * white).astype(">u2")
    kind, levels = (5, levels[..., 0]) if channels == 1 else (6, levels)
    header = b"P%d\n# made by a test\n%d %d %d\n" % (kind, WIDTH, HEIGHT, white)
    return header + levels.tobytes()


def jpeg2000(bits, container="jp2"):
    levels = np.rint(RAMP / 65535 * (2**bits - 1)).astype(np.uint16)
    return imagecodecs.jpeg2k_encode(
        levels, level=0, reversible=True, bitspersample=bits, codecformat=container
    )


ENCODERS = {
    "jpg": by_pillow("JPEG", quality=95),
    "png": png,
    "avif": by_pillow("AVIF", quality=95),
    "heic": heic,
    "jp2": lambda: jpeg2000(16),
    "jxl": lambda: imagecodecs.jpegxl_encode(PHOTO, lossless=True),
    "ppm": lambda: netpbm(65535),
}
FULL_DEPTH = {
    "photo.ppm": lambda: netpbm(65535),
    "odd.ppm": lambda: netpbm(1023),
    "gray.pgm": lambda: netpbm(4095, 1),
    "photo.pam": lambda: (
        b"P7\nWIDTH 60\nHEIGHT 44\nDEPTH 3\nMAXVAL 65535\nTUPLTYPE RGB\nENDHDR\n"
        + DEEP.astype(">u2").tobytes()
    ),
    "photo.pfm": lambda: b"PF\n60 44\n-1.0\n" + (DEEP / 65535).astype("<f4")[::-1].tobytes(),
    "photo.jp2": lambda: jpeg2000(16),
    "twelve.jp2": lambda: jpeg2000(12),
    "ten.j2k": lambda: jpeg2000(10, "j2k"),
}


@pytest.mark.parametrize("name", FULL_DEPTH)
def test_bits_are_kept(tmp_path, transferred, name):
    status, _, told = transferred(name, FULL_DEPTH[name]())
    assert status == 0, told
    found, gray = result(tmp_path), "gray" in name
    expected = (RAMP[..., :1] if gray else RAMP) / 65535
    assert found.depth == 16
    np.testing.assert_allclose(found.picture, np.broadcast_to(expected, RAMP.shape), atol=2e-3)


@pytest.mark.parametrize("name", FULL_DEPTH)
def test_files_cut_short_are_refused(transferred, name):
    status, _, told = transferred(name, FULL_DEPTH[name]()[:-700])
    assert status == 1 and "is damaged or cut short" in told


def test_jpeg_xl_in_and_out(tmp_path, transferred):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    packed = b"Exif" + imagecodecs.brotli_encode(b"\0\0\0\0" + block)
    whole = imagecodecs.jpegxl_encode(PHOTO, lossless=True, usecontainer=True)
    whole += struct.pack(">I4s", 8 + len(packed), b"brob") + packed
    assert transferred("photo.jxl", whole, out="out.jxl")[0] == 0
    found = result(tmp_path, "out.jxl")
    assert found.depth == 8 and b"Maker" in found.metadata.exif
    assert b"jphoto" in found.metadata.xmp
    np.testing.assert_allclose(found.picture, PHOTO / 255, atol=0.05)


# Several pictures


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_animations_the_first_frame_is_used_and_told(tmp_path, transferred, kind):
    later = [Image.fromarray(255 - PHOTO)]
    data = by_pillow(kind, save_all=True, append_images=later)()
    status, _, told = transferred(f"photo.{kind.lower()}", data)
    assert status == 0, told
    assert told.count("the first one is used") == 1
    assert np.abs(result(tmp_path).picture - PHOTO / 255).mean() < 0.05


def test_a_preview_or_gain_map_behind_a_jpeg_is_not_told(transferred):
    small = Image.fromarray(PHOTO[::2, ::2])
    data = by_pillow("MPO", save_all=True, append_images=[small])()
    status, _, told = transferred("photo.jpg", data)
    assert status == 0 and "is used" not in told


# Masks

MASKS = {
    "heic": lambda: heic(MASK),
    "avif": by_pillow("AVIF", MASK),
    "jxl": lambda: imagecodecs.jpegxl_encode(MASK, lossless=True),
    "jp2": lambda: imagecodecs.jpeg2k_encode(MASK, level=0, reversible=True),
    "ppm": lambda: b"P6 60 44 65535\n" + (MASK * np.uint16(257)).astype(">u2").tobytes(),
    "pgm": lambda: b"P5 60 44 65535\n" + (MASK[..., 1] // 255).astype(">u2").tobytes(),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_are_read_by_the_same_decoders(tmp_path, transferred, kind):
    mask = tmp_path / f"mask.{kind}"
    mask.write_bytes(MASKS[kind]())
    options = ("--content-mask", mask, "--style-mask", mask)
    status, _, told = transferred("photo.png", png(), *options)
    assert status == 0, told


def test_a_mask_of_floats_is_refused_with_a_word(tmp_path, transferred):
    mask = tmp_path / "mask.pfm"
    mask.write_bytes(FULL_DEPTH["photo.pfm"]())
    options = ("--content-mask", mask, "--style-mask", mask)
    status, _, told = transferred("photo.png", png(), *options)
    assert status == 1 and "labels must be integers" in told


@pytest.mark.parametrize(("bits", "lossless"), [(12, False), (12, True), (16, True)])
def test_jpeg_beyond_8_bits_keeps_its_levels_color_and_orientation(
    transferred, tmp_path, bits, lossless
):
    levels = DEEP >> (16 - bits)
    data = imagecodecs.jpeg_encode(levels, level=98, bitspersample=bits, lossless=lossless)
    exif = Image.Exif()
    exif[0x0112] = 3
    block = exif.tobytes()
    data = data[:2] + struct.pack(">HH", 0xFFE1, 2 + len(block)) + block + data[2:]
    status, _, told = transferred("deep.jpg", data)
    assert status == 0, told
    found = result(tmp_path)
    assert found.depth == 16
    expected = DEEP[::-1, ::-1] / 65535
    np.testing.assert_allclose(found.picture, expected, atol=1e-3 if lossless else 0.02)


def test_bigtiff_without_exif_has_no_word_on_exif(transferred, tmp_path):
    file = BytesIO()
    tifffile.imwrite(file, DEEP, photometric="rgb", bigtiff=True)
    status, _, told = transferred("big.tif", file.getvalue())
    assert status == 0, told
    assert "EXIF" not in told


def test_exif_of_bigtiff_is_left_out_with_a_word(transferred, tmp_path):
    file = BytesIO()
    tags = [(34660, "Q", 1, 16, True)]  # tifffile writes no link to EXIF
    tifffile.imwrite(file, DEEP, photometric="rgb", bigtiff=True, extratags=tags)
    data = file.getvalue().replace(*(struct.pack("<HH", tag, 16) for tag in (34660, 34665)))
    status, _, told = transferred("big.tif", data)
    assert status == 0, told
    assert "its EXIF is not kept, because the file is BigTIFF" in told


@pytest.mark.parametrize(("suffix", "told_of_it"), [(".jxl", True), (".png", False)])
def test_a_result_that_cannot_keep_its_color_space_says_so(
    transferred, tmp_path, suffix, told_of_it
):
    file = BytesIO()
    Image.fromarray(PHOTO).save(file, "PNG", icc_profile=adobe_rgb_profile())
    status, _, told = transferred("adobe.png", file.getvalue(), out=f"out{suffix}")
    assert status == 0, told
    assert ("are converted to sRGB" in told) == told_of_it
