"""The process of one step: prints a JSON line for every row that it has measured.

    python -m bench.gpu.worker STEP '{"platform": "gpu", "seconds": 60, "size": null}'

`seconds` is the time until the step is killed, `size` replaces all sizes for quick trials. The
process ends when its standard input does, so that it never outlives the session.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from bench.gpu.plan import STEPS
from bench.harness.records import error_text


def main() -> None:
    """Run the step; an error is its last line."""
    name, options = sys.argv[1], json.loads(sys.argv[2])
    # Messages of drivers and compilers must not mix with the rows.
    with os.fdopen(os.dup(1), "w") as lines:
        os.dup2(2, 1)
        threading.Thread(target=_end_with_session, daemon=True).start()

        def write(line: dict[str, Any]) -> None:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

        try:
            run(name, options, lambda row: write({"row": row}))
        except Exception as error:
            traceback.print_exc()
            write({"error": error_text(error)})


def run(name: str, options: dict[str, Any], emit: Any) -> None:
    """Run a step with a context made from the options.

    Args:
      name: a key of `STEPS`.
      options: platform, seconds and size.
      emit: takes each row.
    """
    from bench.harness.context import Context
    from bench.torch_rival.client import Rival

    # PyTorch computes on the same GPU, or on the same CPU; it has no TPU to compare with.
    rivals = options["platform"] in ("gpu", "cpu") and Rival.available()
    deadline, size = time.monotonic() + options["seconds"], options["size"]
    with tempfile.TemporaryDirectory() as folder:
        context = Context("full", Path(folder), deadline, size, rivals)
        importlib.import_module(STEPS[name].module).run(context, emit)


def _end_with_session() -> None:
    # From a copy, because pytest replaces the standard input.
    os.read(os.dup(0), 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
