"""Matrix-based profiles: formulas of curves, inverses, agreement with Little CMS, broken ones."""

import io

import numpy as np
import pytest
from helpers.profiles import (
    GRAY,
    P3,
    P3_PRIMARIES,
    SRGB_CURVE,
    WIDE,
    WIDE_PRIMARIES,
    cmyk_profile,
    gamma,
    parametric,
    rgb,
    table,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from jphoto.images.color import icc, srgb
from jphoto.images.color.own_profiles import gray_profile, srgb_profile
from jphoto.images.color.profiles import output_profile
from jphoto.images.color.resolver import to_extended_srgb
from jphoto.images.pixels import Pixels

PLACES = np.linspace(0, 1, icc.TABLE_SIZE)


def curve(tag: bytes) -> np.ndarray:
    return icc.read_matrix_profile(rgb(P3_PRIMARIES, tag)).curves[1]


# Reading


@pytest.mark.parametrize(
    ("tag", "formula"),
    [
        (gamma(2.5), lambda x: x**2.5),
        (b"curv\0\0\0\0" + bytes(4), lambda x: x),
        (parametric(0, 1.5), lambda x: x**1.5),
        (parametric(1, 2, 0.75, 0.25), lambda x: (0.75 * x + 0.25) ** 2),
        (parametric(1, 2, 1.25, -0.25), lambda x: np.where(x < 0.2, 0, 1.25 * x - 0.25) ** 2),
        (parametric(2, 2, 0.5, 0.25, 0.125), lambda x: (0.5 * x + 0.25) ** 2 + 0.125),
        (
            parametric(2, 2, 1.25, -0.5, 0.125),
            lambda x: np.where(x < 0.4, 0, 1.25 * x - 0.5) ** 2 + 0.125,
        ),
        (
            parametric(2, 3, 1.5, -0.25, -0.25),
            lambda x: np.where(x < 1 / 6, 0, 1.5 * x - 0.25) ** 3 - 0.25,
        ),
        (
            parametric(3, 2, 0.75, 0.25, 0.5, 0.25),
            lambda x: np.where(x < 0.25, x / 2, (0.75 * x + 0.25) ** 2),
        ),
        (
            parametric(4, 2, 0.75, 0.125, 0.5, 0.25, 0.125, 0.0625),
            lambda x: np.where(x < 0.25, x / 2 + 0.0625, (0.75 * x + 0.125) ** 2 + 0.125),
        ),
        (table(np.array([0, 0.25, 1])), lambda x: np.interp(x, [0, 0.5, 1], [0, 0.25, 1])),
    ],
    ids=range(11),
)
def test_curves_are_their_formulas_with_black_moved_to_zero(tag, formula) -> None:
    values = np.clip(np.maximum.accumulate(formula(PLACES)), 0, 1)
    expected = (values - values[0]) / (1 - values[0])
    np.testing.assert_allclose(curve(tag), expected, atol=2e-5)


def test_a_lut_based_profile_has_no_curves() -> None:
    assert icc.read_matrix_profile(cmyk_profile()) is None


def test_our_own_profiles_are_srgb() -> None:
    for profile, space in ((srgb_profile(), "RGB"), (gray_profile(), "GRAY")):
        assert icc.color_space(profile) == space
        values = srgb.decode(PLACES.astype(np.float32))
        for found in icc.read_matrix_profile(profile).curves:
            np.testing.assert_allclose(found, values, atol=2e-5)
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        assert opened.xcolor_space.strip() == space
        assert opened.creation_date.year == 2000


@example(P3.index(b"para") + 9, b"\1", False)  # a curve whose black is lighter than 0
@example(P3.index(b"para") + 24, b"\0\x0a", False)  # and one that falls
@example(0, P3[:1], False)
@given(st.integers(0, len(P3) - 1), st.binary(min_size=1, max_size=8), st.booleans())
def test_broken_profiles_are_read_or_refused(place: int, data: bytes, cut: bool) -> None:
    broken = P3[:place] if cut else P3[:place] + data + P3[place + len(data) :]
    try:
        shaper = icc.read_matrix_profile(broken)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        if shaper is None:
            return
        assert shaper.curves.shape == (3, icc.TABLE_SIZE) and shaper.matrix.shape == (3, 3)
        assert (shaper.curves[:, 0] == 0).all() and (np.diff(shaper.curves) >= 0).all()
        assert (shaper.curves[:, -1] > 0).all() and (shaper.curves[:, -1] <= 1).all()
        assert np.isfinite(np.linalg.inv(shaper.matrix)).all()
        if broken == P3:
            np.testing.assert_allclose(shaper.matrix.T, P3_PRIMARIES, atol=1e-5)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (b"ICC?", "no ICC header"),
        (P3.replace(b"rTRC", b"xTRC"), "lacks 'rTRC'"),
        (P3.replace(b"para", b"pare"), "unknown type b'pare'"),
        (P3.replace(b"para\0\0\0\0\0\3", b"para\0\0\0\0\0\7"), "unknown type 7"),
        (rgb(P3_PRIMARIES[[0, 0, 1]], SRGB_CURVE), "primaries lie on one line"),
        (rgb(P3_PRIMARIES, table(np.full(9, 0.5))), "does not rise"),
        (rgb(P3_PRIMARIES, b"curv\0\0\0\0\xff\xff\xff\xff"), "unpack_from"),
    ],
)
def test_errors_name_what_is_broken(profile: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        icc.read_matrix_profile(profile)


# Converting


def extended(levels: np.ndarray, profile: bytes) -> tuple[np.ndarray, bytes | None]:
    white = float(np.iinfo(levels.dtype).max)
    return to_extended_srgb(Pixels(levels, white, profile=profile), "content")


def back(picture: np.ndarray, profile: bytes | None, *, gray: bool = False) -> np.ndarray:
    return output_profile(profile, gray=gray, depth=16)[1](picture)


L_STAR = np.linspace(0, 100, 4096)
L_STAR = table(np.where(L_STAR > 8, ((L_STAR + 16) / 116) ** 3, L_STAR / 903.3))
CURVES = [SRGB_CURVE, gamma(1), gamma(1.8), gamma(2.2), L_STAR]


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(np.uint16, (2, 5, 3)),
    st.sampled_from([P3_PRIMARIES, WIDE_PRIMARIES]),
    st.sampled_from(CURVES),
)
def test_levels_come_back(levels: np.ndarray, primaries: np.ndarray, tag: bytes) -> None:
    profile = rgb(primaries, tag)
    picture, kept = extended(levels, profile)
    assert kept == profile
    again = back(picture, kept)
    # Where a curve is steep, as pure powers are near black, float32 cannot resolve a level.
    light, light_again = (np.interp(x, PLACES, curve(tag)) for x in (levels / 65535, again))
    close = np.abs(65535 * again - levels) <= 1
    assert (close | (np.abs(light_again - light) < 6e-7)).all()


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(np.uint8, (2, 5, 3)),
    st.sampled_from([P3_PRIMARIES, WIDE_PRIMARIES]),
    st.sampled_from(CURVES),
)
def test_eight_bits_come_back(levels: np.ndarray, primaries: np.ndarray, tag: bytes) -> None:
    picture, kept = extended(levels, rgb(primaries, tag))
    np.testing.assert_allclose(255 * back(picture, kept), levels, atol=0.02)


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.uint16, (2, 5, 1)))
def test_gray_comes_back(levels: np.ndarray) -> None:
    picture, kept = extended(levels, GRAY)
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    np.testing.assert_allclose(65535 * back(picture, kept, gray=True), levels, atol=2)


def with_lcms(levels: np.ndarray, profile: bytes, flags: int = 0) -> np.ndarray:
    """Levels of sRGB, by Little CMS."""
    image = Image.fromarray(levels)
    image.info["icc_profile"] = profile
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION | flags,
    )
    return np.asarray(converted)


@pytest.mark.parametrize("profile", [P3, WIDE, rgb(P3_PRIMARIES, L_STAR)])
def test_inside_srgb_it_agrees_with_little_cms(profile: bytes) -> None:
    levels = np.random.default_rng(5).integers(60, 200, (40, 40, 3), np.uint8)
    picture, _ = extended(levels, profile)
    expected = with_lcms(levels, profile)
    np.testing.assert_allclose(255 * np.clip(picture, 0, 1), expected, atol=1.01)


@pytest.mark.parametrize(
    "tag",
    [
        parametric(1, 2, 1.25, -0.25),
        parametric(1, 2.2, 0.8, 0.2),
        parametric(2, 2, 0.96875**0.5 + 0.25, -0.25, 0.03125),
        parametric(2, 2.2, 0.96875 ** (1 / 2.2) - 0.125, 0.125, 0.03125),
        parametric(2, 2.4, 1.25, -0.25, 0),
    ],
    ids=["1 below", "1 above", "2 below", "2 above", "2 without offset"],
)
def test_parametric_curves_with_an_offset_agree_with_little_cms(tag: bytes) -> None:
    """Their black is lighter than 0, or all levels up to one are black."""
    profile = rgb(P3_PRIMARIES, tag)
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    picture, _ = extended(levels, profile)
    # Half a level of rounding; without its optimization, Little CMS rounds only once.
    expected = with_lcms(levels, profile, ImageCms.Flags.NOOPTIMIZE)
    np.testing.assert_allclose(255 * picture, expected, atol=0.6)
    assert expected[0, 0].tolist() == [0, 0, 0] and expected[-1, -1].tolist() == [255, 255, 255]


def test_neutral_colors_stay_neutral_and_white_stays_white() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    for profile in (P3, WIDE):
        picture, _ = extended(levels, profile)
        np.testing.assert_allclose(picture, picture.mean(2, keepdims=True).repeat(3, 2), atol=5e-5)
        np.testing.assert_allclose(picture[-1, -1], 1, atol=5e-5)


def test_the_purest_p3_green_lies_outside_srgb() -> None:
    picture, _ = extended(np.array([[[0, 65535, 0]]], np.uint16), P3)
    # Display P3's green in sRGB: linear -0.2250, 1.0421, -0.0786.
    np.testing.assert_allclose(picture[0, 0], [-0.5116, 1.0183, -0.3107], atol=2e-3)


@given(hnp.arrays(np.float32, 9, elements=st.floats(-8, 8, width=32)))
def test_the_curve_of_srgb_is_odd_and_invertible(values: np.ndarray) -> None:
    linear = srgb.decode(values)
    np.testing.assert_array_equal(srgb.decode(-values), -linear)
    np.testing.assert_allclose(srgb.encode(linear), values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("exponent", [1, 1.8, 2.2])
def test_floats_keep_dark_colors_and_highlights(exponent: float) -> None:
    """A curve goes on above white by its own power."""
    levels = np.array([1e-6, 0.25, 1, 1.5, 4], np.float32).reshape(1, 5, 1).repeat(3, 2)
    profile = rgb(P3_PRIMARIES, gamma(exponent))
    picture, _ = to_extended_srgb(Pixels(levels, 1.0, profile=profile), "content")
    power = round(256 * exponent) / 256
    expected = srgb.encode(levels ** np.float32(power))
    np.testing.assert_allclose(picture, expected, rtol=1e-3, atol=1e-4)


def test_nearly_linear_profiles_are_replaced_for_eight_bits() -> None:
    linear = rgb(P3_PRIMARIES, gamma(1))
    for depth, kept in ((8, srgb_profile()), (16, linear)):
        assert output_profile(linear, gray=False, depth=depth)[0] == kept
    assert output_profile(P3, gray=False, depth=8)[0] == P3


@pytest.mark.parametrize(
    ("profile", "gray", "chosen"),
    [
        (None, False, srgb_profile()),
        (None, True, gray_profile()),
        (GRAY, False, srgb_profile()),
        (P3, True, gray_profile()),
        (GRAY, True, GRAY),
        (P3, False, P3),
    ],
)
def test_a_profile_for_other_channels_is_replaced(profile, gray: bool, chosen: bytes) -> None:
    assert output_profile(profile, gray=gray, depth=16)[0] == chosen
