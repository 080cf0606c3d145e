"""Pictures of one size, row by row in one array."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from jaxtyping import Num

Tiles: TypeAlias = tuple[int, int]
"""Rows and columns of the pictures in an array."""
ONE_PICTURE: Tiles = (1, 1)


def split_tiles(
    array: Num[np.ndarray, "_ _ channels"], tiles: Tiles
) -> list[Num[np.ndarray, "_ _ channels"]]:
    """The pictures in an array, row by row.

    Args:
      array: h x w x channels; rows and columns that are left over belong to no picture.
      tiles: rows and columns of pictures.
    """
    rows, columns = tiles
    height, width = array.shape[0] // rows, array.shape[1] // columns
    return [
        array[row * height :, column * width :][:height, :width]
        for row in range(rows)
        for column in range(columns)
    ]


def join_tiles(
    pictures: Sequence[Num[np.ndarray, "_ _ channels"]], tiles: Tiles
) -> Num[np.ndarray, "_ _ channels"]:
    """One array of pictures; inverts `split_tiles`.

    Args:
      pictures: of one size, row by row.
      tiles: rows and columns of pictures.
    """
    rows, columns = tiles
    return np.concatenate(
        [np.concatenate(pictures[row * columns :][:columns], axis=1) for row in range(rows)]
    )
