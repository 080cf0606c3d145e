"""What every case gets: how long to measure, the deadline, and a folder for its files."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import jax
import numpy as np
from jax import Array

from bench.harness.machine import cores
from bench.harness.network import network
from bench.harness.records import error_text
from bench.harness.timing import Effort
from jphoto.arrays import Picture
from jphoto.matting.affinities import matting_affinities
from jphoto.objectives.colors import color_moments
from jphoto.objectives.dimensionless import EPSILON, coarse_flatness
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.plan import loss_weights
from jphoto.solver.programs import recolor

Row = TypeVar("Row")

EFFORTS = {"short": Effort(3, 0.5), "full": Effort(5, 2.0)}
"""By mode."""
TRIAL_EFFORT = Effort(2, 0.1)
"""For quick trials."""
DEFAULTS = Settings()
WEIGHTS = loss_weights(DEFAULTS)
"""The default weights of the loss terms."""


@dataclasses.dataclass(frozen=True)
class Context:
    """One run of the benchmarks."""

    mode: str
    """short or full."""
    folder: Path
    """For files that only this run needs."""
    deadline: float = math.inf
    """Seconds of the monotonic clock. A row that would hardly end before it is not begun."""
    size: int | None = None
    """Replaces all sizes of all cases, for quick trials."""
    rivals: bool = True
    """Whether to compare with PyTorch."""

    @property
    def effort(self) -> Effort:
        """How long to measure one contender."""
        return EFFORTS[self.mode] if self.size is None else TRIAL_EFFORT

    @property
    def accelerated(self) -> bool:
        """Whether jax computes on a GPU or TPU."""
        return jax.default_backend() != "cpu"

    @property
    def precision(self) -> str:
        """The precision of convolutions that jax uses by default."""
        return "tf32" if self.accelerated else "float32"

    @property
    def time_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    def until(self, deadline: float) -> Self:
        """The same context with another deadline."""
        return dataclasses.replace(self, deadline=deadline)

    def sizes(self, *, short: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of a case in this mode."""
        if self.size is not None:
            return (self.size,)
        return short if self.mode == "short" else full

    def rows(self, rows: Iterable[Row], measure: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
        """Measure all rows, see `each_row`.

        Returns: `rows`, a record each, and `left_out`, the rows for which there was no time.
        """
        measured = list(self.each_row(rows, measure))
        return {
            "rows": [record for _, record in measured if record is not None],
            "left_out": [row for row, record in measured if record is None],
        }

    def each_row(
        self, rows: Iterable[Row], measure: Callable[[Row], dict[str, Any]]
    ) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        """Measure row by row, the most important first; a row that fails does not stop the others.

        Yields: each row with its record; with its error, if it failed; with None, if too little
          time was left for the longest row so far.
        """
        longest = 0.0
        for number, row in enumerate(rows):
            if number and self.time_left < longest:
                yield row, None
                continue
            began = time.monotonic()
            try:
                record = measure(row)
            except Exception as error:
                record = {"row": row, "error": error_text(error)}
            longest = max(longest, time.monotonic() - began)
            yield row, record

    def emit_rows(
        self,
        rows: Iterable[Row],
        measure: Callable[[Row], dict[str, Any]],
        emit: Callable[[dict[str, Any]], None],
    ) -> None:
        """Measure all rows, see `each_row`, and pass on each record at once."""
        for row, record in self.each_row(rows, measure):
            emit({"row": row, "left_out": "too little time"} if record is None else record)

    def write_pair(self, pair: Pair) -> Path:
        """Write the pair, and what jphoto derives from its photos, for another process."""
        path = self.folder / "pair.npz"
        recolored, flat = _derived(*pair)
        np.savez(path, **pair._asdict(), recolored=recolored, flatness=flat)
        return path

    def write_params(self, channels: int | None = None) -> Path:
        """Write the weights of the network for another process, if they are not there yet.

        Args:
          channels: the most to keep of each layer, for measurements that hardly need the network.
        """
        path = self.folder / f"params-{channels}.npz"
        if not path.exists():
            arrays = {}
            for layer, tensors in network().params.items():
                channels_in = 3 if layer == "conv1_1" else channels
                arrays[f"{layer}.kernel"] = tensors["kernel"][:, :, :channels_in, :channels]
                arrays[f"{layer}.bias"] = tensors["bias"][:channels]
            np.savez(path, **arrays)
        return path

    def rival_options(
        self, pair: Pair, precision: str, channels: int | None = None
    ) -> dict[str, Any]:
        """Arguments of the rival's `open`; the objective is the default, the threads are as many as
        jax has.
        """
        return {
            "case": self.write_pair(pair),
            "params": self.write_params(channels),
            "preprocessing": network().preprocessing,
            "objective": "jphoto",
            "weights": WEIGHTS._asdict(),
            "precision": precision,
            "device": "cuda" if self.accelerated else "cpu",
            "threads": cores(),
        }


@jax.jit
def _derived(
    content: Picture, style: Picture, masks: Array, style_masks: Array
) -> tuple[Picture, Array]:
    """The content photo recolored, as `programs.pair_targets` does it, and its flatness."""
    goals = color_moments(style, style_masks)
    recolored = recolor(matting_affinities(content, EPSILON), content, masks, goals)
    return recolored, coarse_flatness(content)
