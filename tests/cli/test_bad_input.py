"""Bad input: one clear line, status 1, nothing written and nothing overwritten."""

import shutil
import struct

import numpy as np
import pytest
from helpers.chunks import chunk
from PIL import Image

from jphoto import weights
from jphoto.weights import store


def bomb(path):
    """A PNG whose header claims more pixels than any photo has."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b""))


def truncate(path):
    path.write_bytes(path.read_bytes()[:2000])


def text(path):
    path.write_text("not a picture at all")


def empty(path):
    path.write_bytes(b"")


def gone(path):
    path.unlink()


def folder(path):
    path.unlink()
    path.mkdir()


def small(path):
    Image.new("RGB", (40, 20)).save(path)


def tall(path):
    Image.new("RGB", (36, 64)).save(path)


def lonely(path):
    Image.new("RGB", (56, 48), (1, 200, 90)).save(path)


def photo(path):
    noise = np.random.default_rng(0).integers(0, 256, (36, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


def cut_weights(path):
    target = path.parent / "vgg16.safetensors"
    target.write_bytes((path.parent / "whole.safetensors").read_bytes()[:-1000])


def flipped_weights(path):
    data = bytearray((path.parent / "whole.safetensors").read_bytes())
    data[-1000] ^= 1
    (path.parent / "vgg16.safetensors").write_bytes(data)


PHOTOS = ["content.png", "style.png"]
MASKS = ["--content-mask", "content_mask.png", "--style-mask", "style_mask.png"]
OUT = ["--out", "out.png"]

CASES = {
    # name: (arguments, file to spoil, how, words of the message)
    "not an image": ([*PHOTOS, *OUT], "content.png", text, "content.png is not an image"),
    "truncated": ([*PHOTOS, *OUT], "style.png", truncate, "style.png is damaged or cut short"),
    "empty": ([*PHOTOS, *OUT], "content.png", empty, "empty"),
    "missing": ([*PHOTOS, *OUT], "style.png", gone, "style.png does not exist"),
    "a folder": ([*PHOTOS, *OUT], "content.png", folder, "content.png is a folder"),
    "a bomb": ([*PHOTOS, *OUT], "content.png", bomb, "too large"),
    "too small": ([*PHOTOS, *OUT], "style.png", small, "40 x 20 pixels; the network needs"),
    "made too small": ([*PHOTOS, *OUT, "--size", "40"], None, None, "40 x 23 at size 40; the"),
    "mask does not fit": ([*PHOTOS, *MASKS, *OUT], "content_mask.png", tall, "36 x 64"),
    "no shared region": ([*PHOTOS, *MASKS, *OUT], "style_mask.png", lonely, "share no region"),
    "a photo as mask": ([*PHOTOS, *MASKS, *OUT], "content_mask.png", photo, "content mask is no"),
    "mask not an image": ([*PHOTOS, *MASKS, *OUT], "style_mask.png", text, "style_mask.png is not"),
    "one mask": ([*PHOTOS, *MASKS[:2], *OUT], None, None, "only the content mask was given"),
    "other mask": ([*PHOTOS, *MASKS[2:], *OUT], None, None, "only the style mask was given"),
    "no output folder": ([*PHOTOS, "--out", "no/out.png"], None, None, "no"),
    "unwritable folder": ([*PHOTOS, "--out", "/proc/out.png"], None, None, "/proc"),
    "output is content": ([*PHOTOS, "--out", "content.png", "--force"], None, None, "content.png"),
    "output is a mask": ([*PHOTOS, *MASKS, "--out", "style_mask.png", "--force"], None, None, "is"),
    "output exists": ([*PHOTOS, "--out", "precious.png"], None, None, "--force"),
    "output is a folder": ([*PHOTOS, "--out", "folder.png", "--force"], None, None, "folder"),
    "unknown suffix": ([*PHOTOS, "--out", "out.xyz"], None, None, ".jpg"),
    "no weights": ([*PHOTOS, *OUT, "--backbone", "vgg19"], None, None, "weights install vgg19"),
    "cut weights": ([*PHOTOS, *OUT], "x", cut_weights, "vgg16.safetensors"),
    "spoiled weights": ([*PHOTOS, *OUT], "x", flipped_weights, "vgg16.safetensors"),
    "no such device": ([*PHOTOS, *OUT, "--device", "tpu"], None, None, "no tpu"),
}  # fmt: skip


@pytest.fixture
def desk(tmp_path, monkeypatch, photos, own_cache):
    """The current folder: photos, masks, a file and a folder that must survive, and weights."""
    desk = tmp_path / "desk"
    shutil.copytree(photos, desk)
    (desk / "precious.png").write_bytes(b"an old result")
    (desk / "folder.png").mkdir()
    weights.load("vgg16")
    (desk / "whole.safetensors").symlink_to(store.find("vgg16"))
    monkeypatch.chdir(desk)
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(desk))
    return desk


def contents(folder):
    return {p.name: p.read_bytes() if p.is_file() else None for p in folder.iterdir()}


def assert_one_line(errors, words):
    assert errors.startswith("jphoto: ") and errors.count("\n") == 1, errors
    assert words in errors


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_touches_nothing(case, desk, command):
    arguments, spoiled, spoil, words = CASES[case]
    if spoil:
        spoil(desk / spoiled)
    before = contents(desk)

    status, out, errors = command("transfer", *arguments)

    assert (status, out) == (1, "")
    assert_one_line(errors, words)
    after = contents(desk)
    after.pop("vgg16.safetensors", None) if "vgg16.safetensors" not in before else None
    assert after == before


def test_settings_out_of_range_are_all_in_one_message(desk, command):
    status, _, errors = command(
        "transfer", *PHOTOS, *OUT, "--size", "5", "--steps", "-1", "--style-weight", "-1"
    )
    assert status == 1
    assert_one_line(errors, "size must be")
    assert "steps must be" in errors and "style_weight must be" in errors
    assert not (desk / "out.png").exists()


def test_a_wrong_option_is_a_usage_error(desk, command):
    status, _, errors = command("transfer", *PHOTOS, *OUT, "--backbone", "resnet")
    assert status == 2
    assert "vgg16" in errors


def test_demo_into_a_file_is_one_line(desk, command):
    status, _, errors = command("demo", "--out", "precious.png")
    assert status == 1
    assert_one_line(errors, "precious.png")


def test_weights_errors_are_one_line(desk, command):
    status, _, errors = command("weights", "install", "vgg19", "--from", "content.png")
    assert status == 1
    assert_one_line(errors, "content.png")
    status, _, errors = command("weights", "install", "resnet")
    assert status == 1
    assert_one_line(errors, "resnet")
