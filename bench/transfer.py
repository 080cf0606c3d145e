"""A default transfer as a user runs it: seconds by phase and peak memory, in a process of its own.

python bench/transfer.py --size 700 --steps 20 --out bench/results/transfer-cpu.json
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import machine, write

PHOTOS = Path(__file__).parents[1] / "jphoto" / "photos"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", default="meadow", help="one of the demo's")
    parser.add_argument("--size", type=int, default=700)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--out", type=Path, help="JSON file; without it, to the terminal")
    options = parser.parse_args()
    folder = PHOTOS / options.pair
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "jphoto", "transfer", "--json"),
                *(folder / "content.jpg", folder / "style.jpg"),
                *("--content-mask", folder / "content_mask.png"),
                *("--style-mask", folder / "style_mask.png"),
                *("--size", str(options.size), "--steps", str(options.steps)),
                *("--out", Path(place) / "out.png"),
            ],
            stdout=subprocess.PIPE,
            check=True,
        )
    record = json.loads(done.stdout)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    result = {
        "what": "one transfer through the command line",
        "pair": options.pair,
        "size": record["size"],
        "steps": options.steps,
        "objective": [record["steps"][0]["total"], record["steps"][-1]["total"]],
        "seconds": record["seconds"],
        "peak_memory_bytes": peak,
        "machine": machine("jax", "flax", "numpy"),
    }
    write(result, options.out)


if __name__ == "__main__":
    main()
