"""Sheets of key frames, and what is kept of their results."""

import itertools

import numpy as np
import pytest

from jphoto.video.key_frames import MOST_TILES, groups, sheet_for


@pytest.mark.parametrize("count", range(1, MOST_TILES + 1))
@pytest.mark.parametrize("size", [(9, 16), (16, 9)])
def test_tiles_are_found_again_in_the_sheet(count, size):
    tiles = [np.random.default_rng(n).random((40, 50, 3)).astype(np.float32) for n in range(count)]
    sheet = sheet_for(count, size[1] > size[0])
    found = sheet.split(sheet.joined(tiles))
    assert len(found) == count
    for tile, other in zip(tiles, found, strict=True):
        np.testing.assert_array_equal(tile, other)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7, 8, 23])
def test_groups_share_a_key_frame_and_cover_all(count):
    keys = [3 * n for n in range(count)]
    found = groups(keys)
    assert list(dict.fromkeys(key for group in found for key in group)) == keys
    assert max(map(len, found)) <= MOST_TILES
    for before, after in itertools.pairwise(found):
        assert before[-1] == after[0]
    if count > 1:
        assert max(map(len, found)) - min(map(len, found)) <= 1
