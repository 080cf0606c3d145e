"""Whether a look of 20 photos under one grade comes nearer to the truth than each of them alone.

The truth is the content photo under the same grade. A look of many photos moves the content's own
colors by what the grade did to ordinary ones (`jphoto/looks/ordinary.py`). That table was made from
the same photos as this benchmark, ungraded; so each look is also used with a table of other photos,
without its styles and its contents, and with none: then the content gets the colors of the look.
"""

import dataclasses
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

import jphoto
from bench.looks.grades import SIZE, Choice, choose, under_grade
from bench.looks.ordinary import ordinary_colors
from bench.truth.looks import FAMILIES, Picture
from bench.truth.methods import BACKBONE, SEGMENTER
from jphoto import metrics, weights
from jphoto.looks import Look
from jphoto.looks.gaussians import Gaussian
from jphoto.looks.ordinary import ORDINARY

MEASURES = {"ciede2000": "lower", "lpips": "lower", "psnr": "higher"}
"""Measures against the truth, and which values are better."""
LOOK, OTHER_ORDINARY, NO_ORDINARY = "look", "look, ordinary colors of others", "look, colors only"
"""A look with the table that jphoto has, with one of other photos, and without."""
CONTENT = "content photo"
SHIPPED = dict(ORDINARY)


class Part(NamedTuple):
    """What is compared."""

    preset: str
    regions: str
    family_count: int
    content_count: int
    single_count: int
    """So many of the styles are also used alone."""

    @property
    def settings(self) -> jphoto.Settings:
        """Of all transfers."""
        return jphoto.Settings.preset(
            self.preset, regions=self.regions, size=SIZE, backbone=BACKBONE
        )


PARTS = {
    "whole photos": Part("preview", "none", len(FAMILIES), 6, 20),
    "kinds": Part("preview", "auto", len(FAMILIES), 2, 20),
    "default preset": Part("default", "none", 2, 2, 5),
}


def left_out(name: str) -> str | None:
    """Why a part cannot run here, if so."""
    if PARTS[name].regions == "auto" and weights.find(SEGMENTER) is None:
        return f"needs `jphoto weights install {SEGMENTER}`"
    return None


def families(
    pictures: Mapping[str, Picture], part: Part, done: Iterable[str] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was measured, family by family.

    Args:
      pictures: all photos, by name, sRGB in [0, 1].
      part: what to compare.
      done: families to leave out.
    """
    waiting = [family for family in list(FAMILIES)[: part.family_count] if family not in done]
    if not waiting:
        return
    photos = [np.float32(picture) for picture in pictures.values()]
    ordinary = Look.from_photos(photos, settings=part.settings)
    for family in waiting:
        choice = choose(pictures, family, part.content_count)
        chosen = {*choice.styles, *choice.contents}
        others = [number for number, name in enumerate(pictures) if name not in chosen]
        yield family, _family(pictures, part, choice, ordinary_colors(ordinary, others))


def _family(
    pictures: Mapping[str, Picture],
    part: Part,
    choice: Choice,
    others: Mapping[str, Gaussian],
) -> dict[str, Any]:
    styles = [under_grade(pictures, choice, name) for name in choice.styles]
    # A content photo with none of the look's kinds takes the style of its whole photos.
    look = dataclasses.replace(Look.from_photos(styles, settings=part.settings), general=True)
    tables = {LOOK: SHIPPED, OTHER_ORDINARY: others, NO_ORDINARY: {}}
    found: dict[str, Any] = {}
    for name in choice.contents:
        content, truth = np.float32(pictures[name]), under_grade(pictures, choice, name)
        row: dict[str, Any] = {CONTENT: measured(content, truth)}
        for title, table in tables.items():
            with ordinary_is(table):
                row[title] = measured(_transfer(content, look, part), truth)
        singles = [
            measured(_transfer(content, style, part), truth)
            for style in styles[: part.single_count]
        ]
        row["singles"] = {key: [single[key] for single in singles] for key in MEASURES}
        found[name] = row
    return {"seed": choice.seed, "styles": choice.styles, "contents": found}


def _transfer(content: Picture, style: Picture | Look, part: Part) -> Picture:
    picture: Picture = jphoto.transfer(content, style, settings=part.settings).picture
    return picture


def measured(result: Picture, truth: Picture) -> dict[str, float]:
    """The values of `MEASURES`, with four decimals."""
    judge, result = weights.load("alexnet").params, np.float32(result.clip(0, 1))
    scores = {
        "ciede2000": metrics.color_difference(result, truth),
        "lpips": metrics.perceptual_distance(judge, result, truth),
        "psnr": metrics.psnr(result, truth),
    }
    return {key: round(float(value), 4) for key, value in scores.items()}


@contextmanager
def ordinary_is(table: Mapping[str, Gaussian]) -> Iterator[None]:
    """Within it, looks use this table of the colors of ordinary photos."""
    with mock.patch.dict(ORDINARY, table, clear=True):
        yield


def summary(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Medians over all contents, and how often a look beats the single photos.

    Args:
      found: by family, from `families`.
    """
    rows = [row for family in found.values() for row in family["contents"].values()]
    looks = (LOOK, OTHER_ORDINARY, NO_ORDINARY)
    medians = {
        title: {key: statistics.median(row[title][key] for row in rows) for key in MEASURES}
        for title in (CONTENT, *looks)
    }
    for title, chosen in (("single photo", statistics.median), ("best single photo", None)):
        medians[title] = {
            key: statistics.median((chosen or BEST[better])(row["singles"][key]) for row in rows)
            for key, better in MEASURES.items()
        }
    return {
        "contents": len(rows),
        "medians": medians,
        "beats_every_single": {title: _shares(rows, title, every=True) for title in looks},
        "beats_median_single": {title: _shares(rows, title, every=False) for title in looks},
    }


BEST = {"lower": min, "higher": max}


def _shares(rows: Sequence[Mapping[str, Any]], title: str, *, every: bool) -> dict[str, float]:
    """On which share of the contents a look is better than all single photos, or their median."""
    shares = {}
    for key, better in MEASURES.items():
        sign = 1 if better == "lower" else -1
        wins = [
            sign * row[title][key]
            < sign * (BEST[better] if every else statistics.median)(row["singles"][key])
            for row in rows
        ]
        shares[key] = statistics.mean(wins)
    return shares
