"""Compiled programs: compiled once, in threads if asked ahead, and kept on disk.

- `programs`: functions that are compiled for each shape of their arguments;
- `kept`: their files;
- `threads`: programs that run side by side.
"""

from jphoto.compilation.programs import (
    compiler_options,
    forget_pending,
    program,
    wait_for_pending,
)
from jphoto.compilation.threads import begun_in_thread, in_threads

__all__ = [
    "begun_in_thread", "compiler_options", "forget_pending", "in_threads", "program",
    "wait_for_pending",
]  # fmt: skip
