"""Progress and outcome of a solve: the records that callers and callbacks receive."""

import dataclasses
import enum
from typing import NamedTuple


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


@dataclasses.dataclass(frozen=True)
class Progress:
    """Progress of a solve, for the callback."""

    step: int
    """Number of steps taken."""
    taken: int
    """Number of steps taken since the last call."""
    steps: int
    """Most steps that may be taken."""
    share: float
    """Fraction of the work that is done, from 0 to 1; steps count by their pixels."""
    terms: Step
    """At the best picture so far."""
    seconds: float
    """Since the first step began."""


@dataclasses.dataclass(frozen=True)
class ManyProgress:
    """Progress of `transfer_many`."""

    ended: int
    """Pairs that have a result or an error."""
    failed: int
    """Pairs that have an error."""
    pairs: int
    """Pairs in all."""
