"""Compares loss weights, steps and smoothing over all pairs of a folder, to choose defaults.

    python -m bench.studies.search --pairs PHOTOS --results 'RESULTS/{i}.png' --photorealism 400,900

Every pair is solved with the defaults, and with each given value in place of its default; each
result is measured without smoothing, and smoothed with every fidelity. A row of the table has the
median of each measure of `jphoto eval` over all pairs, and the number of pairs on which it is
better than the given results. So a choice has to suit all pairs.
"""

import argparse
import functools
import json
import math
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jphoto import weights
from jphoto.cli.run import keep_compiled_programs
from jphoto.evaluation.layouts import find_pairs, find_pictures
from jphoto.evaluation.protocol import MEASURES, measure, read_fitted
from jphoto.pipeline.reading import read_pair
from jphoto.pipeline.report import finite
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.programs import finished
from jphoto.solver.single import solve

VARIED = {
    "photorealism": "photorealism_weight",
    "content": "content_weight",
    "recoloring": "recoloring_weight",
    "steps": "steps",
    "levels": "levels",
    "tolerance": "tolerance",
}
"""Options with values to try, and the settings that they change."""
Scores = dict[str, dict[str, dict[str, float]]]
"""By choice, pair and measure."""


def main() -> int:
    options = _options()
    keep_compiled_programs()
    network, judge = weights.load(options.backbone), weights.load("alexnet").params
    params = jax.device_put(network.params)
    choices: dict[str, dict[str, Any]] = {"defaults": {}} | {
        f"{name} {value:g}": {setting: value}
        for name, setting in VARIED.items()
        for value in getattr(options, name)
    }
    scores: Scores = {}
    pairs = find_pairs(options.pairs)
    published = find_pictures(options.results, "result", [files.name for files in pairs])
    for files in pairs:
        pair, _ = read_pair(*files[1:], options.size)
        theirs, _ = read_fitted(published[files.name], "result", pair.content.shape[:2])
        scores.setdefault("given", {})[files.name] = measure(judge, pair, theirs)
        for name, chosen in choices.items():
            settings = Settings(size=options.size, smoothing="none", **chosen)
            raw = solve(pair, params, network.preprocessing, settings).picture
            for fidelity, picture in _smoothed(pair, raw, options.fidelities):
                row = scores.setdefault(f"{name}, {fidelity}", {})
                row[files.name] = measure(judge, pair, np.clip(picture, 0, 1))
        print(f"{files.name} done", file=sys.stderr, flush=True)
        if options.out:
            options.out.write_text(json.dumps(finite(scores), indent=1))
    print("\n".join(_table(scores)))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="folder, as for `jphoto eval`")
    parser.add_argument("--results", required=True, help="to compare with, {i} for the pair")
    parser.add_argument("--size", type=int, default=350, help="long side")
    parser.add_argument("--backbone", default="vgg16")
    for name, setting in VARIED.items():
        kind = type(getattr(Settings(), setting))
        parser.add_argument(f"--{name}", type=functools.partial(_values, kind), default=[])
    parser.add_argument("--fidelities", type=functools.partial(_values, float), default=[])
    parser.add_argument("--out", type=Path, help="JSON file of every figure")
    return parser.parse_args()


def _values(kind: type, text: str) -> list[Any]:
    return [kind(value) for value in text.split(",")]


def _smoothed(pair: Pair, raw: np.ndarray, fidelities: list[float]) -> Any:
    """The picture as it is, and smoothed with each fidelity, each after its title."""
    yield "not smoothed", raw
    for fidelity in fidelities:
        photos = jnp.asarray(pair.content), jnp.asarray(raw), jnp.asarray(pair.content_masks)
        smoothed = finished(*photos, fidelity=fidelity)
        yield f"smoothed {fidelity:g}", np.asarray(smoothed)


def _table(scores: Scores) -> list[str]:
    """Rows of the table: medians, and on how many pairs a choice beats the given results."""
    lines = [
        f"| | {' | '.join(measure.title for measure in MEASURES)} |",
        f"| --- {'| --- ' * len(MEASURES)}|",
    ]
    for name, row in scores.items():
        cells = []
        for wanted in MEASURES:
            pairs = [(row[pair][wanted.key], scores["given"][pair][wanted.key]) for pair in row]
            sign = 1 if wanted.better == "lower" else -1
            better = sum(sign * own < sign * given for own, given in pairs)
            median = np.median([own for own, _ in pairs if not math.isnan(own)])
            cells.append(f"{median:.{wanted.decimals}f} ({better})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
