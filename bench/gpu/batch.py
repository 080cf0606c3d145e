"""Step 4: pairs solved at once under `jax.vmap`: pairs per minute, for several numbers at once."""

import functools

from bench.cases.batch import Row, measure
from bench.gpu.plan import Emit
from bench.harness.context import Context

ROWS = (
    Row(256, 16, 16),
    Row(700, 16, 16),
    Row(256, 4, 16),
    Row(700, 4, 16),
    Row(256, 32, 32),
    Row(700, 32, 32),
)
TRIAL_PAIRS = 2
"""For quick trials."""


def run(context: Context, emit: Emit) -> None:
    """Solve all batches; each row also has the time of the same pairs one after another."""
    rows = ROWS if context.size is None else (Row(context.size, TRIAL_PAIRS, TRIAL_PAIRS),)
    context.emit_rows(rows, functools.partial(measure, context), emit)
