"""Finds the tasks of a batch in a manifest or a folder."""

from pathlib import Path

from jphoto import formats
from jphoto.batches.entries import Task, Unusable
from jphoto.batches.folders import find_in_folder
from jphoto.batches.manifest import read_manifest
from jphoto.batches.manifest_lines import SUFFIXES
from jphoto.errors import ImageError, SettingsError
from jphoto.settings import Settings

__all__ = ["Task", "Unusable", "find_tasks"]


def find_tasks(
    source: Path,
    settings: Settings,
    *,
    content: Path | None = None,
    style: Path | None = None,
    suffix: str | None = None,
    out: Path | None = None,
) -> list[Task | Unusable]:
    """Find the tasks of a batch. No photo is opened.

    Args:
      source: a manifest, see `read_manifest`, or a folder of photos or of pairs, see
        `find_in_folder`.
      settings: of every task, except for the fields that its line of a manifest gives.
      content: with a folder of styles, one content for all.
      style: with a folder of contents, one style for all, or a folder of styles.
      suffix: of the outputs whose name has none; None for the format of each content, or one that
        replaces a format that is not written.
      out: folder of the outputs, which may not be a folder of photos.

    Returns: entries in the order of a manifest's lines, or in natural order of a folder's names.
    Raises: SettingsError, for arguments that exclude each other and for a manifest with wrong
      columns; ImageError, for files and folders that are missing, unreadable or without photos.
    """
    if suffix is not None and not suffix.startswith("."):
        suffix = f".{suffix}"
    if suffix is not None and suffix.lower() not in formats.WRITTEN:
        suffixes = ", ".join(formats.WRITTEN)
        raise SettingsError(f"suffix must be one of {suffixes}, not {suffix!r}")
    if content is not None and style is not None:
        raise SettingsError("batch: give one content for all or one style for all, not both")
    try:
        if source.is_dir():
            return find_in_folder(source, settings, content, style, suffix, out)
        if source.suffix.lower() not in SUFFIXES:
            if source.is_fifo():
                raise ImageError(f"batch: {source} is a pipe; save the manifest as a file first")
            suffixes = ", ".join(SUFFIXES)
            raise ImageError(f"batch: {source} is not a folder, nor a manifest ({suffixes})")
        if content is not None or style is not None:
            raise SettingsError("batch: a manifest names the content and style of each pair itself")
        return read_manifest(source, settings, suffix)
    except OSError as error:
        raise ImageError(f"batch: cannot read {error.filename}: {error.strerror}") from error
