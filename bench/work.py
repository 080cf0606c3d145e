"""What a descent over several sizes has cost the network."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from jphoto.progress import Step


def work(steps: Sequence[Step]) -> Float64[np.ndarray, "steps"]:
    """Evaluations of full size up to and with each step: a smaller picture counts by its pixels."""
    sizes = np.array([step.size for step in steps], np.float64)
    return np.cumsum((sizes / sizes[-1]) ** 2)
