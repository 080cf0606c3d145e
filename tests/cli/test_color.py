"""Colors declared in all the ways of photo files, through the command line.

Each must mean the same as the same levels with the ICC profile of the same color space.
"""

import io
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from helpers.chunks import chrm, chunk, cicp, gama, iccp, png_of
from helpers.profiles import GRAY, P3, P3_PRIMARIES, SRGB_CURVE, WIDE, cmyk_profile, gamma, rgb
from PIL import Image

from jphoto.images import read_original
from jphoto.images.color import icc
from jphoto.images.color.profiles import color_space_of
from jphoto.images.decoders.png.chunks import read_chunks
from jphoto.images.pixels import Chromaticities
from jphoto.solver.progress import Status, Step
from jphoto.solver.single import Solution

LEVELS = np.random.default_rng(3).integers(0, 256, (40, 48, 3), dtype=np.uint8)
WHITE = (0.3127, 0.329)
SRGB_POINTS = Chromaticities(WHITE, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
P3_POINTS = Chromaticities(WHITE, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE_POINTS = Chromaticities(WHITE, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
SRGB_PRIMARIES = np.array(
    [[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.71410]]
)
BT2020_PRIMARIES = np.array(
    [[0.67351, 0.27904, -0.00193], [0.16568, 0.67535, 0.02998], [0.12508, 0.04561, 0.79686]]
)
LINEAR = rgb(SRGB_PRIMARIES, gamma(1))
LEVEL = 1 / 255


@pytest.fixture
def transferred(tmp_path, monkeypatch, photos, command, caplog):
    """Transfers a photo whose bytes are given; the solver returns the content as it is.

    Returns: the photo as it was read, the result as it is read, the result's profile, and what
    the user was told.
    """

    def solve(pair, *_, **__):
        return Solution(pair.content, (Step(*[1.0] * 6, 60),), Status.FINISHED, {})

    monkeypatch.setattr("jphoto.pipeline.transfer.solve", solve)

    def run(photo: bytes, suffix: str, *options: str, out: str = "out.png"):
        source, result = tmp_path / f"in{suffix}", tmp_path / out
        source.write_bytes(photo)
        words = ["--size", "64", "--steps", "1", "--backbone", "vgg16", "--regions", "none"]
        caplog.clear()
        status, _, errors = command(
            "transfer", source, photos / "style.png", "--out", result, "--force", *words, *options
        )
        assert status == 0, errors
        told = caplog.text
        pictures = [read_original(path, role="content") for path in (source, result)]
        with result.open("rb") as file:
            profile = read_chunks(file, "result").profile
        return *pictures, profile, told

    return run


def deep(levels: np.ndarray, bits: int) -> np.ndarray:
    return levels if bits == 8 else levels.astype(np.uint16) * np.uint16(257)


def meant(levels: np.ndarray, profile: bytes | None, tmp_path: Path) -> np.ndarray:
    """The picture of a PNG with a profile."""
    path = tmp_path / "meant.png"
    path.write_bytes(png_of(levels, *([iccp(profile)] if profile else [])))
    return read_original(path, role="content").picture


PNG_CHUNKS = {
    # name: (chunks, the profile of the same color space, or None for sRGB)
    "P3 code points": ([cicp(12, 13)], P3),
    "BT.2020 code points": ([cicp(9, 13)], rgb(BT2020_PRIMARIES, SRGB_CURVE)),
    "BT.709 code points are sRGB": ([cicp(1, 1)], None),
    "linear code points": ([cicp(1, 8)], LINEAR),
    "gamma 1": ([gama(1)], LINEAR),
    "gamma of sRGB": ([gama(0.45455), chrm(SRGB_POINTS)], None),
    "Adobe RGB": ([gama(0.45470), chrm(ADOBE_POINTS)], WIDE),
    "P3 without gamma": ([chrm(P3_POINTS)], P3),
    "sRGB before gamma": ([chunk(b"sRGB", b"\0"), gama(1)], None),
    "profile before code points": ([cicp(9, 16), iccp(P3)], P3),
    "code points before gamma": ([cicp(12, 13), gama(1)], P3),
    "unspecified code points": ([cicp(2, 2), gama(1)], LINEAR),
    "code points with a matrix": ([cicp(12, 13, matrix=9)], P3),
    "reserved code points": ([cicp(12, 0), gama(1)], LINEAR),
    "broken profile": ([iccp(b"none"), cicp(12, 13)], P3),
    "profile for other channels": ([iccp(GRAY), cicp(12, 13)], P3),
    "primaries on a line": ([chrm(SRGB_POINTS._replace(blue=(0.47, 0.465))), gama(1)], None),
    "chromaticities of 0": ([chunk(b"cHRM", bytes(32)), gama(0.45455)], None),
    "gamma of 0": ([gama(0)], None),
    "code points cut short": ([chunk(b"cICP", bytes(3)), gama(1)], LINEAR),
    "chunks cut short": ([chunk(b"cHRM", bytes(5)), chunk(b"gAMA", b"\0")], None),
    "a checksum that fails": ([gama(1)[:-1] + b"!"], None),
}  # fmt: skip
BROKEN = {
    "reserved code points", "broken profile", "profile for other channels", "primaries on a line",
    "chromaticities of 0", "gamma of 0", "chunks cut short", "code points cut short",
    "a checksum that fails",
}  # fmt: skip


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("case", PNG_CHUNKS)
def test_png(case, bits, transferred, tmp_path):
    chunks, profile = PNG_CHUNKS[case]
    levels = deep(LEVELS, bits)
    found, result, _, told = transferred(png_of(levels, *chunks), ".png")
    np.testing.assert_allclose(found.picture, meant(levels, profile, tmp_path), atol=LEVEL)
    assert found.depth == result.depth == bits
    assert ("ignored" in told) == (case in BROKEN)


def test_color_after_the_pixels_is_ignored(transferred):
    found, *_ = transferred(png_of(LEVELS, after=gama(1) + cicp(12, 13)), ".png")
    np.testing.assert_array_equal(found.picture, LEVELS / np.float32(255))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_gray_and_opacity(bits, channels, transferred, tmp_path):
    levels = deep(np.dstack([LEVELS, LEVELS[..., :1]])[..., :channels], bits)
    found, *_ = transferred(png_of(levels, gama(1)), ".png")
    expected = read_original(tmp_path / "in.png", role="content")
    np.testing.assert_allclose(found.picture, meant(levels, LINEAR, tmp_path), atol=LEVEL)
    assert found.gray == (channels < 3) and (found.alpha is None) == (channels == 1)
    assert expected.depth == bits


def test_palette_and_pillow_images(tmp_path):
    file = io.BytesIO()
    Image.fromarray(LEVELS).quantize(64).save(file, "PNG")
    data = file.getvalue()
    path = tmp_path / "a.png"
    path.write_bytes(data[:33] + gama(1) + chrm(P3_POINTS) + data[33:])
    with Image.open(path) as image:
        colors = np.asarray(image.convert("RGB"))
        expected = meant(colors, rgb(P3_PRIMARIES, gamma(1)), tmp_path)
        for source in (path, image):
            found = read_original(source, role="content").picture
            np.testing.assert_allclose(found, expected, atol=LEVEL)


def test_narrow_range_is_stretched(transferred):
    for bits, unit in ((8, 1), (16, 256)):
        levels = np.full((40, 48, 3), 16 * unit, np.uint8 if bits == 8 else np.uint16)
        levels[:20] = 235 * unit
        found, *_ = transferred(png_of(levels, cicp(1, 13, full_range=0)), ".png")
        assert (found.picture[:20] == 1).all() and (found.picture[20:] == 0).all()


# The result


def test_the_result_has_the_color_space_of_the_content(transferred):
    for chunks in ([cicp(12, 13)], [iccp(P3)]):
        found, result, profile, _ = transferred(png_of(LEVELS, *chunks), ".png")
        assert color_space_of(profile) == "other"
        matrix = icc.read_matrix_profile(profile).matrix
        np.testing.assert_allclose(matrix.T, P3_PRIMARIES, atol=2e-4)
        np.testing.assert_allclose(result.picture, found.picture, atol=0.1)
        assert result.picture.min() < -0.1
    assert color_space_of(transferred(png_of(LEVELS), ".png")[2]) == "srgb"
    assert (
        transferred(png_of(LEVELS, cicp(12, 13)), ".png", out="a.png")[2]
        == transferred(png_of(LEVELS, cicp(12, 13)), ".png", out="b.png")[2]
    )


# EXIF


def exif_of(color_space: int, interoperability: str | None) -> Image.Exif:
    exif = Image.Exif()
    directory = exif.get_ifd(0x8769)
    directory[0xA001] = color_space
    if interoperability:
        directory[0xA005] = {1: interoperability}
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("color_space", "interoperability", "adobe"),
    [
        (65535, "R03", True),
        (2, None, True),
        (65535, None, False),
        (1, "R98", False),
        (65535, "R98", False),
    ],
)
def test_exif_says_adobe_rgb(kind, color_space, interoperability, adobe, transferred, tmp_path):
    def saved(**options):
        file = io.BytesIO()
        Image.fromarray(LEVELS).save(file, kind, **options)
        return file.getvalue()

    suffix = f".{kind.lower()}"
    exif = exif_of(color_space, interoperability).tobytes()
    found, _, profile, _ = transferred(saved(exif=exif), suffix)
    path = tmp_path / f"meant{suffix}"
    path.write_bytes(saved(icc_profile=WIDE) if adobe else saved())
    expected = read_original(path, role="content").picture
    np.testing.assert_allclose(found.picture, expected, atol=LEVEL)
    assert color_space_of(profile) == ("adobe-rgb" if adobe else "srgb")


def test_a_profile_comes_before_exif(transferred):
    file = io.BytesIO()
    exif = exif_of(65535, "R03").tobytes()
    Image.fromarray(LEVELS).save(file, "PNG", icc_profile=P3, exif=exif)
    assert transferred(file.getvalue(), ".png")[2] == P3


# HEIC and AVIF


def heic(levels: np.ndarray, **options: object) -> bytes:
    mode = {1: "L", 3: "RGB"}[levels.shape[2]] + (";16" if levels.itemsize == 2 else "")
    file = io.BytesIO()
    size = levels.shape[1], levels.shape[0]
    pillow_heif.from_bytes(mode, size, levels.tobytes()).save(
        file, quality=-1, chroma=444, **({"matrix_coefficients": 0} | options)
    )
    return file.getvalue()


@pytest.mark.parametrize("bits", [8, 10])
def test_heic_by_code_points(bits, transferred, tmp_path):
    levels = deep(LEVELS, bits) & np.uint16(0xFFC0 if bits == 10 else 0xFF)
    levels = levels.astype(np.uint8 if bits == 8 else np.uint16)
    codes = {"color_primaries": 12, "transfer_characteristics": 13, "full_range_flag": 1}
    found, result, *_ = transferred(heic(levels, **codes), ".heic")
    kept = levels if bits == 8 else np.rint((levels >> 6) * (65535 / 1023)).astype(np.uint16)
    np.testing.assert_allclose(found.picture, meant(kept, P3, tmp_path), atol=LEVEL)
    assert found.depth == result.depth == (8 if bits == 8 else 16)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_avif_by_code_points(bits, transferred, tmp_path):
    levels = LEVELS if bits == 8 else LEVELS.astype(np.uint16) << (bits - 8)
    data = imagecodecs.avif_encode(
        levels, level=100, bitspersample=bits, primaries=12, transfer=13, matrix=0
    )
    found, *_ = transferred(data, ".avif")
    kept = levels if bits == 8 else np.rint(levels * (65535 / (2**bits - 1))).astype(np.uint16)
    np.testing.assert_allclose(found.picture, meant(kept, P3, tmp_path), atol=LEVEL)


@pytest.mark.parametrize("kind", ["AVIF", "HEIC", "JPEG", "PNG"])
def test_gray_files_are_gray(kind, transferred, tmp_path):
    if kind == "HEIC":
        data = heic(LEVELS[..., :1], matrix_coefficients=6)
    else:
        file = io.BytesIO()
        Image.fromarray(LEVELS[..., 0]).save(file, kind)
        data = file.getvalue()
    found, *_ = transferred(data, f".{kind.lower()}", "--gray")
    assert found.gray
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "L"


@pytest.mark.parametrize("bits", [8, 10])
def test_gray_avif_of_more_bits(bits, transferred):
    levels = LEVELS[..., 0] if bits == 8 else LEVELS[..., 0].astype(np.uint16) << 2
    found, *_ = transferred(imagecodecs.avif_encode(levels, level=100, bitspersample=bits), ".avif")
    assert found.gray and found.depth == (8 if bits == 8 else 16)
    np.testing.assert_allclose(found.picture[..., 0], levels / (2**bits - 1), atol=1e-5)


def test_the_first_picture_of_an_animated_avif(transferred):
    file = io.BytesIO()
    pictures = [Image.new("RGB", (48, 40), color) for color in ((200, 0, 0), (0, 0, 200))]
    pictures[0].save(file, "AVIF", save_all=True, append_images=pictures[1:])
    found, *_ = transferred(file.getvalue(), ".avif")
    assert found.picture[..., 0].min() > 0.7 and found.picture[..., 2].max() < 0.1


# High dynamic range


def pq(light: float) -> float:
    """The value of light in cd/m2. Source: ITU-R BT.2100-3, table 4."""
    y = (light / 10000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def flat(value: float) -> np.ndarray:
    return np.full((40, 48, 3), round(65535 * value), np.uint16)


def profile_with(code_points: bytes) -> bytes:
    return icc.write_tags(P3[:128], "RGB", icc.read_tags(P3) | {"cicp": code_points})


@pytest.mark.parametrize(
    ("value", "transfer", "expected"),
    [
        (pq(0), 16, 0),
        (pq(20), 16, (20 / 203)),
        (pq(100), 16, (100 / 203)),
        (pq(203), 16, 0.765),
        (pq(1000), 16, 1),
        (pq(10000), 16, 1),
        (0.5, 18, 50.4 / 203),  # 1000 cd/m2 x (0.5^2 / 3)^1.2
        (0.75, 18, 0.765),
        (1, 18, 1),
    ],
)
def test_high_dynamic_range_becomes_standard(value, transfer, expected, transferred):
    encoded = np.where(
        expected < 0.0031308, 12.92 * expected, 1.055 * expected ** (1 / 2.4) - 0.055
    )
    found, _, profile, told = transferred(png_of(flat(value), cicp(9, transfer)), ".png")
    np.testing.assert_allclose(found.picture, encoded, atol=2e-3)
    assert ("PQ" if transfer == 16 else "HLG") in told and "standard range" in told
    matrix = icc.read_matrix_profile(profile).matrix
    np.testing.assert_allclose(matrix.T, BT2020_PRIMARIES, atol=2e-4)


@pytest.mark.parametrize(
    "data",
    [
        png_of(flat(pq(203)), iccp(profile_with(b"cicp\0\0\0\0" + bytes([9, 16, 0, 1])))),
        png_of(flat(pq(203)), iccp(P3[:9], b"ITUR_2100_PQ_FULL")),
        imagecodecs.avif_encode(
            flat(pq(203)) >> 6, level=100, bitspersample=10, primaries=9, transfer=16, matrix=0
        ),
        heic(flat(pq(203)), color_primaries=9, transfer_characteristics=16),
        png_of(flat(pq(203)), cicp(0, 16)),
    ],
    ids=["profile with code points", "name of a profile", "avif", "heic", "reserved primaries"],
)
def test_high_dynamic_range_in_other_files(data, transferred):
    found, _, _, told = transferred(data, ".png")
    np.testing.assert_allclose(found.picture, 0.888, atol=5e-3)
    assert "PQ" in told


# Metadata around the pixels


def test_large_chunks_are_no_attack(transferred, tmp_path):
    """Text and profiles over 1 MB, packed, and what unpacks to far more, which is left out."""
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**23)))
    large = P3 + bytes(2**21)
    levels = deep(LEVELS, 8)
    found, _, _, told = transferred(png_of(levels, iccp(large), comment), ".png")
    np.testing.assert_allclose(found.picture, meant(levels, P3, tmp_path), atol=LEVEL)
    assert "ignored" not in told
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(2**25))
    found, _, _, told = transferred(png_of(levels, chunk(b"iTXt", packed)), ".png")
    assert found.metadata.xmp is None
    assert "its XMP was ignored: it unpacks to more than" in told


def test_xmp_over_1_mb_and_exif_in_text_are_read(transferred):
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>" + b" " * 2**21
    exif = exif_of(65535, "R03").tobytes()
    text = b"\nexif\n  %d\n" % len(exif) + exif.hex().encode()
    chunks = (
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp)),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)),
    )
    found, _, profile, _ = transferred(png_of(LEVELS, *chunks), ".png")
    assert found.metadata.xmp == xmp and color_space_of(profile) == "adobe-rgb"


# LUT-based profiles


def test_cmyk_by_tables_is_right_in_the_shadows(tmp_path):
    pixels = np.zeros((1, 256, 4), np.uint8)
    pixels[..., 3] = np.arange(256)
    path = tmp_path / "a.tif"
    Image.frombytes("CMYK", (256, 1), pixels.tobytes()).save(path, icc_profile=cmyk_profile())
    lightness = 100 * (1 - np.arange(256) / 255)
    linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    found = read_original(path, role="content").picture[0, :, 1]
    np.testing.assert_allclose(65535 * found, 65535 * expected, atol=2)
