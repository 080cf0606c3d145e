"""How a solve goes, and how it ended: what its caller is told."""

import dataclasses
import enum
from typing import NamedTuple


class Status(enum.StrEnum):
    """How a solve ended."""

    FINISHED = "finished"
    """All steps were taken."""
    CONVERGED = "converged"
    """Steps hardly lowered the objective any more."""
    STALLED = "stalled"
    """No step, however small, lowers the objective any more: done, up to rounding."""
    STOPPED = "stopped"
    """The progress callback asked for it."""
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
    """Where a solve stands, for the callback."""

    step: int
    """Steps taken so far."""
    taken: int
    """Of these, steps taken since the last call."""
    steps: int
    """Steps there may be at most."""
    share: float
    """Of all the work there may be, done so far: the larger the picture, the more a step is."""
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
