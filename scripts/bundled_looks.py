"""Makes the photos of the bundled looks anew, and the page that names their authors.

    python scripts/bundled_looks.py --packages ~/packages
    python scripts/bundled_looks.py --page    # the page alone; needs no packages

`jphoto/looks/photos/looks.toml` says which photo of which package is taken, how it is cropped and
which grade it gets; `look_grades.py` has the grades. Packages are downloaded by pip and apt-get, if
they do not lie in the folder. The same versions of the packages, of Pillow and of scikit-image give
the same files.
"""

import argparse
import io
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

if not __package__:  # started as a script, so that Python looks beside this file for modules
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.truth.manifest import Photo
from bench.truth.packages import take_photos
from scripts.look_grades import GRADES, Picture

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ROOT / "jphoto" / "looks" / "photos"
MANIFEST = PHOTOS / "looks.toml"
PAGE = ROOT / "docs" / "reference" / "looks-sources.md"
LONG_SIDE = 560
"""In pixels: enough for the statistics of a look, few enough for a wheel."""
QUALITY = 80
MOST_BYTES = 1_800_000
"""Of all photos together."""
LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}

Entry = dict[str, Any]
"""A table of looks.toml."""


def read_looks(path: Path = MANIFEST) -> list[Entry]:
    """The looks with their photos, in the order of the file."""
    looks: list[Entry] = tomllib.loads(path.read_text("utf-8"))["look"]
    return looks


def write_photos(looks: list[Entry], packages: Path, folder: Path) -> int:
    """Write all photos; returns their size in bytes.

    Raises: ValueError, if they are larger than `MOST_BYTES`, and what `take_photos` raises.
    """
    entries = {entry["file"]: entry for look in looks for entry in look["photo"]}
    total = 0
    for photo, encoded in take_photos([_packaged(entry) for entry in entries.values()], packages):
        webp = encode(bundled(encoded, entries[photo.name]))
        (folder / photo.name).write_bytes(webp)
        total += len(webp)
    if total > MOST_BYTES:
        raise ValueError(
            f"the photos have {total:,} bytes, more than {MOST_BYTES:,}; lower LONG_SIDE or QUALITY"
        )
    return total


def bundled(encoded: bytes, entry: Entry) -> Picture:
    """A photo as its look has it: cropped, reduced and graded; sRGB in [0, 1].

    It is graded in floating point, for what is lifted from 8 bits shows steps.
    """
    with Image.open(io.BytesIO(encoded)) as image:
        opened = image.convert("RGB")
    left, upper, right, lower = entry.get("crop", (0, 0, 1, 1))
    width, height = opened.size
    box = (left * width, upper * height, right * width, lower * height)
    sides = (box[2] - box[0], box[3] - box[1])
    scale = min(LONG_SIDE / max(sides), 1)
    size = (round(scale * sides[0]), round(scale * sides[1]))
    planes = [
        np.asarray(
            Image.fromarray(np.asarray(plane, np.float32)).resize(
                size, Image.Resampling.LANCZOS, box
            )
        )
        for plane in opened.split()
    ]
    picture = np.stack(planes, -1).astype(np.float64).clip(0, 255) / 255
    if "grade" in entry:
        picture = GRADES[entry["grade"]](picture, **entry.get("settings", {}))
    return picture


def encode(picture: Picture) -> bytes:
    """The WebP file of a picture, without metadata."""
    levels = np.round(picture.clip(0, 1) * 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "webp", quality=QUALITY, method=6)
    return stream.getvalue()


INTRODUCTION = """\
# The photos of the bundled looks

Each look is made from a few photos. They keep the licenses of their authors; jphoto's own license
does not cover them. All were reduced to a long side of at most {side} pixels and saved again as
WebP without metadata. The column "light" names the grade that changed light and color; "its own"
means that nothing did. [looks.toml](../../jphoto/looks/photos/looks.toml) has the package and the
path of each photo; `scripts/bundled_looks.py` makes the photos, and this page, from it.
"""


def page(looks: list[Entry]) -> str:
    """The page of all looks with their photos, authors and licenses."""
    parts = [INTRODUCTION.format(side=LONG_SIDE)]
    for look in looks:
        lines = [f"## {look['name']}", "", f"{look['text']}.", ""]
        lines += ["| file | photo | author | license | light |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(entry) for entry in look["photo"]]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(entry: Entry) -> str:
    title, terms = entry["title"], entry["license"]
    if "source" in entry:
        address = entry["source"].replace("(", "%28").replace(")", "%29")  # would end the link
        title = f"[{title}]({address})"
    if terms in LICENSES:
        terms = f"[{terms}]({LICENSES[terms]})"
    light = entry.get("grade", "its own") + (", cropped" if "crop" in entry else "")
    return f"| {entry['file']} | {title} | {entry['author']} | {terms} | {light} |"


def _packaged(entry: Entry) -> Photo:
    """Where a photo lies, under the name of its file."""
    return Photo(
        name=entry["file"],
        text=entry["title"],
        kind="look",
        registry=entry["registry"],
        package=entry["package"],
        version=entry["version"],
        file=entry["path"],
        sha256=entry["sha256"],
        author=entry["author"],
        license=entry["license"],
        entry=entry.get("entry"),
        source=entry.get("source"),
    )


def main() -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--packages", type=Path, help="folder of the packages; they are kept there")
    wanted.add_argument("--page", action="store_true", help="write looks-sources.md alone")
    options = parser.parse_args()
    looks = read_looks()
    try:
        if options.packages:
            total = write_photos(looks, options.packages, PHOTOS)
            print(f"{sum(len(look['photo']) for look in looks)} photos, {total:,} bytes")
        PAGE.write_text(page(looks), "utf-8")
    except (ValueError, RuntimeError, OSError) as error:
        print(f"bundled_looks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
