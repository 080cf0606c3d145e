"""Which kinds of a look the regions of a content photo take, as the real segmenter finds them."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from helpers.looks import one_photo, photo_statistics
from helpers.networks import OPTIMIZED

import jphoto
from jphoto import images, weights
from jphoto.errors import LookError
from jphoto.looks.learning import combined
from jphoto.looks.regions import find_regions, method_for
from jphoto.looks.statistics import WHOLE, added
from jphoto.regions import LEFT
from jphoto.segmentation import probabilities

classify = jax.jit(probabilities._classify.__wrapped__, compiler_options=OPTIMIZED)


@pytest.fixture
def segmenter(shared, tmp_path_factory, monkeypatch):
    """The real segmenter, installed."""
    folder = tmp_path_factory.getbasetemp() / "segmenter of looks"
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(folder))
    monkeypatch.setattr(probabilities, "_classify", classify)
    if not (folder / "deeplab.safetensors").exists():
        weights.install("deeplab", shared / "weights" / "deeplabv3_mnv2_ade20k_int8.tflite")


@pytest.fixture(scope="module")
def house(shared):
    """A house with trees below the sky."""
    photo = images.read_picture(shared / "pairs" / "20" / "content.png", role="photo")
    return images.resize(photo, (96, 128))


def test_kinds_take_their_own_style_and_the_rest_what_photos_have_in_common(house, segmenter):
    seeds = range(4)
    look = combined([photo_statistics(seed, sky=0.4, building=0.6) for seed in seeds])
    found = find_regions(house, look, "auto")
    uses = {row.name: row.use for row in found.table}
    assert (uses["sky"], uses["building"]) == ("matched", "matched")
    assert uses["trees"] == f"matched with {WHOLE}" and found.method == "labels"
    taken = dict(zip(found.kinds, found.groups, strict=True))
    assert taken[("sky",)] == ("sky",) and taken[("trees",)] == (WHOLE,)
    shares = [0.75 if group == (WHOLE,) else 1 for group in found.groups]
    unreduced = found.masks / np.array(shares)[:, None, None]
    np.testing.assert_allclose(unreduced.sum(0), 1, atol=1e-3)


def test_the_rest_takes_nothing_of_a_single_photo_or_a_mix_of_such(house, segmenter):
    photos = one_photo(1, sky=0.4, building=0.6), one_photo(2, sky=0.5)
    for look in (photos[0], added(*photos)):
        found = find_regions(house, look, "auto")
        assert {row.name: row.use for row in found.table}["trees"] == LEFT
        assert found.groups == (("building",), ("sky",)) and found.masks.sum(0).min() < 0.01


def test_a_class_that_the_look_lacks_takes_its_substitute(house, segmenter):
    found = find_regions(house, one_photo(1, sky=0.4, mountain=0.6), "labels")
    pairs = zip(found.kinds, found.groups, strict=True)
    taken = {kind: group for kinds, group in pairs for kind in kinds}
    assert taken["trees"] == ("mountain",)


def test_a_photo_without_any_kind_of_the_look_is_an_error_unless_the_look_is_general(
    house, segmenter
):
    look = one_photo(1, car=1.0)
    with pytest.raises(LookError, match=r"shows .*sky.*; give --regions none to take"):
        find_regions(house, look, "auto")
    general = find_regions(house, look, "auto", general=True)
    assert set(general.groups) == {(WHOLE,)}
    with pytest.raises(LookError, match="knows only car"):
        find_regions(house, look, "labels", general=True)
    assert find_regions(house, look, "none").groups == ((WHOLE,),)


def test_without_the_segmenter_a_look_is_that_of_whole_photos(tmp_path, monkeypatch):
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path))
    look = one_photo(1, sky=1.0)
    assert method_for(look, "auto") == "none" and method_for(look, "labels") == "labels"
    photo = np.random.default_rng(0).random((32, 48, 3), np.float32)
    with pytest.raises(jphoto.WeightsError, match="run `jphoto weights install deeplab`"):
        find_regions(photo, look, "labels")


def test_the_command_shows_what_takes_what(shared, segmenter, command, tmp_path):
    pair = shared / "pairs" / "20"
    small = ["--size", "192"]
    made = command("look", "make", pair / "style.png", "--out", tmp_path / "a.look", *small)
    assert made[0] == 0 and "sky" in made[1] and "trees" in made[1], made
    out = tmp_path / "regions"
    status, printed, errors = command(
        "segment", pair / "content.png", tmp_path / "a.look", "--out", out, *small
    )
    assert status == 0 and "by labels" in printed, errors
    record = json.loads((out / "regions.json").read_text())
    assert sorted(path.name for path in out.iterdir()) == [
        "mask.png",
        "overlay.jpg",
        "regions.json",
    ]
    assert "sky" in record["photos"][0]["colors"]
    # The mask can be repainted and given back: its colors are the kinds.
    look, mask = jphoto.Look.load(tmp_path / "a.look"), out / "mask.png"
    settings = dataclasses.replace(jphoto.Settings.preset("preview"), size=192)
    result = jphoto.transfer(pair / "content.png", look, content_mask=mask, settings=settings)
    assert {row.name: row.use for row in result.regions}["sky"] == "matched"
