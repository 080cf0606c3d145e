"""torchvision's VGG-19: found in PyTorch's cache, or installed from a file; few channels."""

import dataclasses
import logging

import numpy as np
import pytest
from helpers.torch_files import random_tensors, write_tensors

from jphoto import weights
from jphoto.errors import WeightsError
from jphoto.weights import catalog, layout, store
from jphoto.weights.digests import Digest, file_digest
from jphoto.weights.layout import layers
from jphoto.weights.torch_cache import cached_file

NAME = "vgg19-dcbb9e9d.pth"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Empty folders in place of the user's own."""
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(store, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(layout, "_VGG_CHANNELS", (2, 2, 3, 3, 4))
    return tmp_path


def write(path, monkeypatch):
    """Write a file of VGG-19, and take its hash for that of the published file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = random_tensors("vgg19", layers("vgg19").values())
    write_tensors(path, tensors, legacy=True)
    digest = Digest("sha256", file_digest(path, "sha256")[:8], is_beginning=True)
    network = dataclasses.replace(catalog.TORCHVISION["vgg19"], digest=digest)
    monkeypatch.setitem(catalog.TORCHVISION, "vgg19", network)
    return path


@pytest.fixture
def cached(home, monkeypatch):
    return write(home / "cache" / "torch" / "hub" / "checkpoints" / NAME, monkeypatch)


@pytest.fixture
def given(home, monkeypatch):
    return write(home / "downloads" / NAME, monkeypatch)


def damage(path):
    path.write_bytes(path.read_bytes()[:-1] + b"\1")


def test_the_cache_is_where_pytorch_has_it(home, monkeypatch):
    places = {
        "TORCH_HOME": home / "torch",
        "XDG_CACHE_HOME": home / "xdg" / "torch",
        None: home / "home" / ".cache" / "torch",
    }
    for place in places.values():
        (place / "hub" / "checkpoints").mkdir(parents=True)
        (place / "hub" / "checkpoints" / NAME).touch()
    monkeypatch.setenv("TORCH_HOME", "~/../torch")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    for variable, place in places.items():
        assert cached_file("vgg19").samefile(place / "hub" / "checkpoints" / NAME)
        if variable is not None:
            monkeypatch.delenv(variable)
    assert cached_file("vgg16") is None


def test_a_download_in_progress_is_not_taken_for_the_file(cached):
    cached.rename(cached.with_name(f"{NAME}.1a2b3c.partial"))
    assert weights.resolve("auto") == "vgg16"


def test_auto_converts_it_once(home, cached, caplog, monkeypatch):
    status = next(row for row in weights.status() if row.name == "vgg19")
    assert (status.state, status.license) == ("on first use", "BSD-3-Clause (torchvision)")
    assert weights.resolve("auto") == "vgg19"
    assert caplog.messages == [f"found torchvision's vgg19 and converted it: {cached}"]
    monkeypatch.setattr(store, "convert", lambda *_: pytest.fail("converted again"))
    assert weights.resolve("auto") == "vgg19"
    loaded = weights.load("vgg19")
    assert loaded.path == home / "chosen" / "vgg19.safetensors"
    assert (loaded.source, loaded.preprocessing) == (NAME, "torchvision")
    assert loaded.source_sha256 == file_digest(cached, "sha256")
    kernel = random_tensors("vgg19", layers("vgg19").values())["features.34.weight"]
    np.testing.assert_array_equal(
        loaded.params["conv5_4"]["kernel"], np.einsum("oihw->hwio", kernel)
    )
    assert len(caplog.messages) == 1


def test_the_preprocessing_is_that_of_the_file(cached):
    assert catalog.NETWORKS["vgg19"].preprocessing == "caffe"
    lazy = weights.LazyWeights("auto")
    assert (lazy.network, lazy.preprocessing) == ("vgg19", "torchvision")


def test_an_installed_file_comes_first(home, cached, caplog):
    (home / "chosen").mkdir()
    (home / "chosen" / "vgg19.safetensors").touch()
    assert weights.resolve("auto") == "vgg19" and not caplog.messages


def test_auto_tells_of_a_damaged_file_once_and_uses_vgg16(home, cached, caplog, monkeypatch):
    damage(cached)
    assert weights.resolve("auto") == "vgg16"
    (line,) = caplog.messages
    found = file_digest(cached, "sha256")[:8]
    assert line == (
        f"{cached} is damaged or another file, because its sha256 begins with {found}; "
        "delete it, then run `jphoto weights install vgg19`; using vgg16"
    )
    monkeypatch.setattr(store, "convert", lambda *_: pytest.fail("read again"))
    assert weights.resolve("auto") == "vgg16" and len(caplog.messages) == 1
    assert not (home / "chosen").exists()


def test_a_damaged_file_is_an_error_if_vgg19_is_asked_for(cached):
    damage(cached)
    with pytest.raises(WeightsError, match=r"is damaged or another file.*; delete it, then run"):
        weights.load(weights.resolve("vgg19"))


def test_a_folder_that_cannot_be_written_costs_one_conversion_and_one_warning(
    home, cached, caplog, monkeypatch
):
    (home / "a-file").touch()
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(home / "a-file" / "weights"))
    with caplog.at_level(logging.WARNING):
        lazy = weights.LazyWeights("auto")
        monkeypatch.setattr(store, "convert", lambda *_: pytest.fail("converted again"))
        assert lazy.load().path is None and lazy.preprocessing == "torchvision"
    assert len(caplog.messages) == 2 and "converted again next time" in caplog.messages[1]


def test_a_folder_of_another_user_is_passed_over(monkeypatch):
    def denied(path):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.is_file", denied)
    assert cached_file("vgg19") is None


def test_install_from_the_file(home, given):
    weights.install("vgg19", given)
    loaded = weights.load("vgg19")
    assert (loaded.source, loaded.preprocessing) == (NAME, "torchvision")
    assert loaded.license == "BSD-3-Clause (torchvision)"


def test_install_checks_the_hash(home, given):
    damage(given)
    found = file_digest(given, "sha256")
    with pytest.raises(WeightsError, match=f"--from {given} --sha256 {found}"):
        weights.install("vgg19", given)
    assert not (home / "chosen").exists()
    weights.install("vgg19", given, found)
    assert weights.load("vgg19").source_sha256 == found


@pytest.mark.parametrize("hash_given", [" ", "dcbb9e9d"])
def test_the_beginning_of_a_hash_is_not_enough_from_the_user(hash_given, given):
    with pytest.raises(WeightsError, match="is not the expected file"):
        weights.install("vgg19", given, hash_given)
