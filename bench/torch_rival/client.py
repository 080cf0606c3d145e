"""Starts the worker and talks to it; neither torch nor anything that imports it is loaded here."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

BENCH = Path(__file__).resolve().parents[1]

MEMORY_REUSE = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
"""Keeps freed memory at hand: glibc would return each large tensor to the system, and the next
evaluation wait for fresh pages. Ignored by other systems."""


class Rival:
    """A worker in a process of its own.

    with Rival() as rival:
        rival.request("open", case="pair.npz", params="vgg.npz", ...)
    """

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(BENCH), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "torch_rival"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **MEMORY_REUSE, "PYTHONPATH": path},
            text=True,
        )

    @staticmethod
    def available() -> bool:
        """Whether torch is installed, without importing it."""
        return importlib.util.find_spec("torch") is not None

    def request(self, name: str, **fields: Any) -> dict[str, Any]:
        """Ask, and wait for the answer.

        Args:
          name: of the request, a public method of the worker.
          fields: its arguments; paths may be `Path`.

        Raises: RuntimeError, with the worker's own words, or if it died.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the rival has no pipes")
        try:
            self._process.stdin.write(json.dumps({"request": name, **fields}, default=str) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"the rival ended with status {self._process.wait()} at {name!r}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the rival, asked to {name}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the worker: it stops when its input does."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
