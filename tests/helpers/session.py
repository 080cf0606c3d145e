"""A session of `scripts/gpu` whose steps are small programs; also a process, to be killed."""

import json
import os
import sys
import time
from pathlib import Path

from bench.gpu.plan import Step
from bench.gpu.session import Session

ONE_ROW = 'print(\'{"row": {"value": 1}}\', flush=True)'
PROGRAMS = {
    "good": f"{ONE_ROW}; {ONE_ROW}",
    "raising": 'print(\'{"error": "ValueError: no"}\')',
    "crashing": f"{ONE_ROW}; import os; os.abort()",
    "slow": f"{ONE_ROW}; import time; time.sleep(60)",
    "last": ONE_ROW,
}
"""Python programs in place of the processes of steps."""


def run_session(out, names, seconds=30.0, missing=(), needs=()):
    """The record of a session of such programs."""
    steps = {name: Step("", 1.0, needs) for name in names}

    def command(name, _):
        return [sys.executable, "-c", PROGRAMS[name]]

    session = Session({"cases": {}}, out, time.monotonic(), seconds, os.environ, command)
    session.run(steps, missing)
    assert json.loads(out.read_text()) == session.record
    return session.record["cases"]


if __name__ == "__main__":
    run_session(Path(sys.argv[1]), sys.argv[2:])
