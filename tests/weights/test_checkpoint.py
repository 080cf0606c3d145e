"""The reader of pickles returns arrays and runs no code."""

import os
import pickle

import numpy as np
import pytest

from jphoto.errors import WeightsError
from jphoto.weights import convert as convert_module
from jphoto.weights.catalog import find_network
from jphoto.weights.checkpoint import read_checkpoint
from jphoto.weights.convert import convert
from jphoto.weights.digests import file_digest


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def attacks(marker):
    path = str(marker).encode()
    return {
        "os.system": pickle.dumps(Calls(os.system, f"touch {marker}"), 3),
        "getattr": pickle.dumps(Calls(getattr, np.zeros(1), "tofile"), 3),
        "eval": pickle.dumps(Calls(eval, f"open({str(marker)!r}, 'w')"), 4),
        "numpy.save": pickle.dumps(Calls(np.save, str(marker), 1), 3),
        "numpy.fromfile": b"cnumpy\nfromfile\n(S'" + path + b"'\ntR.",
        "numpy.core.multiarray.scalar": b"cnumpy.core.multiarray\nscalar\n.",
        "a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
        "another module's ndarray": b"cnumpy.ma\nndarray\n.",
    }


@pytest.mark.parametrize("attack", attacks(""))
def test_a_pickle_that_names_anything_but_arrays_is_refused(attack, tmp_path):
    marker = tmp_path / "was-here"
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(attacks(marker)[attack])
    with pytest.raises(WeightsError, match=r"alexnet\.ckpt is no checkpoint.*it asks for"):
        read_checkpoint(path, "alexnet")
    assert list(tmp_path.iterdir()) == [path]


def test_the_attacks_would_work_on_an_ordinary_reader(tmp_path):
    marker = tmp_path / "was-here"
    pickle.loads(attacks(marker)["os.system"])
    assert marker.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no checkpoint"),
        (b"PK\x03\x04 not a pickle", "no checkpoint"),
        (b"\x80\x03}q\x00X\x09", "no checkpoint"),
        (pickle.dumps([1, 2]), "no array AlexNet_0/Conv_0/kernel"),
        (pickle.dumps({"AlexNet_0": {"Conv_0": {"kernel": 3}}}), "no array AlexNet_0/Conv_0"),
    ],
)
def test_broken_and_foreign_checkpoints(data, words, tmp_path):
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=words):
        read_checkpoint(path, "alexnet")


def test_the_hash_is_checked_before_anything_is_unpickled(tmp_path, monkeypatch):
    path = tmp_path / "vgg16.ckpt"
    path.write_bytes(attacks(tmp_path / "was-here")["os.system"])
    monkeypatch.setattr(convert_module, "read_checkpoint", lambda *_: pytest.fail("was read"))
    network = find_network("vgg16")
    with pytest.raises(WeightsError, match=f"is {file_digest(path, 'sha256')}, not 2ecbe4ce"):
        convert(path, network, network.digest, "vgg16.ckpt")
