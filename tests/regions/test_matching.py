"""Segments, what meets what, borders and clusters, on made-up photos whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from jphoto.regions.borders import soft_mask
from jphoto.regions.clusters import LAYERS, cosegment, embed
from jphoto.regions.labels import CLASSES, KINDS, NAMES, NEAR, kinds_of
from jphoto.regions.matching import Segments, dissolved, lacking, meet, segments
from jphoto.regions.similarity import most_similar_first, regrouped, similarities

SKY, WATER, GRASS, TREES, PERSON = map(NAMES.index, ("sky", "water", "grass", "trees", "person"))


def test_every_class_is_of_one_kind_and_every_kind_has_a_color_of_its_own():
    assert sorted(name for kind in KINDS.values() for name in kind.classes) == sorted(CLASSES)
    assert all(set(kind.near) <= set(NAMES) - {name} for name, kind in KINDS.items())
    colors = np.array([[c >> 16, c >> 8 & 255, c & 255] for c in (k.color for k in KINDS.values())])
    apart = np.linalg.norm(colors[:, None] - colors, axis=-1) + 1000 * np.eye(len(colors))
    assert apart.min() > 64  # twice what JPEG may add, see `regions.painted`


def test_probabilities_of_classes_add_up_to_those_of_kinds():
    classes = np.random.default_rng(1).dirichlet(np.ones(32), (3, 4)).astype(np.float32)
    kinds = kinds_of(classes)
    np.testing.assert_allclose(kinds.sum(-1), 1, atol=1e-6)
    sea, water = CLASSES.index("sea"), CLASSES.index("water")
    np.testing.assert_allclose(kinds[..., WATER], classes[..., sea] + classes[..., water])


def seen(labels, sure=0.9):
    """Probabilities of which these labels are the likeliest."""
    rest = np.full((*labels.shape, len(NAMES)), (1 - sure) / (len(NAMES) - 1))
    np.put_along_axis(rest, labels[..., None], sure, -1)
    return rest


def bands(*shares, side=100):
    """Labels in bands, one of each (segment, percent)."""
    return np.repeat([k for k, _ in shares], [n for _, n in shares])[:, None].repeat(side, 1)


def photo(*shares, sure=0.9):
    return segments(seen(bands(*shares), sure=sure))


def test_islands_go_to_their_surroundings():
    labels = bands((SKY, 60), (WATER, 40))
    labels[10:19, 10:19] = WATER  # 0.8 %
    labels[70:82, 30:45] = SKY  # 1.8 %
    found = segments(seen(labels))
    labels[10:19, 10:19] = SKY
    np.testing.assert_array_equal(found.labels, labels)
    assert found.shares[SKY] == pytest.approx((labels == SKY).mean())
    assert found.confidences[WATER] == pytest.approx(0.9) and found.confidences[TREES] == 0


def test_a_photo_of_nothing_but_islands_keeps_them():
    labels = np.random.default_rng(2).integers(0, 14, (60, 60))
    np.testing.assert_array_equal(segments(seen(labels)).labels, labels)


def uses(meeting):
    return {row.name: row.use for row in meeting.table}


def test_like_meets_like():
    found = meet(photo((SKY, 30), (WATER, 70)), photo((WATER, 20), (SKY, 80)), NAMES, NEAR)
    assert found.groups == ((WATER,), (SKY,))
    assert uses(found) == {"water": "matched", "sky": "matched"}
    assert found.trust == pytest.approx(0.9 * (0.2 + 0.3))


def test_what_the_style_lacks_meets_what_is_most_similar():
    found = meet(photo((SKY, 30), (GRASS, 70)), photo((SKY, 30), (TREES, 70)), NAMES, NEAR)
    assert found.groups == ((GRASS, TREES), (SKY,))
    assert uses(found) == {"grass": "meets trees", "trees": "meets grass", "sky": "matched"}


def test_substitutes_are_sorted_by_their_looks():
    photos = photo((SKY, 40), (WATER, 60)), photo((SKY, 50), (GRASS, 50))
    looks = np.random.default_rng(7).normal(size=(3, 8)).astype(np.float32)
    sky, water, grass = looks
    # Twice as large, on another grid: places are found by their share of the photo.
    embedded = [np.zeros((50, 30, 8), np.float32) for _ in photos]
    embedded[0][:20], embedded[0][20:] = sky, water
    embedded[1][:25], embedded[1][25:] = sky, grass
    near = {"water": ("sky", "grass"), "sky": (), "grass": ("water",)}
    assert lacking(*photos) == [WATER]
    for alike, first in ((sky, "sky"), (grass, "grass")):
        embedded[0][20:] = alike + 0.1 * water
        found = most_similar_first(near, NAMES, similarities(photos, embedded))
        assert found["water"][0] == first and set(found["water"]) == {"sky", "grass"}
        met = meet(*photos, NAMES, found)
        assert uses(met)["water"] == f"meets {first}"


def test_clusters_that_look_like_another_of_the_style_join_it():
    probabilities = np.random.default_rng(8).dirichlet(np.ones(3), (4, 5))
    alike = np.array([[0.4, -0.1, -0.3], [-0.3, 0.1, 0.2], [-0.4, -0.1, 0.5]])
    found = regrouped(probabilities, alike)
    np.testing.assert_allclose(found[..., 0], probabilities[..., 0])
    np.testing.assert_allclose(found[..., 2], probabilities[..., 1:].sum(-1))
    assert not found[..., 1].any()
    # What is like nothing of the style is left to itself.
    alike[1] = -0.1, 0, -0.2
    np.testing.assert_allclose(regrouped(probabilities, alike), probabilities)


def test_what_only_the_style_has_is_not_mixed_into_a_like():
    found = meet(photo((SKY, 100)), photo((SKY, 60), (WATER, 40)), NAMES, NEAR)
    assert found.groups == ((SKY,),) and uses(found)["water"] == "not used"


def test_what_has_nothing_near_is_left_alone_unless_it_is_small():
    style = photo((SKY, 100))
    large = meet(photo((SKY, 80), (PERSON, 20)), style, NAMES, NEAR)
    assert uses(large)["person"] == "left to content and photorealism" and not large.scraps
    small = meet(photo((SKY, 96), (PERSON, 4)), style, NAMES, NEAR)
    assert uses(small)["person"] == "joined to its neighbors" and small.scraps == {PERSON}


def test_places_of_scraps_go_to_the_likeliest_of_the_others():
    labels = np.full((20, 20), SKY)
    labels[10:] = GRASS
    labels[8:10] = PERSON
    probabilities = seen(labels)
    probabilities[8:10, :, GRASS] += 0.05
    probabilities[8:10, :, WATER] += 0.08  # which is nowhere else
    left = dissolved(segments(probabilities), probabilities, frozenset({PERSON}))
    assert (left[:8] == SKY).all() and (left[8:] == GRASS).all()


def test_photos_with_nothing_in_common_have_no_trust():
    found = meet(photo((SKY, 100)), photo((PERSON, 100)), NAMES, NEAR)
    assert found.groups == () and found.trust == 0


shares = st.lists(st.floats(0, 1), min_size=14, max_size=14).filter(lambda x: sum(x) > 0.1)


@given(shares, shares)
@settings(max_examples=200, deadline=None)
def test_every_segment_is_told_of_once_and_every_group_is_in_both_photos(one, other):
    photos = []
    for row in (np.array(one), np.array(other)):
        row = np.where(row < 0.3, 0, row)
        row = row / row.sum() if row.any() else np.eye(14)[0]
        blank = np.zeros((1, 1), np.int32)
        photos.append(Segments(blank, tuple((0.8 * (row > 0)).tolist()), tuple(row.tolist())))
    found = meet(*photos, NAMES, NEAR)
    present = {name for k, name in enumerate(NAMES) if photos[0].shares[k] or photos[1].shares[k]}
    assert sorted(row.name for row in found.table) == sorted(present)
    members = [k for group in found.groups for k in group]
    assert len(members) == len(set(members))
    for group in found.groups:
        assert all(any(p.shares[k] for k in group) for p in photos)
    both = {k for k in range(14) if photos[0].shares[k] and photos[1].shares[k]}
    assert both <= set(members) and not found.scraps & set(members)
    assert 0 <= found.trust <= 0.8 + 1e-6
    assert meet(*photos, NAMES, NEAR) == found


def test_a_border_moves_to_the_photos_edge():
    height, width, edge = 48, 64, 37
    picture = np.full((height, width, 3), (0.2, 0.4, 0.7), np.float32)
    picture[:, edge:] = (0.6, 0.5, 0.1)
    picture += np.random.default_rng(3).normal(0, 0.01, picture.shape).astype(np.float32)
    share = jnp.zeros((6, 8)).at[:, :5].set(1.0)  # up to the pixel 40, 3 beyond the edge
    mask = np.asarray(soft_mask(jnp.asarray(picture), share))
    assert mask[:, : edge - 1].min() > 0.8 and mask[:, edge + 1 :].max() < 0.35
    others = np.asarray(soft_mask(jnp.asarray(picture), 1 - share))
    np.testing.assert_allclose(mask + others, 1, atol=1e-4)


def test_a_mask_of_everything_is_everything():
    picture = jnp.asarray(np.random.default_rng(4).random((20, 30, 3)), jnp.float32)
    np.testing.assert_allclose(soft_mask(picture, jnp.ones((3, 4))), 1, atol=1e-4)


def embedded(labels, kinds, noise, seed):
    """Features of a photo whose places are of these kinds, each a direction of its own."""
    directions = np.random.default_rng(0).normal(size=(kinds, 40))
    added = np.random.default_rng(seed).normal(size=(*labels.shape, 40))
    return (directions[labels] + noise * added).astype(np.float32)


def blobs(seed, kinds=3, shape=(24, 32)):
    noise = np.random.default_rng(seed).normal(size=(kinds, *shape))
    return ndimage.gaussian_filter(noise, (0, 4, 4)).argmax(0)


@pytest.mark.parametrize("kinds", [2, 3, 4])
def test_clusters_are_what_two_photos_have_in_common(kinds):
    labels = [blobs(seed, kinds) for seed in (5, 6)]
    found = cosegment([embedded(x, kinds, 0.5, n) for n, x in enumerate(labels)])
    assert [p.shape for p in found] == [(24, 32, kinds)] * 2
    together = np.concatenate([p.reshape(-1, kinds).argmax(-1) for p in found])
    truth = np.concatenate([x.ravel() for x in labels])
    # Each cluster is one kind, the same in both photos.
    table = np.array(
        [[np.sum((together == a) & (truth == b)) for b in range(kinds)] for a in range(kinds)]
    )
    assert table.max(1).sum() > 0.98 * truth.size and len(set(table.argmax(1))) == kinds
    again = cosegment([embedded(x, kinds, 0.5, n) for n, x in enumerate(labels)])
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["noise", "constant"])
def test_where_nothing_stands_apart_there_is_one_cluster(kind):
    noise = 1.0 if kind == "noise" else 0.0
    photos = [embedded(np.zeros((12, 16), int), 1, noise, seed) for seed in (1, 2)]
    assert [p.shape[-1] for p in cosegment(photos)] == [1, 1]


def test_features_are_told_from_the_photos_own_mean():
    generator = np.random.default_rng(7)
    sizes = {layer: (16 >> n, 24 >> n, 4) for n, layer in enumerate(LAYERS)}
    maps = {
        layer: jnp.asarray(generator.random(size), jnp.float32) for layer, size in sizes.items()
    }
    found = embed(maps)
    assert found.shape == (8, 12, 12)
    np.testing.assert_allclose(found.mean((0, 1)), 0, atol=1e-5)
    darker = embed(jax.tree.map(lambda x: 0.5 * x, maps))
    np.testing.assert_allclose(darker, found, atol=1e-5)
