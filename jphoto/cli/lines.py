"""Lines for people: names of files in them cannot control the terminal, whatever they contain."""

import re
import sys
from collections.abc import Iterable
from typing import TextIO

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that end a line, move the cursor, change colors or the direction of writing, or are
no text."""


def say(*lines: str) -> None:
    """Print lines to standard output."""
    _write(lines, sys.stdout)


def note(*lines: str) -> None:
    """Print lines about the work to standard error."""
    _write(lines, sys.stderr)


def message(text: object) -> None:
    """Print what the user must know, as one line of standard error."""
    note(f"jphoto: {text}")


def ask(question: str) -> str:
    """Ask on standard error, and read a line of standard input; "" at its end."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        note("")
    return answer


def harmless(line: str) -> str:
    """The line with escapes in place of control characters."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def _write(lines: Iterable[str], stream: TextIO) -> None:
    stream.writelines(f"{harmless(line)}\n" for line in lines)
    stream.flush()
