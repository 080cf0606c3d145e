"""State dictionaries in the two formats of PyTorch, made byte by byte: PyTorch is not needed."""

import itertools
import math
import zipfile

import numpy as np

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
VERSION = b"\x80\x02M\xe9\x03."
EMPTY = b"ccollections\nOrderedDict\n)R"

NUMBERS = {
    "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
}
"""torchvision's numbers of the convolutions, written out."""


def named(name):
    module, _, attribute = name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def text(words):
    return b"X" + len(words.encode()).to_bytes(4, "little") + words.encode()


def number(value):
    return b"\x8a\x0a" + value.to_bytes(10, "little", signed=True)


def grouped(*parts):
    return b"(" + b"".join(parts) + b"t"


def tensor(
    key, shape, *, kind="torch.FloatStorage", length=None, offset=0, strides=None, legacy=False
):
    """A tensor; its storage has as many values, unless a length is given."""
    length = math.prod(shape) if length is None else length
    if strides is None:
        strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    view = [b"N"] if legacy else []
    storage = (text("storage"), named(kind), text(key), text("cpu"), number(length), *view)
    numbers = number(offset), grouped(*map(number, shape)), grouped(*map(number, strides))
    arguments = grouped(grouped(*storage) + b"Q", *numbers, b"\x89", EMPTY)
    return named("torch._utils._rebuild_tensor_v2") + arguments + b"R"


def dictionary(entries):
    """The pickle of a state dictionary."""
    pairs = b"".join(text(name) + value for name, value in entries.items())
    return b"\x80\x02" + EMPTY + b"(" + pairs + b"u."


def write_zip(path, pickled, storages, *, byte_order=b"little", compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", byte_order)
        for key, values in storages.items():
            archive.writestr(f"archive/data/{key}", values)


def write_legacy(path, pickled, storages, *, little_endian=b"\x88", lengths=None):
    machine = b"\x80\x02}" + text("little_endian") + little_endian + b"s."
    order = b"\x80\x02](" + b"".join(map(text, storages)) + b"e."
    blocks = [MAGIC, VERSION, machine, pickled, order]
    for key, values in storages.items():
        length = (lengths or {}).get(key, len(values) // 4)
        blocks += [length.to_bytes(8, "little", signed=True), values]
    path.write_bytes(b"".join(blocks))


def random_tensors(network, shapes):
    """Values by torchvision's names; the classifier is larger than the rest.

    Args:
      network: "vgg16" or "vgg19".
      shapes: of the kernels, height x width x in x out.
    """
    random, tensors = np.random.default_rng(0), {}
    for place, (height, width, before, after) in zip(NUMBERS[network], shapes, strict=True):
        shape = (after, before, height, width)
        tensors[f"features.{place}.weight"] = random.normal(size=shape).astype("<f4")
        tensors[f"features.{place}.bias"] = random.normal(size=after).astype("<f4")
    tensors["classifier.0.weight"] = np.zeros((300, 100), "<f4")
    return tensors


def write_tensors(path, tensors, *, legacy):
    """A whole file, as PyTorch saves it."""
    keys = dict(zip(tensors, map(str, itertools.count()), strict=False))
    entries = {
        name: tensor(keys[name], values.shape, legacy=legacy) for name, values in tensors.items()
    }
    storages = {keys[name]: values.tobytes() for name, values in tensors.items()}
    (write_legacy if legacy else write_zip)(path, dictionary(entries), storages)
