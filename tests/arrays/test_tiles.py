"""Pictures beside each other in one array."""

import numpy as np
import pytest

from jphoto.arrays.tiles import join_tiles, split_tiles


@pytest.mark.parametrize("tiles", [(1, 1), (3, 1), (1, 2), (2, 3)])
def test_what_is_joined_is_split_again(tiles):
    pictures = [np.full((4, 6, 3), number, np.float32) for number in range(tiles[0] * tiles[1])]
    whole = join_tiles(pictures, tiles)
    assert whole.shape == (4 * tiles[0], 6 * tiles[1], 3)
    assert whole[0, :, 0].tolist() == [
        float(column) for column in range(tiles[1]) for _ in range(6)
    ]
    np.testing.assert_array_equal(np.stack(split_tiles(whole, tiles)), np.stack(pictures))


def test_what_is_left_over_belongs_to_no_picture():
    assert [one.shape for one in split_tiles(np.zeros((7, 9, 3)), (2, 4))] == [(3, 2, 3)] * 8
