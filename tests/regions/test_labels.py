"""Region classes: a partition of the segmenter's classes."""

import numpy as np

from jphoto.regions import decode_colors
from jphoto.regions.labels import ADE20K_CLASSES, CLASS_NAMES, CLASSES, class_probabilities


def test_every_class_of_the_segmenter_belongs_to_one_region_class():
    members = sorted(name for region_class in CLASSES.values() for name in region_class.members)
    assert members == sorted(ADE20K_CLASSES)


def test_substitutes_are_other_region_classes():
    for name, region_class in CLASSES.items():
        assert set(region_class.substitutes) <= set(CLASS_NAMES) - {name}


def test_colors_of_region_classes_are_far_apart():
    colors = decode_colors(np.array([c.color for c in CLASSES.values()], np.int32))
    distances = np.linalg.norm(colors[:, None] - colors, axis=-1) + 1000 * np.eye(len(colors))
    assert distances.min() > 64  # twice what JPEG may add, see `regions.painted`


def test_probabilities_of_region_classes_are_sums_over_their_members():
    segmenter = np.random.default_rng(1).dirichlet(np.ones(32), (3, 4)).astype(np.float32)
    probabilities = class_probabilities(segmenter)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
    sea, water = ADE20K_CLASSES.index("sea"), ADE20K_CLASSES.index("water")
    np.testing.assert_allclose(
        probabilities[..., CLASS_NAMES.index("water")], segmenter[..., sea] + segmenter[..., water]
    )
