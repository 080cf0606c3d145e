"""Tags of clips: those that are kept, and the label of a result among them.

The label is the last line of the comment, which every container holds; a comment of the source
stays before it.
"""

from collections.abc import Mapping
from pathlib import Path

from jphoto.video.container import library
from jphoto.video.container.opening import opened
from jphoto.video.container.refusals import file_head

_OF_THE_FILE = {
    "major_brand", "minor_version", "compatible_brands", "encoder", "software", "duration",
    "_statistics_tags", "_statistics_writing_app", "_statistics_writing_date_utc", "bps",
    "number_of_frames", "number_of_bytes",
}  # fmt: skip
"""Tags that describe a file rather than what it shows."""
_PLACES = ("location", "gps", "xyz", "geo")
"""In names of tags that tell where a clip was taken."""
_APPLE = {
    "com.apple.quicktime.location.iso6709": "location",
    "com.apple.quicktime.creationdate": "date",
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
}
"""Apple's names, by those that every container knows."""


def kept_tags(
    tags: Mapping[str, str], label: str | None, *, strip_location: bool
) -> dict[str, str]:
    """Tags of a result.

    Args:
      tags: of the source.
      label: one line of JSON, if there is one.
      strip_location: whether to leave out where it was taken.
    """
    kept: dict[str, str] = {}
    for name, text in tags.items():
        plain = _APPLE.get(name.lower(), name)
        if name.lower() in _OF_THE_FILE:
            continue
        if strip_location and any(place in name.lower() for place in _PLACES):
            continue
        kept.setdefault(plain, text)
    comment = next((name for name in kept if name.lower() == "comment"), "comment")
    if label is not None:
        before = _without_label(kept.pop(comment, ""))
        kept["comment"] = f"{before}\n{label}" if before else label
    return kept


def label_text(path: Path) -> str | None:
    """The label in a clip's comment, if there is one.

    Raises: SettingsError, without the extra `jphoto[video]`; VideoError, if the file is no clip.
    """
    library.require()
    with opened(path, file_head(path)) as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
    line = tags.get("comment", "").rpartition("\n")[2]
    return line if line.startswith("{") else None


def _without_label(comment: str) -> str:
    before, _, last = comment.rpartition("\n")
    return before if last.startswith('{"jphoto"') else comment
