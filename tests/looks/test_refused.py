"""Looks and settings that do not fit each other are refused."""

import dataclasses

import numpy as np
import pytest
from helpers.looks import PREVIEW, SETTINGS, transferred

import jphoto
from jphoto.errors import LookError
from jphoto.looks import mixed
from jphoto.looks.styles import style_of


def test_a_look_of_colors_alone_is_never_kept_nor_compared_with(files, look_of, tmp_path):
    photos, masks = [files / "dusk.png"], [files / "mask.png"]
    colors = jphoto.Look.colors_of_photos(photos, masks=masks, settings=SETTINGS)
    whole = look_of("dusk")
    refused = pytest.raises(LookError, match=r"only the colors of .*dusk\.png.* were learned")
    with refused:
        colors.save(tmp_path / "a.look")
    with refused:
        transferred(files, colors, SETTINGS)
    for one, other in ((colors, whole), (whole, colors)):
        with refused:
            one + other
        with refused:
            one.with_kind("blue", other)
    assert not [*tmp_path.iterdir()]
    for part, other in zip(colors.statistics.colors, whole.statistics.colors, strict=True):
        fine = (part[:, :, -1], other[:, :, -1]) if part.ndim > 2 else (part, other)
        np.testing.assert_allclose(*fine, atol=1e-5)
    styles = [files / "dusk.png", files / "red.png"]
    for settings, to_keep, has_all in (
        (PREVIEW, False, False), (PREVIEW, True, True), (SETTINGS, False, True)
    ):  # fmt: skip
        made = style_of(styles, masks * 2, None, None, settings, to_keep=to_keep).source
        assert bool(made.statistics.averages) == has_all


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda look: mixed([look, look], [1]), "1 weight was given for 2 styles"),
        (lambda look: mixed([look, look], [1, -1]), "0 or positive numbers, not 1, -1"),
        (lambda look: mixed([look], [float("nan")]), "0 or positive numbers, not nan"),
        (lambda look: mixed([look, look], [0, 0]), "the style weights are all 0"),
        (lambda look: look * 0, "must be a positive number, not 0"),
        (lambda look: look * float("inf"), "must be a positive number, not inf"),
        (lambda look: look.with_kind("sky", look), "there is no sky in dusk.png, only"),
        (
            lambda look: look + dataclasses.replace(look, network="vgg19"),
            "different networks cannot be mixed: .* vgg16 and vgg19; make",
        ),
        (
            lambda look: look + dataclasses.replace(look, network_digest="0"),
            "different weights of vgg16; make",
        ),
        (lambda look: look.save("a.png"), "needs the suffix .look, as in a.look"),
        (lambda look: look.save("nowhere/a.look"), "there is no folder .*nowhere"),
    ],
)  # fmt: skip
def test_looks_that_do_not_fit_are_refused(look_of, make, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LookError, match=words):
        make(look_of("dusk"))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"regions": "features"}, "no parts that a photo could be clustered with"),
        ({"regions": "labels"}, "no kinds of things, only its whole photos"),
        ({"objective": "paper"}, "does not hold what the objective 'paper' compares"),
        ({"backbone": "vgg19", "steps": 1}, "vgg19 is not installed"),
    ],
)
def test_settings_that_do_not_fit_a_look_are_refused(files, settings, words):
    look = jphoto.Look.from_photos([files / "dusk.png"], settings=SETTINGS)
    chosen = dataclasses.replace(PREVIEW, **settings)
    with pytest.raises(jphoto.JphotoError, match=words):
        jphoto.transfer(files / "day.png", look, settings=chosen)


def test_a_look_of_another_network_is_refused(files, look_of):
    other = dataclasses.replace(look_of("dusk"), network_digest="0" * 64)
    with pytest.raises(LookError, match="made with other weights of vgg16"):
        transferred(files, other, SETTINGS)
    assert transferred(files, other).status is jphoto.Status.FINISHED  # needs no network
