"""A manifest: a file with one transfer a line, as CSV with a header row or as JSON lines.

Nothing is opened but the manifest. What is wrong with one line leaves the others as they are; what
is wrong with the columns of a table is wrong with all its lines, and an error.
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

from jphoto.batches.entries import Entry, Task, Unusable, settle_names
from jphoto.errors import SettingsError
from jphoto.evaluation.layouts import SUFFIXES
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

REQUIRED = ("content", "style")
MASKS = ("content_mask", "style_mask")
TEXTS = (*REQUIRED, *MASKS, "out")
# All pairs of a run share the devices.
CHOICES = {
    field.name: allowed_values(field)[0]
    for field in dataclasses.fields(Settings)
    if field.name != "device"
}
"""Types of what columns may hold beside words, by field."""
_TRUTH = {"true": True, "false": False}

_NEVER_IN_PATHS = re.compile("[\0\ud800-\udfff]")


class _Line(NamedTuple):
    """A line as read: what it gives by key, or what is wrong with the whole of it."""

    place: str
    values: dict[str, Any]
    reason: str | None = None


def read_manifest(source: Path, settings: Settings, suffix: str) -> list[Entry]:
    """The tasks of a manifest, one a line.

    Args:
      source: its columns or keys are content and style; content_mask and style_mask; out, the
        output's name; and any field of `Settings` but the device. What is empty or null counts as
        left out. Paths are relative to the manifest's folder. An output without a name has the
        content's stem, followed by the style's if several lines have contents of that stem.
      settings: of every task, but for the fields that its line gives.
      suffix: of the outputs without one.

    Returns: in the order of the lines; a line that is no task is unusable, with the reason.
    Raises: SettingsError, if the columns are wrong, or the file is not UTF-8 or has no lines;
      OSError, if it cannot be read.
    """
    try:
        text = source.read_bytes().decode("utf-8-sig")  # as Excel writes it, or without the mark
        lines = list(_csv_lines(text) if source.suffix.lower() == ".csv" else _json_lines(text))
    except UnicodeDecodeError:
        raise SettingsError(f"manifest {source} is not UTF-8 text; save it as such") from None
    except SettingsError as error:
        raise SettingsError(f"manifest {source}: {error}") from None
    if not lines:
        raise SettingsError(f"manifest {source} is empty; it must have a line for each pair")
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
    return settle_names(entries)


def _json_lines(text: str) -> Iterator[_Line]:
    # Not splitlines(): JSON may have the other line ends of Unicode within its strings.
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
        # A row may be short: its last cells are empty then.
        cells = zip(header, row, strict=False)
        given = {key: _value(key, cell) for key, cell in cells if cell}
        extra = len(row) > len(header)
        reason = f"has {len(row)} cells, but the header {len(header)}" if extra else None
        yield _Line(place, given, reason)


def _rows(text: str) -> Iterator[tuple[str, list[str] | str]]:
    """The rows that are not empty, each with its first line; text is what is wrong with a row."""
    # Without `strict`, a quote that is not closed would silently swallow the lines after it.
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
    twice = [key for key, count in Counter(header).items() if count > 1]
    wrong = [
        _unknown("column", header),
        missing and f"no column {_listed(missing)}",
        twice and f"more than one column {_listed(twice)}",
    ]
    if any(wrong):
        raise SettingsError("; ".join(text for text in wrong if text))


def _unknown(noun: str, keys: Iterable[str]) -> str | None:
    """What is wrong with the names of columns or keys, or None."""
    unknown = [key for key in dict.fromkeys(keys) if key not in TEXTS and key not in CHOICES]
    if not unknown:
        return None
    hint = "; the device is the whole run's, not one pair's" if "device" in unknown else ""
    return f"unknown {noun} {_listed(unknown)}{hint}"


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(map(repr, keys))


def _value(key: str, cell: str) -> int | float | bool | str:
    """A cell as its field's type; as it is where that fails, for `Settings` to complain of."""
    for kind in CHOICES.get(key, ()):
        if kind is bool:
            return _TRUTH.get(cell.lower(), cell)
        with contextlib.suppress(ValueError):
            number: int | float = kind(cell)
            return number
    return cell


def _stem(path: object) -> str:
    return PurePath(path).stem if isinstance(path, str) else ""


def _name(line: _Line, stems: Counter[str], suffix: str) -> str:
    """Of a line's output; the line's place where the name cannot be known."""
    out = line.values.get("out")
    if isinstance(out, str):
        # A manifest should mean the same on every system.
        path = PurePosixPath(out.replace("\\", "/"))
        whole = path.suffix.lower() in SUFFIXES or path.name in ("", "..")
        return path.as_posix() if whole else path.as_posix() + suffix
    content, style = (_stem(line.values.get(key)) for key in REQUIRED)
    if out is not None or not content or not style:
        return line.place
    return (content if stems[content.casefold()] == 1 else f"{content}-{style}") + suffix


def _files(line: _Line, folder: Path) -> dict[str, Path]:
    """Photos and masks by key, once the line is known to give them properly."""
    wrong = [line.reason] if line.reason else _complaints(line.values)
    if wrong:
        raise SettingsError("; ".join(wrong))
    given = [key for key in (*REQUIRED, *MASKS) if key in line.values]
    try:
        return {key: folder / Path(line.values[key]).expanduser() for key in given}
    except RuntimeError:
        raise SettingsError("a path begins with ~ and no such user's folder is known") from None


def _complaints(values: dict[str, Any]) -> list[str]:
    """What is wrong with the texts of a line, by key."""
    wrong = [f"no {key}" for key in REQUIRED if key not in values]
    for key in (key for key in TEXTS if key in values):
        text = values[key]
        if not isinstance(text, str) or _NEVER_IN_PATHS.search(text):
            wrong.append(f"{key} must be a path, not {text!r}")
    given = [key for key in MASKS if key in values]
    if len(given) == 1:
        wrong.append(f"{given[0]} alone; give both masks or none")
    return wrong


def _changed(settings: Settings, values: dict[str, Any], cache: dict[str, Settings]) -> Settings:
    """The settings with a line's changes; one object for all lines with the same."""
    changes = {key: value for key, value in values.items() if key in CHOICES}
    if not changes:
        return settings
    key = repr(sorted(changes.items()))  # as text: True equals 1, and a list has no hash
    if key not in cache:
        cache[key] = dataclasses.replace(settings, **changes)
    return cache[key]
