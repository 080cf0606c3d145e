"""The lines of a manifest as values by column: CSV as spreadsheets write it, or JSON lines.

Spreadsheets differ in the character between cells, in the text encoding, and in capitals and spaces
of a header. The character is the one that makes the names of the needed columns out of the header;
the sniffer of Python's csv module guesses by frequency instead, and takes a letter or a slash of
the paths for it where a header has few columns.
"""

import contextlib
import csv
import dataclasses
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from jphoto.errors import SettingsError
from jphoto.setting_checks import allowed_values
from jphoto.settings import Settings

JSON_SUFFIXES = (".jsonl", ".ndjson")
SUFFIXES = (".csv", ".tsv", ".txt", *JSON_SUFFIXES)
"""Of manifests."""

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

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*")  # Excel's own, before the header
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BOOLEANS = {"true": True, "false": False}
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


class Line(NamedTuple):
    """A line as read."""

    place: str
    """Its name in error messages, such as "line 7"."""
    values: dict[str, Any]
    """By column or key; empty values are left out."""
    reason: str | None = None
    """What is wrong with the whole line, or None."""


def decoded(data: bytes) -> str:
    """The text of a manifest: UTF-8, with or without a byte order mark, or UTF-16 with one.

    Raises: SettingsError, if it is in another encoding.
    """
    try:
        text = data.decode("utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SettingsError("not UTF-8 text; save it as such (in Excel: CSV UTF-8)")
    return text


def json_lines(text: str) -> Iterator[Line]:
    """The lines of a file with a JSON object in each; a wrong line has the reason."""
    # Not splitlines(): strings in JSON may contain Unicode's other line ends.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Line(place, {}, f"not JSON: {getattr(error, 'msg', error)}")
            continue
        if isinstance(values, dict):
            given = {_key(key): value for key, value in values.items() if value not in (None, "")}
            yield Line(place, given, _unknown("key", map(_key, values)))
        else:
            yield Line(place, {}, f"must be a JSON object, not {type(values).__name__}")


def csv_lines(text: str) -> Iterator[Line]:
    """The lines of a CSV file after its header; a wrong line has the reason.

    Raises: SettingsError, if the columns are wrong.
    """
    skipped, separator = _header_place(text)
    rows = _rows(text, separator, skipped)
    _, header = next(rows, ("", []))
    if isinstance(header, str):
        raise SettingsError(f"the header is {header}")
    if not header:
        return
    columns = [_key(cell) for cell in header]
    _check_header(columns, separator)
    for place, row in rows:
        if isinstance(row, str):
            yield Line(place, {}, row)
            continue
        # A row may be short: its missing cells count as empty.
        cells = zip(columns, row, strict=False)
        given = {key: _value(key, cell, separator) for key, cell in cells if cell}
        extra = len(row) > len(header)
        reason = f"has {len(row)} cells, but the header {len(header)}" if extra else None
        yield Line(place, given, reason)


def _header_place(text: str) -> tuple[int, str]:
    """Lines before the header, and the character between cells.

    Lines before the header may be empty, comments after #, and Excel's sep=;.
    """
    lines = io.StringIO(text, newline=None).read().split("\n")
    skipped, declared = 0, None
    for line in lines:
        match = _SEPARATOR_LINE.fullmatch(line)
        if match:
            declared = match[1]
        elif line.strip() and not line.lstrip().startswith("#"):
            break
        skipped += 1
    if declared in _SEPARATORS:
        return skipped, declared
    header = "\n".join(lines[skipped : skipped + 1])
    cells = {
        separator: next(csv.reader([header], delimiter=separator), []) for separator in _SEPARATORS
    }
    known = {
        separator: sum(_key(cell) in PATHS for cell in cells[separator]) for separator in cells
    }
    return skipped, max(
        _SEPARATORS, key=lambda separator: (known[separator], len(cells[separator]))
    )


def _rows(text: str, separator: str, skipped: int) -> Iterator[tuple[str, list[str] | str]]:
    """The rows that are not empty, each with its first line; for a wrong row, the error as text.

    Spaces around cells and empty cells at the end of a row are left out.
    """
    lines = io.StringIO(text, newline="")
    for _ in range(skipped):
        next(lines, None)
    # Without `strict`, a quote that is not closed would include the next lines without an error.
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        place = f"line {skipped + reader.line_num + 1}"
        try:
            row = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            yield place, f"not CSV: {error}; look at its quotes"
        else:
            while row and not row[-1]:
                row.pop()
            if row:
                yield place, row


def _check_header(columns: Sequence[str], separator: str) -> None:
    missing = [key for key in REQUIRED if key not in columns]
    repeated = [key for key, count in Counter(columns).items() if count > 1]
    wrong = [
        _unknown("column", columns),
        missing and f"no column {_quoted(missing)}",
        repeated and f"more than one column {_quoted(repeated)}",
    ]
    if any(wrong):
        reasons = "; ".join(text for text in wrong if text)
        found = _SEPARATORS[separator] if len(columns) > 1 else "nothing"
        choices = ", ".join(_SEPARATORS.values())
        hint = f" ({found} between the columns; possible are {choices})"
        raise SettingsError(reasons + hint * (separator != "," or len(columns) == 1))


def _key(cell: str) -> str:
    """The name of a column: "Content Mask" and "content-mask" are content_mask."""
    return re.sub(r"[\s-]+", "_", cell.strip().lower())


def _unknown(noun: str, keys: Iterable[str]) -> str | None:
    """What is wrong with the names of columns or keys, or None."""
    unknown = [key for key in dict.fromkeys(keys) if key not in PATHS and key not in SETTING_TYPES]
    if not unknown:
        return None
    hint = "; all pairs share the device, give it with --device" if "device" in unknown else ""
    return f"unknown {noun} {_quoted(unknown)}{hint}"


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(map(repr, keys))


def _value(key: str, cell: str, separator: str) -> int | float | bool | str:
    """A cell in the type of its column; unchanged if that fails, so that `Settings` reports it."""
    for value_type in SETTING_TYPES.get(key, ()):
        if value_type is bool:
            return _BOOLEANS.get(cell.lower(), cell)
        if value_type is float and separator != "," and _DECIMAL_COMMA.fullmatch(cell):
            return float(cell.replace(",", "."))
        with contextlib.suppress(ValueError):
            number: int | float = value_type(cell)
            return number
    return cell
