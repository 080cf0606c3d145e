"""Mixes of photos and looks with the real VGG-16: of all kinds of things, or of one."""

import numpy as np
import pytest
from helpers.looks import PREVIEW, SETTINGS, transferred
from PIL import Image

import jphoto
from jphoto.looks import mixed
from jphoto.looks.styles import style_of


def test_all_weight_on_one_photo_gives_to_the_bit_what_it_gives_alone(files):
    styles, mask = [files / "dusk.png", files / "red.png"], files / "mask.png"
    alone = jphoto.transfer(
        files / "day.png", styles[0], content_mask=mask, style_mask=mask, settings=SETTINGS
    )
    both = jphoto.transfer(
        files / "day.png", styles, content_mask=mask, style_mask=[mask, mask],
        style_weights=[1, 0], settings=SETTINGS,
    )  # fmt: skip
    np.testing.assert_array_equal(alone.picture, both.picture)
    assert alone.label.inputs == both.label.inputs


def test_mixes_lie_between_their_styles_in_the_order_of_their_weights(files):
    mask, ends = files / "mask.png", [files / "dusk.png", files / "red.png"]
    means = [
        jphoto.transfer(
            files / "day.png", ends, content_mask=mask, style_mask=[mask, mask],
            style_weights=[1 - weight, weight], settings=PREVIEW,
        ).solved.mean((0, 1))
        for weight in (0, 0.25, 0.5, 0.75, 1)
    ]  # fmt: skip
    direction = means[-1] - means[0]
    places = (np.array(means) - means[0]) @ direction / (direction @ direction)
    np.testing.assert_allclose(places, [0, 0.25, 0.5, 0.75, 1], atol=0.06)


def test_a_kind_can_have_a_style_of_its_own(files, look_of):
    mixed_look = look_of("dusk").with_kind("blue", look_of("red"))
    result = transferred(files, mixed_look).solved
    plain, red = (transferred(files, look_of(name)).solved for name in ("dusk", "red"))
    assert np.abs(result - red)[:50].mean() < 0.1 * np.abs(result - plain)[:50].mean()
    assert np.abs(result - plain)[90:].mean() < 0.1 * np.abs(result - red)[90:].mean()
    assert "red.png for blue" in mixed_look.title


@pytest.mark.parametrize(
    ("method", "settings"), [("from_photos", SETTINGS), ("colors_of_photos", PREVIEW)]
)
def test_another_weight_learns_no_file_again_unless_it_has_changed(
    files, tmp_path, monkeypatch, method, settings
):
    learn, learned = getattr(jphoto.Look, method), []

    def counted(photos, **arguments):
        learned.extend(photos)
        return learn(photos, **arguments)

    monkeypatch.setattr(jphoto.Look, method, counted)
    for name in ("dusk", "red", "mask"):
        (tmp_path / f"{name}.png").write_bytes((files / f"{name}.png").read_bytes())
    styles, mask = [tmp_path / "dusk.png", tmp_path / "red.png"], tmp_path / "mask.png"

    def mix(*weights, masks=(mask, mask)):
        return style_of(styles, [*masks], weights, None, settings).source.digest

    first = mix(1, 1)
    assert mix(1, 3) != first and mix(2, 2) == first
    assert learned == styles
    Image.open(files / "day.png").save(styles[1])
    assert mix(1, 1) != first and learned == [*styles, styles[1]]


def test_a_preview_of_a_mix_learns_only_colors_and_equals_that_of_the_whole_looks(
    files, look_of, tmp_path, monkeypatch
):
    dusk_look, red_look, gray_look = [look_of(name) for name in ("dusk", "red", "gray")]
    dusk_look.save(tmp_path / "dusk.look")
    whole = mixed([dusk_look, red_look], [3, 1]).with_kind("blue", gray_look)
    expected = transferred(files, whole)
    monkeypatch.delattr("jphoto.weights.store.load")  # no network is loaded from here on
    mask, red = files / "mask.png", files / "red.png"
    for dusk, own in ((files / "dusk.png", mask), (tmp_path / "dusk.look", None)):
        found = jphoto.transfer(
            files / "day.png", [dusk, red], content_mask=mask, style_mask=[own, mask],
            style_weights=[3, 1], style_for={"blue": gray_look}, settings=PREVIEW,
        )  # fmt: skip
        np.testing.assert_allclose(found.solved, expected.solved, atol=2e-3)
        assert found.label.look == expected.label.look
