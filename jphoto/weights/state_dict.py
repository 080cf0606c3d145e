"""Reads tensors from a state dictionary of PyTorch, without PyTorch and without running code.

A state dictionary is a pickle that describes the tensors, and their values as bare bytes. Since
PyTorch 1.6 both are entries of a zip archive. Before, five pickles came first in the file: a magic
number, the version, the machine, the dictionary, and the order of the storages that follow it, each
with its length. Only the values that are asked for are read.

Source: torch/serialization.py and torch/_utils.py of PyTorch.
"""

import io
import math
import operator
import os
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from jphoto.errors import WeightsError
from jphoto.weights.plain_pickle import MOST_NAME_CHARACTERS, Call, Name, read_pickle

MOST_READ_BYTES = 1 << 24
"""Of a single tensor of VGG's convolutions, of the pickles, and of the table of the archive, so
that a hostile file cannot fill the memory. The largest tensor has 9 MB."""
MOST_PICKLE_BYTES = 1 << 18
"""Of all pickles of a file. Those of VGG have some 10 kB."""
MOST_DIMENSIONS = 8
FLOATS = "torch.FloatStorage"

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch.nn.parameter.Parameter")
"""Calls whose first argument is a tensor."""
_TENSORS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
"""Calls whose arguments are storage, offset, size and strides."""
_DICTIONARY = "collections.OrderedDict"
_STORAGES = {
    f"torch.{kind}Storage"
    for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte")
}
_ALLOWED = frozenset({*_PARAMETERS, *_TENSORS, _DICTIONARY, *_STORAGES})

_ReadValues: TypeAlias = Callable[[str, int, int, int], bytes]
"""Read bytes of a storage, given its key, the values that it should have, and the first byte and
the number of bytes to be read."""


class _Storage(NamedTuple):
    """A reference to the values of one tensor, or of several."""

    key: str
    length: int
    """Number of values."""


class _Tensor(NamedTuple):
    """A part of a storage."""

    storage: _Storage
    offset: int
    """Of the first value, in values."""
    shape: tuple[int, ...]


class StateDict:
    """The tensors of an open file, in float32."""

    def __init__(self, tensors: Mapping[str, _Tensor], read_values: _ReadValues) -> None:
        self._tensors, self._read_values = tensors, read_values

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of all tensors by name, as the file states them."""
        return {name: tensor.shape for name, tensor in self._tensors.items()}

    def read(self, name: str) -> np.ndarray:
        """Read the values of a tensor.

        Raises: ValueError, if they are not all there, or are more than `MOST_READ_BYTES`; nearly
          any exception, if the file is damaged.
        """
        (key, stored), offset, shape = self._tensors[name]
        count = math.prod(shape)
        if offset + count > stored:
            raise ValueError(f"{name} has more values than are stored")
        data = self._read_values(key, stored, 4 * offset, 4 * count)
        if len(data) != 4 * count:
            raise ValueError(f"it ends within {name}")
        return np.frombuffer(data, "<f4").reshape(shape)


@contextmanager
def opened(path: Path) -> Iterator[StateDict]:
    """Open a state dictionary.

    Raises: WeightsError, also from within the block, if the file is damaged, is no state
      dictionary of 32-bit floats, or names anything else.
    """
    try:
        with _SparingFile(path) as file:
            zipped = file.read(4) == b"PK\3\4"
            file.seek(0)
            yield _zipped(file) if zipped else _legacy(file)
    except WeightsError:
        raise
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path, str(error)) from None
    # A damaged file may raise nearly any exception.
    except Exception as error:
        raise _unreadable(path, f"it is damaged ({type(error).__name__}: {error})") from None


def _unreadable(path: Path, reason: str) -> WeightsError:
    return WeightsError(f"{path} is no readable state dictionary of PyTorch: {reason}")


class _SparingFile(io.FileIO):
    """A file of which little is read at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read a given number of bytes, or all that follow."""
        if size is None or size < 0:
            size = self.rest()
        if size > MOST_READ_BYTES:
            raise ValueError(f"{size} bytes of it would have to be read at once")
        return super().read(size) or b""

    def rest(self) -> int:
        """The number of bytes that follow."""
        return os.fstat(self.fileno()).st_size - self.tell()


def _zipped(file: _SparingFile) -> StateDict:
    archive = zipfile.ZipFile(file)
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError(f"it is a zip archive with {len(pickles)} files data.pkl, not 1")
    root = pickles[0].removesuffix("data.pkl")

    def read_entry(name: str, start: int, size: int) -> bytes:
        with archive.open(name) as entry:
            entry.seek(start)
            return entry.read(size)

    def read_values(key: str, count: int, start: int, size: int) -> bytes:
        name = f"{root}data/{key}"
        entry = archive.getinfo(name)
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != 4 * count:
            raise ValueError(f"{name} is not {4 * count} bytes without compression")
        return read_entry(name, start, size)

    order = f"{root}byteorder"
    _check_byte_order(order not in archive.namelist() or read_entry(order, 0, 6) == b"little")
    if archive.getinfo(pickles[0]).compress_type != zipfile.ZIP_STORED:
        raise ValueError("its pickle is compressed")
    data = read_entry(pickles[0], 0, MOST_PICKLE_BYTES)
    return StateDict(_tensors(read_pickle(data, 0, _ALLOWED, _storage)[0]), read_values)


def _legacy(file: _SparingFile) -> StateDict:
    data, position, values = file.read(MOST_PICKLE_BYTES), 0, list[Any]()
    for _ in range(5):
        value, position = read_pickle(data, position, _ALLOWED, _storage)
        values.append(value)
        if values[0] != _MAGIC_NUMBER:
            raise ValueError("it does not begin as PyTorch's files do")
    _, _, machine, state, keys = values
    _check_byte_order(machine.get("little_endian") is not False)
    places = dict[str, tuple[int, int]]()
    for key in keys:
        file.seek(position)
        (count,) = struct.unpack("<q", file.read(8))
        if not isinstance(key, str) or not 0 <= 4 * count <= file.rest():
            raise ValueError(f"it does not hold the {count} values of a storage")
        places[key] = position + 8, count
        position += 8 + 4 * count

    def read_values(key: str, count: int, start: int, size: int) -> bytes:
        place, stored = places[key]
        if stored != count:
            raise ValueError(f"the storage {key} has {stored} values, not {count}")
        file.seek(place + start)
        return file.read(size)

    return StateDict(_tensors(state), read_values)


def _check_byte_order(is_little_endian: bool) -> None:
    if not is_little_endian:
        raise ValueError("it has big-endian numbers, which only other machines read")


def _storage(reference: Any) -> _Storage:
    """The storage that a pickle refers to."""
    kind, number_type, key, _, length, *view = [*reference, *[None] * 5][:6]
    if kind != "storage" or not isinstance(number_type, Name) or view != [None]:
        raise ValueError("it refers to something other than numbers")
    if number_type != FLOATS:
        raise ValueError(f"it has numbers of the type {number_type}, not {FLOATS}")
    if not isinstance(key, str) or len(key) > MOST_NAME_CHARACTERS or not isinstance(length, int):
        raise ValueError("it refers to a storage without key or length")
    return _Storage(key, length)


def _tensors(state: Any) -> dict[str, _Tensor]:
    """The tensors of an unpickled state dictionary by name."""
    if isinstance(state, Call) and state.name == _DICTIONARY:
        # Python 2 passes the entries as an argument.
        pairs = [pair for argument in state.arguments for pair in argument]
        state = {**{name: value for name, value in pairs if isinstance(name, str)}, **state.items}
    if not isinstance(state, dict):
        kind = state.name if isinstance(state, Call) else type(state).__name__
        raise ValueError(f"it holds a {kind}, not a dictionary of tensors")
    found = {name: _tensor(value, name[:MOST_NAME_CHARACTERS]) for name, value in state.items()}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def _tensor(value: Any, name: str) -> _Tensor | None:
    """The tensor that a call makes; None for anything else in the dictionary."""
    while isinstance(value, Call) and value.name in _PARAMETERS:
        value = value.arguments[0]
    if not isinstance(value, Call) or value.name not in _TENSORS:
        return None
    storage, offset, shape, strides = value.arguments[:4]
    numbers = (offset, *shape, *strides)
    whole = all(isinstance(number, int) and number >= 0 for number in numbers)
    if not isinstance(storage, _Storage) or not whole or len(shape) > MOST_DIMENSIONS:
        raise ValueError(f"{name} is no part of a storage")
    if strides != _row_major_strides(shape):
        raise ValueError(f"{name} is not stored in the order of its axes")
    return _Tensor(storage, offset, shape)


def _row_major_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    products = accumulate(reversed(shape[1:]), operator.mul, initial=1)
    return tuple(products)[: len(shape)][::-1]
