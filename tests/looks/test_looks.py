"""Looks with the real VGG-16: learned, kept, mixed, and given to a transfer in place of a photo."""

import dataclasses
import json
from importlib import resources

import numpy as np
import pytest
from PIL import Image

import jphoto
from jphoto import images
from jphoto.errors import LookError
from jphoto.looks import mixed
from jphoto.looks.bundled import bundled_looks, look_colors, look_file
from jphoto.looks.styles import style_of
from jphoto.pipeline import finish

SETTINGS = jphoto.Settings(steps=2, size=192)
PREVIEW = jphoto.Settings.preset("preview", size=192)
SIZE = (192, 128)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Photos of 192 x 128 pixels with masks of the same two colors: day, dusk, red and gray."""
    folder = tmp_path_factory.mktemp("looks")
    bundled = resources.files("jphoto") / "photos" / "meadow"
    for name, role in (("day", "content"), ("dusk", "style")):
        with Image.open(str(bundled / f"{role}.jpg")) as image:
            image.resize(SIZE).save(folder / f"{name}.png")
    day = np.asarray(Image.open(folder / "day.png"), np.float32) / 255
    images.save_picture(day * [1, 0.4, 0.3], folder / "red.png")
    images.save_picture(day.mean(-1, keepdims=True) * np.ones(3), folder / "gray.png")
    mask = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    mask[:70, :, 2] = mask[70:, :, 1] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    return folder


@pytest.fixture(scope="module")
def look_of(files, own_cache):
    """The look of some of these photos, with masks."""
    made = {}

    def look(*names):
        if names not in made:
            photos = [files / f"{name}.png" for name in names]
            masks = [files / "mask.png"] * len(photos)
            made[names] = jphoto.Look.from_photos(photos, masks=masks, settings=SETTINGS)
        return made[names]

    return look


def transferred(files, style, settings=PREVIEW, masks=True, **more):
    mask = files / "mask.png" if masks else None
    own = {"content_mask": mask} if isinstance(style, jphoto.Look) else {}
    return jphoto.transfer(files / "day.png", style, settings=settings, **own, **more)


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


def test_a_list_of_pairs_takes_the_network_of_its_first_look(files, look_of):
    other = dataclasses.replace(look_of("dusk"), network="vgg19")
    pairs = [(files / "day.png",), (files / "day.png", other, files / "mask.png", None)]
    settings = dataclasses.replace(PREVIEW, backbone="auto")
    wrong, result = jphoto.transfer_many(pairs, settings=settings)
    assert result.settings.backbone == "vgg19" and isinstance(wrong, jphoto.ImageError)


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


def test_commands_learn_show_mix_and_use_looks(files, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    day, dusk, red = (files / f"{name}.png" for name in ("day", "dusk", "red"))
    small = ["--size", "192"]
    status, out, errors = command("look", "make", dusk, red, "--out", "a.look", *small)
    assert (status, "wrote a.look" in out) == (0, True), errors
    assert "2 photos at 192 pixels, vgg16: dusk.png, red.png" in out
    folder = tmp_path / "days"
    folder.mkdir()
    assert "days holds no photos" in command("look", "make", folder, "--out", "b.look")[2]
    (folder / "day.png").write_bytes(day.read_bytes())
    assert command("look", "make", folder, "--out", "b.look", *small)[0] == 0
    assert command("look", "mix", "a.look", "b.look", "--weights", "3,1", "--out", "c.look")[0] == 0
    status, out, _ = command("look", "show", "c.look", "--json")
    record = json.loads(out)
    assert status == 0 and [photo["name"] for photo in record["photos"]] == [
        "dusk.png", "red.png", "day.png",
    ]  # fmt: skip
    assert len(record["kinds"]["whole photo"]["palette"]) == 7
    status, out, _ = command("look", "show", "c.look", "--out", "card.png")
    assert status == 0 and images.read_picture(tmp_path / "card.png", role="card").shape[1] > 900
    preview = ["--preset", "preview", *small]
    status, out, errors = command("transfer", day, "c.look", *preview, "--export-lut", "c.cube")
    assert (status, "wrote day-in-c.png" in out) == (0, True), errors
    assert (tmp_path / "c.cube").exists()
    weights = ["--style-weights", "0.7,0.3"]
    status, out, errors = command("transfer", day, "a.look", red, *weights, *preview)
    assert (status, "wrote day-in-a-and-red.png" in out) == (0, True), errors
    status, out, _ = command("inspect", "day-in-a-and-red.png")
    assert "look of       dusk.png 35%, red.png 35%, red.png 30%" in out
    status, out, errors = command(
        "compare", day, "a.look", "--out", "sheet.png", "--presets", "preview", *small
    )
    assert (status, errors.count("Traceback")) == (0, 0)
    assert "black-and-white" in command("look", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["look", "make", "day.png", "--out", "a.png"], 1, "look: a.png needs the suffix .look"),
        (["look", "make", "none.png", "--out", "a.look"], 1, "none.png does not exist"),
        (["look", "show", "none.look"], 1, "none.look does not exist; check the path"),
        (["look", "show", "day.png"], 1, "day.png is not a look; jphoto look make day.png"),
        (["transfer", "day.png", "none.look"], 1, "none.look does not exist"),
        (["transfer", "day.png", "fake.look"], 1, "fake.look is damaged or not a look"),
        (["transfer", "day.png", "sunset"], 1, "no look that comes with jphoto is called so"),
        (["transfer", "day.png", "day.png", "--style-weights", "a"], 2, "separated by commas"),
        (
            ["transfer", "day.png", "day.png", "--style-weights", "1,2"],
            1,
            "2 weights were given for 1 style",
        ),
        (["transfer", "day.png", "day.png", "--style-for", "sky"], 2, "takes KIND=STYLE"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(
    files, command, arguments, status, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.png").write_bytes((files / "day.png").read_bytes())
    (tmp_path / "fake.look").write_bytes((files / "day.png").read_bytes())
    found, _, errors = command(*arguments, *(["--size", "192"] if arguments[1] == "make" else []))
    assert found == status and words in " ".join(errors.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["day.png", "fake.look"]


def test_a_batch_with_a_look(files, command, tmp_path):
    from jphoto.batches.records import JOURNAL

    shoot, out = tmp_path / "shoot", tmp_path / "out"
    shoot.mkdir()
    for name in ("day", "gray"):
        (shoot / f"{name}.png").write_bytes((files / f"{name}.png").read_bytes())
    jphoto.Look.from_photos([files / "dusk.png"], settings=SETTINGS).save(tmp_path / "d.look")
    preview = ["--preset", "preview", "--size", "192", "--out", out]
    status, printed, errors = command("batch", shoot, "--style", tmp_path / "d.look", *preview)
    assert status == 0, errors
    assert sorted(path.name for path in out.iterdir()) == [
        "day.png", "gray.png", JOURNAL, "sheet.jpg",
    ]  # fmt: skip
    assert finish.read_label(out / "day.png").look == "dusk.png"
    again = command("batch", shoot, "--style", tmp_path / "d.look", *preview)[1]
    assert "done before            2" in again
    manifest = tmp_path / "m.csv"
    manifest.write_text("content,style\nshoot/day.png,d.look\nshoot/gray.png,e.look\n")
    status, printed, _ = command("batch", manifest, *preview[:-1], tmp_path / "other")
    assert status == 1 and "e.look does not exist" in printed
