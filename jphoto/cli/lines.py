"""Lines for people: names of files in them cannot control the terminal, whatever they contain."""

import re
import sys
from typing import TextIO

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that move the cursor, change colors or the direction of writing, or are half of one;
lines may end."""


def say(text: str) -> None:
    """Print lines to standard output."""
    _write(text, sys.stdout)


def note(text: str) -> None:
    """Print lines about the work to standard error."""
    _write(text, sys.stderr)


def message(text: object) -> None:
    """Print what the user must know, as one line of standard error."""
    note(f"jphoto: {text}".replace("\n", "\\n"))


def harmless(text: str) -> str:
    """The text with escapes in place of control characters."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _write(text: str, stream: TextIO) -> None:
    stream.write(f"{harmless(text)}\n")
    stream.flush()
