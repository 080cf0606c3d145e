"""The objective over the evaluations spent: jphoto's descent and plain L-BFGS, pair by pair.

    python -m bench.studies.convergence --pairs PHOTOS --out convergence.json --plot convergence.svg

Both minimize the default objective. Plain L-BFGS takes 200 evaluations at one size, from the color
transfer by regions. jphoto, with its preset `best`, has the same start at its coarsest size,
continues at finer ones, and preconditions; its work is counted in evaluations at full size, by
pixels, including those at coarse sizes.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import jax

from bench.harness.work import full_size_evaluations
from jphoto import weights
from jphoto.cli.run import keep_compiled_programs
from jphoto.evaluation.layouts import find_pairs
from jphoto.pipeline.reading import read_pair
from jphoto.presets import PRESETS
from jphoto.settings import Settings
from jphoto.solver.single import Solution, solve

PLAIN_EVALUATIONS = 200
PLAIN = {"levels": 1, "preconditioner": "none", "steps": PLAIN_EVALUATIONS}
METHODS = {"plain": PLAIN, "jphoto": PRESETS["best"]}
"""Changes of the default settings."""
ALL_STEPS = {"tolerance": 0.0, "smoothing": "none"}
"""Every planned step is taken, and the result is not smoothed."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="folder, as for `jphoto eval`")
    parser.add_argument("--size", type=int, default=384, help="long side")
    parser.add_argument("--backbone", default="vgg16")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--plot", type=Path, help="plot of the curves; needs matplotlib")
    options = parser.parse_args()
    keep_compiled_programs()
    network = weights.load(options.backbone)
    params = jax.device_put(network.params)
    rows = []
    print("| pair | plain L-BFGS, 200 | jphoto | its work | plain at that work | |")
    print("| --- | --- | --- | --- | --- | --- |")
    for files in find_pairs(options.pairs):
        pair, _ = read_pair(*files[1:], options.size)
        row: dict[str, Any] = {"pair": files.name}
        for name, chosen in METHODS.items():
            settings = Settings(size=options.size, **{**ALL_STEPS, **chosen})
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
    """The objective over evaluations at full size, and the size of each step."""
    return {
        "work": full_size_evaluations(solution.steps).round(3).tolist(),
        "objective": [step.total for step in solution.steps],
        "size": [step.size for step in solution.steps],
    }


def line(row: dict[str, Any]) -> str:
    """A row of the printed table."""
    plain, ours = row["plain"], row["jphoto"]
    work = ours["work"][-1]
    plain_then = plain["objective"][min(int(work), len(plain["objective"])) - 1]
    better = "at or below" if ours["objective"][-1] <= plain["objective"][-1] else "above"
    cells = f"{plain['objective'][-1]:.4f}", f"{ours['objective'][-1]:.4f}", f"{work:.1f}"
    return f"| {row['pair']} | {' | '.join(cells)} | {plain_then:.4f} | {better} |"


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Plot the curves of each pair, where the size of the picture is the full one."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, -(-len(rows) // 3), figsize=(3 * -(-len(rows) // 3), 8))
    for axis, row in zip(axes.flat, rows, strict=False):
        for name in ("plain", "jphoto"):
            curve = row[name]
            full = [k for k, size in enumerate(curve["size"]) if size == curve["size"][-1]]
            axis.plot(
                [curve["work"][k] for k in full], [curve["objective"][k] for k in full], label=name
            )
        axis.set(title=f"pair {row['pair']}", xscale="log", yscale="log")
    axes.flat[0].legend(["plain L-BFGS", "jphoto"])
    figure.supxlabel("evaluations at full size")
    figure.supylabel("objective")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
