"""Starts the worker and talks to it, without importing torch."""

import importlib.util
import json
import subprocess
from typing import Any, Self

from bench.harness.processes import module_command, module_environment

MEMORY_REUSE = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
"""Environment variables that keep freed memory in the process. Otherwise glibc returns every large
tensor to the system, and the next evaluation waits for new pages. Other systems ignore them."""


class Rival:
    """A worker in a process of its own.

    with Rival() as rival:
        rival.request("open", case="pair.npz", params="vgg.npz", ...)
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            module_command("bench.torch_rival"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=module_environment(**MEMORY_REUSE),
            text=True,
        )

    @staticmethod
    def available() -> bool:
        """Whether torch is installed, without importing it."""
        return importlib.util.find_spec("torch") is not None

    def request(self, name: str, **fields: Any) -> dict[str, Any]:
        """Send a request and wait for the answer.

        Args:
          name: of the request, a public method of the worker.
          fields: its arguments; paths may be `Path`.

        Raises: RuntimeError, with the worker's message, or if the worker has ended.
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
            raise RuntimeError(f"the rival failed at {name!r}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the worker, which stops at the end of its input."""
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
