"""Every program of a transfer is exported for GPUs and TPUs on the CPU, with a tiny network.

What a backend cannot express, such as an operation that XLA knows on CPUs only, fails here.
"""

import ast
import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from helpers.solving import PAIR, tiny_network
from jax import ShapeDtypeStruct, export

import jphoto
from jphoto.networks import deeplab
from jphoto.objectives.targets import LossWeights, Targets
from jphoto.segmentation import automatic_regions, probabilities, soft_masks
from jphoto.settings import Settings
from jphoto.solver import programs, steps
from jphoto.solver.pairs import Photo, halved_photo
from jphoto.solver.plan import last_goals
from jphoto.solver.vectorized import BATCHED, SINGLE

PLATFORMS = ("cuda", "tpu")
KIND = {"preprocessing": "torchvision", "objective": "jphoto"}
METHOD = {"optimizer": "lbfgs", "preconditioner": "laplacian"}
WEIGHTS = LossWeights(1.0, 0.2, 600.0, 2.0, 0.0)
SIZE = PAIR.content.shape[:2]
PICTURE = ShapeDtypeStruct((*SIZE, 3), jnp.float32)
MASKS = ShapeDtypeStruct((2, *SIZE), jnp.float32)
COUNT = ShapeDtypeStruct((), jnp.int32)
VALID = ShapeDtypeStruct(SIZE, jnp.float32)
HALF = ShapeDtypeStruct((SIZE[0] // 2, SIZE[1] // 2, 3), jnp.float32)
PARAMS = jax.tree.map(lambda a: ShapeDtypeStruct(a.shape, a.dtype), tiny_network())
FEATURE_PARAMS = {
    name: {
        "kernel": ShapeDtypeStruct((3, 3, before, width), jnp.float32),
        "bias": ShapeDtypeStruct((width,), jnp.float32),
    }
    for name, before, width in [
        ("conv1_1", 3, 4), ("conv2_1", 4, 4), ("conv3_1", 4, 4), ("conv3_2", 4, 4),
        ("conv3_3", 4, 4), ("conv4_1", 4, 4), ("conv4_2", 4, 4), ("conv4_3", 4, 4),
        ("conv5_1", 4, 4), ("conv5_2", 4, 4), ("conv5_3", 4, 4),
    ]
}  # fmt: skip


@functools.cache
def targets():
    """Shapes of a pair's targets, padded."""
    style = jax.eval_shape(
        functools.partial(programs.style_targets, **KIND), PARAMS, PICTURE, MASKS, VALID
    )
    content = jax.eval_shape(
        functools.partial(programs.content_targets, **KIND), PARAMS, PICTURE, VALID
    )
    pair = jax.eval_shape(
        functools.partial(programs.pair_targets, objective="jphoto"), PARAMS, content, MASKS, style
    )
    return Targets(style, content, *pair)


@functools.cache
def state(optimizer="lbfgs"):
    begin = functools.partial(steps.begin, optimizer=optimizer, preconditioner="laplacian")
    return jax.eval_shape(begin, targets(), WEIGHTS, PICTURE)


def pairs(tree):
    """Shapes of the same trees for three pairs."""
    return jax.tree.map(lambda a: ShapeDtypeStruct((3, *a.shape), a.dtype), tree)


def calls(batched):
    """Each program of a solve with its arguments and its static options."""
    of = pairs if batched else (lambda tree: tree)
    chosen, whole = (BATCHED if batched else SINGLE), of(targets())
    valid, picture, half = (of(tree) for tree in (VALID, PICTURE, HALF))
    return {
        "pair_targets": (
            chosen.pair_targets, (PARAMS, whole.content, of(MASKS), whole.style),
            {"objective": "jphoto"},
        ),
        "start_picture": (chosen.start_picture, (whole, 0), {"start": "noise"}),
        "upsampled": (chosen.upsampled, (half, half, picture, valid), {}),
        "finished": (
            chosen.finished,
            (
                picture, picture, of(MASKS), last_goals(whole, Settings()), valid,
                whole.content.affinities,
            ),
            {},
        ),
        "begin": (chosen.begin, (whole, WEIGHTS, picture), METHOD),
        "advance": (
            chosen.advance, (PARAMS, whole, WEIGHTS, 0.01, of(state()), 1, 0.0),
            {**KIND, **METHOD},
        ),
    }  # fmt: skip


COLORS = jax.eval_shape(programs.style_colors, PICTURE, MASKS, VALID)
OTHERS = {
    "style_targets": (programs.style_targets, (PARAMS, PICTURE, MASKS, VALID), KIND),
    "content_targets": (programs.content_targets, (PARAMS, PICTURE, VALID), KIND),
    "halved_photo": (halved_photo, (Photo(PICTURE, MASKS, VALID),), {}),
    "published style_targets": (
        programs.style_targets, (PARAMS, PICTURE, MASKS), {**KIND, "objective": "paper"},
    ),
    "_embed": (
        automatic_regions._embed, (FEATURE_PARAMS, PICTURE), {"preprocessing": "torchvision"},
    ),
    "style_colors": (programs.style_colors, (PICTURE, MASKS, VALID), {}),
    "recoloring": (programs.recoloring, (Photo(PICTURE, MASKS, VALID), COLORS), {}),
    "_soft_masks": (
        soft_masks._soft_masks, (Photo(PICTURE, MASKS, VALID), COUNT), {},
    ),
}  # fmt: skip
NAMES = ("pair_targets", "start_picture", "upsampled", "finished", "begin", "advance")


def check(function, arguments, options):
    exported = export.export(jax.jit(functools.partial(function, **options)), platforms=PLATFORMS)(
        *arguments
    )
    assert exported.platforms == PLATFORMS and exported.out_avals


@pytest.mark.parametrize("batched", [False, True], ids=["single", "batched"])
@pytest.mark.parametrize("name", NAMES)
def test_a_program_of_a_solve_is_exported(name, batched):
    check(*calls(batched)[name])


@pytest.mark.parametrize("name", OTHERS)
def test_a_program_of_one_photo_is_exported(name):
    check(*OTHERS[name])


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs-fixed"])
def test_the_steps_of_other_optimizers_are_exported(optimizer):
    arguments = (PARAMS, targets(), WEIGHTS, 0.01, state(optimizer), 1, 0.0)
    check(SINGLE.advance, arguments, {**KIND, "optimizer": optimizer, "preconditioner": "none"})


def test_the_segmenter_is_exported(monkeypatch):
    """Its layers are many: a stand-in for the network, the rest of the program as it is."""
    monkeypatch.setattr(deeplab, "classify", lambda params, photo: photo[::4, ::4])
    photo = ShapeDtypeStruct((64, 96, 3), jnp.float32)
    check(probabilities._classify, ({}, photo), {})


def programs_of_the_package():
    """Names of the functions that the package decorates with `compilation.program`."""
    found = set()
    for path in Path(jphoto.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in getattr(node, "decorator_list", ()):
                if ast.unparse(decorator).startswith("program("):
                    found.add(node.name)
    return found


def test_no_program_is_missing_here():
    known = {*NAMES, "_classify", *(name.split()[-1] for name in OTHERS)}
    found = programs_of_the_package()
    assert {"advance", "style_targets", "_soft_masks"} <= found <= known
