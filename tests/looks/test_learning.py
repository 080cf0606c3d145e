"""What is learned from a photo is what the solver computes of a style photo."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.solving import tiny_network

from jphoto.errors import ImageError, LookError
from jphoto.looks import learning
from jphoto.looks.look import Look
from jphoto.looks.sources import learn
from jphoto.looks.targets import LookTargets, region_colors
from jphoto.networks.vgg import transposed_kernels, with_flipped_kernels
from jphoto.objectives.colors import color_moments
from jphoto.settings import Settings
from jphoto.solver import programs
from jphoto.solver.levels import style_photos, style_targets_of
from jphoto.solver.pairs import Pair, bucket

RANDOM = np.random.default_rng(0)
SIZE = 192


def photo(height, width):
    blocks = RANDOM.random((height // 16, width // 16, 3))
    return np.float32(np.kron(blocks, np.ones((16, 16, 1))))


def halves(picture):
    masks = np.zeros((2, *picture.shape[:2]), np.float32)
    masks[0, : picture.shape[0] // 2] = masks[1, picture.shape[0] // 2 :] = 1
    return masks


@pytest.fixture(scope="module")
def network():
    params = tiny_network()
    both = with_flipped_kernels(params), with_flipped_kernels(transposed_kernels(params))
    return learning.Network(*both, "torchvision")


def statistics(picture, network):
    kinds = learning.Kinds(("upper", "lower"), halves(picture), (0.5, 0.5))
    return learning.combined([learning.photo_statistics(picture, kinds, network, SIZE)])


def test_the_targets_of_a_look_of_one_photo_are_those_of_the_photo(network, monkeypatch):
    monkeypatch.setattr("jphoto.solver.plan.SHORTEST_SIDE", 32)
    picture, settings = photo(128, 192), Settings(size=SIZE)
    pair = Pair(picture, picture, halves(picture), halves(picture))
    shape = bucket(pair, SIZE)
    photos = style_photos(pair, settings, shape)
    assert len(photos) == 3
    expected = [*style_targets_of(photos, network.landscape, "torchvision", settings)]
    look = statistics(picture, network)
    of_content = region_colors(picture, halves(picture))
    targets = LookTargets("", look, (("upper",), ("lower",)), of_content)
    names = ["jphoto-coarse", "jphoto-half", "jphoto-fine"]
    for found, wanted in zip(targets.style_targets(names, shape.regions), expected, strict=True):
        for one, other in zip(found.grams, wanted.grams, strict=True):
            np.testing.assert_array_equal(one, other)
        for one, other in zip(found.means, wanted.means, strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(found.details, wanted.details)
        for one, other in zip(found.colors, wanted.colors, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
    (single,) = targets.style_targets(["jphoto"], shape.regions)
    assert len(single.grams) == 5  # a single size has all layers


def test_a_portrait_s_statistics_are_computed_in_the_arrays_of_a_landscape(network):
    upright = photo(192, 128)
    masks = halves(upright)
    kind = {"preprocessing": "torchvision", "objective": "jphoto-fine"}
    expected = programs.style_targets(
        network.landscape, *map(jnp.asarray, (upright, masks)), **kind
    )
    look = statistics(upright, network)
    for layer, gram in zip(("relu1_1", "relu2_1", "relu3_1"), expected.grams, strict=True):
        found = look.averages[f"fine.{layer}.gram"][:2]
        np.testing.assert_allclose(found, gram, atol=1e-4 * np.abs(gram).max())


def test_region_colors_are_those_that_the_solver_computes():
    picture = photo(24, 32)  # of few pixels, whose sums in single precision are near the exact ones
    masks = halves(picture)
    found = region_colors(picture, masks)
    moments = color_moments(*map(jnp.asarray, (picture, masks)))
    np.testing.assert_allclose([one.mean for one in found], moments.means, atol=5e-6)
    np.testing.assert_allclose([one.covariance for one in found], moments.covariances, atol=5e-6)


def test_a_look_needs_photos_that_are_large_enough_and_as_many_masks():
    with pytest.raises(LookError, match="at least one photo"):
        Look.from_photos([])
    with pytest.raises(ImageError, match="200 x 100 pixels; a look needs photos of at least 128"):
        Look.from_photos([photo(112, 208)[:100, :200]])
    with pytest.raises(LookError, match="2 masks were given"):
        Look.from_photos([], masks=[None, None])


def test_photos_are_asked_for_one_after_the_other(network, monkeypatch):
    picture, asked, seen = photo(128, 192), [], []
    one = statistics(picture, network)
    monkeypatch.setattr(learning, "photo_statistics", lambda *_: one)

    def stream():
        for number in range(9):
            asked.append(number)
            yield picture

    def stop(learned):
        seen.append((learned, len(asked)))
        return learned < 3

    learned = learn(stream(), None, Settings(size=SIZE), with_thumbnails=True, progress=stop)
    assert seen == [(1, 1), (2, 2), (3, 3)] and len(learned.photos) == 3
    assert len(learned.statistics.colors.weights) == 3
