"""Regions of real photos: by which method, how well they match, and the files that are written."""

import json

import jax
import numpy as np
import pytest
from helpers.networks import OPTIMIZED
from helpers.records import documented
from PIL import Image

import jphoto
from jphoto import images, regions, weights
from jphoto.pipeline.reading import read_pair
from jphoto.regions.labels import CLASS_NAMES
from jphoto.segmentation import automatic_regions, probabilities
from jphoto.weights import archive
from jphoto.weights.layout import layers

classify = jax.jit(probabilities._classify.__wrapped__, compiler_options=OPTIMIZED)


@pytest.fixture(scope="module")
def vgg(own_cache):
    return weights.load("vgg16")


@pytest.fixture
def untrained(tmp_path, monkeypatch):
    """An installed segmenter without training, which finds sky everywhere."""
    params = {
        name: {"kernel": np.zeros(shape, np.float32), "bias": np.zeros(shape[3], np.float32)}
        for name, shape in layers("deeplab").items()
    }
    params["logits"]["bias"][3] = 5.0
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    made = weights.Weights("deeplab", "tensorflow", params, "nothing", "0", "none")
    archive.write(made, tmp_path / "weights" / "deeplab.safetensors")


@pytest.fixture
def segmenter(shared, tmp_path_factory, monkeypatch):
    """The real segmenter, installed."""
    folder = tmp_path_factory.getbasetemp() / "segmenter"
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(folder))
    if not (folder / "deeplab.safetensors").exists():
        weights.install("deeplab", shared / "weights" / "deeplabv3_mnv2_ade20k_int8.tflite")


@pytest.fixture
def small_inputs(monkeypatch):
    """Networks get smaller photos, for tests whose photos are tiny anyway."""
    monkeypatch.setattr(probabilities, "LABELS_SIDE", 128)
    monkeypatch.setattr(automatic_regions, "FEATURES_SIDE", 192)


@pytest.fixture
def optimized(monkeypatch):
    """The segmenter at its full size, optimized."""
    monkeypatch.setattr(probabilities, "_classify", classify)


@pytest.fixture(scope="module")
def flowers(photos):
    """Two small photos of a flower in front of leaves; networks get both at the same size."""
    pair = read_pair(photos / "content.png", photos / "style.png", None, None, 64)[0]
    return pair.content, pair.style[16:]


def test_without_a_segmenter_parts_with_similar_features_match(flowers, vgg, small_inputs, caplog):
    found = automatic_regions.find(flowers, "auto", vgg)
    assert found.method == "features" and not caplog.text
    match = automatic_regions.match_masks(flowers, found)
    assert match.content_masks.shape[1:] == flowers[0].shape[:2]
    assert match.style_masks.shape[1:] == flowers[1].shape[:2]
    for masks in (match.content_masks, match.style_masks):
        np.testing.assert_allclose(masks.sum(0), 1, atol=1e-3)
        assert masks.min() >= 0 and masks.max() <= 1


def test_clusters_are_close_to_painted_masks(flowers, photos, vgg, small_inputs):
    match = automatic_regions.match_masks(flowers, automatic_regions.find(flowers, "features", vgg))
    painted = read_pair(
        *(photos / f"{name}.png" for name in ("content", "style", "content_mask", "style_mask")), 64
    )[0]
    order = np.argmax([(match.content_masks[0] * mask).sum() for mask in painted.content_masks])
    for found, mask in (
        (match.content_masks[0], painted.content_masks[order]),
        (match.style_masks[0], painted.style_masks[order, 16:]),
    ):
        assert np.minimum(found, mask).sum() > 0.7 * np.maximum(found, mask).sum()


def test_labels_are_tried_first_if_the_segmenter_is_installed(
    flowers, vgg, untrained, small_inputs
):
    found = automatic_regions.find(flowers, "auto", vgg)
    assert found.method == "labels"
    assert [row.name for row in found.match.table] == ["sky"]
    assert found.match.groups == ((CLASS_NAMES.index("sky"),),)


def test_labels_need_the_segmenter(flowers, vgg):
    with pytest.raises(jphoto.WeightsError, match="run `jphoto weights install deeplab`"):
        automatic_regions.find(flowers, "labels", vgg)


def gradient(height, width, *colors):
    """From one color at the top to another at the bottom."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    one, other = (np.float32(color) for color in colors)
    return np.broadcast_to((1 - share) * one + share * other, (height, width, 3)).copy()


ODD = {
    "one color": np.full((36, 64, 3), 0.5, np.float32),
    "one class": gradient(36, 64, (0.3, 0.5, 0.9), (0.8, 0.9, 1.0)),
    "noise": np.random.default_rng(8).random((36, 64, 3)).astype(np.float32),
    "black": np.zeros((36, 64, 3), np.float32),
}


# If the match by labels is poor, auto tries features.
@pytest.mark.parametrize(
    ("method", "kind"),
    [*(("auto", kind) for kind in (*ODD, "gray", "panorama")), ("features", "panorama")],
)
def test_odd_photos_have_regions_or_are_one_region(
    kind, method, flowers, vgg, segmenter, small_inputs, caplog
):
    if kind == "gray":
        odd = np.repeat(flowers[0].mean(-1, keepdims=True), 3, -1).astype(np.float32)
    elif kind == "panorama":
        odd = np.tile(flowers[0][::2, ::2], (1, 24, 1))[:, :720]
    else:
        odd = ODD[kind]
    photos = odd, flowers[1]
    found = automatic_regions.find(photos, method, vgg)
    assert (found.method == "none") == ("using whole photos" in caplog.text)
    match = automatic_regions.match_masks(photos, found)
    assert len(match.content_masks) == len(match.style_masks) >= 1
    assert match.content_masks.sum() > 0 and match.style_masks.sum() > 0
    assert np.isfinite(match.content_masks).all() and match.content_masks.max() <= 1
    assert sum(row.content_share for row in match.table) == pytest.approx(1)
    assert sum(row.style_share for row in match.table) == pytest.approx(1)


def test_real_labels_are_right_and_a_poor_match_is_noticed(
    shared, vgg, segmenter, optimized, monkeypatch, caplog
):
    house, church, flower, rose = (
        shared / "pairs" / name
        for name in ("20/content.png", "34/content.png", "09/content.png", "09/style.png")
    )
    # Of one shape, so that a single program labels the photos of this test and of the next ones.
    house, church, flower, rose = (
        photo[:72]
        for pair in ((house, church), (flower, rose))
        for photo in read_pair(*pair, None, None, 128)[0][:2]
    )
    names = [
        {CLASS_NAMES[k] for k, share in enumerate(segments.shares) if share > 0.1}
        for photo in (house, church)
        for segments in automatic_regions.find((photo,), "labels", vgg).photos
    ]
    assert {"building", "sky", "trees"} <= names[0] and {"wall"} <= names[1]
    monkeypatch.setattr(automatic_regions, "FEATURES_SIDE", 192)
    found = automatic_regions.find((flower, rose), "auto", vgg)
    assert found.method != "labels"
    assert "of the photos match with confidence; trying features" in caplog.text


def test_water_that_the_style_lacks_is_matched_with_the_city_it_mirrors(
    shared, vgg, segmenter, optimized, monkeypatch
):
    monkeypatch.setattr(automatic_regions, "FEATURES_SIDE", 192)
    folder = shared / "pairs" / "07"
    photos = read_pair(folder / "content.png", folder / "style.png", None, None, 400)[0][:2]
    uses = {row.name: row.use for row in automatic_regions.find(photos, "labels", vgg).match.table}
    assert uses == {"sky": "matched", "building": "matched", "water": "matched with building"}


def test_a_mirrored_photo_has_mirrored_probabilities(flowers, segmenter, optimized):
    photo = probabilities.network_input(flowers[0], probabilities.LABELS_SIDE)
    params = weights.load("deeplab").params
    plain, mirrored = (
        np.asarray(probabilities._classify(params, one)) for one in (photo, photo[:, ::-1])
    )
    assert len(np.unique(plain.argmax(-1))) > 1
    np.testing.assert_allclose(plain, mirrored[:, ::-1], atol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
def test_the_command_writes_masks_that_can_be_read(count, photos, tmp_path, small_inputs, command):
    paths = [photos / "content.png", photos / "style.png"][:count]
    names = ["content_mask.png", "style_mask.png"] if count == 2 else ["mask.png"]
    out = tmp_path / "regions"
    out.mkdir()
    (out / names[0]).write_bytes(b"precious")
    # Existing files are only overwritten with --force.
    arguments = ["segment", *paths, "--size", "64", "--out", out]
    status, _, errors = command(*arguments)
    assert status == 1 and "exists" in errors and errors.count("\n") == 1
    assert [path.read_bytes() for path in out.iterdir()] == [b"precious"]
    status, printed, _ = command(*arguments, "--force")
    assert status == 0 and "confidence" in printed and "by features" in printed
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*names, "overlay.jpg", "regions.json"]
    )
    record = json.loads((out / "regions.json").read_text())
    assert set(record) == documented("regions.json of jphoto segment")
    assert record["method"] == "features" and len(record["photos"]) == count
    masks = []
    for path, name, entry in zip(paths, names, record["photos"], strict=True):
        with Image.open(path) as photo, Image.open(out / name) as mask:
            assert mask.size == photo.size
            masks.append(np.asarray(mask.convert("RGB")))
        colors = {
            f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(masks[-1].reshape(-1, 3), axis=0)
        }
        assert colors == set(entry["colors"].values())
    if count == 2:
        read = regions.match_regions(*masks)
        assert {row.use for row in read.table} == {"matched"}
        assert len(read.content_masks) == len(record["regions"])


def test_find_regions_returns_what_the_command_writes(photos, tmp_path, small_inputs, command):
    command("segment", photos / "content.png", "--size", "64", "--out", tmp_path / "new")
    found = jphoto.find_regions(photos / "content.png", settings=jphoto.Settings(size=64))
    written = images.read_mask(
        tmp_path / "new/mask.png", role="content mask", size=(36, 64), picture_size=(36, 64)
    )
    np.testing.assert_array_equal(found.photos[0].mask, written)
    assert found.method == "features"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.jpg"], "missing.jpg"),
        (["content.png", "--regions", "labels"], "deeplab is not installed"),
        (["content.png", "--size", "3"], "size must be"),
    ],
)
def test_nothing_is_written_after_an_error(
    arguments, words, photos, tmp_path, command, monkeypatch
):
    monkeypatch.chdir(photos)
    status, _, errors = command("segment", *arguments, "--out", tmp_path / "out")
    assert status == 1 and words in errors and errors.count("\n") == 1
    assert not list((tmp_path / "out").glob("*"))


def test_a_quick_look_for_labels_needs_no_features_and_has_about_the_same_masks(
    flowers, untrained, small_inputs
):
    network = weights.LazyWeights("vgg16")
    found = automatic_regions.find(flowers, "labels", network, quick=True)
    assert found.method == "labels" and not network.used
    labels = np.zeros((9, 16), np.int32)
    labels[:, 8:] = 1
    found = found._replace(
        photos=tuple(segments._replace(labels=labels) for segments in found.photos),
        match=found.match._replace(groups=((0,), (1,))),
    )
    whole, quick = (automatic_regions.match_masks(flowers, found, quick=q) for q in (False, True))
    for one, other in zip(whole[:2], quick[:2], strict=True):
        assert one.shape == other.shape and np.abs(one - other).mean() < 0.1
        np.testing.assert_allclose(other.sum(0), 1, atol=0.02)
