"""Photos and looks of the session: kept as they were uploaded, with reduced copies for the page."""

import dataclasses
import shutil
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from jphoto import formats, images
from jphoto.app.jobs.folder import Folder, write_bytes, write_json, writing
from jphoto.errors import ImageError, JphotoError
from jphoto.looks import Look
from jphoto.looks.bundled import bundled_looks
from jphoto.looks.card import palettes

VIEW_SIDE, THUMB_SIDE = 1600, 320
"""Long sides of the copies that the page shows, in pixels."""
VIEW_QUALITY, THUMB_QUALITY = 95, 85
SMALL_SIDE = 500
"""Long side in pixels below which a photo gets a note."""
LOOK_PREFIX = "look:"
"""Begins the id of a look that comes with jphoto."""
EXAMPLES = {
    "panda": "Panda in evening light",
    "meadow": "Meadow at dusk",
    "flower": "A flower in the colors of another",
}
"""Bundled pairs of photos, with their titles."""


@dataclasses.dataclass(frozen=True)
class Photo:
    """A photo or a look."""

    id: str
    kind: str
    """"photo" or "look"."""
    name: str
    """As it was uploaded, for people; never a path."""
    file: str
    """Name of the file in the folder of the photo."""
    width: int
    height: int
    bytes: int
    depth: int = 8
    profile: str | None = None
    title: str | None = None
    note: str | None = None
    created: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.height, self.width

    @property
    def is_look(self) -> bool:
        """Whether it is a look."""
        return self.kind == "look"

    def described(self) -> dict[str, Any]:
        """What the page learns of it."""
        url = f"/api/photos/{self.id}"
        own = dataclasses.asdict(self)
        del own["file"]
        return {**own, "view": f"{url}/view.jpg", "thumb": f"{url}/thumb.jpg"}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Photo":
        """The photo of a file of JSON.

        Raises: TypeError or KeyError, for any other values.
        """
        photo = cls(**values)
        if not all(isinstance(n, int) for n in (photo.width, photo.height, photo.bytes)):
            raise TypeError("sizes must be whole numbers")
        return photo


def shown_name(name: str) -> str:
    """A name for people, of what a browser says is the name of a file: its last part."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c if c.isprintable() else " " for c in last).strip()
    return printable[:200] or "photo"


def add_photo(folder: Folder, upload: Path, key: str, name: str, role: str) -> Photo:
    """Keep an uploaded file, and make reduced copies of it.

    Args:
      folder: of the session.
      upload: the file, in a folder of its own that becomes the photo's.
      key: id of the photo.
      name: of the file, for people.
      role: "content" or "style", for messages.

    Raises: ImageError or LookError, if it cannot be read or kept.
    """
    suffix = Path(shown_name(name)).suffix.lower()
    is_look = suffix == formats.LOOK_SUFFIX
    known = is_look or formats.format_of(Path(f"x{suffix}")) is not None
    file = upload.with_name(f"original{suffix if known else ''}")
    with writing(file):
        upload.replace(file)
    try:
        make = _look if is_look else _photo
        photo = make(file, key, shown_name(name), role)
    except JphotoError as error:
        raise _renamed(error, file, shown_name(name)) from error.__cause__
    write_json(file.with_name("photo.json"), dataclasses.asdict(photo))
    target = folder.part("photos", key)
    with writing(target):
        if target.exists():  # uploaded before; the copy in use stays
            write_json(target / "photo.json", dataclasses.asdict(photo))
            shutil.rmtree(file.parent, ignore_errors=True)
        else:
            file.parent.replace(target)
    return photo


def _renamed(error: Exception, file: Path, name: str) -> ImageError:
    """An error in which the file has the name that its owner knows."""
    return ImageError(str(error).replace(str(file), name))


def _photo(file: Path, key: str, name: str, role: str) -> Photo:
    reduced = images.read_reduced(file, role=role, long_side=VIEW_SIDE)
    _write_copies(reduced.picture, file.parent)
    height, width = reduced.size
    note = None
    if max(height, width) < SMALL_SIDE:
        note = f"only {width} x {height} pixels: the result will be as small"
    return Photo(
        key, "photo", name, file.name, width, height, file.stat().st_size, reduced.depth,
        reduced.profile, note=note, created=time.time(),
    )  # fmt: skip


def _look(file: Path, key: str, name: str, role: str) -> Photo:
    look = Look.load(file)
    height, width = _write_copies(palettes(look), file.parent)
    return Photo(
        key, "look", name, file.name, width, height, file.stat().st_size,
        title=look.title, created=time.time(),
    )  # fmt: skip


def _write_copies(picture: np.ndarray, folder: Path) -> tuple[int, int]:
    """Write what the page shows; height and width of the larger one."""
    sizes = picture.shape[:2], images.working_size(picture.shape[:2], THUMB_SIDE)
    names = ("view.jpg", VIEW_QUALITY), ("thumb.jpg", THUMB_QUALITY)
    for size, (name, quality) in zip(sizes, names, strict=True):
        picture = images.resize(picture, size)
        write_bytes(folder / name, images.jpeg_bytes(picture, quality))
    return sizes[0]


def bundled_photos() -> list[Photo]:
    """The looks that come with jphoto, without their pictures."""
    return [
        Photo(f"{LOOK_PREFIX}{name}", "look", name, "", 0, 0, 0, title=look.text)
        for name, look in bundled_looks().items()
    ]


def bundled_thumb(name: str, long_side: int) -> bytes:
    """A picture of a bundled look: its photos side by side, two by two.

    Args:
      name: of the look.
      long_side: in pixels.

    Raises: KeyError, if there is none.
    """
    side, tiles = long_side // 2, []
    for file in (bundled_looks()[name].photos * 4)[:4]:
        content = (resources.files("jphoto") / "looks" / "photos" / file).read_bytes()
        picture = images.read_picture(content, role="style")
        square = min(picture.shape[:2])
        top, left = ((length - square) // 2 for length in picture.shape[:2])
        tiles.append(images.resize(picture[top : top + square, left : left + square], (side, side)))
    rows = [np.concatenate(tiles[k : k + 2], axis=1) for k in (0, 2)]
    return images.jpeg_bytes(np.concatenate(rows), THUMB_QUALITY)


def example_file(name: str, role: str) -> bytes:
    """The file of a bundled photo.

    Raises: KeyError, if there is no such pair.
    """
    if name not in EXAMPLES:
        raise KeyError(name)
    return (resources.files("jphoto") / "photos" / name / f"{role}.jpg").read_bytes()
