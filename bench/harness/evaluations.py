"""The work of a descent over several sizes, in evaluations at full size."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from jphoto.solver.progress import Step


def full_size_evaluations(steps: Sequence[Step]) -> Float64[np.ndarray, "steps"]:
    """The evaluations up to and including each step; smaller pictures count by their pixels."""
    sizes = np.array([step.size for step in steps], np.float64)
    return np.cumsum((sizes / sizes[-1]) ** 2)
