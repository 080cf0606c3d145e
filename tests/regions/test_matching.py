"""Segments and their matches, also by similarity, on made-up photos whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jphoto.regions.labels import CLASS_NAMES, SUBSTITUTES
from jphoto.regions.matching import (
    Segments,
    find_segments,
    labels_without,
    match_segments,
    segments_without_match,
)
from jphoto.regions.similarity import align_clusters, rank_substitutes, similarities

SKY, WATER, GRASS, TREES, PERSON = map(
    CLASS_NAMES.index, ("sky", "water", "grass", "trees", "person")
)


def probabilities_of(labels, confidence=0.9):
    """Probabilities whose most probable classes are these labels."""
    other = (1 - confidence) / (len(CLASS_NAMES) - 1)
    probabilities = np.full((*labels.shape, len(CLASS_NAMES)), other)
    np.put_along_axis(probabilities, labels[..., None], confidence, -1)
    return probabilities


def bands(*shares, side=100):
    """Labels in bands, one for each (segment, percent)."""
    return np.repeat([k for k, _ in shares], [n for _, n in shares])[:, None].repeat(side, 1)


def photo(*shares, confidence=0.9):
    return find_segments(probabilities_of(bands(*shares), confidence))


def matched(content, style, substitutes=SUBSTITUTES):
    return match_segments(content, style, CLASS_NAMES, substitutes)


def uses(match):
    return {row.name: row.use for row in match.table}


def test_small_islands_join_their_surroundings():
    labels = bands((SKY, 60), (WATER, 40))
    labels[10:19, 10:19] = WATER  # 0.8 %
    labels[70:82, 30:45] = SKY  # 1.8 %
    segments = find_segments(probabilities_of(labels))
    labels[10:19, 10:19] = SKY
    np.testing.assert_array_equal(segments.labels, labels)
    assert segments.shares[SKY] == pytest.approx((labels == SKY).mean())
    assert segments.confidences[WATER] == pytest.approx(0.9) and segments.confidences[TREES] == 0


def test_a_photo_of_small_islands_only_keeps_them():
    labels = np.random.default_rng(2).integers(0, 14, (60, 60))
    np.testing.assert_array_equal(find_segments(probabilities_of(labels)).labels, labels)


def test_segments_of_the_same_class_match():
    match = matched(photo((SKY, 30), (WATER, 70)), photo((WATER, 20), (SKY, 80)))
    assert match.groups == ((WATER,), (SKY,))
    assert uses(match) == {"water": "matched", "sky": "matched"}
    assert match.match_confidence == pytest.approx(0.9 * (0.2 + 0.3))


def test_a_segment_that_the_style_lacks_is_matched_with_the_best_substitute():
    match = matched(photo((SKY, 30), (GRASS, 70)), photo((SKY, 30), (TREES, 70)))
    assert match.groups == ((GRASS, TREES), (SKY,))
    assert uses(match) == {
        "grass": "matched with trees",
        "trees": "matched with grass",
        "sky": "matched",
    }


def test_substitutes_are_ranked_by_similarity():
    photos = photo((SKY, 40), (WATER, 60)), photo((SKY, 50), (GRASS, 50))
    features = np.random.default_rng(7).normal(size=(3, 8)).astype(np.float32)
    sky, water, grass = features
    # On a grid of another size: places are matched by their position in the photo.
    embeddings = [np.zeros((50, 30, 8), np.float32) for _ in photos]
    embeddings[0][:20], embeddings[0][20:] = sky, water
    embeddings[1][:25], embeddings[1][25:] = sky, grass
    substitutes = {"water": ("sky", "grass"), "sky": (), "grass": ("water",)}
    assert segments_without_match(*photos) == [WATER]
    for similar, first in ((sky, "sky"), (grass, "grass")):
        embeddings[0][20:] = similar + 0.1 * water
        similarity = similarities(photos, embeddings)
        ranked = rank_substitutes(substitutes, CLASS_NAMES, similarity)
        assert ranked["water"][0] == first and set(ranked["water"]) == {"sky", "grass"}
        assert uses(matched(*photos, ranked))["water"] == f"matched with {first}"


def test_a_cluster_that_resembles_another_of_the_style_joins_it():
    probabilities = np.random.default_rng(8).dirichlet(np.ones(3), (4, 5))
    similarity = np.array([[0.4, -0.1, -0.3], [-0.3, 0.1, 0.2], [-0.4, -0.1, 0.5]])
    aligned = align_clusters(probabilities, similarity)
    np.testing.assert_allclose(aligned[..., 0], probabilities[..., 0])
    np.testing.assert_allclose(aligned[..., 2], probabilities[..., 1:].sum(-1))
    assert not aligned[..., 1].any()
    # A cluster that resembles none of the style's keeps its number.
    similarity[1] = -0.1, 0, -0.2
    np.testing.assert_allclose(align_clusters(probabilities, similarity), probabilities)


def test_a_segment_that_only_the_style_has_is_not_used():
    match = matched(photo((SKY, 100)), photo((SKY, 60), (WATER, 40)))
    assert match.groups == ((SKY,),) and uses(match)["water"] == "not used"


def test_a_segment_without_substitute_stays_unmatched_unless_it_is_small():
    style = photo((SKY, 100))
    large = matched(photo((SKY, 80), (PERSON, 20)), style)
    assert uses(large)["person"] == "left to content and photorealism"
    assert not large.small_segments
    small = matched(photo((SKY, 96), (PERSON, 4)), style)
    assert uses(small)["person"] == "joined to its neighbors"
    assert small.small_segments == {PERSON}


def test_places_of_removed_segments_go_to_the_most_probable_of_the_others():
    labels = np.full((20, 20), SKY)
    labels[10:] = GRASS
    labels[8:10] = PERSON
    probabilities = probabilities_of(labels)
    probabilities[8:10, :, GRASS] += 0.05
    probabilities[8:10, :, WATER] += 0.08  # the photo has no water
    left = labels_without(frozenset({PERSON}), find_segments(probabilities), probabilities)
    assert (left[:8] == SKY).all() and (left[8:] == GRASS).all()


def test_what_only_a_substitute_matches_counts_half():
    match = matched(photo((SKY, 60), (TREES, 40)), photo((SKY, 60), (GRASS, 40)))
    assert uses(match)["trees"] == "matched with grass"
    assert match.match_confidence == pytest.approx(0.9 * (0.6 + 0.4 / 2))


def test_the_match_confidence_of_photos_with_nothing_in_common_is_0():
    match = matched(photo((SKY, 100)), photo((PERSON, 100)))
    assert match.groups == () and match.match_confidence == 0


shares = st.lists(st.floats(0, 1), min_size=14, max_size=14).filter(lambda x: sum(x) > 0.1)


@given(shares, shares)
@settings(max_examples=200, deadline=None)
def test_every_segment_is_in_the_table_once_and_every_group_is_in_both_photos(one, other):
    photos = []
    for row in (np.array(one), np.array(other)):
        row = np.where(row < 0.3, 0, row)
        row = row / row.sum() if row.any() else np.eye(14)[0]
        blank = np.zeros((1, 1), np.int32)
        photos.append(Segments(blank, tuple((0.8 * (row > 0)).tolist()), tuple(row.tolist())))
    match = matched(*photos)
    present = {
        name for k, name in enumerate(CLASS_NAMES) if photos[0].shares[k] or photos[1].shares[k]
    }
    assert sorted(row.name for row in match.table) == sorted(present)
    members = [k for group in match.groups for k in group]
    assert len(members) == len(set(members))
    for group in match.groups:
        assert all(any(p.shares[k] for k in group) for p in photos)
    both = {k for k in range(14) if photos[0].shares[k] and photos[1].shares[k]}
    assert both <= set(members) and not match.small_segments & set(members)
    assert 0 <= match.match_confidence <= 0.8 + 1e-6
    assert matched(*photos) == match
