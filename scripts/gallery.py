"""Makes the pictures of the gallery from photos that come with jphoto.

    python scripts/gallery.py                              # ten minutes on two cores
    python scripts/gallery.py --pictures night looks

Needs the segmentation network.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import jphoto
from jphoto import images
from jphoto.looks.bundled import bundled_looks

ROOT = Path(__file__).resolve().parents[1]
LOOKS = ROOT / "jphoto" / "looks" / "photos"
OUT = ROOT / "docs" / "pictures"
PAIRS = {
    "night": (LOOKS / "film-cool-1.webp", LOOKS / "night-city-2.webp"),
    "blue-hour": (LOOKS / "film-warm-1.webp", LOOKS / "blue-hour-2.webp"),
    "autumn": (LOOKS / "film-cool-2.webp", LOOKS / "autumn-2.webp"),
    "golden-hour": (LOOKS / "film-cool-4.webp", LOOKS / "golden-hour-3.webp"),
    "dusk": (LOOKS / "film-warm-4.webp", LOOKS / "blue-hour-3.webp"),
}
"""Content and style of each picture."""
LOOKS_CONTENT = ROOT / "jphoto" / "photos" / "meadow" / "content.jpg"
"""The photo that is shown in each bundled look."""
COLUMNS = 4
"""Of the sheet of looks."""
WIDTH, QUALITY = 1000, 78
"""Of pictures, in pixels and of JPEG."""
NAMES = *PAIRS, "looks"


def main() -> int:
    """Make all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the pictures")
    options = parser.parse_args()
    for name in options.pictures:
        sheet = looks() if name == "looks" else row(*PAIRS[name])
        size = round(len(sheet) * WIDTH / sheet.shape[1]), WIDTH
        path = options.out / f"gallery-{name}.jpg"
        path.write_bytes(images.jpeg_bytes(images.resize(sheet, size).clip(0, 1), QUALITY))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB", flush=True)
    return 0


def row(content: Path, style: Path) -> np.ndarray:
    """Content, style and result side by side."""
    photos = [(role, _read(path, role)) for role, path in (("content", content), ("style", style))]
    return images.side_by_side([*photos, ("result", jphoto.transfer(content, style).picture)])


def looks() -> np.ndarray:
    """The colors of every bundled look on one photo, in rows."""
    settings = jphoto.Settings.preset("preview")
    tiles = [
        (name, jphoto.transfer(LOOKS_CONTENT, name, settings=settings).picture)
        for name in bundled_looks()
    ]
    rows = [tiles[first : first + COLUMNS] for first in range(0, len(tiles), COLUMNS)]
    return images.stack([images.side_by_side(row) for row in rows])


def _read(path: Path, role: str) -> np.ndarray:
    return images.read_picture(path, role=role)


if __name__ == "__main__":
    sys.exit(main())
