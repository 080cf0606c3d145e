"""Measures `jphoto video` beside other ways, on clips with known motion.

    python -m bench.video run --out bench/results/video-cpu.json
    python -m bench.video speed --out bench/results/video-cpu.json
    python -m bench.video length --out bench/results/video-cpu.json
    python -m bench.video clips --out FOLDER --height 360

`run` measures steadiness and quality, `speed` times ten seconds of 1080p, and `length` compares the
memory for clips of different lengths. What the record has is not measured again by `run`. `clips`
writes the clips of `run` to a folder, with their motion.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from bench.harness.memory_probe import probe
from bench.harness.rows import read_rows, write_row
from bench.video import measures
from bench.video.clips import made_clips, write, write_hd
from bench.video.methods import METHODS, frames_of, style_photo
from jphoto.cli.run import keep_compiled_programs
from jphoto.errors import JphotoError

CASE, SPEED, LENGTH = "video", "video_speed", "video_length"
SIZE, SECONDS = (270, 480), 2.0
LENGTHS = 10, 60, 600
"""Seconds of the clips whose memory is compared."""


def main() -> int:
    options = _parser().parse_args()
    keep_compiled_programs()
    try:
        with tempfile.TemporaryDirectory() as folder, style_photo() as style:
            options.run(Path(folder) / "clip.mkv", style, options)
    except (ValueError, OSError, JphotoError) as error:
        print(f"bench.video: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.video", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = parser.add_subparsers(required=True)
    for name, function in (
        ("run", _run), ("speed", _speed), ("length", _length), ("clips", _clips),
    ):  # fmt: skip
        step = steps.add_parser(name)
        step.add_argument("--out", type=Path, required=True, help="JSON file; of clips, a folder")
        step.set_defaults(run=function)
        if name == "length":
            step.add_argument("--seconds", type=int, nargs="+", default=LENGTHS)
        if name == "clips":
            step.add_argument("--height", type=int, default=SIZE[0], help="in pixels; 16:9")
    return parser


def _run(path: Path, style: Path, options: argparse.Namespace) -> None:
    """Steadiness and quality of all methods on all clips."""
    done = {row["row"] for row in read_rows(options.out, CASE)}
    for made in made_clips(SIZE):
        names = [name for name in METHODS if f"{made.name}, {name}" not in done]
        if names:
            write(made, path, SIZE, SECONDS)
        for name in names:
            began = time.perf_counter()
            frames = METHODS[name](path, style, measures.numbers())
            spent = time.perf_counter() - began
            row = {"row": f"{made.name}, {name}", "clip": made.name, "method": name}
            row |= {"frames": len(frames), "seconds": spent}
            row |= measures.measured(made, frames_of(path), frames, style)
            write_row(options.out, CASE, row)
            print(json.dumps(row), flush=True)


def _clips(path: Path, style: Path, options: argparse.Namespace) -> None:
    """All clips, lossless, with .npz files of their motion."""
    options.out.mkdir(parents=True, exist_ok=True)
    size = options.height, 2 * round(options.height * 8 / 9)
    for made in made_clips(size):
        write(made, options.out / f"{made.name.replace(' ', '-')}.mkv", size, SECONDS)
        print(made.name, flush=True)


def _speed(path: Path, style: Path, options: argparse.Namespace) -> None:
    """Seconds and memory for ten seconds of 1080p."""
    write_hd(path, (1080, 1920), 10)
    for name, preset in (("default", "default"), ("preview", "preview")):
        found = probe("video", {"clip": path, "style": style, "preset": preset})
        row = {"row": name, "size": [1080, 1920], **found}
        write_row(options.out, SPEED, row)
        print(json.dumps(row), flush=True)


def _length(path: Path, style: Path, options: argparse.Namespace) -> None:
    """Peak memory for clips of different lengths, with a cheap style."""
    for seconds in options.seconds:
        write_hd(path, (180, 320), seconds)
        found = probe("video", {"clip": path, "style": style, "preset": "preview"})
        row = {"row": f"{seconds} s", "size": [180, 320], **found}
        write_row(options.out, LENGTH, row)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
