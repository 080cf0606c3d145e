"""Progress and outcome of a solve: the records that callers and callbacks receive."""

import dataclasses
import enum
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32


class Status(enum.StrEnum):
    """How a solve ended."""

    FINISHED = "finished"
    """All steps were taken."""
    CONVERGED = "converged"
    """The last steps hardly lowered the objective."""
    STALLED = "stalled"
    """No step, however small, lowers the objective: it is minimal up to rounding."""
    STOPPED = "stopped"
    """The progress callback returned False."""
    NOT_FINITE = "not finite"
    """The objective or its gradient was NaN or infinite; the picture is the best before that."""


class Step(NamedTuple):
    """The loss terms at the best picture after a step, before weighting but for the total."""

    total: float
    style: float
    content: float
    photorealism: float
    recoloring: float
    variation: float
    size: int
    """Long side of that picture, in pixels."""


@runtime_checkable
class BestSoFar(Protocol):
    """Makes the best picture so far."""

    def __call__(self, *, quick: bool = False) -> Float32[np.ndarray, "h w 3"]:
        """The picture, sRGB in [0, 1]; quick in some hundredths of a second, see `Progress`."""


@dataclasses.dataclass(frozen=True)
class Progress:
    """Progress of a solve, for the callback."""

    step: int
    """Number of steps taken; 0 at the first call, which has the picture that they start from."""
    taken: int
    """Number of steps taken since the last call."""
    steps: int
    """Most steps that may be taken."""
    share: float
    """Fraction of the work that is done, from 0 to 1; steps count by their pixels."""
    terms: Step | None
    """At the best picture so far; None before the first step."""
    seconds: float
    """Since the solve began."""
    picture: BestSoFar
    """Makes the best picture so far when it is called, which takes some tenths of a second: sRGB in
    [0, 1], the size of `Result.solved`, before the final smoothing; while a smaller size is solved,
    with the content photo's detail. With `quick=True`, for frames that show how it improves, it is
    then the content photo with the enlarged change of the smaller size, which may reach a few
    pixels over edges. It can be called only until the callback returns."""


@dataclasses.dataclass(frozen=True)
class ManyProgress:
    """Progress of `transfer_many`."""

    ended: int
    """Pairs that have a result or an error."""
    failed: int
    """Pairs that have an error."""
    pairs: int
    """Pairs in all."""
