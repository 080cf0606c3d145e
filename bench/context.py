"""What every case is given: how much to measure, until when, and where files may lie."""

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self, TypeVar

import jax
import numpy as np
from jax import Array
from machine import cores
from timing import Effort

from jphoto import weights
from jphoto.arrays import Picture
from jphoto.matting.affinities import matting_affinities
from jphoto.objectives.color_transfer import color_moments
from jphoto.objectives.dimensionless import EPSILON, plainness_of
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.plan import weights_of
from jphoto.solver.programs import recolor

Row = TypeVar("Row")

EFFORTS = {"short": Effort(3, 0.5), "full": Effort(5, 2.0)}
DEFAULTS = Settings()
WEIGHTS = weights_of(DEFAULTS)
"""Of the terms, as a transfer has them by default."""


@functools.cache
def network() -> weights.Weights:
    """The network that every case uses: the one that always comes with the installation."""
    return weights.load("vgg16")


@dataclasses.dataclass(frozen=True)
class Context:
    """Of one run of the benchmarks."""

    mode: str
    """short or full."""
    folder: Path
    """For files that only this run needs."""
    deadline: float = math.inf
    """On the monotonic clock: no further row begins that would hardly end before."""
    size: int | None = None
    """In place of all sizes of all cases: for trying things out."""
    rivals: bool = True
    """Whether PyTorch is there to compare with."""

    @property
    def effort(self) -> Effort:
        """How long to measure one thing."""
        return EFFORTS[self.mode]

    @property
    def accelerated(self) -> bool:
        """Whether jax computes on anything else than the processor."""
        return jax.default_backend() != "cpu"

    @property
    def precision(self) -> str:
        """That jax takes for convolutions when nothing is said."""
        return "tf32" if self.accelerated else "float32"

    @property
    def time_left(self) -> float:
        """Seconds."""
        return self.deadline - time.monotonic()

    def until(self, deadline: float) -> Self:
        """The same with another deadline."""
        return dataclasses.replace(self, deadline=deadline)

    def sizes(self, *, short: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...]:
        """Those of a case in this mode."""
        if self.size is not None:
            return (self.size,)
        return short if self.mode == "short" else full

    def rows(self, rows: Iterable[Row], measure: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
        """Measure row by row, the most important first; a row that fails does not stop the others.

        Returns: `rows`, a record each, and `left_out`, those for which there was no time.
        """
        records, left_out, longest = [], [], 0.0
        for row in rows:
            if records and self.time_left < longest:
                left_out.append(row)
                continue
            began = time.monotonic()
            try:
                records.append(measure(row))
            except Exception as error:
                records.append({"row": row, "error": f"{type(error).__name__}: {error}"})
            longest = max(longest, time.monotonic() - began)
        return {"rows": records, "left_out": left_out}

    def write_pair(self, pair: Pair) -> Path:
        """The pair, and what jphoto makes of its content, as a file for another process."""
        path = self.folder / "pair.npz"
        recolored, plain = _made_of(*pair)
        np.savez(path, **pair._asdict(), recolored=recolored, plainness=plain)
        return path

    def write_params(self, channels: int | None = None) -> Path:
        """The network's weights as a file, for another process; written once.

        Args:
          channels: most that any layer keeps, where what the network sees is of no account.
        """
        path = self.folder / f"params-{channels}.npz"
        if not path.exists():
            arrays = {}
            for layer, tensors in network().params.items():
                entering = 3 if layer == "conv1_1" else channels
                arrays[f"{layer}.kernel"] = tensors["kernel"][:, :, :entering, :channels]
                arrays[f"{layer}.bias"] = tensors["bias"][:channels]
            np.savez(path, **arrays)
        return path

    def rival_options(
        self, pair: Pair, precision: str, channels: int | None = None
    ) -> dict[str, Any]:
        """What the rival is to open, with the default objective and as many threads as jax."""
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
def _made_of(content: Picture, *others: Array) -> tuple[Picture, Array]:
    """The content recolored, as `programs.relate` does it; and how plain it is."""
    style, masks, style_masks = others
    goals = color_moments(style, style_masks)
    recolored = recolor(matting_affinities(content, EPSILON), content, masks, goals)
    return recolored, plainness_of(content)
