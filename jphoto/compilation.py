"""Programs compiled as a whole, and kept on disk in a form that the next process need not trace.

jax keeps what XLA has compiled, but finds it by the lowered program, and to trace and lower a
descent on a network takes longer than to load it. So wherever jax keeps compiled programs, lowered
ones are kept beside them. They are found by the function, its arguments' shapes, and all that they
were made from: this package's source, the libraries' versions, and the kind of device.
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

FOLDER = "lowered"
"""In that of the compiled programs."""
LIBRARIES = ("jax", "jaxlib", "flax", "optax")
"""That have a say in what a program is."""
OPTIONS = ("jax_enable_x64", "jax_default_matmul_precision")
"""Of jax, likewise."""
FRUGAL = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}
"""XLA's order of operations on a CPU."""
MOST_READY = 16
"""Programs of a function at hand, one for each shape. Each takes hundreds of mappings of memory, of
which a process may have some ten thousands: photos of many sizes would use them up."""
DIGEST = 32
"""Bytes of it before a kept program."""

Function = TypeVar("Function", bound=Callable[..., Any])
_log = logging.getLogger(__name__)


def program(
    *, static: tuple[str, ...] = (), donated: tuple[int, ...] = ()
) -> Callable[[Function], Function]:
    """A decorator: compile a function for each shape of its arguments, and keep it.

    The function takes arrays and trees of arrays by position, and what is static by keyword.

    Args:
      static: names of the keywords, whose values have a telling `repr`.
      donated: places of arguments whose memory the result may take.
    """

    def decorate(function: Function) -> Function:
        traced = jax.jit(function, static_argnames=static, donate_argnums=donated)
        ready = OrderedDict[Hashable, Callable[..., Any]]()

        @functools.wraps(function)
        def call(*arrays: Any, **options: Any) -> Any:
            folder, platform = _folder(), _platform(arrays)
            if platform is None:
                return traced(*arrays, **options)
            key = (folder is None, platform, tuple(sorted(options.items())), _shapes(arrays))
            if key not in ready:
                whole: Callable[..., Any] = functools.partial(function, **options)
                if folder is not None:
                    path = folder / _name(function, key)
                    exported = _read(path)
                    if exported is None:
                        exported = export.export(traced, platforms=platform)(*arrays, **options)
                        _write(path, exported)
                    whole = exported.call
                ready[key] = jax.jit(
                    whole, donate_argnums=donated, compiler_options=compiler_options(*platform)
                )
                if len(ready) > MOST_READY:
                    ready.popitem(last=False)
            ready.move_to_end(key)
            return ready[key](*arrays)

        return cast(Function, call)

    return decorate


@functools.cache
def compiler_options(platform: str) -> dict[str, str]:
    """What XLA is told: on a CPU, to go through a program in the order that takes least memory.

    By default it prefers an order in which more could be done at once, for twice the memory; the
    network's operations take all cores, one after the other.

    Args:
      platform: its name.
    """
    if platform != "cpu":
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=FRUGAL).lower().compile()
    except jax.errors.JaxRuntimeError:  # other versions of XLA may not know the option
        return {}
    return FRUGAL


def keepable(*kinds: type[Any]) -> None:
    """Let kept programs take and return these named tuples."""
    for kind in kinds:
        name = f"{kind.__module__}.{kind.__qualname__}"
        export.register_namedtuple_serialization(kind, serialized_name=name)


def _folder() -> Path | None:
    """Where to keep programs; None where jax keeps none, or not in a folder."""
    folder = jax.config.values["jax_compilation_cache_dir"]
    return Path(folder) / FOLDER if folder and "://" not in folder else None


def _platform(arrays: Any) -> tuple[str, ...] | None:
    """What to lower for; None inside another program, and for arrays on several devices."""
    leaves = jax.tree.leaves(arrays)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        return None
    devices = {d for leaf in leaves if isinstance(leaf, jax.Array) for d in leaf.devices()}
    if len(devices) != 1:
        return None
    return ("cpu",) if devices.pop().platform == "cpu" else (export.default_export_platform(),)


def _shapes(arrays: Any) -> Hashable:
    leaves, structure = jax.tree.flatten(arrays)
    return structure, tuple((jax.numpy.shape(x), jax.dtypes.result_type(x).name) for x in leaves)


def _name(function: Callable[..., Any], key: Hashable) -> str:
    """Of the file; another one for everything that could make another program."""
    options = [jax.config.values[name] for name in OPTIONS]
    told = repr((function.__qualname__, key, options, _origin()))
    return f"{function.__name__}-{hashlib.sha256(told.encode()).hexdigest()}"


@functools.cache
def _origin() -> str:
    """A digest of the package's source and the libraries' versions."""
    digest = hashlib.sha256(repr([version(library) for library in LIBRARIES]).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> export.Exported | None:
    """A kept program; None if there is none or the file is not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, content = data[:DIGEST], data[DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        return None
    return export.deserialize(bytearray(content))


def _write(path: Path, exported: export.Exported) -> None:
    """Keep a program, whole or not at all; where that fails, the next process traces again."""
    content = bytes(exported.serialize())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as draft:
            draft.write_bytes(hashlib.sha256(content).digest() + content)
    except OSError as error:
        _log.warning("cannot keep programs in %s: %s", path.parent, error)
