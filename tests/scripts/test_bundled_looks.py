"""The photos of the bundled looks: free, small, without metadata, and made as looks.toml says."""

import hashlib
import io
import re
import zipfile

import numpy as np
import pytest
from helpers.scripts import load
from PIL import Image

from scripts import look_grades

script = load("bundled_looks")
LOOKS = {look["name"]: look for look in script.read_looks()}
PHOTOS = {entry["file"]: entry for look in LOOKS.values() for entry in look["photo"]}
# CC-BY-SA would be free as well, but would bind what is made from a look.
FREE = re.compile(r"CC0-1\.0|CC-BY-[234]\.0|public domain")

LEAVES, BLUE_SKY, CLOUD, STONE = (0.25, 0.4, 0.12), (0.3, 0.5, 0.85), (0.9,) * 3, (0.6, 0.56, 0.5)


def graded(grade, *colors, **settings):
    """Each color as a patch, stacked from top to bottom and graded; the colors of their centers."""
    patches = np.repeat(np.array(colors, np.float64), 24, axis=0)
    picture = np.repeat(patches[:, None], 24, axis=1)
    return look_grades.GRADES[grade](picture, **settings)[12::24, 12]


def lightness(color):
    return float(np.dot(color, look_grades.LUMA))


def test_there_are_a_dozen_looks_with_photos_of_their_names():
    assert [*LOOKS] == [
        "golden-hour", "blue-hour", "night-city", "fog", "autumn", "snow", "high-key", "low-key",
        "film-warm", "film-cool", "black-and-white", "infrared",
    ]  # fmt: skip
    for name, look in LOOKS.items():
        assert look["text"]
        names = [f"{name}-{number}.webp" for number in range(1, len(look["photo"]) + 1)]
        assert [entry["file"] for entry in look["photo"]] == names and 2 <= len(names) <= 4


@pytest.mark.parametrize("entry", PHOTOS.values(), ids=PHOTOS)
def test_every_photo_is_free_and_says_where_it_is_from(entry):
    assert FREE.fullmatch(entry["license"])
    assert entry["author"] and entry["title"] and entry["path"] and entry["version"]
    assert entry["registry"] in ("pypi", "debian")
    assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])
    assert entry["path"].endswith(".rcc") == ("entry" in entry)


@pytest.mark.parametrize("file", PHOTOS)
def test_every_photo_opens_is_small_and_has_no_metadata(file):
    with Image.open(script.PHOTOS / file) as image:
        image.load()
        assert image.format == "WEBP" and image.mode == "RGB"
        assert 480 <= max(image.size) <= 600
        assert not {"exif", "xmp", "icc_profile"} & set(image.info)


def test_together_they_are_small_and_none_is_left_over():
    files = list(script.PHOTOS.glob("*.webp"))
    assert {file.name for file in files} == set(PHOTOS)
    assert sum(file.stat().st_size for file in files) <= script.MOST_BYTES < 2_000_000


def test_the_page_names_every_photo_with_author_and_license():
    page = script.PAGE.read_text("utf-8")
    assert page == script.page(script.read_looks()), "run scripts/bundled_looks.py --page"
    for entry in PHOTOS.values():
        row = next(line for line in page.splitlines() if line.startswith(f"| {entry['file']} |"))
        assert entry["author"] in row and entry["license"] in row


def test_a_photo_is_cropped_reduced_and_graded():
    halves = np.zeros((300, 1400, 3), np.uint8)
    halves[:, 700:] = (200, 100, 50)
    stream = io.BytesIO()
    Image.fromarray(halves).save(stream, "png")
    entry = {"crop": [0.5, 0.0, 1.0, 1.0]}
    made = script.bundled(stream.getvalue(), entry)
    assert made.shape == (240, 560, 3)
    np.testing.assert_allclose(made[120, 280] * 255, [200, 100, 50], atol=1)
    gray = script.bundled(stream.getvalue(), {**entry, "grade": "black and white"})
    assert np.ptp(gray[120, 280]) == 0
    with Image.open(io.BytesIO(script.encode(made))) as image:
        assert image.format == "WEBP" and image.size == (560, 240)


def test_photos_that_are_too_large_are_refused(tmp_path, monkeypatch):
    stream = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 10, 10)).save(stream, "png")
    with zipfile.ZipFile(tmp_path / "some_photos-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("red.png", stream.getvalue())
    entry = {
        "file": "red-1.webp", "title": "Red", "author": "someone", "license": "CC0-1.0",
        "registry": "pypi", "package": "some-photos", "version": "1.0", "path": "red.png",
        "sha256": hashlib.sha256(stream.getvalue()).hexdigest(),
    }  # fmt: skip
    looks = [{"name": "red", "text": "Red", "photo": [entry]}]
    size = script.write_photos(looks, tmp_path, tmp_path)
    assert size == (tmp_path / "red-1.webp").stat().st_size
    monkeypatch.setattr(script, "MOST_BYTES", size - 1)
    with pytest.raises(ValueError, match=f"{size} bytes, more than {size - 1}"):
        script.write_photos(looks, tmp_path, tmp_path)


@pytest.mark.parametrize("entry", PHOTOS.values(), ids=PHOTOS)
def test_grades_are_known_and_give_pictures(entry):
    if "grade" not in entry:
        assert "settings" not in entry
        return
    colors = graded(
        entry["grade"], LEAVES, BLUE_SKY, CLOUD, STONE, (0.0,) * 3, (1.0,) * 3,
        **entry.get("settings", {}),
    )  # fmt: skip
    assert np.isfinite(colors).all() and colors.min() >= -1e-9 and colors.max() <= 1 + 1e-9


def test_infrared_has_white_foliage_under_a_dark_sky():
    leaves, sky, cloud = map(lightness, graded("infrared", LEAVES, BLUE_SKY, CLOUD))
    assert leaves > 0.6 > 0.2 > sky
    assert cloud > 0.8


def test_a_red_filter_darkens_the_sky_and_keeps_clouds():
    leaves, sky, cloud = map(lightness, graded("black and white", LEAVES, BLUE_SKY, CLOUD))
    assert sky < 0.6 * lightness(BLUE_SKY) and cloud > 0.9 and leaves < 0.35


def test_autumn_turns_leaves_alone():
    leaves, sky, stone = graded("autumn leaves", LEAVES, BLUE_SKY, STONE)
    assert leaves[0] > 1.3 * leaves[1] > leaves[2]
    np.testing.assert_allclose([sky, stone], [BLUE_SKY, STONE], atol=0.02)


def test_snow_whitens_leaves_and_frost_can_be_left_out():
    leaves, stone = graded("snow", LEAVES, STONE)
    assert lightness(leaves) > 0.6 and np.ptp(leaves) < 0.08
    assert abs(lightness(stone) - lightness(STONE)) < 0.05
    assert lightness(graded("snow", LEAVES, frost=0.0)[0]) < 0.45


def test_fog_thickens_towards_the_horizon():
    far, middle, near = graded("fog", STONE, STONE, STONE, horizon=0.2)
    pale = graded("fog", CLOUD, CLOUD, CLOUD, horizon=0.2)
    contrast = [lightness(a) - lightness(b) for a, b in zip(pale, (far, middle, near), strict=True)]
    assert contrast[0] < contrast[1] < contrast[2] < lightness(CLOUD) - lightness(STONE)


def test_the_blue_hour_is_blue_but_for_lamps():
    lamp = (0.9, 0.55, 0.15)
    stone, dark = graded("blue hour", STONE, lamp)
    assert stone[2] > 1.5 * stone[0] and lightness(stone) < 0.6 * lightness(STONE)
    lit = graded("blue hour", lamp, lamps=1.0)[0]
    assert lit[0] > 2 * lit[2] and lightness(lit) > 1.5 * lightness(dark)


@pytest.mark.parametrize(
    ("grade", "direction"), [("golden hour", 1), ("film warm", 1), ("film cool", -1)]
)
def test_warm_grades_redden_gray_and_cool_ones_blue_it(grade, direction):
    gray = graded(grade, (0.5,) * 3)[0]
    assert direction * (gray[0] - gray[2]) > 0.05


def test_keys_move_the_middle_and_keep_the_order_of_tones():
    tones = [(t,) * 3 for t in (0.1, 0.3, 0.5, 0.7, 0.9)]
    high, low = graded("high key", *tones)[:, 1], graded("low key", *tones)[:, 1]
    assert high[2] > 0.75 and low[2] < 0.3
    assert (np.diff(high) > 0).all() and low[4] > low[3] > low[2]
