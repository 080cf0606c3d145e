"""Pictures written like their originals: round trips, profiles, opacity, depth, dither."""

from pathlib import Path

import numpy as np
import pytest
from helpers.originals import NOTHING, an_original, colors, original
from helpers.pictures import LEVEL, photo
from helpers.profiles import GRAY, P3, WIDE, cmyk_profile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from jphoto.errors import ImageError
from jphoto.images import check_depth, save_like, save_picture, sizes, srgb_on_white
from jphoto.images.color import srgb
from jphoto.images.color.own_profiles import gray_profile, srgb_profile
from jphoto.images.encoders import QuantizedPicture, write_png, write_tiff
from jphoto.images.encoders.quantization import dither
from jphoto.metrics.pictures import slopes

# Round trips


WRITERS = {"png": write_png, "tif": write_tiff}


@settings(max_examples=80, deadline=None)  # the first file of a kind loads its decoder
@given(
    levels=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4)).flatmap(
        lambda shape: hnp.arrays(st.sampled_from([np.uint8, np.uint16]), shape)
    ),
    suffix=st.sampled_from(["png", "tif"]),
    data=st.data(),
)
def test_an_original_is_written_as_it_was_read(tmp_path_factory, levels, suffix: str, data) -> None:
    gray, depth = levels.shape[2] < 3, 8 * levels.itemsize
    default, others = (gray_profile(), [GRAY]) if gray else (srgb_profile(), [P3, WIDE])
    profile = data.draw(st.sampled_from([default, *others]))
    first, second = (tmp_path_factory.getbasetemp() / f"{name}.{suffix}" for name in "ab")
    with first.open("wb") as file:
        WRITERS[suffix](file, QuantizedPicture([levels], levels.shape, depth, profile, NOTHING))
    once = original(first)
    save_like(once.picture, once, second, metadata=NOTHING, gray=gray)
    assert (once.gray, once.depth, once.alpha is None) == (gray, depth, levels.shape[2] % 2 == 1)
    assert once.profile == (None if profile == default else profile)
    if depth == 8 or profile == default:
        assert first.read_bytes() == second.read_bytes()
    else:
        twice = original(second)
        assert (twice.gray, twice.depth, twice.profile) == (gray, depth, profile)
        np.testing.assert_allclose(twice.picture, once.picture, atol=2e-3)


@pytest.mark.parametrize("suffix", ["jpg", "webp", "bmp"])
@pytest.mark.parametrize("gray", [False, True])
def test_formats_of_eight_bits(tmp_path: Path, suffix: str, gray: bool) -> None:
    ramp = np.linspace(0, 1, 32, dtype=np.float32)
    picture = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.float32(0.5)), axis=-1)
    save_like(picture, an_original(depth=16), tmp_path / f"a.{suffix}", metadata=NOTHING, gray=gray)
    found = original(tmp_path / f"a.{suffix}")
    assert found.depth == 8 and found.profile is None
    if gray:
        assert found.gray == (suffix != "webp")
        np.testing.assert_allclose(found.picture[..., 0], found.picture[..., 2], atol=2 * LEVEL)
        light = srgb.decode(picture) @ np.float32([0.2126, 0.7152, 0.0722])
        np.testing.assert_allclose(found.picture[..., 1], srgb.encode(light), atol=0.03)
    else:
        np.testing.assert_allclose(found.picture, picture, atol=0.06)


def test_p3_stays_p3(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    image = Image.new("RGB", (1, 1), (0, 255, 0))
    image.info["icc_profile"] = P3
    like = original(image)
    green = np.broadcast_to(like.picture, (4, 4, 3)).copy()
    save_like(green, like, path, metadata=NOTHING, depth=16)
    found = original(path)
    assert found.profile == P3
    np.testing.assert_allclose(found.picture, green, atol=1e-4)
    assert found.picture.min() < -0.3


def test_colors_outside_srgb_are_clipped_without_a_profile_for_them(tmp_path: Path) -> None:
    picture = np.float32([[[-0.5, 0.5, 1.5]]])
    save_like(picture, an_original(depth=16), tmp_path / "a.png", metadata=NOTHING)
    np.testing.assert_allclose(original(tmp_path / "a.png").picture, [[[0, 0.5, 1]]], atol=1e-5)


def test_bmp_is_always_srgb(tmp_path: Path) -> None:
    picture = np.float32([[[0, 1, 0]]])
    save_like(picture, an_original(profile=P3), tmp_path / "a.bmp", metadata=NOTHING)
    np.testing.assert_array_equal(original(tmp_path / "a.bmp").picture, picture)


@pytest.mark.parametrize(
    ("profile", "gray", "written"),
    [
        (None, False, srgb_profile()),
        (None, True, gray_profile()),
        (GRAY, False, srgb_profile()),
        (GRAY, True, GRAY),
        (P3, True, gray_profile()),
        (P3, False, P3),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_which_profile_is_written(tmp_path: Path, suffix, profile, gray: bool, written) -> None:
    path = tmp_path / f"a.{suffix}"
    save_like(colors(), an_original(profile=profile), path, metadata=NOTHING, gray=gray)
    with Image.open(path) as image:
        assert image.info["icc_profile"] == written
        assert image.mode == ("L" if gray else "RGB")


def test_gray_webp_is_srgb_of_equal_channels(tmp_path: Path) -> None:
    picture = np.full((16, 16, 3), 0.3, np.float32)
    save_like(picture, an_original(profile=GRAY), tmp_path / "a.webp", metadata=NOTHING, gray=True)
    with Image.open(tmp_path / "a.webp") as image:
        assert image.info["icc_profile"] == srgb_profile()
    np.testing.assert_allclose(original(tmp_path / "a.webp").picture, picture, atol=2 * LEVEL)


def test_gray_is_luminance(tmp_path: Path) -> None:
    picture = np.eye(3, dtype=np.float32)[None]
    save_like(picture, an_original(), tmp_path / "a.png", metadata=NOTHING, gray=True, depth=16)
    # The luminances 0.2126, 0.7152 and 0.0722, after sRGB's curve.
    expected = 1.055 * np.array([0.2126, 0.7152, 0.0722]) ** (1 / 2.4) - 0.055
    np.testing.assert_allclose(original(tmp_path / "a.png").picture[0, :, 1], expected, atol=1e-4)


# Opacity


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_opacity_is_resized_to_the_picture(tmp_path: Path, suffix: str) -> None:
    alpha = np.linspace(0, 1, 24, dtype=np.float32)[None].repeat(12, axis=0)
    path = tmp_path / f"a.{suffix}"
    save_like(colors(), an_original(alpha=alpha), path, metadata=NOTHING)
    found = original(path)
    assert found.alpha.shape == (6, 9)
    np.testing.assert_allclose(
        found.alpha, sizes.resize(alpha[..., None], (6, 9))[..., 0], atol=LEVEL
    )
    if suffix != "webp":
        np.testing.assert_allclose(found.picture, colors(), atol=LEVEL)


@pytest.mark.parametrize("suffix", ["jpg", "bmp"])
def test_pictures_are_blended_on_white_in_formats_without_opacity(
    tmp_path: Path, suffix: str
) -> None:
    picture = np.full((16, 16, 3), 0.2, np.float32)
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, 8:] = 0.5
    path = tmp_path / f"a.{suffix}"
    save_like(picture, an_original(alpha=alpha), path, metadata=NOTHING)
    found = original(path)
    np.testing.assert_allclose(found.picture[:, :7], 1, atol=2 * LEVEL)
    np.testing.assert_allclose(found.picture[:, 9:], 0.6, atol=2 * LEVEL)


# Depth


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.webp", "a.bmp"])
def test_sixteen_bits_are_refused_for_formats_of_eight(tmp_path: Path, name: str) -> None:
    words = "cannot have 16 bits; use .png or .tif, or a depth of 8"
    with pytest.raises(ImageError, match=words):
        check_depth(name, 16)
    with pytest.raises(ImageError, match=words):
        save_like(colors(), an_original(), tmp_path / name, metadata=NOTHING, depth=16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "depth"), [("a.png", 16), ("a.tif", 16), ("a.jpg", 8), ("a", 0)])
def test_depths_that_formats_have(name: str, depth: int) -> None:
    if name == "a":
        with pytest.raises(ImageError, match="no suffix"):
            check_depth(name, depth)
    else:
        check_depth(name, depth)
        check_depth(name, 0)


def test_a_depth_that_no_format_has() -> None:
    with pytest.raises(ImageError, match="a depth of 12 bits is not possible; use 8 or 16"):
        check_depth("a.png", 12)


@pytest.mark.parametrize(
    ("depth", "asked", "written"), [(8, 0, 8), (16, 0, 16), (16, 8, 8), (8, 16, 16)]
)
def test_depth_is_the_originals_or_as_asked(tmp_path: Path, depth, asked, written) -> None:
    for suffix in ("png", "tif"):
        path = tmp_path / f"a.{suffix}"
        save_like(colors(), an_original(depth=depth), path, metadata=NOTHING, depth=asked)
        assert original(path).depth == written
        atol = 1 / (2**written - 1)
        np.testing.assert_allclose(original(path).picture, colors(), atol=atol)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_deep_gradient_keeps_its_levels(tmp_path: Path, suffix: str) -> None:
    ramp = np.linspace(0.3, 0.31, 600, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    save_like(ramp, an_original(depth=16), tmp_path / f"a.{suffix}", metadata=NOTHING)
    assert len(np.unique(original(tmp_path / f"a.{suffix}").picture)) > 590


# Dither


def levels_of(picture: np.ndarray, path: Path) -> np.ndarray:
    save_like(picture, an_original(), path, metadata=NOTHING)
    return np.asarray(Image.open(path)).astype(int)


def test_dither_is_unbiased_and_does_not_band(tmp_path: Path) -> None:
    ramp = np.linspace(100, 104, 2048)
    picture = np.broadcast_to(ramp[:, None] / 255, (256, 2048, 3)).astype(np.float32)
    written = levels_of(picture, tmp_path / "a.png")
    pairs = written.reshape(256, 1024, 2, 3).mean((0, 2, 3))  # of columns: so wide is the pattern
    np.testing.assert_allclose(pairs, ramp.reshape(1024, 2).mean(1), atol=0.05)
    assert abs((written - ramp[:, None]).mean()) < 1e-3
    # Halfway between two levels, neither repeats for long, along rows or columns.
    halfway = np.full((200, 200, 3), 100.5 / 255, np.float32)
    written = levels_of(halfway, tmp_path / "b.png")
    for lines in (written, written.swapaxes(0, 1)):
        flat = np.lib.stride_tricks.sliding_window_view(lines, 4, axis=1)
        assert (flat.min(-1) < flat.max(-1)).all()
    # The channels do not rise together, which would look like noise in brightness.
    together = (written == 101).all(2) | (written == 100).all(2)
    assert together.mean() < 0.3


def test_dither_hardly_makes_slopes_in_a_clear_sky(tmp_path: Path) -> None:
    """Of noise without a pattern, the mean slope is .1 levels per pixel here."""
    ramp = np.linspace(100, 104, 256)[:, None] + np.array([0, 17.4, 31.7])
    picture = np.broadcast_to(ramp / 255, (256, 256, 3)).astype(np.float32)
    written = levels_of(picture, tmp_path / "a.png") / 255
    assert 255 * slopes(picture).mean() == pytest.approx(4 / 255, rel=0.02)
    assert 255 * slopes(written)[2:-2, 2:-2].mean() < 0.085


@given(st.integers(0, 2**31), st.integers(1, 3))
def test_dither_spreads_evenly_and_stays_below_half_a_level(top: int, channels: int) -> None:
    noise = dither(slice(top % 5000, top % 5000 + 64), 64, channels)
    assert np.abs(noise).max() <= 0.481
    counts, _ = np.histogram(noise, 8, (-0.48, 0.48))
    assert counts.min() > 0.9 * noise.size / 8


@given(hnp.arrays(np.uint8, (3, 7, 3)))
def test_dither_does_not_change_whole_levels(tmp_path_factory, levels: np.ndarray) -> None:
    path = tmp_path_factory.getbasetemp() / "exact.png"
    np.testing.assert_array_equal(levels_of(levels / np.float32(255), path), levels)


def test_every_color_of_eight_bits_survives_a_wide_profile(tmp_path: Path) -> None:
    levels = np.random.default_rng(8).integers(0, 256, (128, 128, 3), np.uint8)
    levels[:64] = levels[:64] // 128 * 255  # pure colors, beside which black is hardest to keep
    for profile in (P3, WIDE):
        image = Image.fromarray(levels)
        image.info["icc_profile"] = profile
        like = original(image)
        save_like(like.picture, like, tmp_path / "a.png", metadata=NOTHING)
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), levels)


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_the_height_of_strips_does_not_matter(tmp_path: Path, monkeypatch, suffix: str) -> None:
    like = an_original(alpha=np.linspace(0, 1, 54, dtype=np.float32).reshape(6, 9), profile=P3)
    written = []
    for rows in (64, 1, 4):
        monkeypatch.setattr(sizes, "STRIP_ROWS", rows)
        path = tmp_path / f"{rows}.{suffix}"
        save_like(colors(), like, path, metadata=NOTHING)
        written.append(original(path))
    for other in written[1:]:
        np.testing.assert_array_equal(other.picture, written[0].picture)
        if suffix != "jpg":
            np.testing.assert_array_equal(other.alpha, written[0].alpha)


# What cannot be written


def test_a_failure_halfway_leaves_nothing(tmp_path: Path) -> None:
    picture = colors(200, 4)
    picture[150, 2, 1] = np.nan
    for suffix in ("png", "tif", "jpg"):
        with pytest.raises(ImageError, match="non-finite"):
            save_like(picture, an_original(), tmp_path / f"a.{suffix}", metadata=NOTHING)
    assert list(tmp_path.iterdir()) == []


def test_srgb_on_white_leaves_the_original_unchanged(tmp_path: Path) -> None:
    image = Image.fromarray(photo())
    image.info["icc_profile"] = WIDE
    like = original(image)
    first = srgb_on_white(like).copy()
    save_like(like.picture, like, tmp_path / "a.png", metadata=NOTHING)
    np.testing.assert_array_equal(srgb_on_white(like), first)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), photo())


def test_cmyk_becomes_srgb(tmp_path: Path) -> None:
    image = Image.new("CMYK", (2, 2), (255, 0, 0, 0))
    image.info["icc_profile"] = cmyk_profile()
    like = original(image)
    save_like(like.picture, like, tmp_path / "a.tif", metadata=NOTHING)
    with Image.open(tmp_path / "a.tif") as written:
        assert written.mode == "RGB"
        assert written.info["icc_profile"] == srgb_profile()


def test_plain_pictures_are_not_dithered(tmp_path: Path) -> None:
    save_picture(np.full((8, 8, 3), 100.3 / 255, np.float32), tmp_path / "a.png")
    assert (np.asarray(Image.open(tmp_path / "a.png")) == 100).all()
