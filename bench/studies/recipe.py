"""Compares jphoto with the published recipe in PyTorch: seconds, and both objectives.

    python -m bench.studies.recipe --pairs PHOTOS --results 'RESULTS/{i}.png' --out recipe.json

For each pair, the time of the recipe is that of some measured steps, scaled to its 2000
evaluations and without its final smoothing; that of jphoto is a transfer with its defaults. Three
pictures are scored by both objectives, each with its own weights: the content photo, the given
result of the recipe, and jphoto's. Run it twice: the first run compiles.
"""

import argparse
import dataclasses
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import jphoto
from bench.harness.context import Context
from bench.torch_rival.client import Rival
from jphoto.cli.run import keep_compiled_programs
from jphoto.evaluation.layouts import PairFiles, find_pairs, find_pictures
from jphoto.evaluation.protocol import read_fitted
from jphoto.pipeline.reading import read_pair
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.plan import loss_weights

SETTINGS = {
    "jphoto": Settings(backbone="vgg16"),
    "paper": Settings.preset("paper", backbone="vgg16"),
}
"""By objective."""
WARM_UP_STEPS = 5
"""First steps of the recipe that are not timed, because they are slower."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="folder, as for `jphoto eval`")
    parser.add_argument("--results", required=True, help="of the recipe, with {i} for the pair")
    parser.add_argument("--size", type=int, default=700, help="long side")
    parser.add_argument("--steps", type=int, default=20, help="of the recipe, that are timed")
    parser.add_argument("--out", type=Path, help="JSON file")
    options = parser.parse_args()
    keep_compiled_programs()
    rows = []
    print("| pair | recipe, s | jphoto, s | ratio | by | content | given | jphoto |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    pairs = find_pairs(options.pairs)
    given = find_pictures(options.results, "result", [files.name for files in pairs])
    for files in pairs:
        with tempfile.TemporaryDirectory() as folder:
            context = Context("full", Path(folder))
            row = compare(context, files, given[files.name], options.size, options.steps)
        rows.append(row)
        print("\n".join(lines(row)), flush=True)
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1))
    return 0


def compare(
    context: Context, files: PairFiles, given: Path, size: int, steps: int
) -> dict[str, Any]:
    """The record of one pair; the two sides run one after the other, each alone on the machine."""
    pair, _ = read_pair(*files[1:], size)
    ours = jphoto.transfer(
        files.content, files.style, content_mask=files.content_mask, style_mask=files.style_mask,
        settings=dataclasses.replace(SETTINGS["jphoto"], size=size),
    )  # fmt: skip
    theirs, _ = read_fitted(given, "result", pair.content.shape[:2])
    pictures = {"content": pair.content, "given": theirs, "jphoto": ours.solved}
    for name, picture in pictures.items():
        np.save(context.folder / f"{name}.npy", np.float32(picture))
    with Rival() as rival:
        scores = {name: score(context, rival, pair, name, pictures) for name in SETTINGS}
        solved = rival.request(
            "solve", method="published", steps=steps + WARM_UP_STEPS, out=context.folder / "out.npy"
        )
    step = statistics.median(np.diff(solved["seconds"][WARM_UP_STEPS - 1 :]))
    seconds = {"recipe": SETTINGS["paper"].steps * step, "jphoto": ours.seconds["total"]}
    return {"pair": files.name, "seconds": seconds, "step_seconds": step, "scores": scores}


def score(
    context: Context, rival: Rival, pair: Pair, objective: str, pictures: Any
) -> dict[str, float]:
    """An objective at each picture, in float32."""
    weights = loss_weights(SETTINGS[objective])._asdict()
    options = {**context.rival_options(pair, "float32"), "objective": objective, "weights": weights}
    rival.request("open", **options)
    return {
        name: rival.request("evaluate", picture=context.folder / f"{name}.npy")["total"]
        for name in pictures
    }


def lines(row: dict[str, Any]) -> list[str]:
    """Rows of the printed table, one for each objective."""
    recipe, ours = row["seconds"]["recipe"], row["seconds"]["jphoto"]
    head = f"| {row['pair']} | {recipe:.0f} | {ours:.1f} | {recipe / ours:.0f} |"
    return [
        f"{head} {objective} | {' | '.join(f'{value:.4g}' for value in scores.values())} |"
        for objective, scores in row["scores"].items()
    ]


if __name__ == "__main__":
    sys.exit(main())
