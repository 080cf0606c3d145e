"""The worker: one JSON request per line of standard input, one JSON answer per line of its output.

The field `request` is the name of one of the worker's public methods; the other fields are its
arguments. An error is answered as `error`, and the worker waits for the next request.
"""

import contextlib
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.torch_rival import laplacian, measure, network, objective, solver

COMPILE_MODES = {"cpu": "default", "cuda": "reduce-overhead"}
"""Modes of torch.compile by device; reduce-overhead replays CUDA graphs, so that launching kernels
costs next to nothing."""

EVALUATIONS_TO_COMPILE = 3
"""The first compiles, the second warms up, and the third records the CUDA graphs."""


class Worker:
    """Holds one opened pair at a time; each public method answers a request."""

    def __init__(self) -> None:
        self.device = torch.device("cpu")
        self.precision = "float32"
        self._objective: objective.Objective | None = None
        self._set_up: Callable[[], objective.Objective] | None = None

    def open(
        self,
        *,
        case: str,
        params: str,
        preprocessing: str,
        objective: str = "jphoto",
        weights: dict[str, float],
        precision: str = "float32",
        compile: bool | str = False,
        device: str = "cpu",
        threads: int = 1,
    ) -> dict[str, Any]:
        """Prepare a pair; returns seconds by phase, and whether compilation worked.

        Args:
          case: .npz of content, style, content_masks, style_masks.
          params: .npz of the network's kernels and biases.
          preprocessing: torchvision or caffe.
          objective: jphoto or paper.
          weights: of style, content, photorealism, recoloring and variation.
          precision: float32, tf32, bfloat16 or float64.
          compile: whether to compile, or a mode of torch.compile.
          device: cpu or cuda.
          threads: number of CPU threads for torch.
        """
        torch.set_num_threads(threads)
        network.set_precision(precision)
        self.device, self.precision = torch.device(device), precision
        phases: dict[str, float] = {}

        def set_up() -> Any:
            return _set_up(
                case, params, preprocessing, objective, weights, precision, self.device, phases
            )

        self._set_up = set_up
        self._objective = set_up()
        outcome = self._compile(compile, phases) if compile else {"compiled": False}
        return {"seconds": phases, **outcome}

    def _compile(self, mode: bool | str, phases: dict[str, float]) -> dict[str, Any]:
        """Compile by evaluating; if that fails, stay uncompiled and report the error."""
        opened = self._opened()
        opened.compile(mode if isinstance(mode, str) else COMPILE_MODES[self.device.type])
        with _timed(phases, "compile", self.device):
            try:
                for _ in range(EVALUATIONS_TO_COMPILE):
                    opened.value_and_gradient(opened.blank())
            except Exception as error:  # of many classes: Dynamo, Inductor and the compiler raise
                opened.interpret()
                return {"compiled": False, "compile_error": str(error)}
        return {"compiled": True}

    def evaluate(self, *, picture: str, gradient: str | None = None) -> dict[str, Any]:
        """The terms at a picture (.npy); the gradient is written to the other file, if given."""
        terms, slope = self._opened().value_and_gradient(self._picture(picture))
        if gradient is not None:
            np.save(gradient, slope.cpu().numpy())
        return {name: float(term) for name, term in terms.items()}

    def product(self, *, picture: str, out: str) -> dict[str, Any]:
        """Write the matting Laplacian times each color of a picture (.npy) to the other file."""
        values = self._picture(picture)
        product = self._opened().matrix @ values.reshape(-1, 3)
        np.save(out, product.reshape(values.shape).cpu().numpy())
        return {}

    def time(self, *, what: str, runs: int = 5, warm_up: int = 2) -> dict[str, Any]:
        """Seconds of each run of evaluate, features, product or setup."""
        opened = self._opened()
        picture = opened.blank().uniform_()
        columns = picture.reshape(-1, 3)
        functions: dict[str, Callable[[], Any]] = {
            "evaluate": lambda: opened.value_and_gradient(picture),
            "features": lambda: opened.feature_gradient(picture),
            "product": lambda: opened.matrix @ columns,
            "setup": self._set_up or self._opened,
        }
        return {"seconds": measure.repeated(functions[what], runs, warm_up, self.device)}

    def solve(
        self, *, out: str, start: str | None = None, seed: int = 0, **plan: Any
    ) -> dict[str, Any]:
        """Descend and save the best picture; returns objective and seconds of each evaluation.

        Args:
          out: .npy for the best picture.
          start: .npy; by default the published start, mean color with a little noise.
          seed: of that noise.
          plan: fields of `solver.Plan`; those that are left out or null have their defaults.
        """
        opened = self._opened()
        blank = opened.blank()
        begin = solver.mean_color(blank, seed) if start is None else self._picture(start)
        fields = {name: value for name, value in plan.items() if value is not None}
        record = solver.solve(opened, begin, solver.Plan(**fields))
        if record.best is not None:
            np.save(out, record.best.cpu().numpy())
        return {"objective": record.values, "seconds": record.seconds, "ended": record.ended}

    def memory(self) -> dict[str, Any]:
        """Peak bytes of this process, and on the device."""
        return dict(measure.peak_memory(self.device))

    def ceilings(self, *, size: int = 4096) -> dict[str, Any]:
        """Seconds of a matrix product and a copy in the precision of the opened pair."""
        return measure.ceilings(size, network.DTYPES[self.precision], self.device)

    def _opened(self) -> objective.Objective:
        if self._objective is None:
            raise RuntimeError("open a pair first")
        return self._objective

    def _picture(self, path: str) -> Tensor:
        blank = self._opened().blank()
        picture = torch.as_tensor(np.load(path), dtype=blank.dtype, device=blank.device)
        if picture.shape != blank.shape:
            raise ValueError(
                f"{path} has the shape {tuple(picture.shape)}; the photo has {tuple(blank.shape)}"
            )
        return picture


def _set_up(
    case: str,
    params: str,
    preprocessing: str,
    recipe: str,
    weights: dict[str, float],
    precision: str,
    device: torch.device,
    phases: dict[str, float],
) -> objective.Objective:
    with _timed(phases, "read", device):
        with np.load(case) as arrays:
            pair = objective.Pair(*(arrays[name] for name in objective.Pair._fields))
        loaded = network.load(Path(params), preprocessing, precision, device)
    with _timed(phases, "matrix", device):
        epsilon = objective.RECIPES[recipe].epsilon
        matrix = laplacian.build(pair.content, loaded.mean.dtype, device, epsilon)
    with _timed(phases, "targets", device):
        targets = objective.prepare(loaded, preprocessing, recipe, pair)
    return objective.Objective(loaded, matrix, targets, objective.LossWeights(**weights))


@contextlib.contextmanager
def _timed(phases: dict[str, float], name: str, device: torch.device) -> Iterator[None]:
    began = time.perf_counter()
    yield
    measure.wait(device)
    phases[name] = time.perf_counter() - began


def main() -> None:
    """Answer requests until the request quit or the end of the input."""
    warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
    # Other output, such as that of compilers, must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        try:
            fields = json.loads(line)
            name = fields.pop("request")
            if name == "quit":
                break
            if name not in REQUESTS:
                raise ValueError(f"no such request: {name!r}; known: {', '.join(REQUESTS)}, quit")
            answer = getattr(worker, name)(**fields)
        except Exception as error:  # no request may end the worker
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


REQUESTS = tuple(name for name in vars(Worker) if not name.startswith("_"))

if __name__ == "__main__":
    main()
