"""Several looks as one, by their weights."""

import functools
import math
from collections.abc import Sequence

from jphoto.errors import LookError
from jphoto.looks.look import Look


def mixed(looks: Sequence[Look], weights: Sequence[float | int] | None = None) -> Look:
    """Several looks as one, with the weight 1.

    Args:
      looks: at least one.
      weights: of the looks, not negative; equal weights by default. Those with 0 are left out.

    Raises: LookError, if the weights do not fit, or the looks do not fit each other.
    """
    shares = checked_weights(weights, len(looks))
    parts = [look * share for look, share in zip(looks, shares, strict=True) if share]
    return functools.reduce(Look.__add__, parts)


def checked_weights(weights: Sequence[float | int] | None, count: int) -> list[float]:
    """The weights of style photos or looks, adding up to 1.

    Raises: LookError, if their number is wrong, one is negative or no number, or all are zero.
    """
    if weights is None:
        return [1 / count] * count
    if len(weights) != count:
        styles = f"{count} styles" if count != 1 else "1 style"
        given = f"{len(weights)} weights were" if len(weights) != 1 else "1 weight was"
        raise LookError(f"{given} given for {styles}; give one for each")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        shown = ", ".join(f"{weight:g}" for weight in weights)
        raise LookError(f"style weights must be 0 or positive numbers, not {shown}")
    if not sum(weights):
        raise LookError("the style weights are all 0; give at least one style a positive weight")
    return [weight / sum(weights) for weight in weights]
