"""The benchmark of looks, on photos that `python -m bench.truth photos --out FOLDER` has taken.

    python -m bench.looks run FOLDER --out record.json
    python -m bench.looks run FOLDER --parts batch --count 30 --out record.json

The part `kinds` needs the segmenter (`jphoto weights install deeplab`); `mixes` and `batch` use it
if it is there. What the record has is not measured again, apart from batches.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from bench.harness.rows import read_rows, write_row
from bench.looks import batches, grades, mixes, record, truth
from jphoto import images
from jphoto.cli.run import keep_compiled_programs
from jphoto.errors import JphotoError

PARTS = {"whole": "whole photos", "kinds": "kinds", "default": "default preset"}
"""Parts of the comparison with the truth, by the names that are typed."""


def main() -> int:
    options = _parser().parse_args()
    keep_compiled_programs()
    try:
        for part in options.parts:
            _run(part, options)
    except subprocess.CalledProcessError as error:
        print(f"bench.looks: {error}: {error.stderr.decode()}", file=sys.stderr)
        return 1
    except (ValueError, OSError, JphotoError) as error:
        print(f"bench.looks: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.looks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = parser.add_subparsers(required=True)
    run = steps.add_parser("run", help="measure; continues where it stopped")
    run.add_argument("folder", type=Path, help="with photos/; sheets of mixes go to mixes/")
    run.add_argument("--out", type=Path, required=True, help="JSON file")
    run.add_argument(
        "--parts", type=_parts, default=[*PARTS, "mixes", "batch"], help="names with commas between"
    )
    run.add_argument("--count", type=int, default=batches.PHOTOS, help="photos of a batch")
    return parser


def _parts(text: str) -> list[str]:
    names, known = text.split(","), [*PARTS, "mixes", "batch"]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name} is not one of {', '.join(known)}")
    return names


def _run(part: str, options: argparse.Namespace) -> None:
    photos = options.folder / "photos"
    if part == "mixes":
        _mixes(photos, options)
    elif part == "batch":
        pictures = grades.read_photos(photos)
        row = batches.batches(pictures, options.count)
        write_row(options.out, record.BATCHES, row)
        print(f"a photo takes {row['ratio']:.2f} times as long with a look as with a photo")
    elif reason := truth.left_out(PARTS[part]):
        print(f"{part} left out: {reason}")
    else:
        record.run_truth(grades.read_photos(photos), PARTS[part], options.out)


def _mixes(photos: Path, options: argparse.Namespace) -> None:
    pictures, folder = grades.read_photos(photos, mixes.SIZE), options.folder / "mixes"
    folder.mkdir(exist_ok=True)
    done = {row["row"] for row in read_rows(options.out, record.MIXES)}
    for names in mixes.MIXES:
        for way in mixes.WAYS:
            if mixes.title(names, *way) in done:
                continue
            row, sheet = mixes.mix(pictures, names, *way)
            images.save_picture(sheet, folder / f"{'-'.join((*names, *way))}.png")
            write_row(options.out, record.MIXES, row)
            print(f"{row['row']}: {row['mean_to_last']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
