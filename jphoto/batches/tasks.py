"""From what a user points at, a manifest or a folder, to the tasks in it."""

from pathlib import Path

from jphoto.batches.entries import Task, Unusable
from jphoto.batches.folders import find_in_folder
from jphoto.batches.manifest import read_manifest
from jphoto.errors import ImageError, SettingsError
from jphoto.evaluation.layouts import SUFFIXES
from jphoto.settings import Settings

__all__ = ["Task", "Unusable", "find_tasks"]

MANIFESTS = (".csv", ".jsonl", ".ndjson")


def find_tasks(
    source: Path,
    settings: Settings,
    *,
    content: Path | None = None,
    style: Path | None = None,
    suffix: str = ".png",
) -> list[Task | Unusable]:
    """The transfers that a manifest or a folder asks for. No photo is opened.

    Args:
      source: a manifest, or a folder of photos or of pairs; see `read_manifest` and
        `find_in_folder` for what may be in them.
      settings: of every task, but for what a manifest says of single ones.
      content: beside a folder of styles, the one content for all.
      style: beside a folder of contents, the one style for all, or a folder of styles.
      suffix: of the outputs that are not named in full.

    Returns: in the order of a manifest's lines, or in the natural order of a folder's names.
    Raises: SettingsError, for arguments that do not go together and for a manifest that is wrong as
      a whole; ImageError, for files and folders that are missing, unreadable or without photos.
    """
    if suffix.lower() not in SUFFIXES:
        raise SettingsError(f"suffix must be one of {', '.join(SUFFIXES)}, not {suffix!r}")
    if content is not None and style is not None:
        raise SettingsError("batch: give one content for all or one style for all, not both")
    try:
        if source.is_dir():
            return find_in_folder(source, settings, content, style, suffix)
        if source.suffix.lower() not in MANIFESTS:
            kinds = ", ".join(MANIFESTS)
            raise ImageError(f"batch: {source} is not a folder, nor a manifest ({kinds})")
        if content is not None or style is not None:
            raise SettingsError("batch: a manifest names the content and style of each pair itself")
        return read_manifest(source, settings, suffix)
    except OSError as error:
        raise ImageError(f"batch: cannot read {error.filename}: {error.strerror}") from error
