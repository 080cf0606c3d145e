"""The estimate of memory, to the byte: for each pixel, region, pair, level and kept picture."""

import functools
import gc

import jax
import numpy as np
import pytest
from helpers.solving import PAIR, run, targets_of

from jphoto.pipeline.capacity import expected_bytes
from jphoto.settings import Settings
from jphoto.solver.plan import loss_weights
from jphoto.solver.vectorized import SINGLE

MB = 10**6
PHOTOS = (2000, 3000), (1500, 1000), 4


def test_the_number_of_steps_makes_no_difference(params, compilations):
    """To the estimate, to the arrays that are held after each chunk, and to the programs."""

    def held(steps):
        found = []

        def note(_):
            gc.collect(1)  # the solve's own garbage
            found.append(sum(array.nbytes for array in jax.live_arrays()))

        run(params, progress=note, steps=steps)
        return found

    gc.collect()  # that of other tests, once, because it takes seconds
    one = held(1)
    compilations.clear()
    many = held(31)
    assert len(many) >= 4 and {*many} == {*one}
    assert not compilations
    for platform in ("cpu", "gpu"):
        needed = {
            expected_bytes(*PHOTOS, Settings(steps=steps), platform) for steps in (1, 31, 3000)
        }
        assert len(needed) == 1


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, 34),
        ({"preconditioner": "none"}, 34 - 11),
        ({"optimizer": "lbfgs-fixed"}, 204),
        ({"optimizer": "adam"}, 4),
    ],
    ids=["lbfgs", "no preconditioner", "lbfgs-fixed", "adam"],
)
def test_an_optimizer_keeps_as_many_pictures_as_are_counted(params, changes, kept):
    settings = Settings(**changes)
    method = {"optimizer": settings.optimizer, "preconditioner": settings.preconditioner}
    targets = jax.eval_shape(targets_of, params, PAIR)
    arrays = targets, loss_weights(settings), PAIR.content
    state = jax.eval_shape(functools.partial(SINGLE.begin, **method), *arrays)
    shapes = [leaf.shape for leaf in jax.tree.leaves(state)]
    large = [shape for shape in shapes if shape[-3:] == PAIR.content.shape]
    assert sum(int(np.prod(shape[:-3])) for shape in large) == kept
    assert sum(int(np.prod(shape)) for shape in shapes if shape not in large) < 500


# Bytes for each further pixel of the content photo in 4 regions: what a step works in, 12 for each
# picture that is kept, those of the size before included, 180 for the pair, and 35 for each region.
A_PIXEL = [
    ({}, 1350 + 12 * (34 + 34 / 4) + 180 + 4 * 35),
    ({"levels": 1}, 1350 + 12 * 34 + 180 + 4 * 35),
    ({"levels": 1, "preconditioner": "none"}, 1350 + 12 * 23 + 180 + 4 * 35),
    ({"levels": 1, "optimizer": "adam"}, 1750 + 12 * 4 + 180 + 4 * 35),
    ({"levels": 1, "optimizer": "lbfgs-fixed"}, 2450 + 12 * 204 + 180 + 4 * 35),
    ({"optimizer": "lbfgs-fixed"}, 2450 + 12 * (204 + 204 / 4) + 180 + 4 * 35),
]


@pytest.mark.parametrize("platform", ["cpu", "gpu", "tpu"])
@pytest.mark.parametrize(("changes", "pixel"), A_PIXEL, ids=str)
def test_each_further_pixel_pair_and_region_takes_its_bytes(platform, changes, pixel):
    settings, height, width = Settings(**changes), 512, 704

    def expected(columns=0, regions=4, count=1, **more):
        content, style = (height, width + columns), (height, 128)
        return expected_bytes(content, style, regions, settings, platform, count, **more)

    base = expected()
    assert expected(columns=1) - base == height * pixel
    assert expected(columns=64) - base == 64 * height * pixel
    assert expected(regions=5) - base == height * width * 35
    assert base - expected(regions=1) == 3 * height * width * 35
    assert expected(count=3) - base == 2 * height * width * pixel
    assert expected(columns=1, count=3) - expected(count=3) == 3 * height * pixel
    assert expected(original=1) - base == 24
    on_devices = height * width * pixel * (1 if platform == "cpu" else 1 / 4)
    assert base - expected(devices=4) == height * width * pixel - on_devices
    levels = min(settings.levels, 2)  # the style photo's 128 rows can be halved only once
    fixed = 10**9 + levels * 165 * MB if platform == "cpu" else 200 * MB
    assert base == fixed + height * width * pixel


def test_each_further_pixel_of_a_large_style_photo_takes_its_bytes():
    base, larger = (
        expected_bytes((64, 64), (1000, 1000 + columns), 4, Settings(), "gpu") for columns in (0, 1)
    )
    assert base == 200 * MB + 850 * MB
    assert larger - base == 1000 * 850
