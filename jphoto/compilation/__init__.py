"""Compiled programs: compiled once, in threads if asked ahead, and kept on disk.

- `programs`: functions that are compiled for each shape of their arguments;
- `kept`: their files.
"""

from jphoto.compilation.programs import (
    compiler_options,
    forget_pending,
    program,
    wait_for_pending,
)

__all__ = ["compiler_options", "forget_pending", "program", "wait_for_pending"]
