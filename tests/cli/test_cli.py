"""The command line around a transfer: help, version, demo, weights."""

import dataclasses
import os
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
from PIL import Image

import jphoto
from jphoto import weights

PAIRS = ("meadow", "panda", "flower")


def test_version(command):
    assert command("--version") == (0, f"jphoto {jphoto.__version__}\n", "")


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "jphoto", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"jphoto {jphoto.__version__}\n"


@pytest.mark.parametrize("name", ["transfer", "compare", "demo", "eval", "segment", "weights"])
def test_help_lists_every_command(name, command):
    status, out, _ = command("--help")
    assert status == 0 and name in out
    status, out, _ = command(name, "--help")
    assert status == 0 and "Usage" in out


def test_options_are_grouped(command):
    _, out, _ = command("transfer", "--help")
    groups = dict.fromkeys(field.metadata["group"] for field in dataclasses.fields(jphoto.Settings))
    places = [out.index(f"─ {group} ─") for group in groups]
    assert len(places) == 5 and places == sorted(places)


def test_demo_writes_the_result_and_a_sheet(tmp_path, command):
    status, out, _ = command("demo", "--out", tmp_path, "--size=64", "--steps=2", "--regions=none")
    assert status == 0 and "panda-side-by-side.jpg" in out and "panda-style.jpg" in out
    bundled = resources.files("jphoto") / "photos" / "panda"
    for role in ("content", "style"):
        copied = tmp_path / f"panda-{role}.jpg"
        assert copied.read_bytes() == (bundled / f"{role}.jpg").read_bytes()
    with Image.open(tmp_path / "panda.jpg") as result:
        assert max(result.size) == 700
    with Image.open(tmp_path / "panda-side-by-side.jpg") as sheet:
        assert sheet.width > 2 * result.width


@pytest.mark.parametrize("pair", PAIRS)
def test_bundled_photos_fit_their_masks_and_are_credited(pair):
    folder = resources.files("jphoto") / "photos"
    credits = (folder / "README.md").read_text()
    colors = []
    for role in ("content", "style"):
        with Image.open(str(folder / pair / f"{role}.jpg")) as photo:
            assert max(photo.size) == 700
            with Image.open(str(folder / pair / f"{role}_mask.png")) as mask:
                assert mask.size == photo.size
                colors.append(np.unique(np.asarray(mask.convert("RGB")).reshape(-1, 3), axis=0))
        assert f"{pair}/{role}.jpg" in credits
    np.testing.assert_array_equal(*colors)


def test_bundled_photos_are_small():
    folder = resources.files("jphoto") / "photos"
    files = [file for pair in PAIRS for file in (folder / pair).iterdir()]
    assert sum(len(file.read_bytes()) for file in files) < 1_500_000


def test_weights_list_names_every_network(command):
    status, out, _ = command("weights", "list")
    assert status == 0
    assert all(name in out for name in weights.NETWORKS)


def test_weights_install_and_verify(tmp_path, command, monkeypatch):
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path))
    status, out, _ = command("weights", "install", "alexnet")
    assert status == 0 and "alexnet.safetensors" in out
    assert command("weights", "verify")[0] == 0

    path = tmp_path / "alexnet.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    status, out, _ = command("weights", "verify")
    assert status == 1 and "alexnet" in out


def test_blas_gets_one_thread_unless_told_otherwise(monkeypatch):
    from jphoto import __main__ as program

    monkeypatch.setattr(program, "guarded", lambda *_: None)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    program.main()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    program.main()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
