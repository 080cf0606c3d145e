"""Looks with the real VGG-16: learned, kept, and given to a transfer in place of a photo."""

import dataclasses

import numpy as np
import pytest
from helpers.looks import PREVIEW, SETTINGS, transferred
from PIL import Image

import jphoto
from jphoto.errors import LookError
from jphoto.looks.bundled import bundled_looks, look_colors, look_file
from jphoto.looks.styles import style_of
from jphoto.pipeline import finish


def test_a_look_says_what_is_in_it(files, look_of):
    look = look_of("dusk", "red")
    assert look.kinds == ("blue", "green", "whole photo")
    assert [photo.name for photo in look.photos] == ["dusk.png", "red.png"]
    assert (look.network, look.size, look.title) == ("vgg16", 192, "dusk.png, red.png")
    np.testing.assert_allclose(look.statistics.weights, 1)


@pytest.mark.parametrize("settings", [PREVIEW, SETTINGS], ids=["preview", "descent"])
def test_a_look_of_one_photo_gives_what_the_photo_gives(files, look_of, settings):
    masks = dict.fromkeys(("content_mask", "style_mask"), files / "mask.png")
    # Of one size, a look is compared at half of it: so that both do the same, three sizes.
    settings = dataclasses.replace(settings, levels=min(settings.levels, 1))
    photo = jphoto.transfer(files / "day.png", files / "dusk.png", settings=settings, **masks)
    result = transferred(files, look_of("dusk"), settings)
    assert [region.use for region in result.regions] == ["matched"] * 2
    difference = np.abs(photo.solved - result.solved)
    assert difference.max() < (1e-5 if not settings.steps else 0.5)
    assert difference.mean() < (1e-6 if not settings.steps else 0.03)


def test_a_file_gives_what_the_look_gives(files, look_of, tmp_path):
    look = look_of("dusk", "red")
    look.save(tmp_path / "a.look")
    loaded = jphoto.Look.load(tmp_path / "a.look")
    assert (loaded.digest, loaded.photos, loaded.title) == (look.digest, look.photos, look.title)
    one, other = (transferred(files, style).solved for style in (look, loaded))
    np.testing.assert_allclose(one, other, atol=1e-5)
    path = str(tmp_path / "a.look")
    again = jphoto.transfer(
        files / "day.png", path, content_mask=files / "mask.png", settings=PREVIEW
    )
    np.testing.assert_array_equal(other, again.solved)
    with pytest.raises(LookError, match="exists; choose another name"):
        look.save(tmp_path / "a.look")
    look.save(tmp_path / "a.look", force=True)
    assert len([*tmp_path.iterdir()]) == 1


def test_no_photo_is_in_the_file_unless_asked_for(files, tmp_path):
    settings = dataclasses.replace(SETTINGS, size=128 + 64)
    plain = jphoto.Look.from_photos([files / "dusk.png"], settings=settings)
    shown = jphoto.Look.from_photos([files / "dusk.png"], settings=settings, with_thumbnails=True)
    assert not plain.thumbnails and plain.digest == shown.digest
    shown.save(tmp_path / "b.look")
    (small,) = jphoto.Look.load(tmp_path / "b.look").thumbnails.values()
    assert small.shape == (128, 192, 3) and small.dtype == np.uint8


def test_the_label_says_which_look_made_a_picture(files, look_of, tmp_path):
    look = 0.75 * look_of("dusk") + 0.25 * look_of("red")
    result = transferred(files, look)
    assert result.label.look == "dusk.png 75%, red.png 25%"
    assert result.label.inputs["style"] == look.digest
    result.save(tmp_path / "out.png")
    assert finish.read_label(tmp_path / "out.png") == result.label


def test_what_a_look_of_several_photos_has_no_kind_for_takes_their_common_style(files, look_of):
    whole = jphoto.Look.from_photos([files / "dusk.png"], settings=SETTINGS)
    with pytest.raises(LookError, match=r"the photo shows .*blue.* and the look knows only n"):
        transferred(files, whole)
    mask = np.asarray(Image.open(files / "mask.png")).copy()
    mask[:30] = 255
    uses = {}
    for names in (("dusk", "red"), ("dusk",)):
        look = look_of(*names)
        result = jphoto.transfer(files / "day.png", look, content_mask=mask, settings=PREVIEW)
        uses[names] = {region.name: region.use for region in result.regions}
        assert uses[names]["blue"] == "matched"
    assert uses[("dusk", "red")]["white"] == "matched with whole photo"
    assert uses[("dusk",)]["white"] == "left to content and photorealism"


def test_looks_in_a_list_of_pairs(files, look_of):
    pairs = [
        (files / "day.png", look_of("dusk"), files / "mask.png", None),
        (files / "gray.png", look_of("dusk"), files / "mask.png", None),
        (files / "day.png", files / "missing.look"),
    ]
    first, second, third = jphoto.transfer_many(pairs, settings=SETTINGS)
    alone = transferred(files, look_of("dusk"), SETTINGS)
    np.testing.assert_array_equal(first.picture, alone.picture)
    assert second.label.look == "dusk.png" and isinstance(third, LookError)


def test_a_list_of_pairs_takes_the_network_of_its_first_look(files, look_of):
    other = dataclasses.replace(look_of("dusk"), network="vgg19")
    pairs = [(files / "day.png",), (files / "day.png", other, files / "mask.png", None)]
    settings = dataclasses.replace(PREVIEW, backbone="auto")
    wrong, result = jphoto.transfer_many(pairs, settings=settings)
    assert result.settings.backbone == "vgg19" and isinstance(wrong, jphoto.ImageError)


def test_bundled_looks_are_made_once(files, monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path)
    look_colors.cache_clear()
    one = bundled_looks()["night-city"]
    monkeypatch.setitem(
        bundled_looks(), "night-city", dataclasses.replace(one, photos=one.photos[:1])
    )
    preview = dataclasses.replace(PREVIEW, size=192, regions="auto")
    quick = jphoto.transfer(files / "day.png", "night-city", settings=preview)
    assert quick.label.look == "night-city-1.webp" and not [*tmp_path.iterdir()]
    settings = dataclasses.replace(SETTINGS, regions="auto")
    look = style_of("night-city", None, None, None, settings).source
    (path,) = (tmp_path / "looks").iterdir()
    made = path.stat().st_mtime_ns
    assert style_of("night-city", None, None, None, settings).source is look
    result = jphoto.transfer(files / "day.png", path, settings=preview)
    np.testing.assert_allclose(result.solved, quick.solved, atol=2e-3)
    assert path.stat().st_mtime_ns == made and look_file("night-city", settings) == path
    assert result.label.look == "night-city-1.webp"
    with pytest.raises(LookError, match="no look that comes with jphoto is called so; these are"):
        jphoto.transfer(files / "day.png", "golden-our", settings=settings)
