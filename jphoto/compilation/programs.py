"""Compiled programs, cached on disk so that the next process need not even trace them.

jax caches what XLA has compiled, but finds it by the lowered program, and tracing and lowering a
descent takes longer than loading it. So compiled programs are cached beside jax's own, see `kept`.
"""

import functools
import math
import os
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, NamedTuple, ParamSpec, TypeAlias, TypeVar, cast

import jax

from jphoto.compilation import kept
from jphoto.process.memory import give_back
from jphoto.process.phases import phase

LOW_MEMORY = {"xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED"}
"""Options of XLA on a CPU: an order of operations that needs little memory."""
FAST_TO_COMPILE = {
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_parallel_codegen_split_count": 1,
}
"""Options for programs that run once at each size and have no loops over the photo: XLA's older
emitters and fewer passes compile them in 45 % of the time, and what they make is hardly slower.
Loops become slower."""
MOST_LOADED = 28
"""Most loaded programs in all: the twenty of a photo size, and some of the one before. Each takes
some 15 MB and 300 memory mappings, and those of many sizes would use up the mappings that a process
may have, some sixty thousand."""
LEAST_SECONDS_CACHED = "jax_persistent_cache_min_compile_time_secs"
"""Option of jax: seconds of compilation from which it writes a program to its cache."""
COMPILING = "compiling (first run of this size)"
"""The phase in which a program is compiled, or loaded if it was cached."""

P = ParamSpec("P")
Result = TypeVar("Result")
Once: TypeAlias = bool | Callable[[Mapping[str, Any]], bool]


class Program(Generic[P, Result]):
    """A function that is compiled for each shape of its arguments; the programs are cached.

    Args:
      function: takes arrays and trees of arrays by position, and static values by keyword.
      static: names of the keywords; the `repr` of a value must identify it.
      donated: positions of arguments whose memory the result may reuse.
      once: whether `FAST_TO_COMPILE` suits it, as what runs once at each size; a function if that
        depends on the static keywords.
    """

    def __init__(
        self,
        function: Callable[P, Result],
        static: tuple[str, ...],
        donated: tuple[int, ...],
        once: Once,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function, self._donated = function, donated
        self._once = once if callable(once) else lambda _: once
        self._traced = jax.jit(function, static_argnames=static, donate_argnums=donated)

    def __call__(self, *arrays: P.args, **options: P.kwargs) -> Result:
        """Run the program; it is compiled first, or waited for, if need be."""
        device = _device(arrays)
        if device is None:
            return cast(Result, self._traced(*arrays, **options))
        with _asking:
            loaded = self._loaded(device, arrays, options)
        if not loaded.compiled.done():
            with phase(COMPILING, long=loaded.new):
                loaded.compiled.result()
        return cast(Result, loaded.compiled.result()(*arrays))

    def ahead(self, *arrays: Any, **options: Any) -> Any:
        """Begin to compile in a thread, so that a later call with such arguments need not wait.

        Args:
          arrays: as in a call; trees may have shapes and types in place of arrays.
          options: as in a call.

        Returns: the shapes and types of what such a call returns.
        """
        device = _device(arrays)
        if device is None:
            return jax.eval_shape(functools.partial(self._function, **options), *arrays)
        with _asking:
            return self._loaded(device, arrays, options).result

    def _loaded(self, device: jax.Device, arrays: Any, options: dict[str, Any]) -> "_Loaded":
        """The program for these arguments; if it is not there yet, a thread begins to compile it.

        Tracing and lowering are done before this returns.
        """
        folder, shapes = kept.folder(), _shapes(arrays)
        key = (tuple(sorted(options.items())), shapes)
        # The function itself, for a name may be that of several.
        place = (self._function, folder, device, key)
        if place in _programs and not _programs[place].compiled.cancelled():
            _programs.move_to_end(place)
            return _programs[place]
        path = None if folder is None else folder / kept.file_name(self._function, device, key)
        found = None if path is None else kept.read(path)
        with phase(COMPILING, long=found is None):
            if found is not None:
                load, result = functools.partial(found.load, device), found.result
            else:
                with jax.default_device(device):
                    lowered = self._lowered(jax.tree.map(_struct, arrays), options, path)
                result = jax.tree.map(_struct, lowered.out_info)
                options_of_xla = compiler_options(device.platform, self._once(options))
                load = functools.partial(_compiled, lowered, options_of_xla, path, result)
        compiled = _compilers().submit(load)
        if found is None:
            compiled.add_done_callback(_give_back_if_last)
        _programs[place] = _Loaded(compiled, result, found is None)
        while len(_programs) > MOST_LOADED:
            _programs.popitem(last=False)
        return _programs[place]

    def _lowered(self, structs: Any, options: dict[str, Any], path: Path | None) -> Any:
        """The lowered program, of a name that was never used before if it is to be kept at a path.

        What jax loads from its own cache, by name, lacks some of its functions when it is written
        again.
        """
        chosen: Any = functools.partial(self._function, **options)
        name = self._function.__name__
        chosen.__name__ = name if path is None else f"{name}_{uuid.uuid4().hex}"
        return jax.jit(chosen, donate_argnums=self._donated).lower(*structs)


class _Loaded(NamedTuple):
    """A program that is compiled, or being compiled in a thread."""

    compiled: Future[Callable[..., Any]]
    result: Any
    """Shapes and types of its result."""
    new: bool
    """Whether it was not on disk."""


_programs = OrderedDict[Hashable, _Loaded]()
"""All loaded programs, the least recently used first."""
_asking = threading.Lock()
"""Held by the thread that looks for a program or adds one."""


def program(
    *, static: tuple[str, ...] = (), donated: tuple[int, ...] = (), once: Once = False
) -> Callable[[Callable[P, Result]], Program[P, Result]]:
    """A decorator that compiles a function, see `Program`."""
    return functools.partial(Program, static=static, donated=donated, once=once)


def _snapshot() -> list[tuple[Hashable, _Loaded]]:
    """All loaded programs. `OrderedDict.items` hashes keys, and fails if a thread adds one then."""
    return list(dict.items(_programs))


def forget_pending() -> None:
    """Let go of programs that no thread has begun to compile yet."""
    for place, loaded in _snapshot():
        if loaded.compiled.cancel():
            del _programs[place]


def wait_for_pending() -> None:
    """Wait until threads have compiled all programs that were asked for ahead.

    Raises: what kept one from being compiled.
    """
    for _, loaded in _snapshot():
        loaded.compiled.result()


@functools.cache
def _compilers() -> ThreadPoolExecutor:
    """Threads that compile: XLA uses one core for each program."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="compile")


def compiler_options(platform: str, once: bool = False) -> dict[str, Any]:
    """Options of XLA: on a CPU, the order of operations that needs least memory.

    The default order could run more operations at once, for twice the memory; but each operation
    of the network uses all cores anyway.

    Args:
      platform: "cpu", "cuda", "tpu" and so on.
      once: for programs that `FAST_TO_COMPILE` suits.
    """
    options = {**LOW_MEMORY, **(FAST_TO_COMPILE if once else {})} if platform == "cpu" else {}
    # What the user has chosen for all programs stays.
    chosen = os.environ.get("XLA_FLAGS", "")
    return {
        name: value
        for name, value in options.items()
        if f"--{name}=" not in chosen and _known(name, value)
    }


@functools.cache
def _known(option: str, value: str | bool) -> bool:
    """Whether this version of XLA has an option; the next may not have it."""
    try:
        jax.jit(lambda: 0, compiler_options={option: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def _compiled(
    lowered: Any, options: dict[str, Any], path: Path | None, result: Any
) -> Callable[..., Any]:
    """Compile a lowered program, and keep it at a path if there is one.

    Args:
      lowered: from `jax.jit`.
      options: of XLA.
      path: of its file, or None.
      result: shapes and types of what it returns.
    """
    if path is None:
        return cast(Callable[..., Any], lowered.compile(compiler_options=options))
    with _not_cached_by_jax:
        compiled = lowered.compile(compiler_options=options)
    kept.write(path, compiled, result)
    return cast(Callable[..., Any], compiled)


def _give_back_if_last(_: Future[Callable[..., Any]]) -> None:
    """Return memory when the last program is compiled: it takes as long as compiling a small one.

    Until then, the next one to be compiled uses it.
    """
    if all(loaded.compiled.done() for _, loaded in _snapshot()):
        give_back()


class _NotCachedByJax:
    """Keeps jax from writing what is compiled inside to its cache, where nothing would find it.

    Threads may be inside at the same time.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._least = threading.Lock(), 0, 0.0

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._least = jax.config.values[LEAST_SECONDS_CACHED]
                jax.config.update(LEAST_SECONDS_CACHED, math.inf)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                jax.config.update(LEAST_SECONDS_CACHED, self._least)


_not_cached_by_jax = _NotCachedByJax()


def _device(arrays: Any) -> jax.Device | None:
    """The device to compile for; None inside another program and for arrays on several devices."""
    # Inside a program that closes over all of these arrays, only what is put there anew is traced.
    here = jax.device_put(0)
    leaves = [*jax.tree.leaves(arrays), here]
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        return None
    devices = {d for leaf in leaves[:-1] if isinstance(leaf, jax.Array) for d in leaf.devices()}
    devices = devices or here.devices()
    return devices.pop() if len(devices) == 1 else None


def _shapes(arrays: Any) -> Hashable:
    leaves, structure = jax.tree.flatten(arrays)
    return structure, tuple((x.shape, x.dtype.name) for x in map(_struct, leaves))


def _struct(array: Any) -> jax.ShapeDtypeStruct:
    """The shape and type of an array or number."""
    if hasattr(array, "shape") and hasattr(array, "dtype"):
        dtype = jax.dtypes.canonicalize_dtype(array.dtype)
        return jax.ShapeDtypeStruct(array.shape, dtype)
    return jax.ShapeDtypeStruct((), jax.dtypes.result_type(array))
