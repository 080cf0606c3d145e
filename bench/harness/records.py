"""Records of measurements as JSON files."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jphoto.files import replacing


def to_json(record: Mapping[str, Any]) -> str:
    """The record as JSON that people can read: a list of numbers is one line."""
    text = json.dumps(record, indent=2)
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda match: " ".join(match[0].split()), text) + "\n"


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record; the file is complete at every moment, whenever the process ends."""
    with replacing(path) as draft:
        draft.write_text(to_json(record))


def error_text(error: BaseException) -> str:
    """An error as records have it."""
    return f"{type(error).__name__}: {error}"


def failed(case: Mapping[str, Any]) -> bool:
    """Whether a case or one of its rows ended with an error."""
    return "error" in case or any("error" in row for row in case.get("rows", ()))
