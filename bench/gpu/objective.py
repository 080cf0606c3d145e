"""Step 6: one loss and gradient beside PyTorch, as written and compiled, whichever is faster."""

import functools

from bench.cases.objective import Row, measure
from bench.gpu.plan import Emit
from bench.harness.context import Context

SIZES = (512, 1024, 256)
"""Long sides in pixels."""


def run(context: Context, emit: Emit) -> None:
    """Time all sizes, first in the precision of transfers, then in float32."""
    sizes = context.sizes(short=SIZES, full=SIZES)
    precisions = dict.fromkeys((context.precision, "float32"))
    rows = [Row(size, None, precision) for precision in precisions for size in sizes]
    context.emit_rows(rows, functools.partial(measure, context), emit)
