"""The list of photos: where they are, who took them, under which license."""

import dataclasses
import tomllib
from pathlib import Path

MANIFEST = Path(__file__).with_name("photos.toml")


@dataclasses.dataclass(frozen=True)
class Photo:
    """One photo of the benchmark."""

    name: str
    text: str
    """What it shows."""
    kind: str
    """Its subject; both photos of a pair are of one kind."""
    registry: str
    """pypi or debian."""
    package: str
    version: str
    file: str
    """Path inside the package."""
    sha256: str
    """Of the photo's own bytes, before it is decoded."""
    author: str
    license: str
    entry: str | None = None
    """Path inside the file, if that is a Qt resource file."""
    source: str | None = None
    """Where the author published it."""
    ground: float | None = None
    """The share of the height below which there is no sky, if sky fills the upper edge."""


def read_manifest(path: Path = MANIFEST) -> dict[str, Photo]:
    """All photos by name.

    Raises: ValueError, if two have the same name.
    """
    photos = [Photo(**fields) for fields in tomllib.loads(path.read_text("utf-8"))["photo"]]
    found = {photo.name: photo for photo in photos}
    if len(found) < len(photos):
        raise ValueError(f"{path} names a photo twice: {len(photos)} photos, {len(found)} names")
    return found
