"""What the segmenter sees of a photo that consists of several pictures."""

import jax.numpy as jnp
import numpy as np
import pytest

from jphoto import weights
from jphoto.segmentation import automatic_regions, probabilities
from jphoto.weights import Weights

SIZE = (64, 96)


@pytest.fixture
def seen(monkeypatch):
    """Pictures that the segmenter gets; it finds one class where they are bright, one elsewhere."""
    pictures = []

    def classify(params, photo):
        pictures.append(np.asarray(photo))
        bright = photo.mean(-1)[::4, ::4] > 0.5
        return jnp.stack([0.0 * bright, ~bright, bright, *[0.0 * bright] * 29], -1)

    segmenter = Weights("deeplab", "tensorflow", {}, "nothing", "0", "none")
    monkeypatch.setattr(weights, "load", lambda name: segmenter)
    monkeypatch.setattr(probabilities, "_classify", classify)
    return pictures


def pictures(count):
    """Each with a bright part of its own height."""
    rows = np.arange(SIZE[0])[:, None, None]
    bright = [rows < 16 * (number + 1) for number in range(count)]
    return [np.broadcast_to(0.9 * one, (*SIZE, 3)).astype(np.float32) for one in bright]


@pytest.mark.parametrize("tiles", [(2, 1), (1, 3), (2, 2)])
def test_each_picture_is_seen_by_itself(seen, tiles):
    rows, columns = tiles
    parts = pictures(rows * columns)
    lines = [np.concatenate(parts[row * columns :][:columns], axis=1) for row in range(rows)]
    sheet = np.concatenate(lines)
    style = pictures(1)[0]
    (alone,) = {one.shape for one in [np.asarray(probabilities.network_input(style, 512))]}
    found = probabilities.label_probabilities([sheet, style], tiles)
    assert [one.shape for one in seen] == [alone] * (rows * columns + 1)
    kinds = found[0].argmax(-1)
    for number, part in enumerate(parts):
        row, column = divmod(number, columns)
        height, width = kinds.shape[0] // rows, kinds.shape[1] // columns
        own = kinds[row * height :, column * width :][:height, :width]
        (bright,) = set(own[0]) - set(own[-1]) or set(own[0])
        share = (own == bright).mean()
        assert share == pytest.approx((part > 0.5).mean(), abs=0.08)


def test_a_photo_is_one_picture(seen):
    photo = pictures(1)[0]
    automatic_regions.find([photo], "labels", None)
    assert len(seen) == 1
