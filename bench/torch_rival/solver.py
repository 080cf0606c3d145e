"""torch.optim.LBFGS as in the published recipe, and with its strong Wolfe line search.

Objective and seconds are recorded at every evaluation, and the best picture is kept. The solve ends
at a number of evaluations, a time or a target, whichever comes first.

Source: Luan et al. 2017 and its authors' implementation, for the published method.
"""

import dataclasses
import math
import time

import torch
from torch import Tensor

from bench.torch_rival.objective import Objective

LEVELS = 256.0
"""The published variable is the picture times this; the lengths of fixed steps depend on it."""
MEAN_LEVELS = (123.68, 116.779, 103.939)
"""Red, green and blue of the published start, in levels."""
START_NOISE = 1e-4
"""Standard deviation of the published start, in levels."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """The method of a descent, and when it stops."""

    method: str
    """published (fixed steps of 1 after a first one of 1 / |g|_1) or wolfe (line search)."""
    steps: int
    """Largest number of evaluations."""
    free_steps: int = 0
    """Evaluations of a first stage without photorealism, included in `steps`."""
    seconds: float = math.inf
    target: float = -math.inf
    """Value of the whole objective to stop at; the first stage never stops at it."""
    history: int = 100

    def __post_init__(self) -> None:
        if self.method not in ("published", "wolfe"):
            raise ValueError(f"method must be published or wolfe, not {self.method!r}")
        if not 0 <= self.free_steps < self.steps:
            raise ValueError(f"free_steps must be 0 to {self.steps - 1}, not {self.free_steps}")


class _Ended(Exception):
    """Raised inside the optimizer to stop it, as it has no other way."""


class Record:
    """The evaluations of one solve, and its best picture."""

    def __init__(self, objective: Objective, plan: Plan):
        self.objective, self.plan = objective, plan
        self.values: list[float] = []
        self.seconds: list[float] = []
        self.ended = "converged"
        self.best: Tensor | None = None
        self._lowest = math.inf
        self._began = time.perf_counter()

    def evaluate(self, picture: Tensor, photorealism: bool) -> tuple[float, Tensor]:
        """Value and gradient, which are recorded.

        Raises: _Ended, when the plan says to stop.
        """
        terms, gradient = self.objective.value_and_gradient(picture, photorealism=photorealism)
        value = float(terms["total"])
        self.values.append(value)
        self.seconds.append(time.perf_counter() - self._began)
        if value < self._lowest:
            self._lowest, self.best = value, picture.clone()
        self._stop(value, photorealism)
        return value, gradient

    def begin_stage(self) -> None:
        """Forget the best value, because the next stage has another objective."""
        self._lowest = math.inf

    def _stop(self, value: float, whole: bool) -> None:
        reasons = {
            "not finite": not math.isfinite(value),
            "target": whole and value <= self.plan.target,
            "steps": len(self.values) >= self.plan.steps,
            "seconds": self.seconds[-1] >= self.plan.seconds,
        }
        for reason, holds in reasons.items():
            if holds:
                self.ended = reason
                raise _Ended


def solve(objective: Objective, start: Tensor, plan: Plan) -> Record:
    """Descend from a picture (h x w x 3)."""
    record = Record(objective, plan)
    try:
        if plan.free_steps:
            start = _descend(record, start, plan.free_steps, photorealism=False)
            record.begin_stage()
        _descend(record, start, plan.steps - plan.free_steps, photorealism=True)
    except _Ended:
        pass
    return record


def _descend(record: Record, start: Tensor, steps: int, *, photorealism: bool) -> Tensor:
    """Descend with an empty history; returns the picture after the last step."""
    published = record.plan.method == "published"
    scale = LEVELS if published else 1.0
    variable = (scale * start).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [variable],
        lr=1.0,
        max_iter=steps,
        max_eval=steps,
        # With minus infinity, torch's own tests of convergence never stop a descent.
        tolerance_grad=-math.inf,
        tolerance_change=-math.inf,
        history_size=record.plan.history,
        line_search_fn=None if published else "strong_wolfe",
    )

    def closure() -> float:
        value, gradient = record.evaluate(variable.detach() / scale, photorealism)
        variable.grad = gradient / scale
        return value

    # One call, because each further one would evaluate the same picture again.
    optimizer.step(closure)
    return variable.detach() / scale


def mean_color(like: Tensor, seed: int) -> Tensor:
    """The published start: the mean color of the network's photos with a little noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(like.shape, generator=generator, dtype=torch.float64)
    return ((torch.tensor(MEAN_LEVELS) + START_NOISE * noise) / LEVELS).to(like)
