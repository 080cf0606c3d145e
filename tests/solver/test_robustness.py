"""Nothing diverges: photos at the edges of what photos are, and weights at the edges of theirs."""

import dataclasses
import itertools

import numpy as np
import pytest
from helpers.solving import PAIR, run, totals

from jphoto.settings import Settings
from jphoto.solver.pairs import Pair
from jphoto.solver.progress import Status

HEIGHT, WIDTH = PAIR.content.shape[:2]
RAMP = np.linspace(0, 1, WIDTH) * np.ones((HEIGHT, 1))
EXTREMES = {
    "black": np.zeros((HEIGHT, WIDTH, 3)),
    "white": np.ones((HEIGHT, WIDTH, 3)),
    "clipped highlights": np.clip(2 * PAIR.content, 0, 1),
    "gray": np.repeat(PAIR.content.mean(2, keepdims=True), 3, 2),
    "black and white": np.repeat((PAIR.content[..., :1] > 0.5), 3, 2),
    "one pure color": RAMP[..., None] * np.array([0.0, 0.0, 1.0]),
    "one light pixel": np.eye(HEIGHT, WIDTH)[..., None] * (np.arange(HEIGHT) == 7)[:, None, None]
    * np.ones(3),
}  # fmt: skip
BOUNDS = {
    field.name: field.metadata["bounds"]
    for field in dataclasses.fields(Settings)
    if field.name.endswith("_weight")
}
METHOD = {"preconditioner": "laplacian", "smoothing": "laplacian", "steps": 6}


def check(solution):
    values = totals(solution)
    assert solution.status is not Status.NOT_FINITE
    assert np.isfinite(solution.picture).all() and np.isfinite(values).all()
    assert np.all(np.diff(values) <= 0)


@pytest.mark.parametrize("content", EXTREMES)
@pytest.mark.parametrize("style", ["photo", *EXTREMES])
def test_any_photos_end_in_a_picture(params, content, style):
    photos = np.float32(EXTREMES[content]), np.float32(EXTREMES.get(style, PAIR.content[::-1]))
    masks = PAIR.content_masks, PAIR.content_masks
    check(run(params, Pair(*photos, *masks), **METHOD))


@pytest.mark.parametrize("pixels", [0, 1, 2, 9])
def test_a_region_of_few_pixels_ends_in_a_picture(params, pixels):
    tiny = np.zeros((HEIGHT, WIDTH), np.float32)
    tiny.flat[WIDTH * 5 + 3 :][:pixels] = 1
    masks = np.stack([tiny, 1 - tiny])
    for content, style in ((masks, PAIR.style_masks), (PAIR.content_masks, masks), (masks, masks)):
        check(run(params, PAIR._replace(content_masks=content, style_masks=style), **METHOD))


@pytest.mark.parametrize("ends", [*itertools.product((0, 1), repeat=len(BOUNDS))])
def test_any_weights_end_in_a_picture(params, ends):
    weights = {name: float(BOUNDS[name][end]) for name, end in zip(BOUNDS, ends, strict=True)}
    check(run(params, **weights, **METHOD))
