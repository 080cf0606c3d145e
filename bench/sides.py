"""The two sides of every comparison: jphoto in this process, PyTorch in processes of its own."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from context import DEFAULTS, WEIGHTS, Context, network
from timing import Contender, check, compiled
from torch_rival.client import Rival

from jphoto.arrays import Picture, Scalar
from jphoto.networks.vgg import Params, with_turned_kernels
from jphoto.objectives.dimensionless import DIMENSIONLESS, Targets, Terms, Weights
from jphoto.solver.pairs import Pair
from jphoto.solver.programs import first_picture, relate, see_content, see_style

OURS = "jphoto"
PLAIN, COMPILED = RIVALS = ("torch", "torch compiled")
TOLERANCES = {
    "float32": {"total": 1e-4, "gradient norm": 0.02},
    "tf32": {"total": 2e-3, "gradient norm": 0.25},
    "bfloat16": {"total": 5e-3, "gradient norm": 0.7},
}
"""Largest distances from float32, see `distances`. On a real photo some ReLU or pooling is always
so near to switching that rounding decides, and the gradient jumps around there; a test compares
small pictures, where gradients agree to 1e-4 and in float64 to 1e-8. Rounded to TF32, the
convolutions of one and the same program move its gradient by up to 11 %, to bfloat16 by 33 %."""
NOISE = 1e-3
"""Standard deviation, of colors in [0, 1]."""
PRECISIONS = {"float32": "highest", "tf32": "tensorfloat32", "bfloat16": "bfloat16"}
"""Of the network, by the rival's names and by jax's. Grams and Laplacian are always in float32."""


@functools.cache
def params() -> Params:
    """The network's weights, on the device, as `solve` has them."""
    return with_turned_kernels(jax.device_put(network().params))


def value_and_gradient(
    params: Params, targets: Targets, weights: Weights, picture: Picture
) -> tuple[tuple[Scalar, Terms], Picture]:
    """One evaluation of the default objective, as every step of a transfer makes it."""
    evaluate = functools.partial(
        DIMENSIONLESS.evaluate, params, network().preprocessing, targets, weights
    )
    return jax.value_and_grad(evaluate, has_aux=True)(picture)


class Ours(NamedTuple):
    """A pair ready to be evaluated in this process."""

    targets: Targets
    picture: Picture
    """Where a transfer starts."""
    evaluate: Callable[[], Any]
    """One compiled evaluation of that picture."""
    compile_seconds: float

    def evaluated(self) -> tuple[float, np.ndarray]:
        """Total and gradient."""
        (total, _), gradient = self.evaluate()
        return float(total), np.asarray(gradient)


def ready(pair: Pair) -> tuple[Targets, Picture]:
    """What the pair's pictures are compared with, and where a transfer starts.

    A little noise is added: in a flat part features tie for the largest of four, and the two sides
    give the gradient to all of them or to one.
    """
    content, style, masks, style_masks = jax.device_put(tuple(pair))
    kind = {"preprocessing": network().preprocessing, "objective": "jphoto"}
    look = see_style(params(), style, style_masks, **kind)
    structure = see_content(params(), content, **kind)
    related = relate(params(), structure, masks, look, objective="jphoto")
    targets = Targets(look, structure, *related)
    first = first_picture(targets, 0, start=DEFAULTS.start)
    return targets, first + NOISE * jax.random.normal(jax.random.key(0), first.shape)


def ours(pair: Pair, precision: str) -> Ours:
    """Prepare a pair and compile its evaluation, all of the network in a precision."""
    with jax.default_matmul_precision(PRECISIONS[precision]):
        targets, picture = ready(pair)
        arguments = params(), targets, WEIGHTS, picture
        program, took = compiled(value_and_gradient, *arguments)
    return Ours(targets, picture, lambda: program(*arguments), took)


class Theirs(NamedTuple):
    """A worker that has opened a pair."""

    rival: Rival
    folder: Path
    """For pictures that go to and fro."""
    options: dict[str, Any]
    """That the pair was opened with."""
    opened: dict[str, Any]
    """What it said then: seconds by phase, and whether it is compiled."""

    def contender(self, what: str) -> Contender:
        """Its runs of evaluate, features or product, for `take_turns`."""

        def contender(runs: int, warm_up: int) -> list[float]:
            answer = self.rival.request("time", what=what, runs=runs, warm_up=warm_up)
            seconds: list[float] = answer["seconds"]
            return seconds

        return contender

    def reopen(self) -> dict[str, Any]:
        """Open the same pair anew; what it says then."""
        return self.rival.request("open", **self.options)

    def evaluate(self, picture: Picture) -> tuple[float, np.ndarray]:
        """Total and gradient at a picture."""
        gradient = self.folder / "gradient.npy"
        terms = self.rival.request("evaluate", picture=self.send(picture), gradient=gradient)
        return terms["total"], np.load(gradient)

    def product(self, picture: Picture) -> np.ndarray:
        """The matting Laplacian times each color of a picture."""
        out = self.folder / "product.npy"
        self.rival.request("product", picture=self.send(picture), out=out)
        return np.load(out)

    def send(self, picture: Picture) -> Path:
        """A picture as a file."""
        path = self.folder / "picture.npy"
        np.save(path, np.asarray(picture))
        return path


@contextlib.contextmanager
def rivals(
    context: Context,
    pair: Pair,
    precision: str = "float32",
    names: Sequence[str] = RIVALS,
    channels: int | None = None,
) -> Iterator[dict[str, Theirs]]:
    """Workers with the pair opened, by name; none without PyTorch, none compiled on a processor.

    Args:
      context: of this run.
      pair: to open.
      precision: of the network, see `PRECISIONS`.
      names: of `RIVALS`. Where compiling fails, what that one has opened says why, and it is as
        fast as the other.
      channels: most of the network's, for what hardly needs a network.
    """
    options = context.rival_options(pair, precision, channels)
    found = {}
    with contextlib.ExitStack() as stack:
        for name in names if context.rivals else ():
            # On a processor it compiles for a minute or two and is slower for it: 3.5 s instead of
            # 3.0 s of one core, for an evaluation at 512 pixels.
            if name == COMPILED and not context.accelerated:
                continue
            rival = stack.enter_context(Rival())
            asked = {**options, "compile": name == COMPILED}
            found[name] = Theirs(rival, context.folder, asked, rival.request("open", **asked))
        yield found


def distances(
    found: Mapping[str, tuple[float, np.ndarray]], exact: tuple[float, np.ndarray]
) -> dict[str, dict[str, float]]:
    """How far totals and gradients are from the exact ones, as a share of their size."""
    total, gradient = exact
    return {
        name: {
            "total": abs(value - total) / abs(total),
            "gradient norm": _size(slope - gradient) / _size(gradient),
        }
        for name, (value, slope) in found.items()
    }


def check_evaluations(errors: Mapping[str, Mapping[str, float]], precision: str) -> None:
    """Let nothing be timed that computes something else.

    Raises: Disagreement.
    """
    for what, tolerance in TOLERANCES[precision].items():
        check({f"{what} of {name}": error[what] for name, error in errors.items()}, tolerance)


def _size(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values**2)))
