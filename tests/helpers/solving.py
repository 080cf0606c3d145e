"""Made-up photos and a tiny network, for tests of the solver.

All tests share a few sizes, because each compiles programs of its own.
"""

import functools

import jax.numpy as jnp
import numpy as np

from jphoto.networks.vgg import with_flipped_kernels
from jphoto.objectives.targets import Targets
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.pairs import Pair
from jphoto.solver.single import solve

WIDTHS = {
    "conv1_1": 8, "conv1_2": 8, "conv2_1": 8, "conv2_2": 6, "conv3_1": 6,
    "conv4_1": 6, "conv4_2": 6, "conv5_1": 4,
}  # fmt: skip


@functools.cache
def tiny_network():
    """LossWeights of a network of few and narrow layers."""
    draw = np.random.default_rng(0).normal
    before = [3, *WIDTHS.values()]
    return {
        name: {
            "kernel": jnp.float32(draw(0, (2 / 9 / b) ** 0.5, (3, 3, b, w))),
            "bias": jnp.float32(draw(0, 0.1, w)),
        }
        for b, (name, w) in zip(before, WIDTHS.items(), strict=False)
    }


def make_pair(content=(40, 48), style=(40, 48), seed=1):
    """Two random photos, the style's darker and redder, in two regions: left and right."""
    random = np.random.default_rng(seed)
    photos = []
    for size, tint in ((content, (1, 1, 1)), (style, (0.9, 0.5, 0.3))):
        blocks = max(12, -(-max(size) // 8))
        photo = np.kron(random.random((blocks, blocks, 3)), np.ones((8, 8, 1)))[
            : size[0], : size[1]
        ]
        photos.append(np.float32(tint * (0.8 * photo + 0.2 * random.random((*size, 3)))))
    masks = []
    for photo in photos:
        left = np.arange(photo.shape[1]) < 20
        masks.append(np.stack([np.tile(side, (photo.shape[0], 1)) for side in (left, ~left)]))
    return Pair(*photos, *(np.float32(mask) for mask in masks))


PAIR = make_pair()
LARGE = make_pair((80, 96), (80, 96))
"""Twice the size of PAIR: a level at half the size shares its programs. See `small_levels`."""


def targets_of(params, pair, valid=None, style_valid=None):
    """The targets of a pair, by the programs of a solve."""
    params = with_flipped_kernels(params)
    kind = {"preprocessing": "torchvision", "objective": "jphoto"}
    style = programs.style_targets(params, pair.style, pair.style_masks, style_valid, **kind)
    content = programs.content_targets(params, pair.content, valid, **kind)
    both = programs.pair_targets(params, content, pair.content_masks, style, objective="jphoto")
    return Targets(style, content, *both)


def run(params, pair=PAIR, progress=None, **chosen):
    plain = {"levels": 1, "preconditioner": "none", "smoothing": "none"}
    chosen = {"steps": 10, "tolerance": 0.0, **plain, **chosen}
    return solve(pair, params, "torchvision", Settings(**chosen), progress)


def totals(solution):
    return np.array([step.total for step in solution.steps])
