"""The example of vmapped solves: each is what it is alone, and the sheets are written."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import PAIR, make_pair, tiny_network

from examples import vmap_solves
from jphoto import functional, weights

LARGEST_DIFFERENCE = 1e-4
"""Of colors between two programs of the same solve: rounding, amplified by a few steps."""


@pytest.fixture
def params(monkeypatch):
    monkeypatch.setattr(vmap_solves, "STEPS", (3,))
    return tiny_network()


def test_eight_pairs_are_solved_as_each_is_alone(params):
    pairs = [make_pair((40, 48), (40, 48), seed) for seed in range(8)]
    contents, styles = (
        jnp.stack([getattr(pair, role) for pair in pairs]) for role in ("content", "style")
    )
    together = vmap_solves.solve_pairs(params, "torchvision", contents, styles)
    alone = jax.jit(lambda content, style: functional.solve(params, content, style, steps=(3,)))
    assert together.picture.shape == contents.shape
    for number in (0, 7):
        single = alone(contents[number], styles[number])
        assert np.abs(together.picture[number] - single.picture).max() < LARGEST_DIFFERENCE
        np.testing.assert_allclose(
            together.terms[0].total[number], single.terms[0].total, rtol=1e-4
        )


def test_the_heavier_the_style_weight_the_smaller_the_style_term(params):
    # Arrays of jax, as the command has them: the program closes over them.
    photos = jax.device_put((PAIR.content, PAIR.style))
    values = jnp.asarray(2.0 ** np.arange(-7, 1), jnp.float32)
    found = vmap_solves.solve_style_weights(params, "torchvision", *photos, values)
    assert found.picture.shape == (8, *PAIR.content.shape)
    assert (np.diff(np.asarray(found.terms[0].style[:, -1])) < 0).all()


def test_the_command_writes_a_sheet_of_each(monkeypatch, tmp_path):
    network = SimpleNamespace(params={}, preprocessing="torchvision")
    monkeypatch.setattr(weights, "load", lambda name: network)

    def stand_in(params, preprocessing, contents, *_):
        return SimpleNamespace(picture=np.broadcast_to(contents, (8, 32, 32, 3)))

    monkeypatch.setattr(vmap_solves, "solve_pairs", stand_in)
    monkeypatch.setattr(vmap_solves, "solve_style_weights", stand_in)
    vmap_solves.main(["--size", "32", "--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.jpg", "style-weights.jpg"]
