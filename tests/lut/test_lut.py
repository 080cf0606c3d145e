"""Lookup tables: known looks are fitted, constraints hold, and files follow the specification."""

import numpy as np
import pytest
from helpers.reference import assert_close, photo
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator
from skimage.color import lab2rgb

from jphoto.errors import ImageError
from jphoto.images import read_picture
from jphoto.lut import apply_lut, fit_lut, identity_lut, lut_error
from jphoto.lut import table as tables
from jphoto.lut.cube import check_cube, write_cube
from jphoto.metrics import color_difference

LEVEL = 1 / 255
SMALL = 9
"""Nodes along an axis; five of them are fitted, which is fast."""
ROUNDING = 1e-6
"""Error of a sum of eight products in float32."""


def colors(count: int = 60) -> np.ndarray:
    return photo("textured", count, count)


LOOKS = {
    "identity": lambda picture: picture,
    "affine": lambda picture: picture @ np.float32([[0.7, 0, 0], [0.1, 0.6, 0.1], [0, 0, 0.8]]),
    "sepia": lambda picture: picture.mean(2, keepdims=True) * np.float32([1, 0.9, 0.7]),
    "lighter": lambda picture: picture**0.8,
    "darker": lambda picture: picture**1.3,
}


@pytest.mark.parametrize(("look", "size"), [*((look, 17) for look in LOOKS), ("darker", 33)])
def test_known_looks_are_fitted(look, size) -> None:
    """For colors from 0.1 to 0.9, which have samples all around them."""
    content = colors()
    result = LOOKS[look](content).astype(np.float32)
    error = np.abs(apply_lut(fit_lut(content, result, size), content) - result)
    inside = ((content > 0.1) & (content < 0.9)).all(2)
    assert inside.mean() > 0.4
    assert error[inside].max() < LEVEL


def test_an_unchanged_photo_gives_the_identity() -> None:
    content = 0.3 + 0.2 * colors(10)
    lut = fit_lut(content, content, SMALL)
    assert lut.dtype == np.float32
    assert_close(lut, identity_lut(SMALL))
    assert_close(apply_lut(lut, content), content)


def test_colors_that_a_photo_lacks_shift_like_those_it_has() -> None:
    """The photo has one color; black and white shift with it, as far as they can."""
    content = np.full((4, 5, 3), 0.3, np.float32)
    lut = fit_lut(content, content + np.float32([0.1, 0, -0.1]), SMALL)
    moved = lut - identity_lut(SMALL)
    assert_close(lut, np.clip(identity_lut(SMALL) + np.float32([0.1, 0, -0.1]), 0, 1), 0.15)
    assert moved[0, 0, 0, 0] > 0.05 and moved[-1, -1, -1, 2] < -0.05


def rays(lut: np.ndarray, seed: int) -> np.ndarray:
    """Output for random colors multiplied by rising factors from 0 on: 20 x 300 x 3."""
    ends = np.random.default_rng(seed).random((20, 1, 3))
    ends[0] = 1
    return apply_lut(lut, np.linspace(0, 1, 300)[:, None] * ends / ends.max(2, keepdims=True))


def lines(lut: np.ndarray, axis: int, seed: int) -> np.ndarray:
    """A channel's output for random colors in which that channel rises from 0 to 1: 20 x 300."""
    pictures = np.repeat(np.random.default_rng(seed).random((20, 1, 3)), 300, 1)
    pictures[..., axis] = np.linspace(0, 1, 300)
    return apply_lut(lut, pictures)[..., axis]


KINDS = ["textured", "smooth", "flat", "gray", "one direction"]
RESULTS = {
    "negative": lambda content, seed: 1 - content,
    "shuffled": lambda content, seed: np.random.default_rng(seed).permuted(content, axis=1),
    "black and white": lambda content, seed: (photo(seed=seed) > 0.5).astype(np.float32),
    "contrast": lambda content, seed: np.clip(4 * content - 1.5, 0, 1),
    "unrelated": lambda content, seed: photo(seed=seed),
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(list(RESULTS)), st.integers(0, 999))
def test_brighter_inputs_never_give_darker_outputs(kind, change, seed) -> None:
    content = photo(kind, seed=seed)
    lut = fit_lut(content, RESULTS[change](content, seed), SMALL)
    assert lut.min() >= 0 and lut.max() <= 1
    assert np.diff(rays(lut, seed), axis=1).min() > -ROUNDING
    for axis in range(3):
        assert np.diff(lines(lut, axis, seed), axis=1).min() > -ROUNDING


def test_the_constraints_hold_in_the_table_of_a_real_photo(photos) -> None:
    content, style = (
        read_picture(photos / f"{role}.png", role=role)[:36, :48] for role in ("content", "style")
    )
    lut = fit_lut(content, np.sort(style, axis=0)[::-1])
    assert lut.shape == (33, 33, 33, 3)
    assert np.diff(rays(lut, 0), axis=1).min() > -ROUNDING
    assert np.diff(lines(lut, 1, 0), axis=1).min() > -ROUNDING


def test_rare_colors_count_less() -> None:
    """Two colors too close for the table have different results: it averages over their pixels."""
    content, result = np.full((2, 4, 5, 3), [[[[0.5]]], [[[0.4]]]], np.float32)
    content[0], result[0] = 0.49, 0.8
    found = apply_lut(fit_lut(content, result, SMALL), content)
    assert_close(found, np.full_like(content, 0.5), 0.1)


@pytest.mark.parametrize("size", [2, 9, 33])
def test_lookups_equal_those_of_scipy(size, monkeypatch) -> None:
    """In strips that do not divide the height, and for colors outside [0, 1]."""
    monkeypatch.setattr(tables, "STRIP_PIXELS", 40)
    lut = np.random.default_rng(0).random((size, size, size, 3), np.float32)
    picture = (1.4 * photo(height=13, width=15) - 0.2).astype(np.float32)
    picture[0, :3] = [[0, 0, 0], [1, 1, 1], [0, 1, 0.5]]
    line = np.linspace(0, 1, size)
    expected = RegularGridInterpolator((line, line, line), lut)(np.clip(picture, 0, 1))
    found = apply_lut(lut, picture)
    assert found.dtype == np.float32
    assert_close(found, expected)


def test_fits_do_not_depend_on_strips(monkeypatch) -> None:
    content, result = colors(13), colors(13) ** 2
    whole = fit_lut(content, result, SMALL)
    monkeypatch.setattr(tables, "STRIP_PIXELS", 40)
    assert_close(fit_lut(content, result, SMALL), whole)


def test_the_error_is_mean_and_percentile_of_ciede2000(monkeypatch) -> None:
    """Sharma et al. 2005, table 1, pair 17, in one pixel of ten."""
    monkeypatch.setattr(tables, "STRIP_PIXELS", 6)
    content = lab2rgb(np.full((4, 5, 3), (60.2574, -34.0099, 36.2677)))
    result = content.copy()
    result[3, :2] = lab2rgb(np.float64([60.4626, -34.1751, 39.4387]))
    error = lut_error(identity_lut(2), content, result)
    assert error.mean == pytest.approx(0.1 * 1.2644, abs=1e-3)
    assert error.mean == pytest.approx(color_difference(content, result), abs=1e-4)
    assert error.high == pytest.approx(1.2644, abs=1e-3)


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(ImageError, match=r"15 x 12 pixels .* 12 x 15"):
        fit_lut(photo(height=15, width=12), photo())
    with pytest.raises(ImageError, match=r"15 x 12 pixels .* 12 x 15"):
        lut_error(identity_lut(2), photo(height=15, width=12), photo())


# Files


def read_cube(path) -> tuple[dict[str, str], np.ndarray]:
    """Read a file by the specification: keywords, then one line for each node, red fastest."""
    text = path.read_bytes().decode("ascii").splitlines()
    words = dict(line.split(maxsplit=1) for line in text if line[:1].isalpha())
    size = int(words["LUT_3D_SIZE"])
    lut = np.empty((size, size, size, 3))
    nodes = iter([line for line in text if not line[:1].isalpha()])
    for blue in range(size):
        for green in range(size):
            for red in range(size):
                lut[red, green, blue] = [float(number) for number in next(nodes).split()]
    assert next(nodes, None) is None
    return words, lut


def test_files_contain_the_table(tmp_path) -> None:
    lut = np.random.default_rng(0).random((5, 5, 5, 3), np.float32)
    path = tmp_path / 'Gröne "Höhe"\n.cube'
    write_cube(lut, path, force=False)
    words, read = read_cube(path)
    assert words == {
        "TITLE": '"Gr?ne ?H?he??"',
        "LUT_3D_SIZE": "5",
        "DOMAIN_MIN": "0.0 0.0 0.0",
        "DOMAIN_MAX": "1.0 1.0 1.0",
    }
    np.testing.assert_allclose(read, lut, atol=0.51e-6)


@pytest.mark.parametrize(
    ("name", "force", "words"),
    [
        ("a.png", True, "has the suffix .png; use .cube"),
        ("a", True, "has no suffix; use .cube"),
        ("folder.cube", True, "is a folder"),
        ("missing/a.cube", False, "the folder .*missing does not exist"),
        ("old.cube", False, "old.cube exists; choose another name or add --force"),
    ],
)
def test_bad_paths_are_refused(tmp_path, name, force, words) -> None:
    (tmp_path / "folder.cube").mkdir()
    (tmp_path / "old.cube").write_text("old")
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ImageError, match=words):
        check_cube(tmp_path / name, force=force)
    if force:
        with pytest.raises(ImageError):
            write_cube(identity_lut(2), tmp_path / name, force=True)
    # A finished table is saved all the same.
    saved = {tmp_path / "folder-2.cube"} if "folder" in name else set()
    assert set(tmp_path.rglob("*")) == before | saved


def test_good_paths_are_written(tmp_path) -> None:
    (tmp_path / "old.CUBE").write_text("old")
    check_cube(tmp_path / "old.CUBE", force=True)
    check_cube(tmp_path / "new.cube", force=False)
    write_cube(identity_lut(2), tmp_path / "old.CUBE", force=True)
    assert "LUT_3D_SIZE 2" in (tmp_path / "old.CUBE").read_text()
    assert len(list(tmp_path.iterdir())) == 1
