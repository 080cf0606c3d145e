"""The examples in docstrings run as they are written, and every part for other projects has one.

These parts are the functions in `__all__` of four rooms. Other people build on them, so each
docstring shows a use that can be copied whole, imports included.
"""

import doctest
import importlib
from pathlib import Path

import pytest

import jphoto

PACKAGE = Path(jphoto.__file__).parent
ROOMS = ("matting", "networks", "objectives", "optimizers")
"""Rooms whose `__all__` is public; names of functions are in lower case there."""
FINDER = doctest.DocTestFinder(recurse=False)


def parts():
    """The public functions of the rooms by their names, such as matting.lift."""
    rooms = {name: importlib.import_module(f"jphoto.{name}") for name in ROOMS}
    return {
        f"{room}.{name}": getattr(module, name)
        for room, module in rooms.items()
        for name in module.__all__
        if name.islower()
    }


def modules_with_examples():
    """Names of the modules in whose source there is a prompt."""
    paths = [path for path in PACKAGE.rglob("*.py") if ">>>" in path.read_text(encoding="utf-8")]
    names = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in sorted(paths)]
    return [".".join(name).removesuffix(".__init__") for name in names]


def examples(module):
    """The doctests in the docstrings of a module, its functions and its classes.

    Each begins without any names, so that it has to import what it uses. Objects are listed here
    because the finder itself overlooks functions wrapped by `jax.jit` or `jax.custom_vjp`.
    """
    name = module.__name__
    own = [value for value in vars(module).values() if getattr(value, "__module__", "") == name]
    documented = [value for value in (module, *own) if isinstance(value.__doc__, str)]
    named = [(value, getattr(value, "__qualname__", name)) for value in documented]
    found = [test for value, label in named for test in FINDER.find(value, label, module, {})]
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_run(name):
    module = importlib.import_module(name)
    tests, report = examples(module), []
    prompts = Path(module.__file__).read_text(encoding="utf-8").count(">>> ")
    assert sum(len(test.examples) for test in tests) == prompts, "not all examples are found"
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("name", parts())
def test_every_part_for_other_projects_has_an_example(name):
    (test,) = FINDER.find(parts()[name], name, False, {}) or [None]
    assert test and test.examples, f"the docstring of {name} has no example"
