"""Makes the pictures of the tutorials and of the README, by the commands that the tutorials show.

    python scripts/docs_pictures.py                        # all, twenty minutes on two cores
    python scripts/docs_pictures.py --pages a-look strip

Needs jphoto with the extra `video`, and the segmentation network.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import jphoto
from bench.video.clips import write_hd
from jphoto import images
from jphoto.cli.run import keep_compiled_programs

ROOT = Path(__file__).resolve().parents[1]
PAGES, OUT = ROOT / "docs" / "tutorials", ROOT / "docs" / "pictures"
PICTURES = {
    "first-transfer": {
        "panda": "jphoto-demo/panda-side-by-side.jpg",
        "tutorial-compared": "compared.jpg",
    },
    "fixing-regions": {"tutorial-overlay": "regions/overlay.jpg"},
    "a-shoot": {"tutorial-sheet": "in-evening/sheet.jpg"},
    "a-look": {"tutorial-card": "card.png"},
    "a-clip": {"tutorial-clip": "first-look.jpg"},
}
"""By page: names of pictures, and the files that they are made from."""
STRIP = {"panda": "default", "meadow": "preview", "flower": "preview"}
"""Pairs of the strip and their presets, with the masks that come with the photos."""
SETUP = "python3 -m venv", ". .venv", "pip install", "jphoto app"
WIDTH, QUALITY = 1200, 82
"""Of pictures."""
CELL = 320, 480
"""Height and width of a photo in the strip."""


def main() -> int:
    """Make the pictures of the pages that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="+", default=["strip", *PICTURES], help="Some of them.")
    keep_compiled_programs()
    for page in parser.parse_args().pages:
        with tempfile.TemporaryDirectory() as folder:
            if page == "strip":
                _save(_strip(), "strip")
            else:
                _follow(PAGES / f"{page}.md", Path(folder))
                for name, file in PICTURES[page].items():
                    _save(images.read_picture(Path(folder) / file, role=name), name)
    return 0


def _follow(page: Path, folder: Path) -> None:
    """Run the commands of a tutorial."""
    write_hd(folder / "walk.mp4", (270, 480), 2)
    block = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            block = line == "```sh"
        elif block and not line.startswith(SETUP):
            print(line, flush=True)
            command = line.replace("jphoto ", f"{sys.executable} -m jphoto ", 1)
            ours = command if line.startswith("jphoto ") else line
            path = {"PYTHONPATH": str(ROOT)}
            subprocess.run(ours, shell=True, check=True, cwd=folder, env={**os.environ, **path})


def _strip() -> np.ndarray:
    """Content, style and result of the bundled pairs, a row each."""
    rows = []
    for pair, preset in STRIP.items():
        photos = [
            ROOT / "jphoto" / "photos" / pair / f"{role}.jpg" for role in ("content", "style")
        ]
        pictures = [images.read_picture(photo, role=photo.stem) for photo in photos]
        masks = [photo.with_name(f"{photo.stem}_mask.png") for photo in photos]
        settings = jphoto.Settings.preset(preset)
        result = jphoto.transfer(
            *photos, content_mask=masks[0], style_mask=masks[1], settings=settings
        )
        pictures.append(result.picture)
        rows.append(np.concatenate([_cropped(picture) for picture in pictures], axis=1))
    return np.concatenate(rows)


def _cropped(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture, with a white border."""
    height, width = CELL
    scale = max(height / picture.shape[0], width / picture.shape[1])
    size = [max(side, round(scale * own)) for side, own in zip(CELL, picture.shape, strict=False)]
    whole = images.resize(picture, (size[0], size[1])).clip(0, 1)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    middle = whole[top : top + height, left : left + width]
    return np.pad(middle, ((4, 4), (4, 4), (0, 0)), constant_values=1)


def _save(picture: np.ndarray, name: str) -> None:
    height, width, _ = picture.shape
    if width > WIDTH:
        picture = images.resize(picture, (round(WIDTH / width * height), WIDTH))
    path = OUT / f"{name}.jpg"
    path.write_bytes(images.jpeg_bytes(picture.clip(0, 1), QUALITY))
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
