"""Looks with few numbers, for tests of the arithmetic of looks; transfers with real looks."""

import numpy as np

import jphoto
from jphoto.looks.learning import combined
from jphoto.looks.statistics import LAYERS, SIZES, WHOLE, ColorSamples, Statistics

CHANNELS = 3

SETTINGS = jphoto.Settings(steps=2, size=192)
PREVIEW = jphoto.Settings.preset("preview", size=192)


def photo_statistics(seed, **shares):
    """Made-up statistics of one photo with kinds of these shares, weighted by them."""
    random = np.random.default_rng(seed)
    kinds = (*shares, WHOLE)
    count = len(kinds)

    def positive(*shape):
        roots = random.uniform(0, 0.2, (*shape, 3, CHANNELS))
        return np.float32(np.einsum("...ij,...ik->...jk", roots, roots) + 1e-3 * np.eye(CHANNELS))

    averages = {}
    for size, layers in LAYERS.items():
        averages[f"{size}.details"] = np.float32(random.uniform(0, 1, count))
        for layer in layers:
            averages[f"{size}.{layer}.gram"] = positive(count)
            averages[f"{size}.{layer}.mean"] = np.float32(random.uniform(0, 1, (count, CHANNELS)))
    row = np.array([[*shares.values(), 1.0]], np.float32)
    means = np.float32(random.uniform(0.2, 0.8, (1, count, len(SIZES), 3)))
    colors = ColorSamples(row, row, np.zeros_like(row), means, positive(1, count, len(SIZES)))
    return Statistics(kinds, averages, colors)


def one_photo(seed, **shares):
    """The look of one made-up photo."""
    return combined([photo_statistics(seed, **shares)])


def numbers(look, groups, content, kept=None):
    """All that the solver gets of a look, as one array; with another share that is kept."""
    from jphoto.looks.targets import LookTargets

    if kept is not None:
        colors = look.colors._replace(kept=np.full_like(look.colors.kept, kept))
        look = look._replace(colors=colors)
    targets = LookTargets("", look, groups, content).style_targets(
        ["jphoto-coarse", "jphoto-half", "jphoto-fine"], len(groups)
    )
    parts = [
        part
        for one in targets
        for part in (*one.grams, *one.means, one.colors.means, one.colors.covariances, one.details)
    ]
    return np.concatenate([np.ravel(part) for part in parts])


def transferred(files, style, settings=PREVIEW):
    """The photo by day in a style; if that is a look, with the mask of its kinds."""
    own = {"content_mask": files / "mask.png"} if isinstance(style, jphoto.Look) else {}
    return jphoto.transfer(files / "day.png", style, settings=settings, **own)
