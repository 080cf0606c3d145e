"""How far the network's work goes: jphoto's descent against plain L-BFGS, pair by pair.

    python bench/convergence.py --pairs PHOTOS --out convergence.json --plot convergence.svg

Both descend on the default objective at one size. Plain L-BFGS takes 200 evaluations there, from
the regional color start. jphoto, with its preset `best`, begins with the same start at its coarsest
size and goes on to finer ones, preconditioned; its work is counted in evaluations of full size, by
pixels, coarse sizes and all.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import jax
from work import work

from jphoto import weights
from jphoto.cli.run import keep_compiled_programs
from jphoto.evaluation.layouts import find_pairs
from jphoto.pipeline.reading import read_pair
from jphoto.settings import PRESETS, Settings
from jphoto.solver.single import Solution, solve

PLAIN_EVALUATIONS = 200
PLAIN = {"levels": 1, "preconditioner": "none", "steps": PLAIN_EVALUATIONS}
UNSPARING = {"tolerance": 0.0, "smoothing": "none"}
"""Every step is taken, and nothing follows them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="folder, as for `jphoto eval`")
    parser.add_argument("--size", type=int, default=384, help="long side")
    parser.add_argument("--backbone", default="vgg16")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--plot", type=Path, help="picture of the curves; needs matplotlib")
    options = parser.parse_args()
    keep_compiled_programs()
    network = weights.load(options.backbone)
    params = jax.device_put(network.params)
    rows = []
    print("| pair | plain L-BFGS, 200 | jphoto | its work | plain at that work | |")
    print("| --- | --- | --- | --- | --- | --- |")
    for found in find_pairs(options.pairs):
        pair, _ = read_pair(*found[1:], options.size)
        manners = {"plain": PLAIN, "jphoto": PRESETS["best"]}
        row: dict[str, Any] = {"pair": found.name}
        for name, chosen in manners.items():
            settings = Settings(size=options.size, **{**UNSPARING, **chosen})
            row[name] = curve(solve(pair, params, network.preprocessing, settings))
        rows.append(row)
        print(line(row), flush=True)
        if options.out:
            options.out.write_text(json.dumps({"size": options.size, "rows": rows}, indent=1))
    won = sum(row["jphoto"]["objective"][-1] <= row["plain"]["objective"][-1] for row in rows)
    print(f"\nat or below on {won} of {len(rows)} pairs")
    if options.plot:
        draw(rows, options.plot)
    return 0


def curve(solution: Solution) -> dict[str, list[float]]:
    """The objective over the work of the network, and the size that each step was taken at."""
    return {
        "work": work(solution.steps).round(3).tolist(),
        "objective": [step.total for step in solution.steps],
        "size": [step.size for step in solution.steps],
    }


def line(row: dict[str, Any]) -> str:
    """Of the table."""
    plain, ours = row["plain"], row["jphoto"]
    work = ours["work"][-1]
    meanwhile = plain["objective"][min(int(work), len(plain["objective"])) - 1]
    better = "at or below" if ours["objective"][-1] <= plain["objective"][-1] else "above"
    cells = f"{plain['objective'][-1]:.4f}", f"{ours['objective'][-1]:.4f}", f"{work:.1f}"
    return f"| {row['pair']} | {' | '.join(cells)} | {meanwhile:.4f} | {better} |"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """A curve for each pair and manner; jphoto's from where its size is the full one."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, -(-len(rows) // 3), figsize=(3 * -(-len(rows) // 3), 8))
    for axis, row in zip(axes.flat, rows, strict=False):
        for name in ("plain", "jphoto"):
            found = row[name]
            full = [k for k, size in enumerate(found["size"]) if size == found["size"][-1]]
            axis.plot(
                [found["work"][k] for k in full], [found["objective"][k] for k in full], label=name
            )
        axis.set(title=f"pair {row['pair']}", xscale="log", yscale="log")
    axes.flat[0].legend(["plain L-BFGS", "jphoto"])
    figure.supxlabel("evaluations of full size")
    figure.supylabel("objective")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
