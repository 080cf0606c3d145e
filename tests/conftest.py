"""Fixtures that all tests share, and the figures that a run ends with.

They import the package where they need it: the process that only hands out tests does not.
"""

import gc
import os
from importlib import resources
from pathlib import Path

import jax
import pytest
from helpers.figures import Figures, Workers, note_compilations
from PIL import Image
from PIL.Image import Resampling

# For tiny pictures compilation takes nearly all the time. XLA's older emitters of loops and fewer
# passes of LLVM take a third of it; processes that tests start inherit the variable. XLA ends a
# process whose flags it does not know, and later versions may not know the older emitters.
FLAGS = ["--xla_backend_optimization_level=0", "--xla_llvm_disable_expensive_passes=true"]
if jax.__version_info__ < (0, 11):
    FLAGS += ["--xla_cpu_use_fusion_emitters=false", "--xla_cpu_parallel_codegen_split_count=1"]
if FLAGS[0] not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = " ".join([*FLAGS, os.environ.get("XLA_FLAGS", "")])

# Workers of pytest-xdist have a core each: with threads on all cores they would slow each other.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and hasattr(os, "sched_setaffinity"):
    CORES = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {CORES[int(WORKER.removeprefix("gw")) % len(CORES)]})

MOST_MAPPINGS = 30000
"""Memory mappings of a process above which compiled programs are dropped; Linux grants 65530."""


def pytest_configure(config):
    """Count compilations, here or in the workers of pytest-xdist."""
    figures = Figures()
    config.pluginmanager.register(figures, "figures")
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(Workers(figures), "figures of workers")


def pytest_collection_finish():
    """What is imported by now stays to the end: collections of garbage need not go through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photo pairs and weights that lies beside every checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent")
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Converted weights and compiled programs are kept in a folder that the run's workers share,
    as are those of the commands and processes that tests start."""
    from jphoto.cli.run import keep_compiled_programs

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(_shared_folder(tmp_path_factory) / "cache"))
        for name in ("JPHOTO_WEIGHTS", "TORCH_HOME", "JAX_COMPILATION_CACHE_DIR"):
            patch.delenv(name, raising=False)
        keep_compiled_programs()
        yield


def _shared_folder(tmp_path_factory):
    """The temporary folder of the run, above those of single workers."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if WORKER else folder


@pytest.fixture(scope="module", autouse=True)
def few_programs():
    """Compiled programs are dropped after a module if the process has mapped much memory by then.

    Each takes hundreds of mappings; where the system allows no more, XLA crashes.
    """
    yield
    mapped = Path("/proc/self/maps")
    if mapped.exists() and mapped.read_bytes().count(b"\n") > MOST_MAPPINGS:
        jax.clear_caches()


@pytest.fixture
def command(capsys):
    """Runs the command line as the shell would: arguments in, (status, output, errors) out."""
    from jphoto.cli import main

    def run(*arguments):
        with pytest.raises(SystemExit) as exit:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return exit.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder with a small real photo pair and its masks: 64 x 36 and 56 x 48 pixels."""
    folder = tmp_path_factory.mktemp("photos")
    bundled = resources.files("jphoto") / "photos" / "flower"
    for role, size in (("content", (64, 36)), ("style", (56, 48))):
        for name, method in ((".jpg", Resampling.LANCZOS), ("_mask.png", Resampling.NEAREST)):
            with Image.open(str(bundled / (role + name))) as image:
                image.resize(size, method).save(folder / (role + name.replace("jpg", "png")))
    return folder


@pytest.fixture(scope="session")
def params():
    """Of a tiny network, for the solver."""
    from helpers.solving import tiny_network

    return tiny_network()


@pytest.fixture
def small_levels(monkeypatch):
    """Photos of 80 pixels are halved, but not those of 40."""
    monkeypatch.setattr("jphoto.solver.plan.SHORTEST_SIDE", 36)


@pytest.fixture
def nothing_kept():
    """During a test no program is kept, unless the test names a folder."""
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.fixture
def compilations():
    """A list that grows by its name with each program that XLA compiles."""
    seen = []
    listener = note_compilations(seen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listener)
