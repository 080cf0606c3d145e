"""A first look: the color transfer alone, by every command, and without the network's weights."""

import json

import numpy as np
import pytest
from PIL import Image

import jphoto
from jphoto import images
from jphoto.weights import store

ROLES = ("content", "style", "content_mask", "style_mask")
PREVIEW = ["--preset", "preview", "--size", "64"]


@pytest.fixture
def no_network(monkeypatch):
    """Weights cannot be loaded."""

    def refuse(name):
        raise AssertionError(f"{name} was loaded")

    monkeypatch.setattr(store, "load", refuse)


@pytest.fixture
def paths(photos):
    return [photos / f"{role}.png" for role in ROLES]


@pytest.fixture
def arguments(paths):
    content, style, content_mask, style_mask = paths
    masks = ["--content-mask", content_mask, "--style-mask", style_mask]
    return [content, style, *masks, *PREVIEW]


def test_a_preview_is_nearer_to_the_style_and_needs_no_network(
    command, arguments, paths, tmp_path, no_network
):
    out, lut = tmp_path / "out.png", tmp_path / "out.cube"
    status, printed, errors = command("transfer", *arguments, "--out", out, "--export-lut", lut)
    assert status == 0 and "color transfer" in printed and "error" not in errors
    assert lut.is_file()
    content, style, found = (
        images.read_picture(path, role="photo").mean((0, 1)) for path in (*paths[:2], out)
    )
    assert np.abs(found - style).max() < 0.5 * np.abs(content - style).max()
    status, printed, _ = command("inspect", out)
    assert status == 0 and "steps 0" in printed and "weights       none" in printed


def test_its_record_and_its_settings_are_read_again(command, arguments, tmp_path, no_network):
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    command("transfer", *arguments, "--style-strength", "0.5", "--out", out)
    status, printed, _ = command(
        "transfer", *arguments[:-4], "--settings-from", out, "--out", again, "--json"
    )
    record = json.loads(printed)
    assert (status, record["status"], record["steps"]) == (0, "finished", [])
    assert record["settings"]["steps"] == 0 and record["settings"]["style_strength"] == 0.5
    np.testing.assert_array_equal(
        *(images.read_picture(path, role="result") for path in (out, again))
    )


def test_a_comparison_shows_it(command, arguments, tmp_path, no_network):
    sheet = tmp_path / "sheet.png"
    options = ["--presets", "preview", "--size", "64", "--out", sheet]
    status, printed, _ = command("compare", *arguments[:-4], *options)
    assert status == 0 and "preview: finished after a color transfer" in printed


def test_a_batch_makes_previews_without_a_network(command, paths, tmp_path, no_network):
    pair = tmp_path / "pairs" / "one"
    pair.mkdir(parents=True)
    for role, path in zip(ROLES, paths, strict=True):
        with Image.open(path) as image:
            image.save(pair / f"{role}.png")
    run = ["batch", tmp_path / "pairs", *PREVIEW, "--out", tmp_path / "out"]
    status, _, errors = command(*run)
    assert status == 0, errors
    (record,) = map(json.loads, (tmp_path / "out" / "results.jsonl").read_text().splitlines())
    assert (record["status"], record["steps"], record["terms"]) == ("finished", 0, {})
    assert "done before" in command(*run)[2]


def test_python_makes_many(paths, no_network):
    settings = jphoto.Settings.preset("preview", size=64)
    alone = jphoto.transfer(
        *paths[:2], content_mask=paths[2], style_mask=paths[3], settings=settings
    )
    (result,) = jphoto.transfer_many([paths], settings)
    assert isinstance(result, jphoto.Result) and result.label.network == ""
    np.testing.assert_array_equal(result.picture, alone.picture)


def test_ctrl_c_keeps_the_picture(paths, no_network):
    settings = jphoto.Settings.preset("preview", size=64)
    shown = []

    def stop(progress):
        shown.append(progress.picture())
        return False

    masks = {"content_mask": paths[2], "style_mask": paths[3]}
    result = jphoto.transfer(*paths[:2], **masks, settings=settings, progress=stop)
    assert result.status is jphoto.Status.STOPPED
    np.testing.assert_array_equal(shown, [result.solved])
