"""Programs are kept on disk: another process neither traces them nor notices."""

import contextlib
import functools
import subprocess
import sys
import threading
from collections import OrderedDict
from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import PAIR, run, targets_of
from jax.experimental.compilation_cache import compilation_cache

from jphoto.compilation import begun_in_thread, in_threads, kept, program, programs
from jphoto.settings import Settings
from jphoto.solver.plan import loss_weights
from jphoto.solver.vectorized import SINGLE

X = jnp.arange(6.0)


@pytest.fixture
def folder(nothing_kept, tmp_path):
    """Where jax, and with it jphoto, keeps programs during a test."""
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    return tmp_path / kept.FOLDER


def scaling():
    """A program as a new process has it, and a list that grows whenever it is traced."""
    traced = []

    @program(static=("power",))
    def scale(tree, factor, *, power):
        traced.append(power)
        return {"scaled": factor * tree["x"] ** power}

    return scale, traced


def scaled(scale, x=X, factor=2.0, power=2):
    return scale({"x": x}, factor, power=power)["scaled"]


def test_the_next_process_traces_nothing(folder):
    for expected in ([2], []):
        scale, traced = scaling()
        np.testing.assert_array_equal(scaled(scale), 2 * X**2)
        np.testing.assert_array_equal(scaled(scale, factor=3.0), 3 * X**2)
        assert traced == expected
    assert len(list(folder.iterdir())) == 1


def test_another_shape_type_or_option_is_another_program(folder):
    scale, traced = scaling()
    np.testing.assert_array_equal(scaled(scale), 2 * X**2)
    np.testing.assert_array_equal(scaled(scale, power=3), 2 * X**3)
    np.testing.assert_array_equal(scaled(scale, x=X[:4]), 2 * X[:4] ** 2)
    np.testing.assert_array_equal(scaled(scale, x=jnp.arange(6), factor=2), 2 * np.arange(6) ** 2)
    assert traced == [2, 3, 2, 2]
    assert len(list(folder.iterdir())) == 4


def test_the_programs_used_last_stay_at_hand(nothing_kept, monkeypatch):
    monkeypatch.setattr(programs, "MOST_LOADED", 2)
    scale, traced = scaling()
    sizes, counts = (2, 3, 2, 4, 2, 3), (1, 2, 2, 3, 3, 4)
    for size, expected in zip(sizes, counts, strict=True):
        np.testing.assert_array_equal(scaled(scale, x=X[:size]), 2 * X[:size] ** 2)
        assert len(traced) == expected


def test_one_bound_holds_for_the_programs_of_all_functions(nothing_kept, monkeypatch):
    monkeypatch.setattr(programs, "MOST_LOADED", 3)
    one, other = scaling()[0], scaling()[0]
    for size in range(1, 8):
        scaled(one, x=X[:size]), scaled(other, x=X[:size])
    assert len(programs._programs) == 3


def test_what_is_compiled_ahead_is_there_at_the_call(nothing_kept):
    scale, traced = scaling()
    shape = jax.ShapeDtypeStruct((6,), jnp.float32)
    found = scale.ahead({"x": shape}, 2.0, power=2)
    assert found == {"scaled": shape} and traced == [2]
    np.testing.assert_array_equal(scaled(scale), 2 * X**2)
    assert traced == [2]


@pytest.mark.parametrize("part", [slice(0), slice(1, None), slice(-7)])
def test_a_damaged_file_is_made_again(folder, part):
    scaled(scaling()[0])
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[part])
    scale, traced = scaling()
    np.testing.assert_array_equal(scaled(scale), 2 * X**2)
    assert traced == [2]
    scale, traced = scaling()
    np.testing.assert_array_equal(scaled(scale), 2 * X**2)
    assert traced == []


def test_other_source_makes_another_program(folder, monkeypatch):
    scaled(scaling()[0])
    monkeypatch.setattr(kept, "_origin", lambda: "another version")
    scale, traced = scaling()
    scaled(scale)
    assert traced == [2]
    assert len(list(folder.iterdir())) == 2


def test_programs_may_be_added_while_all_are_waited_for(nothing_kept, monkeypatch):
    class Place:
        """A key whose hash lets another thread run."""

        def __hash__(self):
            found.setdefault("of another thread", program)
            return 0

    program, found = Mock(), OrderedDict()
    found[Place()] = program
    del found["of another thread"]
    monkeypatch.setattr(programs, "_programs", found)
    programs.wait_for_pending()
    assert program.compiled.result.called


def test_inside_other_programs_nothing_is_kept(folder):
    scale, _ = scaling()
    batch = jnp.stack([X, X + 1])
    np.testing.assert_array_equal(jax.vmap(lambda x: scaled(scale, x))(batch), 2 * batch**2)
    np.testing.assert_array_equal(jax.jit(lambda x: scaled(scale, x))(X), 2 * X**2)
    closed_over = jax.jit(lambda factor: factor * scaled(scale, X))
    np.testing.assert_array_equal(closed_over(3), 6 * X**2)
    assert not folder.exists()


def test_where_nothing_can_be_kept_it_works_all_the_same(folder, caplog):
    folder.write_text("a file in the folder's place")
    np.testing.assert_array_equal(scaled(scaling()[0]), 2 * X**2)
    assert caplog.text.count("compiled programs cannot be kept") == 1


@pytest.fixture(scope="module")
def solves_folder(tmp_path_factory):
    """Where the programs of several solves are kept, for they share most."""
    return tmp_path_factory.mktemp("solves")


@pytest.mark.parametrize("optimizer", ["lbfgs", "lbfgs-fixed", "adam"])
def test_a_solve_with_kept_programs_is_the_same(
    params, nothing_kept, solves_folder, optimizer, compilations
):
    chosen = {"steps": 3, "optimizer": optimizer, "start": "noise"}
    expected = run(params, **chosen).picture
    jax.config.update("jax_compilation_cache_dir", str(solves_folder))
    before = {*solves_folder.glob(f"{kept.FOLDER}/*")}
    compilations.clear()
    found = run(params, **chosen).picture
    np.testing.assert_allclose(found, expected, atol=2e-6)
    new = {*solves_folder.glob(f"{kept.FOLDER}/*")} - before
    # Each once: what the first steps are given is where later steps have it.
    assert len(compilations) == len(new)
    compilations.clear()
    programs._programs.clear()
    np.testing.assert_array_equal(run(params, **chosen).picture, found)
    assert compilations == []


@pytest.mark.parametrize("cached_too", [False, True])
def test_what_jax_has_in_its_own_cache_is_kept_whole(folder, request, monkeypatch, cached_too):
    """jax loads programs from its cache that lack some of their functions when written again."""
    seconds = "jax_persistent_cache_min_compile_time_secs"
    request.addfinalizer(functools.partial(jax.config.update, seconds, jax.config.values[seconds]))
    jax.config.update(seconds, 0.0)
    compilation_cache.reset_cache()  # it stays in the folder that it was first used in
    if cached_too:
        monkeypatch.setattr(programs, "_not_cached_by_jax", contextlib.nullcontext())

    def sums(x):
        return [jnp.sum(jnp.sort(x * n)[1:]) for n in range(5)]

    for _ in range(2):
        expected = program()(sums)(X)
        for path in folder.iterdir():
            loaded = kept.read(path).load(jax.devices()[0])
            np.testing.assert_array_equal(loaded(X), expected)
            path.unlink()
        assert cached_too == any(folder.parent.glob("jit_sums*"))
        assert jax.config.values[seconds] == 0
        programs._programs.clear()
        jax.clear_caches()


def test_a_kept_program_finds_the_functions_of_lapack(folder):
    """In a process that lowers no program of linear algebra jax would not look for them."""
    squares = X[:4].reshape(2, 2) + 4 * jnp.eye(2)
    expected = program()(jnp.linalg.eigvalsh)(squares)
    code = (
        "import sys, jax, numpy as np; from pathlib import Path;"
        "from jphoto.compilation import kept;"
        "loaded = kept.read(Path(sys.argv[1])).load(jax.devices()[0]);"
        "print(*np.asarray(loaded(np.float32([[4, 1], [2, 7]]))))"
    )
    (path,) = folder.iterdir()
    command = [sys.executable, "-c", code, str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    np.testing.assert_allclose(np.array(found.split(), float), expected, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["lbfgs", "lbfgs-fixed", "adam"])
def test_the_first_chunk_of_steps_needs_no_program_of_its_own(params, optimizer):
    """A program that was kept forgets which of its results have a weak type."""
    method = {"optimizer": optimizer, "preconditioner": "none"}
    targets, weights = jax.eval_shape(targets_of, params, PAIR), loss_weights(Settings())
    begin = functools.partial(SINGLE.begin, **method)
    state = jax.eval_shape(begin, targets, weights, PAIR.content)
    assert not any(leaf.weak_type for leaf in jax.tree.leaves(state))


@pytest.mark.parametrize("kept", [False, True])
def test_programs_are_compiled_with_the_options_of_their_platform(kept, folder, monkeypatch):
    if not kept:
        jax.config.update("jax_compilation_cache_dir", None)
    asked = []

    def refused(platform, once):
        asked.append((platform, once))
        return {"xla_cpu_no_such_option": "1"}

    monkeypatch.setattr(programs, "compiler_options", refused)
    with pytest.raises(jax.errors.JaxRuntimeError, match="no_such_option"):
        scaled(scaling()[0])
    assert asked == [("cpu", False)]


def test_an_option_that_xla_does_not_know_is_not_given(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    assert programs.compiler_options("cpu") == programs.LOW_MEMORY
    both = programs.compiler_options("cpu", once=True)
    assert programs.compiler_options("cpu").items() < both.items()
    monkeypatch.setattr(programs, "LOW_MEMORY", {"xla_cpu_no_such_option": "1"})
    assert programs.compiler_options("cpu") == {}
    assert programs.compiler_options("cpu", once=True) == programs.FAST_TO_COMPILE
    assert programs.compiler_options("gpu") == programs.compiler_options("gpu", once=True) == {}


def test_flags_of_the_user_are_kept(monkeypatch):
    monkeypatch.setattr(programs, "_known", lambda *_: True)
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_dump_to=here")
    options = programs.compiler_options("cpu", once=True)
    assert "xla_backend_optimization_level" not in options
    others = {**programs.LOW_MEMORY, **programs.FAST_TO_COMPILE}
    del others["xla_backend_optimization_level"]
    assert options == others


def test_work_in_threads_has_a_thread_each_and_the_default_device_of_the_caller():
    device = jax.devices()[-1]

    def work(number):
        barrier.wait()
        entered = threading.current_thread(), jax.config.values["jax_default_device"]
        return number, *entered

    barrier = threading.Barrier(2, timeout=60)
    with jax.default_device(device):
        found = in_threads(work, [1, 2])
    numbers, threads, devices = zip(*found, strict=True)
    assert numbers == (1, 2)
    assert len({*threads, threading.current_thread()}) == 3
    assert devices == (device, device)


def test_items_are_begun_by_a_thread_before_they_are_asked_for():
    threads, last, device = [], threading.Event(), jax.devices()[-1]

    def made():
        for number in range(3):
            threads.append((threading.current_thread(), jax.config.values["jax_default_device"]))
            if number == 2:
                last.set()
            yield number

    with jax.default_device(device), begun_in_thread(made(), 3) as coming:
        assert last.wait(60)
        assert [*coming] == [0, 1, 2]
    assert threads[0][0] is not threading.current_thread()
    assert threads == 3 * [(threads[0][0], device)]


def test_an_error_in_a_thread_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda number: 1 / number, [1, 0])
    with begun_in_thread((1 / number for number in (1, 0)), 2) as coming:
        assert next(coming) == 1
        with pytest.raises(ZeroDivisionError):
            next(coming)


def test_items_that_nobody_waits_for_any_more_are_not_begun():
    made, begun, going_on = [], threading.Event(), threading.Event()

    def slow():
        for number in range(3):
            made.append(threading.current_thread())
            begun.set()
            assert going_on.wait(60)
            yield number

    def fail(_):
        assert begun.wait(60)
        raise KeyError

    with pytest.raises(KeyError), begun_in_thread(slow(), 3) as coming:
        fail(coming)
    going_on.set()
    made[0].join(60)
    assert len(made) == 1


def test_options_of_xla_may_depend_on_the_keywords_of_a_program(monkeypatch):
    told = []

    def noted(platform, once=False):
        told.append(once)
        return {}

    @program(static=("power",), once=lambda options: options["power"] == 2)
    def scale(x, *, power):
        return x**power

    monkeypatch.setattr(programs, "compiler_options", noted)
    assert [float(scale(X, power=power)[2]) for power in (2, 3)] == [4, 8]
    assert told == [True, False]
