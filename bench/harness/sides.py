"""The two sides of every comparison: jphoto in this process, PyTorch in processes of its own."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.harness.context import DEFAULTS, WEIGHTS, Context
from bench.harness.network import network, params
from bench.harness.timing import Contender, check, compiled
from bench.torch_rival.client import Rival
from jphoto.arrays import Picture, Scalar
from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import DIMENSIONLESS
from jphoto.objectives.targets import LossWeights, Targets, Terms
from jphoto.solver.pairs import Pair
from jphoto.solver.programs import content_targets, pair_targets, start_picture, style_targets

OURS = "jphoto"
PLAIN, COMPILED = RIVALS = ("torch", "torch compiled")
TOLERANCES = {
    "float32": {"total": 1e-4, "gradient norm": 0.02},
    "tf32": {"total": 2e-3, "gradient norm": 0.25},
    "bfloat16": {"total": 5e-3, "gradient norm": 0.7},
}
"""Largest distances from float32, see `distances`. In a real photo some ReLU or pooling is always
so close to switching that rounding decides, and the gradient jumps there. A test compares small
pictures, where gradients agree to 1e-4, and in float64 to 1e-8. Rounding the convolutions of one
program to TF32 moves its gradient by up to 11 %, to bfloat16 by 33 %."""
NOISE = 1e-3
"""Standard deviation, of colors in [0, 1]."""
PRECISIONS = {"float32": "highest", "tf32": "tensorfloat32", "bfloat16": "bfloat16"}
"""Jax's names for the rival's precisions of the network. Gram matrices and Laplacian are always in
float32."""


def value_and_gradient(
    params: Params, targets: Targets, weights: LossWeights, picture: Picture
) -> tuple[tuple[Scalar, Terms], Picture]:
    """One evaluation of the default objective and its gradient, as in every step of a transfer."""
    evaluate = functools.partial(
        DIMENSIONLESS.evaluate, params, network().preprocessing, targets, weights
    )
    return jax.value_and_grad(evaluate, has_aux=True)(picture)


class Ours(NamedTuple):
    """A pair that is ready to be evaluated in this process."""

    targets: Targets
    picture: Picture
    """The picture that is evaluated, close to where a transfer starts."""
    evaluate: Callable[[], Any]
    """One compiled evaluation of the picture."""
    compile_seconds: float

    def evaluated(self) -> tuple[float, np.ndarray]:
        """Total and gradient."""
        (total, _), gradient = self.evaluate()
        return float(total), np.asarray(gradient)


def ready(pair: Pair) -> tuple[Targets, Picture]:
    """The targets of a pair, and the picture that a transfer starts from with a little noise.

    Without noise, features in flat parts tie for the largest of four; one side gives the gradient
    to all of them and the other to one.
    """
    photos = Pair(*jax.device_put(tuple(pair)))
    kind = {"preprocessing": network().preprocessing, "objective": "jphoto"}
    style = style_targets(params(), photos.style, photos.style_masks, **kind)
    content = content_targets(params(), photos.content, **kind)
    both = pair_targets(params(), content, photos.content_masks, style, objective="jphoto")
    targets = Targets(style, content, *both)
    first = start_picture(targets, 0, start=DEFAULTS.start)
    return targets, first + NOISE * jax.random.normal(jax.random.key(0), first.shape)


def ours(pair: Pair, precision: str) -> Ours:
    """Prepare a pair and compile its evaluation, with all of the network in one precision."""
    with jax.default_matmul_precision(PRECISIONS[precision]):
        targets, picture = ready(pair)
        arguments = params(), targets, WEIGHTS, picture
        program, compile_seconds = compiled(value_and_gradient, *arguments)
    return Ours(targets, picture, lambda: program(*arguments), compile_seconds)


class Theirs(NamedTuple):
    """A worker that has opened a pair."""

    rival: Rival
    folder: Path
    """For pictures that the two sides exchange."""
    options: dict[str, Any]
    """The arguments that the pair was opened with."""
    opened: dict[str, Any]
    """The answer to that: seconds by phase, and whether the evaluation is compiled."""

    def contender(self, what: str) -> Contender:
        """Runs of evaluate, features or product, for `take_turns`."""

        def contender(runs: int, warm_up: int) -> list[float]:
            answer = self.rival.request("time", what=what, runs=runs, warm_up=warm_up)
            seconds: list[float] = answer["seconds"]
            return seconds

        return contender

    def reopen(self) -> dict[str, Any]:
        """Open the same pair again; returns the worker's answer."""
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
        """Write a picture to a file for the worker."""
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
    """Workers that have opened the pair, by name.

    Without PyTorch there are none, and on a CPU there is no compiled one.

    Args:
      context: of this run.
      pair: to open.
      precision: of the network, a key of `PRECISIONS`.
      names: from `RIVALS`. If compilation fails, the answer to opening gives the reason, and that
        worker evaluates as the plain one does.
      channels: the most to keep of each layer, for measurements that hardly need the network.
    """
    # On a CPU it compiles for a minute or two and is slower then: 3.5 s instead of 3.0 s on one
    # core, for an evaluation at 512 pixels.
    left_out = () if context.accelerated else (COMPILED,)
    names = [name for name in names if context.rivals and name not in left_out]
    options = context.rival_options(pair, precision, channels) if names else {}
    workers = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            rival = stack.enter_context(Rival())
            request = {**options, "compile": name == COMPILED}
            workers[name] = Theirs(rival, context.folder, request, rival.request("open", **request))
        yield workers


def distances(
    evaluations: Mapping[str, tuple[float, np.ndarray]], exact: tuple[float, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Distances of totals and gradients from the exact ones, relative to the size of these.

    Args:
      evaluations: total and gradient, by contender.
      exact: total and gradient in float32.
    """
    total, gradient = exact
    return {
        name: {
            "total": abs(value - total) / abs(total),
            "gradient norm": _size(slope - gradient) / _size(gradient),
        }
        for name, (value, slope) in evaluations.items()
    }


def check_evaluations(errors: Mapping[str, Mapping[str, float]], precision: str) -> None:
    """Stop before an evaluation is timed that differs by more than its precision explains.

    Raises: Disagreement.
    """
    for what, tolerance in TOLERANCES[precision].items():
        check({f"{what} of {name}": error[what] for name, error in errors.items()}, tolerance)


def _size(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values**2)))
