"""What is compiled to prepare a pair, to begin, to go from size to size, and to finish.

One program each for photos' sizes, number of regions, network and objective. The steps between are
in `course`.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from jphoto.arrays import Masks, Picture, Plane, Scalar
from jphoto.arrays.padding import Valid, reduced, within
from jphoto.arrays.pyramid import LevelMasks
from jphoto.compilation import keepable, program
from jphoto.matting.affine_maps import carry, flatness
from jphoto.matting.affinities import Affinities, matting_affinities
from jphoto.matting.preconditioner import smooth
from jphoto.networks.vgg import Params
from jphoto.objectives.color_transfer import Moments, color_moments, color_transfer
from jphoto.objectives.dimensionless import (
    DIMENSIONLESS,
    EPSILON,
    Look,
    Structure,
    Targets,
    plainness_of,
)
from jphoto.objectives.published import PUBLISHED
from jphoto.solver.pairs import Photo

RECOLORED_FIDELITY = 0.01
"""How closely the smoothed picture keeps to the color transfer; borders of regions vanish."""
CARRIED_FIDELITY, CARRIED_DEGREE = 1.0, 16
"""Likewise of a picture from another size: its maps, enlarged, do not quite follow the edges; and
the degree that this takes, see `smooth`."""
LAST_FIDELITY = 0.03
"""Likewise of the result where the content is flat, whose maps hardly anything holds there."""
MEAN_COLOR = np.array([123.68, 116.779, 103.939], np.float32) / 256
"""Of the photos that the networks were trained on."""
START_NOISE = np.float32(1e-4 / 256)
"""Standard deviation of the noise around that color, as Luan et al. 2017 start."""
OBJECTIVES = {"jphoto": DIMENSIONLESS, "paper": PUBLISHED}
"""By their names in Settings."""


keepable(Photo, Moments, Look, Structure, Targets)


@program(static=("preprocessing", "objective"))
def see_style(
    params: Params,
    style: Picture,
    masks: Masks,
    valid: Valid = None,
    *,
    preprocessing: str,
    objective: str,
) -> Look:
    """What is taken from a style photo, see `objective.look`."""
    colors = color_moments(style, masks, valid)
    return OBJECTIVES[objective].look(params, preprocessing, style, masks, colors, valid)


@program(static=("preprocessing", "objective"))
def see_content(
    params: Params, photo: Picture, valid: Valid = None, *, preprocessing: str, objective: str
) -> Structure:
    """What is taken from a content photo, see `objective.structure`."""
    chosen = OBJECTIVES[objective]
    # In one program with the rest: slower than in stages (see `windows`), but six fewer to load.
    affinities = matting_affinities(photo, chosen.epsilon, valid=valid)
    plainness = plainness_of(photo, valid)
    return chosen.structure(params, preprocessing, photo, affinities, plainness, valid)


@program(static=("objective",))
def relate(
    params: Params, structure: Structure, masks: Masks, look: Look, *, objective: str
) -> tuple[list[LevelMasks], Plane, Picture]:
    """What follows from both photos: the last fields of `Targets`, for the content's masks."""
    photo, valid = structure.photo, structure.valid
    recolored = recolor(structure.affinities, photo, masks, look.colors, valid)
    return *OBJECTIVES[objective].regions(params, masks, look, valid), recolored


def recolor(
    affinities: Affinities, content: Picture, masks: Masks, goals: Moments, valid: Valid = None
) -> Picture:
    """The content with the style's colors, region by region, and no borders between these."""
    mapped = color_transfer(content, masks, goals, valid)
    # Of the change, as photorealism is: the ridge would take a little off the content itself.
    return content + smooth(affinities, mapped - content, RECOLORED_FIDELITY)


def first_picture(targets: Targets, seed: int | Int[Array, ""], *, start: str) -> Picture:
    """Where the descent begins."""
    if start == "color":
        return targets.recolored
    if start == "content":
        return targets.structure.photo
    noise = START_NOISE * jax.random.normal(jax.random.key(seed), targets.recolored.shape)
    return jnp.asarray(MEAN_COLOR) + noise


def carried(
    coarser: Float[Array, "hc wc 3"],
    picture: Float[Array, "hc wc 3"],
    content: Picture,
    valid: Valid = None,
) -> Picture:
    """The result at half a size, at that of the content."""
    return within(carry(coarser, picture, content, reduced(valid, 2)), valid)


@program()
def next_picture(
    affinities: Affinities,
    coarser: Float[Array, "hc wc 3"],
    picture: Float[Array, "hc wc 3"],
    content: Picture,
    valid: Valid = None,
) -> Picture:
    """Where the descent goes on at a size, from the content and the result at half of it."""
    found = carried(coarser, picture, content, valid)
    return smooth(affinities, found, CARRIED_FIDELITY, CARRIED_DEGREE)


@program()
def last_picture(
    content: Picture,
    picture: Picture,
    valid: Valid = None,
    fidelity: float | Scalar = LAST_FIDELITY,
) -> Picture:
    """The result with its local affine maps smoothed where the content is flat."""
    smoothed = smooth(matting_affinities(content, EPSILON, valid=valid), picture, fidelity)
    return picture + flatness(content, valid=valid)[..., None] * (smoothed - picture)
