"""Reads manifests: files with one transfer in each line, as CSV with a header row or as JSON lines.

No file except the manifest is opened. An error in one line does not affect the other lines; wrong
columns of a CSV file are an error of the whole manifest.
"""

import dataclasses
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from jphoto import formats
from jphoto.batches.entries import Entry, Task, Unusable, check_names
from jphoto.batches.manifest_lines import (
    JSON_SUFFIXES,
    MASKS,
    PATHS,
    REQUIRED,
    SETTING_TYPES,
    Line,
    csv_lines,
    decoded,
    json_lines,
)
from jphoto.batches.names import Wish, suffix_of
from jphoto.errors import SettingsError
from jphoto.settings import Settings

_FORBIDDEN_IN_PATHS = re.compile("[\0\ud800-\udfff]")


def read_manifest(source: Path, settings: Settings, suffix: str | None) -> list[Entry]:
    """The tasks of a manifest, one for each line.

    Args:
      source: its columns or keys are content and style; content_mask and style_mask; out, the
        name of the output; and any field of `Settings` except the device. Empty and null values
        count as missing. Paths are relative to the folder of the manifest. An output without a name
        gets the content's stem, followed by the style's if several lines have that content's stem.
      settings: of every task, except for the fields that its line gives.
      suffix: of the outputs without one, or None for the format of each content.

    Returns: entries in the order of the lines; a wrong line is unusable, with the reason.
    Raises: SettingsError, if the columns are wrong, or the file is not UTF-8 or has no lines;
      OSError, if it cannot be read.
    """
    try:
        text = decoded(source.read_bytes())
        read = json_lines if source.suffix.lower() in JSON_SUFFIXES else csv_lines
        lines = list(read(text))
    except SettingsError as error:
        raise SettingsError(f"manifest {source}: {error}") from None
    if not lines:
        raise SettingsError(f"manifest {source} is empty; it needs a line for each pair")
    cache: dict[str, Settings] = {}
    made = [_made(line, source.parent, settings, cache) for line in lines]
    names = _names(lines, [own or settings for _, own, _ in made], suffix)
    entries: list[tuple[str, Entry]] = []
    for number, (line, name, (files, own, reason)) in enumerate(
        zip(lines, names, made, strict=True)
    ):
        entry: Entry = Unusable(number, name, reason)
        if own is not None:
            content_mask, style_mask = (files.get(key) for key in MASKS)
            photos = files["content"], files["style"]
            entry = Task(number, name, *photos, content_mask, style_mask, own)
        entries.append((line.place, entry))
    return check_names(entries)


def _made(
    line: Line, folder: Path, settings: Settings, cache: dict[str, Settings]
) -> tuple[dict[str, Path], Settings | None, str]:
    """The files and the settings of a line, or no settings and the reason why it is unusable."""
    try:
        return _files(line, folder), _changed(settings, line.values, cache), ""
    except SettingsError as error:
        return {}, None, str(error)


def _names(lines: Sequence[Line], settings: Sequence[Settings], suffix: str | None) -> list[str]:
    """The names of the outputs; where the name is not known, the place of the line.

    They do not depend on the order of the lines.
    """
    stems = Counter(_path(line, "content").stem.casefold() for line in lines)
    names = [line.place for line in lines]
    rivals: dict[str, dict[int, Wish]] = {}
    for place, (line, own) in enumerate(zip(lines, settings, strict=True)):
        out, (content, style) = line.values.get("out"), (_path(line, key) for key in REQUIRED)
        ending = suffix_of(content, suffix, own)
        if isinstance(out, str):
            names[place] = _completed(out, ending)
        elif out is None and content.stem and style.stem:
            alone = stems[content.stem.casefold()] == 1
            stem = content.stem if alone else f"{content.stem}-{style.stem}"
            wish = Wish(stem, ending, content)
            rivals.setdefault(wish.name.casefold(), {})[place] = wish
    for wishes in rivals.values():
        differ = len({wish.longer_name.casefold() for wish in wishes.values()}) > 1
        for place, wish in wishes.items():
            names[place] = wish.longer_name if differ else wish.name
    return names


def _path(line: Line, key: str) -> Path:
    """A path of a line with slashes, as it is needed for names; empty if it has none."""
    text = line.values.get(key)
    return Path(text.replace("\\", "/") if isinstance(text, str) else "")


def _completed(out: str, suffix: str) -> str:
    """The name of an output with a suffix; the suffix of any photo format counts as one."""
    path = PurePosixPath(out.replace("\\", "/"))
    complete = formats.format_of(Path(path.name)) is not None or path.name in ("", "..")
    return path.as_posix() if complete else path.as_posix() + suffix


def _files(line: Line, folder: Path) -> dict[str, Path]:
    """Paths of photos and masks by key, after a check of the line."""
    wrong = [line.reason] if line.reason else _complaints(line.values)
    if wrong:
        raise SettingsError("; ".join(wrong))
    given = [key for key in (*REQUIRED, *MASKS) if key in line.values]
    try:
        return {key: _located(line.values[key], key, folder) for key in given}
    except RuntimeError:
        raise SettingsError("a path begins with ~ and there is no such user's folder") from None


def _located(text: str, key: str, folder: Path) -> Path:
    """A path of a line in the folder of the manifest.

    A manifest should mean the same on every operating system, so a backslash separates folders. On
    other systems than Windows a name may have one in it: then the file exists.
    """
    path = folder / Path(text).expanduser()
    if "\\" not in text or os.sep == "\\" or os.access(path, os.F_OK):
        return path
    if PureWindowsPath(text).is_absolute():
        raise SettingsError(
            f"{key} is {text}, a path of a Windows computer; give it relative to the manifest"
        )
    return folder / Path(text.replace("\\", "/")).expanduser()


def _complaints(values: dict[str, Any]) -> list[str]:
    """What is wrong with the paths of a line."""
    wrong = [f"no {key}" for key in REQUIRED if key not in values]
    for key in (key for key in PATHS if key in values):
        text = values[key]
        if not isinstance(text, str) or _FORBIDDEN_IN_PATHS.search(text):
            wrong.append(f"{key} must be a path, not {text!r}")
    given, style = [key for key in MASKS if key in values], values.get("style")
    with_look = isinstance(style, str) and style.lower().endswith(formats.LOOK_SUFFIX)
    if len(given) == 1 and not (with_look and given == ["content_mask"]):
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
