"""Compiled programs, cached on disk so that the next process need not even trace them.

jax caches what XLA has compiled, but finds it by the lowered program, and tracing and lowering a
descent takes longer than loading it. So lowered programs are cached beside jax's compiled ones,
by the function, the shapes of its arguments, this package's source, the libraries' versions, and
the platform.
"""

import functools
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import jax
from jax import export

from jphoto.files import replacing
from jphoto.process.phases import phase

FOLDER = "lowered"
"""Folder of lowered programs, within that of jax's compiled ones."""
LIBRARIES = ("jax", "jaxlib", "flax", "optax")
"""Libraries whose versions change programs."""
JAX_OPTIONS = ("jax_enable_x64", "jax_default_matmul_precision")
"""Options of jax that change programs."""
LOW_MEMORY = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}
"""Options of XLA on a CPU: an order of operations that needs little memory."""
MOST_LOADED = 16
"""Most loaded programs of a function, one for each shape. Each takes hundreds of memory mappings,
and photos of many sizes would use up those that a process may have, some ten thousand."""
COMPILING = "compiling (first run of this size)"
"""The phase in which a program is compiled, or loaded if it was cached."""
DIGEST_BYTES = 32
"""Length of the SHA-256 digest at the head of a cached program."""

Function = TypeVar("Function", bound=Callable[..., Any])
_log = logging.getLogger(__name__)


def program(
    *, static: tuple[str, ...] = (), donated: tuple[int, ...] = ()
) -> Callable[[Function], Function]:
    """A decorator that compiles a function for each shape of its arguments, and caches the program.

    The function takes arrays and trees of arrays by position, and static values by keyword.

    Args:
      static: names of the keywords; the `repr` of a value must identify it.
      donated: positions of arguments whose memory the result may reuse.
    """

    def decorate(function: Function) -> Function:
        traced = jax.jit(function, static_argnames=static, donate_argnums=donated)
        loaded = OrderedDict[Hashable, Callable[..., Any]]()

        @functools.wraps(function)
        def call(*arrays: Any, **options: Any) -> Any:
            folder, platform = _folder(), _platform(arrays)
            if platform is None:
                return traced(*arrays, **options)
            key = (platform, tuple(sorted(options.items())), _shapes(arrays))
            if (folder, key) in loaded:
                loaded.move_to_end((folder, key))
                return loaded[folder, key](*arrays)
            path = None if folder is None else folder / _file_name(function, key)
            with phase(COMPILING, long=path is None or not path.is_file()):
                to_compile: Callable[..., Any] = functools.partial(function, **options)
                if path is not None:
                    exported = _read(path)
                    if exported is None:
                        exported = export.export(traced, platforms=platform)(*arrays, **options)
                        _write(path, exported)
                    to_compile = exported.call
                loaded[folder, key] = jax.jit(
                    to_compile, donate_argnums=donated, compiler_options=compiler_options(*platform)
                )
                if len(loaded) > MOST_LOADED:
                    loaded.popitem(last=False)
                return loaded[folder, key](*arrays)

        return cast(Function, call)

    return decorate


@functools.cache
def compiler_options(platform: str) -> dict[str, str]:
    """Options of XLA: on a CPU, the order of operations that needs least memory.

    The default order could run more operations at once, for twice the memory; but each operation
    of the network uses all cores anyway.

    Args:
      platform: "cpu", "cuda", "tpu" and so on.
    """
    if platform != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=LOW_MEMORY).lower().compile()
    except jax.errors.JaxRuntimeError:  # other versions of XLA may not have the option
        return {}
    return LOW_MEMORY


def register_named_tuples(*types: type[Any]) -> None:
    """Let cached programs take and return these named tuples."""
    for type_ in types:
        name = f"{type_.__module__}.{type_.__qualname__}"
        export.register_namedtuple_serialization(type_, serialized_name=name)


def _folder() -> Path | None:
    """The folder of lowered programs; None if jax caches nothing, or not in a folder."""
    folder = jax.config.values["jax_compilation_cache_dir"]
    return Path(folder) / FOLDER if folder and "://" not in folder else None


def _platform(arrays: Any) -> tuple[str, ...] | None:
    """The platform to lower for; None inside another program and for arrays on several devices."""
    leaves = jax.tree.leaves(arrays)
    # Inside a program that closes over all of these arrays, only what is put there anew is traced.
    if any(isinstance(leaf, jax.core.Tracer) for leaf in [*leaves, jax.device_put(0)]):
        return None
    devices = {d for leaf in leaves if isinstance(leaf, jax.Array) for d in leaf.devices()}
    if len(devices) != 1:
        return None
    return ("cpu",) if devices.pop().platform == "cpu" else (export.default_export_platform(),)


def _shapes(arrays: Any) -> Hashable:
    leaves, structure = jax.tree.flatten(arrays)
    return structure, tuple((jax.numpy.shape(x), jax.dtypes.result_type(x).name) for x in leaves)


def _file_name(function: Callable[..., Any], key: Hashable) -> str:
    """The name of a program's file; it differs wherever the program could."""
    options = [jax.config.values[name] for name in JAX_OPTIONS]
    identity = repr((function.__qualname__, key, options, _origin()))
    return f"{function.__name__}-{hashlib.sha256(identity.encode()).hexdigest()}"


@functools.cache
def _origin() -> str:
    """A digest of the package's source and of the libraries' versions."""
    digest = hashlib.sha256(repr([version(library) for library in LIBRARIES]).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> export.Exported | None:
    """A cached program; None if there is none or the file is damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, content = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        return None
    return export.deserialize(bytearray(content))


def _write(path: Path, exported: export.Exported) -> None:
    """Write a program to the cache; if that fails, the next process traces again."""
    content = bytes(exported.serialize())
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
