"""Array types, padding, and resampling by two and four, shared by all array code.

`types` names the shapes of pictures, masks and features. `padding` lets photos of different sizes
share arrays of one size. `pyramid` halves, doubles and quarters pictures and masks. `tiles` places
pictures beside each other. Nothing here depends on what an array means: the matting Laplacian is in
`matting`, features are in `networks`, losses in `objectives`, and files in `images`.
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
