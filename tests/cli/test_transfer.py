"""The whole path with the real VGG-16: from Python, then from the command line."""

import dataclasses
import json
import signal

import numpy as np
import pytest
from helpers.records import documented
from PIL import Image

import jphoto
from jphoto import images, weights
from jphoto.weights import archive

SETTINGS = jphoto.Settings(steps=3, size=64, photorealism_weight=100.0)
WORK = ["--steps", "3", "--size", "64", "--photorealism-weight", "100"]


@pytest.fixture(scope="module")
def paths(photos):
    masks = {role: photos / f"{role}.png" for role in ("content_mask", "style_mask")}
    return (photos / "content.png", photos / "style.png"), masks


@pytest.fixture(scope="module")
def transferred(paths):
    """The result of a transfer, and its progress."""
    pair, masks = paths
    seen = []
    return jphoto.transfer(*pair, **masks, settings=SETTINGS, progress=seen.append), seen


@pytest.fixture
def arguments(paths, tmp_path):
    pair, masks = paths
    options = ["--content-mask", masks["content_mask"], "--style-mask", masks["style_mask"]]
    return ["transfer", *pair, *options, *WORK, "--out", tmp_path / "out.png"]


def read_all(pair, masks):
    (content, style), opened = pair, {}
    for role, path in masks.items():
        with Image.open(path) as image:
            opened[role] = np.asarray(image.convert("RGB"))
    return (
        images.read_picture(content, role="content"),
        images.read_picture(style, role="style"),
    ), opened


def test_a_transfer_lowers_the_objective_and_keeps_the_size(transferred):
    result, seen = transferred
    assert result.status is jphoto.Status.FINISHED
    assert result.picture.shape == (36, 64, 3) and result.picture.dtype == np.float32
    assert result.picture.min() >= 0 and result.picture.max() <= 1
    totals = [step.total for step in result.steps]
    assert len(totals) == 3 and totals[-1] < 0.8 * totals[0]
    assert seen[-1].step == 3 and seen[-1].terms == result.steps[-1]
    assert result.settings.backbone == "vgg16"
    assert {region.use for region in result.regions} == {"matched"}
    phases = {"read", "weights", "regions", "prepare", "solve", "smooth", "lift", "total"}
    assert phases == set(result.seconds)


def test_paths_pillow_images_and_arrays_give_the_same_picture(paths, transferred):
    pair, masks = paths
    expected = transferred[0].picture
    arrays, mask_arrays = read_all(pair, masks)
    np.testing.assert_array_equal(
        jphoto.transfer(*arrays, **mask_arrays, settings=SETTINGS).picture, expected
    )
    opened = [Image.open(path) for path in (*pair, *masks.values())]
    masks_opened = dict(zip(masks, opened[2:], strict=True))
    np.testing.assert_array_equal(
        jphoto.transfer(*opened[:2], **masks_opened, settings=SETTINGS).picture, expected
    )
    for image in opened:
        image.close()


def test_a_second_transfer_of_the_same_sizes_compiles_nothing(paths, transferred, compilations):
    pair, masks = paths
    other = dataclasses.replace(SETTINGS, style_weight=2.0, steps=2)
    jphoto.transfer(*pair, **masks, settings=other)
    assert compilations == []


def test_a_new_size_compiles_each_program_once(paths, compilations):
    pair, _ = paths
    small = dataclasses.replace(SETTINGS, size=58, steps=2, regions="none")
    jphoto.transfer(*pair, settings=small)
    programs = len(compilations)
    # The first transfer of a process also turns kernels and moves arrays to the device.
    of_process = ("jit(_with_forms)", "jit(<lambda>)")
    own = [name for name in compilations if name not in of_process]
    # Targets of content, style and pair, state, steps, last move, last smoothing.
    assert 4 <= len(own) <= 7
    jphoto.transfer(*pair, settings=small)
    assert len(compilations) == programs


def test_whole_photos_are_one_region(paths):
    small = dataclasses.replace(SETTINGS, steps=2, regions="none")
    result = jphoto.transfer(*paths[0], **paths[1], settings=small)
    assert [region.name for region in result.regions] == ["whole photo"]


def test_without_masks_regions_are_found(paths, caplog, monkeypatch):
    monkeypatch.setattr("jphoto.segmentation.automatic_regions.FEATURES_SIDE", 192)
    small = dataclasses.replace(SETTINGS, steps=2)
    result = jphoto.transfer(*paths[0], settings=small)
    assert result.settings.regions == "features" and not caplog.text
    assert [region.use for region in result.regions] == ["matched", "matched"]
    assert all(0.9 < region.confidence <= 1 for region in result.regions)


def test_a_result_is_saved_once_and_not_twice(paths, tmp_path):
    result = jphoto.transfer(
        *paths[0], settings=dataclasses.replace(SETTINGS, steps=2, regions="none")
    )
    result.save(tmp_path / "new.png")
    saved = images.read_picture(tmp_path / "new.png", role="content")
    np.testing.assert_allclose(saved, result.picture, atol=1.01 / 255)
    with pytest.raises(jphoto.ImageError, match="exists"):
        result.save(tmp_path / "new.png")
    result.save(tmp_path / "new.png", force=True)


def test_the_command_writes_what_python_returns(arguments, transferred, tmp_path, command):
    status, out, errors = command(*arguments)
    assert (status, errors.count("error")) == (0, 0)
    assert "matched" in out and "objective" in out and out.endswith("out.png\n")
    saved = images.read_picture(tmp_path / "out.png", role="content")
    np.testing.assert_allclose(saved, transferred[0].picture, atol=1.01 / 255)


def test_json_is_the_only_thing_on_standard_output(arguments, tmp_path, command):
    status, out, _ = command(*arguments, "--json")
    record = json.loads(out)
    assert status == 0
    assert set(record) == documented("jphoto transfer --json")
    assert set(record["steps"][0]) == documented("Steps")
    assert set(record["regions"][0]) == documented("Regions")
    assert record["out"] == str(tmp_path / "out.png")
    assert record["status"] == "finished" and record["size"] == [36, 64]
    assert len(record["steps"]) == 3
    assert record["settings"]["steps"] == 3 and record["settings"]["device"] == "cpu"


def test_ctrl_c_saves_the_best_picture_so_far(arguments, tmp_path, command, monkeypatch):
    def interrupt(progress):
        if progress.step:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("jphoto.cli.run._line_by_line", lambda: interrupt)
    status, out, errors = command(*arguments)
    assert status == 130
    assert "stopping after this step" in errors and "stopped after 1 steps" in out
    assert images.read_picture(tmp_path / "out.png", role="content").shape == (36, 64, 3)


def test_nan_ends_with_a_status_and_the_best_picture(
    arguments, tmp_path, command, monkeypatch, own_cache
):
    good = weights.load("vgg16")
    params = {
        **good.params,
        "conv3_1": {**good.params["conv3_1"], "bias": np.full(256, np.nan, "f")},
    }
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path))
    archive.write(dataclasses.replace(good, params=params), tmp_path / "vgg16.safetensors")
    status, out, errors = command(*arguments, "--json")
    assert status == 1
    assert "not finite" in errors and errors.count("\n") == 1
    assert json.loads(out)["steps"][0]["total"] is None
    assert images.read_picture(tmp_path / "out.png", role="content").shape == (36, 64, 3)


@pytest.mark.parametrize("pair", ["07", "43"])
def test_odd_real_pairs_run_to_the_end(pair, shared, tmp_path, command, caplog):
    # 07: the content's mask is a pixel lower than its photo. 43: a region that the content lacks.
    folder = shared / "pairs" / pair
    status, out, _ = command(
        "transfer", folder / "content.png", folder / "style.png",
        "--content-mask", folder / "content_mask.png", "--style-mask", folder / "style_mask.png",
        "--out", tmp_path / "out.jpg", "--size", "64", "--steps", "2",
    )  # fmt: skip
    assert status == 0 and (tmp_path / "out.jpg").exists()
    assert "matched" in out
    assert ("resized" in caplog.text) == (pair == "07")
    assert ("not used" in out) == (pair == "43")
