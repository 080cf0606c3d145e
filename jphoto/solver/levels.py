"""A pair's photos at each size that it is solved at, and what is taken from each photo alone.

That depends on nothing of the other photo: it may be shared by all pairs that a photo is in. Lists
begin with the smallest size.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jax import Array
from jax.sharding import Mesh
from jaxtyping import Float

from jphoto.networks.vgg import Params
from jphoto.objectives.dimensionless import Look, Structure
from jphoto.settings import Settings
from jphoto.solver.pairs import Pair, Photo, Shape, halved_photo, laid_by_rows, photo_of
from jphoto.solver.plan import planned_steps
from jphoto.solver.programs import see_content, see_style


class Level(NamedTuple):
    """What is solved at one size; the arrays' first axis is that of the pairs, unless there is one
    alone.
    """

    structure: Structure
    masks: Float[Array, "*n k h w"]
    """Of the content."""
    look: Look
    sizes: list[tuple[int, int]]
    """Of each pair's content, which may be in larger arrays."""
    most: int
    """Steps."""


def contents_of(
    pair: Pair, settings: Settings, shape: Shape | None = None, mesh: Mesh | None = None
) -> list[Photo]:
    """The pair's content.

    Args:
      shape: of the arrays that the pair is solved in; by default as large as the photos.
      mesh: from `rows_mesh`, to lay the rows over.
    """
    larger = (None, None) if shape is None else (shape.content, shape.regions)
    photo = photo_of(pair.content, pair.content_masks, *larger)
    return _halvings(photo if mesh is None else laid_by_rows(photo, mesh), pair, settings)


def styles_of(pair: Pair, settings: Settings, shape: Shape | None = None) -> list[Photo]:
    """The pair's style, arguments as in `contents_of`."""
    larger = (None, None) if shape is None else (shape.style, shape.regions)
    return _halvings(photo_of(pair.style, pair.style_masks, *larger), pair, settings)


def structures_of(
    contents: Sequence[Photo], params: Params, preprocessing: str, settings: Settings
) -> list[Structure]:
    """What is taken from a content; its masks are of no account."""
    return [
        see_content(
            params, photo.picture, photo.valid,
            preprocessing=preprocessing, objective=settings.objective,
        )
        for photo in contents
    ]  # fmt: skip


def looks_of(
    styles: Sequence[Photo], params: Params, preprocessing: str, settings: Settings
) -> list[Look]:
    """What is taken from a style and its masks."""
    return [
        see_style(params, *photo, preprocessing=preprocessing, objective=settings.objective)
        for photo in styles
    ]


def _halvings(photo: Photo, pair: Pair, settings: Settings) -> list[Photo]:
    """A photo at all the sizes that its pair is solved at, each half of the next."""
    photos = [photo]
    for _ in planned_steps(pair, settings)[1:]:
        photos.insert(0, halved_photo(photos[0]))
    return photos
