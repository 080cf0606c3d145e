"""Quality against seconds: which sizes, steps and methods are worth their time.

    python -m bench.studies.frontier --pairs PHOTOS --out bench/results/frontier-cpu.json
    python -m bench.studies.frontier --out bench/results/frontier-cpu.json --plot frontier.svg

Each way gives the content photo of every pair the look of its style photo, from photos and masks in
memory to a picture of the same size in memory. The measures are those of `jphoto eval`; a row has
the medians over all pairs. All photos of a way lie in arrays of one shape, and the first pair is
done twice, so that no compilation is counted.

- `colors`: the content photo itself, and transfers of the colors of whole photos: Reinhard et al.
  2001 (mean and deviation in Lab), histograms of each channel, and the linear transport of Pitie,
  Kokaram 2007;
- `presets`: those of `jphoto transfer`;
- `steps`: the default with other numbers of steps at full size;
- `sizes`: the default at smaller sizes, its result lifted;
- `levels`: the default at one size, and at two;
- `PyTorch`: `torch.optim.LBFGS` with a strong Wolfe line search, from the same start, on the same
  objective, without the time of its set-up; if PyTorch is installed.
"""

import argparse
import dataclasses
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from bench.harness import colors
from bench.harness.colors import Picture
from bench.harness.context import Context
from bench.harness.machine import describe
from bench.harness.network import network, params
from bench.harness.photos import size_of
from bench.harness.records import write_record
from bench.harness.sides import PLAIN, rivals
from jphoto import weights
from jphoto.cli.run import keep_compiled_programs
from jphoto.evaluation.layouts import find_pairs
from jphoto.evaluation.protocol import LONG_SIDE, MEASURES, measure
from jphoto.matting.lift import lift
from jphoto.objectives.colors import color_moments, color_transfer
from jphoto.pipeline.reading import read_pair
from jphoto.pipeline.report import finite
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, Shape, bucket
from jphoto.solver.single import recolor, solve

PRESETS = ("preview", "fast", "default", "best")
STEPS = (2, 4, 9)
SIZES = (256, 350)
LEVELS = (1, 2)
THEIR_EVALUATIONS = (5, 10, 20)
"""Of PyTorch's descents."""
PLOTTED = ("style_distance", "color_distance", "edge_similarity", "affine_residual")
LINEAR = ("edge_similarity",)
"""Of those, the ones on a linear scale."""
UNORDERED = ("colors", "presets")
"""Families whose points no line connects."""
LABEL_SIDES = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where the labels of a family are, to the right and up, so that those of two rarely overlap."""


class Photos:
    """The pairs of a folder, at any working size."""

    def __init__(self, folder: Path) -> None:
        self._files = {files.name: files for files in find_pairs(folder)}
        self._read: dict[tuple[str, int], Pair] = {}

    @property
    def names(self) -> list[str]:
        """Of all pairs."""
        return [*self._files]

    def pair(self, name: str, size: int) -> Pair:
        """A pair at working size."""
        if (name, size) not in self._read:
            self._read[name, size] = read_pair(*self._files[name][1:], size)[0]
        return self._read[name, size]

    def shape(self, size: int) -> Shape:
        """Of arrays that hold every pair at that size."""
        shapes = [bucket(self.pair(name, size), size) for name in self.names]
        content, style = (
            tuple(np.max([getattr(shape, role) for shape in shapes], 0).tolist())
            for role in ("content", "style")
        )
        return Shape(content, style, max(shape.regions for shape in shapes))


class Way(NamedTuple):
    """A way to make a picture of a pair."""

    family: str
    name: str
    make: Callable[[str], tuple[Picture, float]]
    """From the name of the pair, a picture and the seconds that it took."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, help="folder, as for `jphoto eval`")
    parser.add_argument("--size", type=int, default=LONG_SIDE, help="long side")
    parser.add_argument("--out", type=Path, required=True, help="JSON file, written or plotted")
    parser.add_argument("--plot", type=Path, help="plot of the rows; needs matplotlib")
    options = parser.parse_args()
    if options.pairs:
        keep_compiled_programs()
        _measure(Photos(options.pairs), options.size, options.out)
    if options.plot:
        record = json.loads(options.out.read_text())
        draw(record["cases"]["frontier"]["rows"], options.plot)
    return 0


def _measure(photos: Photos, size: int, out: Path) -> None:
    judge, rows = weights.load("alexnet").params, []
    photos_size = size_of(photos.pair(photos.names[0], size))
    print(f"| | seconds | {' | '.join(measure.title for measure in MEASURES)} |")
    print(f"| --- | --- {'| --- ' * len(MEASURES)}|")
    with tempfile.TemporaryDirectory() as folder:
        context = Context("full", Path(folder))
        for way in [*_colors(photos, size), *_ours(photos, size), *_theirs(photos, size, context)]:
            way.make(photos.names[0])
            made = {name: way.make(name) for name in photos.names}
            scores = {
                name: measure(judge, photos.pair(name, size), np.float32(picture).clip(0, 1))
                for name, (picture, _) in made.items()
            }
            rows.append(
                {
                    "family": way.family,
                    "name": way.name,
                    "size": photos_size,
                    "seconds": statistics.median(seconds for _, seconds in made.values()),
                    "medians": {
                        one.key: float(np.nanmedian([score[one.key] for score in scores.values()]))
                        for one in MEASURES
                    },
                    "pairs": {
                        name: {**scores[name], "seconds": seconds}
                        for name, (_, seconds) in made.items()
                    },
                }
            )
            print(_line(rows[-1]), flush=True)
            cases = {"frontier": {"network": network().network, "rows": finite(rows)}}
            write_record(out, {"machine": describe(), "cases": cases})


def _line(row: dict[str, Any]) -> str:
    """A row of the printed table."""
    cells = [f"{row['medians'][one.key]:.{one.decimals}f}" for one in MEASURES]
    return f"| {row['family']}: {row['name']} | {row['seconds']:.1f} | {' | '.join(cells)} |"


def _timed(make: Callable[[Pair], Picture], pairs: Callable[[str], Pair]) -> Callable[[str], Any]:
    def timed(name: str) -> tuple[Picture, float]:
        pair = pairs(name)
        make(pair)  # photos here are not padded, so each may compile
        began = time.perf_counter()
        return make(pair), time.perf_counter() - began

    return timed


def _colors(photos: Photos, size: int) -> Iterator[Way]:
    makers: dict[str, Callable[[Pair], Picture]] = {
        "content photo": lambda pair: pair.content,
        "Reinhard": lambda pair: colors.reinhard(pair.content, pair.style),
        "histograms": lambda pair: colors.match_histograms(pair.content, pair.style),
        "linear transport": _linear_transport,
    }
    for name, make in makers.items():
        yield Way("colors", name, _timed(make, lambda name: photos.pair(name, size)))


def _linear_transport(pair: Pair) -> Picture:
    content, style = (np.ones((1, *p.shape[:2]), np.float32) for p in (pair.content, pair.style))
    goals = jax.jit(color_moments)(pair.style, style)
    return np.asarray(jax.jit(color_transfer)(pair.content, content, goals))


def _ours(photos: Photos, size: int) -> Iterator[Way]:
    """What `jphoto.transfer` does between reading photos and making the result."""
    settings = Settings(size=size)
    ways: dict[str, Iterable[tuple[Any, Settings]]] = {
        "presets": [(name, Settings.preset(name)) for name in PRESETS],
        "steps": [(count, dataclasses.replace(settings, steps=count)) for count in STEPS],
        "sizes": [(side, dataclasses.replace(settings, size=side)) for side in SIZES],
        "levels": [(count, dataclasses.replace(settings, levels=count)) for count in LEVELS],
    }
    for family, choices in ways.items():
        for name, chosen in choices:
            yield Way(family, str(name), _transfer(photos, size, chosen))


def _transfer(photos: Photos, size: int, settings: Settings) -> Callable[[str], Any]:
    working = min(size, settings.long_side)
    settings = dataclasses.replace(settings, size=working)
    shape = photos.shape(working)

    def make(name: str) -> tuple[Picture, float]:
        pair, full, began = photos.pair(name, working), photos.pair(name, size), time.perf_counter()
        if settings.steps:
            solved = solve(pair, params(), network().preprocessing, settings, None, shape)
        else:
            solved = recolor(pair, settings, None, shape)
        picture = solved.picture
        if working < size:
            picture = lift(pair.content, picture, full.content)
        return picture, time.perf_counter() - began

    return make


def _theirs(photos: Photos, size: int, context: Context) -> Iterator[Way]:
    shape = photos.shape(size)
    for evaluations in THEIR_EVALUATIONS if context.rivals else ():

        def make(name: str, evaluations: int = evaluations) -> tuple[Picture, float]:
            pair, out = photos.pair(name, size), context.folder / "picture.npy"
            start = recolor(pair, Settings.preset("preview"), None, shape).picture
            with rivals(context, pair, names=[PLAIN]) as workers:
                worker = workers[PLAIN]
                plan = {"method": "wolfe", "start": worker.send(start), "out": out}
                worker.rival.request("solve", **plan, steps=1)
                answer = worker.rival.request("solve", **plan, steps=evaluations)
            return np.load(out), answer["seconds"][-1]

        yield Way("PyTorch", str(evaluations), make)


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Plot measures over seconds, a line for each family."""
    import matplotlib.pyplot as plt

    titles = {one.key: f"{one.title} ({one.better} is better)" for one in MEASURES}
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), sharex=True)
    for axis, key in zip(axes.flat, PLOTTED, strict=True):
        families = dict.fromkeys(row["family"] for row in rows)
        for family, (right, up) in zip(families, itertools.cycle(LABEL_SIDES)):
            chosen = sorted(
                (row["seconds"], row["medians"][key], row["name"])
                for row in rows
                if row["family"] == family and row["name"] != "content photo"
            )
            seconds, values = ([one[n] for one in chosen] for n in range(2))
            (line,) = axis.plot(seconds, values, "o" if family in UNORDERED else "o-", label=family)
            for one in chosen:
                axis.annotate(
                    one[2], one[:2], (4 * right, 4 * up), textcoords="offset points", fontsize=7,
                    color=line.get_color(), ha="left" if right > 0 else "right",
                    va="bottom" if up > 0 else "top",
                )  # fmt: skip
        axis.set(title=titles[key], xscale="log", yscale="linear" if key in LINEAR else "log")
        axis.yaxis.set_minor_formatter("{x:g}")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.tick_params(axis="y", which="both", labelsize=8)
        axis.margins(0.1)
        axis.grid(alpha=0.3)
    axes.flat[0].legend()
    figure.supxlabel("seconds for a pair, without compilation")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    sys.exit(main())
