"""Compiled programs on disk, for the next process.

Each is a file of a digest and, compressed, what jax makes of an executable. Its name holds the
function, the shapes of its arguments, this package's source, the libraries' versions, and the
processor or device that it was compiled for.
"""

import functools
import hashlib
import logging
import os
import pickle
import platform
import zlib
from collections.abc import Callable, Hashable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, cast

import jax
import numpy as np
from jax.experimental import serialize_executable

from jphoto.files import replacing

FOLDER = "programs"
"""Folder of compiled programs, within that of jax's own."""
LIBRARIES = ("jax", "jaxlib", "flax", "optax")
"""Libraries whose versions change programs."""
JAX_OPTIONS = ("jax_enable_x64", "jax_default_matmul_precision")
"""Options of jax that change programs."""
FASTEST = 1
"""Level of compression: a program shrinks to a fourth."""
DIGEST_BYTES = 32
"""Length of the SHA-256 digest at the head of a cached program."""
_log = logging.getLogger(__name__)


class KeptProgram(NamedTuple):
    """A compiled program as it is on disk."""

    executable: bytes
    in_tree: Any
    out_tree: Any
    result: Any
    """Shapes and types of its result."""

    def load(self, device: jax.Device) -> Callable[..., Any]:
        """The program, on the device that it was compiled for."""
        _register_lapack(device)
        loaded: Callable[..., Any] = serialize_executable.deserialize_and_load(
            *self[:3], backend=device.client, execution_devices=[device]
        )
        return loaded


def folder() -> Path | None:
    """The folder of compiled programs; None if jax caches nothing, or not in a folder."""
    folder = jax.config.values["jax_compilation_cache_dir"]
    return Path(folder) / FOLDER if folder and "://" not in folder else None


def file_name(function: Callable[..., Any], device: jax.Device, key: Hashable) -> str:
    """The name of a program's file; it differs wherever the program could."""
    options = [jax.config.values[name] for name in JAX_OPTIONS]
    made_for = device.platform, device.device_kind, device.id, _origin()
    identity = repr((function.__qualname__, key, options, made_for))
    return f"{function.__name__}-{hashlib.sha256(identity.encode()).hexdigest()}"


@functools.cache
def _origin() -> str:
    """A digest of the package's source, the libraries' versions, and of the processor."""
    found = [version(library) for library in LIBRARIES], os.environ.get("XLA_FLAGS"), _processor()
    digest = hashlib.sha256(repr(found).encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _processor() -> tuple[str, ...]:
    """What machine code depends on: the processor's architecture and, where told, its features."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return platform.machine(), platform.processor(), *told


def read(path: Path) -> KeptProgram | None:
    """A cached program; None if there is none or the file is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    return cast(KeptProgram, pickle.loads(zlib.decompress(content)))


def write(path: Path, compiled: jax.stages.Compiled, result: Any) -> None:
    """Write a program to the cache; if that fails, the next process compiles it again.

    Args:
      path: of its file.
      compiled: by XLA in this process, not loaded from jax's cache.
      result: shapes and types of what it returns.
    """
    executable, in_tree, out_tree = serialize_executable.serialize(compiled)
    program = KeptProgram(executable, in_tree, out_tree, result)
    content = zlib.compress(pickle.dumps(program), FASTEST)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(hashlib.sha256(content).digest() + content)
    except OSError as error:
        _tell_once(path.parents[1], error.strerror or str(error))


@functools.cache
def _tell_once(folder: Path, reason: str) -> None:
    _log.warning(
        "compiled programs cannot be kept in %s (%s), so that each run compiles anew",
        folder,
        reason,
    )


@functools.cache
def _register_lapack(device: jax.Device) -> None:
    """Have jax find the functions of LAPACK.

    It looks for them only when it lowers a program that calls one; a program that is loaded from
    disk would crash without them.

    Args:
      device: of the program, which need not be jax's default.
    """
    with jax.default_device(device):
        jax.jit(jax.lax.linalg.eigh).lower(jax.ShapeDtypeStruct((2, 2), np.float32))
