"""Reads manifests: files with one transfer in each line, as CSV with a header row or as JSON lines.

No file except the manifest is opened. An error in one line does not affect the other lines; wrong
columns of a CSV file are an error of the whole manifest.
"""

import contextlib
import csv
import dataclasses
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, NamedTuple

from jphoto.batches.entries import Entry, Task, Unusable, check_names
from jphoto.errors import SettingsError
from jphoto.evaluation.layouts import SUFFIXES
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

REQUIRED = ("content", "style")
MASKS = ("content_mask", "style_mask")
PATHS = (*REQUIRED, *MASKS, "out")
# Without the device: all pairs of a run share it.
SETTING_TYPES = {
    field.name: allowed_values(field)[0]
    for field in dataclasses.fields(Settings)
    if field.name != "device"
}
"""Columns that are settings, each with the types of its values; empty if it takes only words."""
_BOOLEANS = {"true": True, "false": False}

_FORBIDDEN_IN_PATHS = re.compile("[\0\ud800-\udfff]")


class _Line(NamedTuple):
    """A line as read."""

    place: str
    """Its name in error messages, such as "line 7"."""
    values: dict[str, Any]
    """By column or key; empty values are left out."""
    reason: str | None = None
    """What is wrong with the whole line, or None."""


def read_manifest(source: Path, settings: Settings, suffix: str) -> list[Entry]:
    """The tasks of a manifest, one for each line.

    Args:
      source: its columns or keys are content and style; content_mask and style_mask; out, the
        name of the output; and any field of `Settings` except the device. Empty and null values
        count as missing. Paths are relative to the folder of the manifest. An output without a name
        gets the content's stem, followed by the style's if several lines have that content's stem.
      settings: of every task, except for the fields that its line gives.
      suffix: of the outputs without one.

    Returns: entries in the order of the lines; a wrong line is unusable, with the reason.
    Raises: SettingsError, if the columns are wrong, or the file is not UTF-8 or has no lines;
      OSError, if it cannot be read.
    """
    try:
        text = source.read_bytes().decode("utf-8-sig")  # with or without Excel's byte order mark
        lines = list(_csv_lines(text) if source.suffix.lower() == ".csv" else _json_lines(text))
    except UnicodeDecodeError:
        raise SettingsError(f"manifest {source} is not UTF-8 text; save it as such") from None
    except SettingsError as error:
        raise SettingsError(f"manifest {source}: {error}") from None
    if not lines:
        raise SettingsError(f"manifest {source} is empty; it needs a line for each pair")
    stems = Counter(_stem(line.values.get("content")).casefold() for line in lines)
    cache: dict[str, Settings] = {}
    entries: list[tuple[str, Entry]] = []
    for number, line in enumerate(lines):
        name = _name(line, stems, suffix)
        try:
            files = _files(line, source.parent)
            entry: Entry = Task(
                number,
                name,
                files["content"],
                files["style"],
                files.get("content_mask"),
                files.get("style_mask"),
                _changed(settings, line.values, cache),
            )
        except SettingsError as error:
            entry = Unusable(number, name, str(error))
        entries.append((line.place, entry))
    return check_names(entries)


def _json_lines(text: str) -> Iterator[_Line]:
    # Not splitlines(): strings in JSON may contain Unicode's other line ends.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield _Line(place, {}, f"not JSON: {getattr(error, 'msg', error)}")
            continue
        if isinstance(values, dict):
            given = {key: value for key, value in values.items() if value not in (None, "")}
            yield _Line(place, given, _unknown("key", values))
        else:
            yield _Line(place, {}, f"must be a JSON object, not {type(values).__name__}")


def _csv_lines(text: str) -> Iterator[_Line]:
    rows = _rows(text)
    _, header = next(rows, ("", []))
    if isinstance(header, str):
        raise SettingsError(f"the header is {header}")
    if not header:
        return
    _check_header(header)
    for place, row in rows:
        if isinstance(row, str):
            yield _Line(place, {}, row)
            continue
        # A row may be short: its missing cells count as empty.
        cells = zip(header, row, strict=False)
        given = {key: _value(key, cell) for key, cell in cells if cell}
        extra = len(row) > len(header)
        reason = f"has {len(row)} cells, but the header {len(header)}" if extra else None
        yield _Line(place, given, reason)


def _rows(text: str) -> Iterator[tuple[str, list[str] | str]]:
    """The rows that are not empty, each with its first line; for a wrong row, the error as text."""
    # Without `strict`, a quote that is not closed would include the next lines without an error.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield place, f"not CSV: {error}; look at its quotes"
        else:
            if any(row):
                yield place, row


def _check_header(header: Sequence[str]) -> None:
    missing = [key for key in REQUIRED if key not in header]
    repeated = [key for key, count in Counter(header).items() if count > 1]
    wrong = [
        _unknown("column", header),
        missing and f"no column {_quoted(missing)}",
        repeated and f"more than one column {_quoted(repeated)}",
    ]
    if any(wrong):
        raise SettingsError("; ".join(text for text in wrong if text))


def _unknown(noun: str, keys: Iterable[str]) -> str | None:
    """What is wrong with the names of columns or keys, or None."""
    unknown = [key for key in dict.fromkeys(keys) if key not in PATHS and key not in SETTING_TYPES]
    if not unknown:
        return None
    hint = "; all pairs share the device, give it with --device" if "device" in unknown else ""
    return f"unknown {noun} {_quoted(unknown)}{hint}"


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(map(repr, keys))


def _value(key: str, cell: str) -> int | float | bool | str:
    """A cell in the type of its column; unchanged if that fails, so that `Settings` reports it."""
    for value_type in SETTING_TYPES.get(key, ()):
        if value_type is bool:
            return _BOOLEANS.get(cell.lower(), cell)
        with contextlib.suppress(ValueError):
            number: int | float = value_type(cell)
            return number
    return cell


def _stem(path: object) -> str:
    return PurePath(path).stem if isinstance(path, str) else ""


def _name(line: _Line, stems: Counter[str], suffix: str) -> str:
    """The name of a line's output; the line's place if the name is not known."""
    out = line.values.get("out")
    if isinstance(out, str):
        # A manifest should mean the same on every operating system.
        path = PurePosixPath(out.replace("\\", "/"))
        complete = path.suffix.lower() in SUFFIXES or path.name in ("", "..")
        return path.as_posix() if complete else path.as_posix() + suffix
    content, style = (_stem(line.values.get(key)) for key in REQUIRED)
    if out is not None or not content or not style:
        return line.place
    return (content if stems[content.casefold()] == 1 else f"{content}-{style}") + suffix


def _files(line: _Line, folder: Path) -> dict[str, Path]:
    """Paths of photos and masks by key, after a check of the line."""
    wrong = [line.reason] if line.reason else _complaints(line.values)
    if wrong:
        raise SettingsError("; ".join(wrong))
    given = [key for key in (*REQUIRED, *MASKS) if key in line.values]
    try:
        return {key: folder / Path(line.values[key]).expanduser() for key in given}
    except RuntimeError:
        raise SettingsError("a path begins with ~ and there is no such user's folder") from None


def _complaints(values: dict[str, Any]) -> list[str]:
    """What is wrong with the paths of a line."""
    wrong = [f"no {key}" for key in REQUIRED if key not in values]
    for key in (key for key in PATHS if key in values):
        text = values[key]
        if not isinstance(text, str) or _FORBIDDEN_IN_PATHS.search(text):
            wrong.append(f"{key} must be a path, not {text!r}")
    given = [key for key in MASKS if key in values]
    if len(given) == 1:
        wrong.append(f"{given[0]} alone; give both masks or none")
    return wrong


def _changed(settings: Settings, values: dict[str, Any], cache: dict[str, Settings]) -> Settings:
    """The settings with a line's changes; lines with equal changes share one object."""
    changes = {key: value for key, value in values.items() if key in SETTING_TYPES}
    if not changes:
        return settings
    key = repr(sorted(changes.items()))  # text, because True equals 1 and lists have no hash
    if key not in cache:
        cache[key] = dataclasses.replace(settings, **changes)
    return cache[key]
