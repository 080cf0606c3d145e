"""Regions from pairs of masks that are clean, compressed, resized or wrong, and from no masks."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from jphoto.errors import MaskError
from jphoto.regions import COLOR_NAMES, match_regions, whole_photos

BLUE, GREEN, RED, YELLOW, BLACK, WHITE = (
    (0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 0), (0, 0, 0), (255, 255, 255),
)  # fmt: skip
NINE = [(code >> 16, code >> 8 & 255, code & 255) for code in COLOR_NAMES]


def paint(labels: np.ndarray, colors: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(colors, np.uint8)[labels]


def blobs(height: int = 96, width: int = 128, regions: int = 4, seed: int = 28) -> np.ndarray:
    """Labels of a few large rounded regions, as people paint them."""
    noise = np.random.default_rng(seed).normal(size=(regions, height, width))
    return np.argmax(ndimage.gaussian_filter(noise, (0, width / 8, width / 8)), axis=0)


def stripes(*widths: int, height: int = 40) -> np.ndarray:
    return np.tile(np.repeat(np.arange(len(widths)), widths), (height, 1))


def uses(match) -> dict[str, str]:
    return {row.name: row.use for row in match.table}


def near_border(labels: np.ndarray, radius: int) -> np.ndarray:
    size = 2 * radius + 1
    return ndimage.maximum_filter(labels, size) != ndimage.minimum_filter(labels, size)


def regions_of(match) -> np.ndarray:
    """The number of the mask that each pixel is in; -1 for none."""
    masks = match.content_masks
    return np.where(masks.any(0), masks.argmax(0), -1)


def test_masks_are_disjoint_zero_or_one_and_ordered_by_the_contents_area() -> None:
    labels = blobs()
    match = match_regions(paint(labels, NINE[:4]), paint(labels[::-1], NINE[:4]))
    for masks in (match.content_masks, match.style_masks):
        assert masks.dtype == np.float32 and masks.shape == (4, 96, 128)
        assert set(np.unique(masks)) == {0, 1}
        np.testing.assert_array_equal(masks.sum(0), 1)
    areas = match.content_masks.mean((1, 2))
    assert (np.diff(areas) <= 0).all()
    assert [row.name for row in match.table] == [
        list(COLOR_NAMES.values())[k] for k in np.argsort(-np.bincount(labels.ravel()))
    ]
    for row, area in zip(match.table, areas, strict=True):
        assert row.content_share == pytest.approx(area) and row.use == "matched"


def test_a_region_has_the_same_place_in_both_lists_of_masks() -> None:
    content, style = stripes(60, 40), stripes(10, 90)
    match = match_regions(paint(content, [RED, BLUE]), paint(style, [BLUE, RED]))
    np.testing.assert_array_equal(match.content_masks[0], content == 0)
    np.testing.assert_array_equal(match.style_masks[0], style == 1)


def test_the_nine_colors_are_nine_regions() -> None:
    labels = np.kron(np.arange(9).reshape(3, 3), np.ones((20, 20), int))
    match = match_regions(paint(labels, NINE), paint(labels, NINE))
    assert uses(match) == dict.fromkeys(COLOR_NAMES.values(), "matched")


@pytest.mark.parametrize(
    "colors", [[(k, k, k) for k in range(3)], [(0, 0, 253 + k) for k in range(3)]]
)
def test_clean_labels_stay_apart_even_in_close_colors(
    colors: list[tuple[int, int, int]],
) -> None:
    labels = blobs(regions=3)
    match = match_regions(paint(labels, colors), paint(labels, colors))
    assert len(match.content_masks) == 3
    expected = np.argsort(np.argsort(-np.bincount(labels.ravel())))[labels]
    np.testing.assert_array_equal(regions_of(match), expected)


@given(colors=st.permutations(NINE), regions=st.integers(2, 5), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_any_colors_give_the_same_regions(
    colors: list[tuple[int, int, int]], regions: int, seed: int
) -> None:
    labels = blobs(48, 64, regions, seed), blobs(48, 64, regions, seed)[::2, ::-1]
    plain = match_regions(*(paint(one, NINE) for one in labels))
    other = match_regions(*(paint(one, colors) for one in labels))
    np.testing.assert_array_equal(plain.content_masks, other.content_masks)
    np.testing.assert_array_equal(plain.style_masks, other.style_masks)


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def bilinear(picture: np.ndarray, scale: float) -> np.ndarray:
    height, width, _ = picture.shape
    size = round(width * scale), round(height * scale)
    small = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))


# A chroma block of a JPEG is 16 pixels wide; the resized masks blend over one coarse pixel.
@pytest.mark.parametrize(
    ("spoil", "radius"),
    [
        (lambda mask: jpeg(mask, 75), 8),
        (lambda mask: jpeg(mask, 90), 8),
        (lambda mask: bilinear(mask, 0.5), 2),
        (lambda mask: bilinear(mask, 0.3), 3),
    ],
    ids=["JPEG 75", "JPEG 90", "half size and back", "0.3 and back"],
)
@pytest.mark.parametrize("colors", [NINE[:5], [BLACK, WHITE, RED, YELLOW, (128, 128, 128)]])
def test_spoiled_masks_give_the_regions_of_clean_ones(spoil, radius: int, colors) -> None:
    labels = blobs(192, 256)
    clean = paint(labels, colors)
    expected = match_regions(clean, clean)
    found = match_regions(spoil(clean), clean)
    assert len(found.content_masks) == len(expected.content_masks) == 4
    np.testing.assert_array_equal(found.style_masks, expected.style_masks)
    wrong = regions_of(found) != regions_of(expected)
    assert not (wrong & ~near_border(labels, radius)).any()
    assert wrong.mean() < 0.01


def test_stray_pixels_go_to_the_nearest_region() -> None:
    labels = stripes(50, 50)
    clean = paint(labels, [RED, BLUE])
    spoiled = clean.copy()
    spoiled[20, 10], spoiled[5, 80], spoiled[30, 49] = GREEN, RED, WHITE
    found, expected = match_regions(spoiled, clean), match_regions(clean, clean)
    np.testing.assert_array_equal(found.content_masks, expected.content_masks)
    assert len(found.table) == 2


def test_colors_of_noisy_masks_that_hardly_differ_are_the_same_region() -> None:
    labels = blobs(regions=2)
    random = np.random.default_rng(0)
    content = paint(labels, [(0, 0, 254), RED])
    noisy = random.random(labels.shape) < 0.01
    content[noisy] = np.clip(content[noisy] + random.integers(-6, 7, (noisy.sum(), 3)), 0, 255)
    match = match_regions(content, paint(labels, [BLUE, RED]))
    assert len(match.content_masks) == 2 and len(match.table) == 2
    np.testing.assert_array_equal(match.content_masks, match.style_masks)


def test_a_large_region_without_partner_is_in_no_mask() -> None:
    content, style = stripes(60, 30, 10), stripes(50, 50)
    match = match_regions(paint(content, [RED, BLUE, GREEN]), paint(style, [RED, BLUE]))
    assert uses(match)["green"] == "left to content and photorealism"
    np.testing.assert_array_equal(match.content_masks.sum(0), content != 2)


def test_a_small_region_without_partner_joins_its_neighbors() -> None:
    content, style = stripes(600, 5, 300), stripes(50, 50)
    match = match_regions(paint(content, [RED, GREEN, BLUE]), paint(style, [RED, BLUE]))
    assert uses(match)["green"] == "joined to its neighbors"
    np.testing.assert_array_equal(match.content_masks.sum(0), 1)
    assert match.content_masks[0, :, :602].all() and match.content_masks[1, :, 603:].all()


def test_a_region_that_only_the_style_has_is_not_used() -> None:
    content, style = stripes(50, 50), stripes(40, 40, 20)
    match = match_regions(paint(content, [RED, BLUE]), paint(style, [RED, BLUE, GREEN]))
    assert uses(match)["green"] == "not used"
    np.testing.assert_array_equal(match.style_masks.sum(0), style != 2)


def test_no_shared_region_is_an_error_that_lists_both() -> None:
    labels = stripes(50, 50)
    with pytest.raises(MaskError, match=r"share no region.*red.*style's has.*white") as caught:
        match_regions(paint(labels, [RED, BLUE]), paint(labels, [WHITE, BLACK]))
    assert "paint things of one kind in one color" in str(caught.value)


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_photo_is_refused_as_a_mask(role: str) -> None:
    mask = paint(blobs(), NINE[:4])
    photo = np.random.default_rng(0).integers(0, 256, mask.shape, np.uint8)
    pair = (photo, mask) if role == "content" else (mask, photo)
    with pytest.raises(
        MaskError, match=f"the {role} mask is no mask: 100% of it is unlike any flat"
    ):
        match_regions(*pair)


def test_whole_photos_are_one_region() -> None:
    match = whole_photos((3, 5), (4, 2))
    assert match.content_masks.shape == (1, 3, 5) and match.content_masks.all()
    assert match.style_masks.shape == (1, 4, 2) and match.style_masks.all()


@pytest.mark.parametrize(
    "pair", ["03", "06", "07", "09", "13", "14", "16", "20", "34", "39", "43", "51"]
)
def test_published_pairs(shared: Path, pair: str) -> None:
    masks = []
    for role in ("content", "style"):
        image = Image.open(shared / "pairs" / pair / f"{role}_mask.png").convert("RGB")
        height = round(192 * image.height / image.width)
        masks.append(np.asarray(image.resize((192, height), Image.Resampling.NEAREST)))
    match = match_regions(*masks)
    expected = {"09": 1, "13": 1, "06": 3, "34": 3, "51": 4}.get(pair, 2)
    assert len(match.content_masks) == len(match.style_masks) == expected
    # Every content region has a partner; only style 03 has water, and only style 43 a tree.
    assert match.content_masks.mean((1, 2)).sum() == pytest.approx(1)
    left_out = {"03": 0.289, "43": 0.123}.get(pair, 0)
    assert match.style_masks.mean((1, 2)).sum() == pytest.approx(1 - left_out, abs=1e-3)
    assert sum(row.use == "not used" for row in match.table) == (left_out > 0)
