"""A result at the photo's own size, and what it says of itself."""

import json
from importlib import resources

import numpy as np
import pytest
from helpers.profiles import P3
from helpers.records import documented
from PIL import Image

import jphoto
from jphoto import images

WORK = ["--steps", "1", "--size", "64", "--photorealism-weight", "100"]


@pytest.fixture(scope="module")
def camera(photos, tmp_path_factory):
    """The content photo as a camera has it, three times as large, with masks for the small one."""
    folder = tmp_path_factory.mktemp("camera")
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    source = resources.files("jphoto") / "photos" / "flower" / "content.jpg"
    with Image.open(str(source)) as image:
        image.resize((192, 108)).save(folder / "camera.png", exif=exif)
    return folder / "camera.png"


@pytest.fixture(scope="module")
def arguments(photos, camera):
    masks = [f"--{role.replace('_', '-')}={photos / role}.png" for role in MASKS]
    return ["transfer", camera, photos / "style.png", *masks, *WORK]


MASKS = ("content_mask", "style_mask")


@pytest.fixture(scope="module")
def result(photos, camera):
    """What Python returns for these arguments."""
    masks = {role: photos / f"{role}.png" for role in MASKS}
    settings = jphoto.Settings(steps=1, size=64, photorealism_weight=100.0)
    return jphoto.transfer(camera, photos / "style.png", **masks, settings=settings)


@pytest.fixture
def made(result, tmp_path):
    """A picture that was made before."""
    result.save(tmp_path / "made.png")
    return tmp_path / "made.png"


def test_the_result_has_the_photos_own_size_and_metadata(arguments, tmp_path, command):
    status, out, _ = command(*arguments, "--out", tmp_path / "out.png", "--json")
    assert status == 0 and json.loads(out)["size"] == [108, 192]
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (192, 108)
        assert image.getexif()[0x010F] == "Camera" and image.getexif().get_ifd(0x8825)
    command(*arguments, "--out", tmp_path / "bare.png", "--strip-location", "--out-size", "100")
    with Image.open(tmp_path / "bare.png") as image:
        assert image.size == (100, 56) and not image.getexif().get_ifd(0x8825)


def test_the_result_has_the_photos_own_depth_and_opacity(arguments, camera, tmp_path, command):
    with Image.open(camera) as image:
        levels = np.uint16(257) * np.asarray(image.convert("RGBA"))
    levels[:, :50, 3] = 20_000
    deep = images.read_original(levels, role="content")
    images.save_like(deep.picture, deep, tmp_path / "deep.png", metadata=deep.metadata)
    transfer, _, *others = arguments
    for options, depth in (([], 16), (["--depth", "8"], 8)):
        out = tmp_path / f"{depth}.tif"
        status, _, _ = command(transfer, tmp_path / "deep.png", *others, *options, "--out", out)
        found = images.read_original(out, role="result")
        assert status == 0 and found.depth == depth and found.picture.shape == (108, 192, 3)
        np.testing.assert_allclose(found.alpha[:, :50], 20_000 / 65535, atol=1 / 255)
        assert np.all(found.alpha[:, 50:] == 1)
    status, _, errors = command(*arguments, "--depth", "16", "--out", tmp_path / "no.jpg")
    assert status == 1 and "16 bits" in errors and not (tmp_path / "no.jpg").exists()


def test_colors_beyond_srgb_live_on(arguments, camera, tmp_path, command):
    with Image.open(camera) as image:
        levels = np.array(image.convert("RGB"))
    levels[20:60, 30:90] = (20, 250, 10)  # green as no sRGB screen has it
    Image.fromarray(levels).save(tmp_path / "wide.png", icc_profile=P3)
    assert images.read_original(tmp_path / "wide.png", role="content").picture.min() < -0.3
    transfer, _, *others = arguments
    command(
        transfer, tmp_path / "wide.png", *others, "--style-strength", "0",
        "--out", tmp_path / "out.png",
    )  # fmt: skip
    with Image.open(tmp_path / "out.png") as image:
        assert image.info["icc_profile"] == P3
        np.testing.assert_allclose(np.asarray(image), levels.astype(int), atol=0.01 * 255)


def test_a_gray_photo_stays_gray_if_asked(arguments, camera, tmp_path, command):
    with Image.open(camera) as image:
        image.convert("L").save(tmp_path / "gray.png")
    transfer, _, *others = arguments
    for options, mode in (([], "RGB"), (["--gray"], "L")):
        out = tmp_path / f"{mode}.png"
        command(transfer, tmp_path / "gray.png", *others, *options, "--out", out)
        with Image.open(out) as image:
            assert image.mode == mode
    command(*arguments, "--gray", "--out", tmp_path / "color.png")
    with Image.open(tmp_path / "color.png") as image:
        assert image.mode == "RGB"


def test_python_gives_what_was_solved_and_the_picture_that_it_became(result):
    assert result.solved.shape == result.content.shape == (36, 64, 3)
    assert result.picture.shape == result.original.picture.shape == (108, 192, 3)
    back = images.resize(result.picture, (36, 64))
    assert -10 * np.log10(np.mean((back - result.solved) ** 2)) > 34


def test_a_picture_says_how_it_was_made_and_is_made_again(arguments, tmp_path, command):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    command(*arguments, "--out", first, "--style-strength", "0.8")
    status, out, _ = command("inspect", first)
    assert status == 0 and out.startswith(f"made by jphoto {jphoto.__version__}")
    assert "style_strength 0.8" in out and out.count("sha256") == 4
    record = json.loads(command("inspect", first, "--json")[1])
    assert record["label"]["settings"]["size"] == 64 and "fidelity" not in record
    bare = [argument for argument in arguments if argument not in WORK]
    status, out, _ = command(*bare, "--settings-from", first, "--out", second)
    assert status == 0 and "unlike" not in out
    assert second.read_bytes() == first.read_bytes()
    status, out, _ = command(
        *bare, "--settings-from", first, "--seed", "7", "--out", tmp_path / "third.png"
    )
    assert json.loads(command("inspect", tmp_path / "third.png", "--json")[1])["label"][
        "settings"
    ] == {**record["label"]["settings"], "seed": 7}


def test_another_photo_with_its_settings_is_noted(arguments, photos, made, tmp_path, command):
    transfer, _, *others = arguments
    status, out, _ = command(
        transfer, photos / "content.png", *others, "--settings-from", made,
        "--out", tmp_path / "other.png",
    )  # fmt: skip
    assert status == 0 and f"unlike {made}: other content\n" in out


def test_a_picture_may_be_replaced_by_another_with_its_settings(arguments, photos, made, command):
    transfer, _, *others = arguments
    _, told, _ = command(
        transfer, photos / "content.png", *others, "--settings-from", made, "--out", made, "--force"
    )
    assert f"unlike {made}: other content\n" in told


def test_a_missing_label_is_noted(arguments, tmp_path, command):
    status, out, _ = command(*arguments, "--no-label", "--out", tmp_path / "out.png")
    assert status == 0 and "no label" in out
    for again in (
        ["inspect", tmp_path / "out.png"],
        [*arguments, "--settings-from", tmp_path / "out.png"],
    ):
        status, _, errors = command(
            *again, *(["--out", tmp_path / "b.png"] * (again[0] != "inspect"))
        )
        assert status == 1 and errors.count("\n") == 1 and "does not say how" in errors


def test_fidelity_is_printed_and_drawn(camera, made, tmp_path, command):
    status, out, _ = command(
        "inspect", made, "--content", camera, "--heat-map", tmp_path / "map.png"
    )
    assert status == 0 and "recoloring" in out
    assert images.read_picture(tmp_path / "map.png", role="map").shape[1] >= 192
    record = json.loads(command("inspect", made, "--content", camera, "--json")[1])
    assert set(record) == documented("jphoto inspect --json")
    assert set(record["label"]) == documented("The label")
    assert set(record["fidelity"]) == documented("Fidelity")
    assert 0 <= record["fidelity"]["recolored"] <= 1
    status, _, errors = command("inspect", made, "--heat-map", tmp_path / "m.png")
    assert status == 2 and "--content" in errors


def test_a_color_change_is_exported(arguments, tmp_path, command):
    lut = tmp_path / "look.cube"
    status, out, _ = command(*arguments, "--out", tmp_path / "out.png", "--export-lut", lut)
    assert status == 0 and "Delta E" in out
    assert "LUT_3D_SIZE 33" in lut.read_text() and len(lut.read_text().splitlines()) > 33**3
    status, _, errors = command(*arguments, "--out", tmp_path / "b.png", "--export-lut", lut)
    assert status == 1 and "exists" in errors and not (tmp_path / "b.png").exists()
