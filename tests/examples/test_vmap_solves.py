"""The example of vmapped solves: each is what it is alone, and the sheets are written."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import PAIR, make_pair, tiny_network

from examples import vmap_solves
from jphoto import weights

LARGEST_DIFFERENCE = 1e-4
"""Of colors between two programs of the same solve: rounding, amplified by a few steps."""


@pytest.fixture(scope="module", autouse=True)
def few_steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vmap_solves, "STEPS", (8,))
        yield


@pytest.fixture(scope="module")
def weighted():
    """Solves of a pair under rising style weights; the last is the default, 1."""
    # Arrays of jax, as the command has them.
    photos = jax.device_put((PAIR.content, PAIR.style))
    values = jnp.asarray(2.0 ** np.arange(-7, 1), jnp.float32)
    return vmap_solves.solve_style_weights(tiny_network(), "torchvision", *photos, values)


def test_the_heavier_the_style_weight_the_smaller_the_style_term(weighted):
    assert weighted.picture.shape == (8, *PAIR.content.shape)
    assert (np.diff(np.asarray(weighted.terms[0].style[:, -1])) < 0).all()


def test_eight_pairs_are_solved_as_each_is_alone(weighted):
    pairs = [PAIR, *(make_pair(seed=seed) for seed in range(2, 8)), PAIR]
    contents, styles = (
        jnp.stack([getattr(pair, role) for pair in pairs]) for role in ("content", "style")
    )
    together = vmap_solves.solve_pairs(tiny_network(), "torchvision", contents, styles)
    assert together.picture.shape == contents.shape
    # The same pair under another program, in the first place and in the last.
    for number in (0, 7):
        away = together.picture[number] - weighted.picture[7]
        assert np.abs(away).max() < LARGEST_DIFFERENCE
        np.testing.assert_allclose(
            together.terms[0].total[number], weighted.terms[0].total[7], rtol=1e-4
        )
    totals = np.asarray(together.terms[0].total[:, -1])
    assert len(set(totals[:7])) == 7


def test_the_command_writes_a_sheet_of_each(monkeypatch, tmp_path):
    network = SimpleNamespace(params={}, preprocessing="torchvision")
    monkeypatch.setattr(weights, "load", lambda name: network)

    def stand_in(params, preprocessing, contents, *_):
        return SimpleNamespace(picture=np.broadcast_to(contents, (8, 32, 32, 3)))

    monkeypatch.setattr(vmap_solves, "solve_pairs", stand_in)
    monkeypatch.setattr(vmap_solves, "solve_style_weights", stand_in)
    vmap_solves.main(["--size", "32", "--out", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.jpg", "style-weights.jpg"]
