"""Shapes that all array code shares: types of pictures and masks, padding, halving and doubling.

`types` names the shapes, `padding` lets photos of many sizes share arrays of one size, and
`pyramid` brings pictures and masks to half or a quarter of their size and back. What an array
means, a photo's edges or a network's features, belongs to the rooms above.
"""

from jphoto.arrays.types import (
    Features,
    Masks,
    Picture,
    Plane,
    Planes,
    Scalar,
    to_picture,
    to_planes,
)

__all__ = ["Features", "Masks", "Picture", "Plane", "Planes", "Scalar", "to_picture", "to_planes"]
