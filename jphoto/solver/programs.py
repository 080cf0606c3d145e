"""Compiled programs around a descent: targets, the start at each size, and the final smoothing.

Each compiles once for the photos' sizes, the number of regions, the network and the objective. The
steps between are in `steps`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int

from jphoto.arrays import Masks, Picture, Plane, Scalar
from jphoto.arrays.padding import Valid, subsampled, zero_outside
from jphoto.arrays.pyramid import LevelMasks
from jphoto.compilation import program
from jphoto.matting.affine_maps import flatness, upsample_guided
from jphoto.matting.affinities import Affinities, matting_affinities
from jphoto.matting.preconditioner import smooth
from jphoto.networks.vgg import Params
from jphoto.objectives.colors import (
    Moments,
    chroma,
    color_moments,
    color_transfer,
    colorfulness,
    weakened_colors,
)
from jphoto.objectives.details import (
    DetailStrengths,
    bounded_color_detail,
    detail_strengths,
    detail_transfer,
)
from jphoto.objectives.dimensionless import (
    COARSE_DIMENSIONLESS,
    DIMENSIONLESS,
    EPSILON,
    FINE_DIMENSIONLESS,
    coarse_flatness,
)
from jphoto.objectives.grams import Groups
from jphoto.objectives.published import PUBLISHED
from jphoto.objectives.targets import ContentTargets, StyleTargets, Targets
from jphoto.solver.pairs import Photo

RECOLORED_FIDELITY = 0.01
"""Fidelity of the smoothing after color transfer, see `smooth`: borders of regions vanish."""
RECOLORING_DEGREE = 48
"""Degree of that smoothing for a result without a descent, where time counts more."""
TEXTURE_DEGREE = 12
"""Degree of the smoothing that separates faint texture, whose range is short."""
FLAT_FIDELITY = 0.0075
"""Fidelity of the smoothing of the result where the content photo is flat: there, the objective
hardly determines the local affine maps. Twice as much leaves 8 % more of the banding, and gains 2 %
of color."""
NOISE_FIDELITY = 50.0
"""Fidelity of a last smoothing, everywhere. It takes away noise that a few steps of the network
leave: 3 % of the affine residual, for 1/5 % of the style."""
NOISE_DEGREE = 8
"""Degree of that smoothing."""
RECOLORED_SHARE = 0.04
"""Share of the way that `finished` takes from the picture of a descent to the recolored photo. Its
edges are all in place: for structure, this costs less style than larger weights in the objective.
Of 5.5 %, style distance is 1 % larger, LPIPS 2.6 % smaller and edge SSIM 1.5 % larger."""
COLOR_SHARE, DETAIL_SHARE = 0.62, 0.75
"""Shares of the way to the style's colors, and to the strength of its detail. Colors cost some
banding. With 1/2 for detail, style distance is 1/2 % larger, and LPIPS 1/2 % smaller."""
MEAN_COLOR = np.array([123.68, 116.779, 103.939], np.float32) / 256
"""Mean color of the photos that the networks were trained on."""
START_NOISE = np.float32(1e-4 / 256)
"""Standard deviation of the noise around that color, as in Luan et al. 2017."""
COARSE_OBJECTIVE, HALF_OBJECTIVE, FINE_OBJECTIVE = "jphoto-coarse", "jphoto-half", "jphoto-fine"
"""Of several sizes: of those below half, of half, and of the finest. That of half is that of a
single size, by another name, so that programs know that the pictures are small."""
OBJECTIVES = {
    "jphoto": DIMENSIONLESS,
    COARSE_OBJECTIVE: COARSE_DIMENSIONLESS,
    HALF_OBJECTIVE: DIMENSIONLESS,
    FINE_OBJECTIVE: FINE_DIMENSIONLESS,
    "paper": PUBLISHED,
}
"""Objectives by their names in Settings, and those that `plan.objectives` adds."""


def at_smaller_sizes(options: Mapping[str, Any]) -> bool:
    """Whether the options of a program are those of the smaller ones of several sizes.

    There, what is fast to compile is worth being slower to run: for targets of a pair and steps, a
    first photo takes 3 s less so, and each 1 s more (700 pixels, two cores).
    """
    return options["objective"] in (COARSE_OBJECTIVE, HALF_OBJECTIVE)


@program(static=("preprocessing", "objective"), once=True)
def style_targets(
    params: Params,
    style: Picture,
    masks: Masks,
    valid: Valid = None,
    *,
    preprocessing: str,
    objective: str,
) -> StyleTargets:
    """The targets of a style photo, see `dimensionless.style_targets`."""
    statistics = color_moments(style, masks, valid), detail_strengths(style, masks, valid)
    chosen = OBJECTIVES[objective]
    return chosen.style_targets(params, preprocessing, style, masks, *statistics, valid)


@program(static=("preprocessing", "objective"), once=True)
def content_targets(
    params: Params, photo: Picture, valid: Valid = None, *, preprocessing: str, objective: str
) -> ContentTargets:
    """The targets of a content photo, see `dimensionless.content_targets`."""
    chosen = OBJECTIVES[objective]
    # One program: slower than the stages of `matting.affinities`, but six fewer programs to load.
    affinities = matting_affinities(photo, chosen.epsilon, valid=valid)
    flat = coarse_flatness(photo, valid)
    return chosen.content_targets(params, preprocessing, photo, affinities, flat, valid)


@program(static=("objective",), once=at_smaller_sizes)
def pair_targets(
    params: Params, content: ContentTargets, masks: Masks, style: StyleTargets, *, objective: str
) -> tuple[list[LevelMasks], list[Groups | None], Plane, Picture]:
    """The fields of `Targets` that depend on both photos: masks, groups, curvature, recolored.

    Args:
      params: weights of the network.
      content: targets of the content photo.
      masks: k x h x w, of the content photo's regions.
      style: targets of the style photo, of the same regions in the same order.
      objective: a key of `OBJECTIVES`.
    """
    photo, valid = content.photo, content.valid
    recolored = recolor(content.affinities, photo, masks, style.colors, valid)
    return *OBJECTIVES[objective].region_targets(params, masks, style, valid), recolored


@program()
def style_colors(style: Picture, masks: Masks, valid: Valid = None) -> Moments:
    """The color moments of a style photo's regions, see `color_moments`."""
    return color_moments(style, masks, valid)


@program()
def recoloring(content: Photo, goals: Moments) -> Picture:
    """The content photo recolored region by region: a result without a descent.

    Args:
      content: with masks of its regions.
      goals: of the style's regions in the same order, from `style_colors`.
    """
    photo, masks, valid = content
    affinities = matting_affinities(photo, EPSILON, valid=valid)
    picture = recolor(affinities, photo, masks, goals, valid, RECOLORING_DEGREE)
    # Texture too faint for the ridge has kept its colors, which a black and white photo must not.
    # A descent settles that by itself, and ends a little worse from such a start.
    faint = photo - smooth(affinities, photo, RECOLORED_FIDELITY, TEXTURE_DEGREE)
    return picture + weakened_colors(faint, photo, masks, goals, valid)


def recolor(
    affinities: Affinities,
    content: Picture,
    masks: Masks,
    goals: Moments,
    valid: Valid = None,
    degree: int = 80,
) -> Picture:
    """The content photo with the style's colors region by region, without visible borders."""
    mapped = color_transfer(content, masks, goals, valid)
    # The change is smoothed, not the picture: the ridge would blur the content photo a little.
    return content + smooth(affinities, mapped - content, RECOLORED_FIDELITY, degree)


def start_picture(targets: Targets, seed: int | Int[Array, ""], *, start: str) -> Picture:
    """The picture that a descent starts from.

    Args:
      targets: of the pair.
      seed: of the noise.
      start: "color", "content" or "noise", as in Settings.
    """
    if start == "color":
        return targets.recolored
    if start == "content":
        return targets.content.photo
    noise = START_NOISE * jax.random.normal(jax.random.key(seed), targets.recolored.shape)
    return jnp.asarray(MEAN_COLOR) + noise


@program(once=True)
def upsampled(
    coarser: Float[Array, "hc wc 3"],
    picture: Float[Array, "hc wc 3"],
    content: Picture,
    valid: Valid = None,
) -> Picture:
    """A result at half the size, upsampled by its local affine maps of the content photo.

    Args:
      coarser: the content photo at half the size.
      picture: the result at half the size.
      content: the content photo.
      valid: 1 where the arrays hold the content photo, see `arrays.padding`.
    """
    return zero_outside(upsample_guided(coarser, picture, content, subsampled(valid, 2)), valid)


class Goals(NamedTuple):
    """What `finished` approaches."""

    recolored: Picture
    """The content photo recolored, as in `Targets`."""
    colors: Moments
    """Of the style's regions, from `color_moments`."""
    details: DetailStrengths
    """Of the style's regions, from `detail_strengths`."""


@program()
def finished(
    content: Picture,
    picture: Picture,
    masks: Masks,
    goals: Goals | None = None,
    valid: Valid = None,
    affinities: Affinities | None = None,
    fidelity: float | Scalar = FLAT_FIDELITY,
) -> Picture:
    """The result of a descent with its last touches.

    A few steps leave painted strokes, the colors of each region a little off the style's, and its
    finest detail too strong. So the picture goes a little way back to the recolored photo, colors
    are matched in closed form, which also brings those out of gamut nearer, and detail is weakened.
    None goes all of the way, which would undo what the descent has found. Before detail, local
    affine maps are smoothed where the content is flat, and at the end a little everywhere. The
    recolored photo bounds the colors of small things, and determines those of a gray photo.

    Args:
      content: h x w x 3, values in [0, 1].
      picture: the same size, not clipped.
      masks: k x h x w, of the content's regions.
      goals: to approach; None only smooths.
      valid: 1 where the arrays hold the content photo, see `arrays.padding`.
      affinities: of the content photo, with the ridge EPSILON; computed here if None.
      fidelity: of the smoothing where the content is flat.
    """
    if affinities is None:
        affinities = matting_affinities(content, EPSILON, valid=valid)
    if goals is not None:
        picture = bounded_color_detail(picture, goals.recolored, valid)
        picture = picture + RECOLORED_SHARE * (goals.recolored - picture)
        matched = color_transfer(jnp.clip(picture, 0, 1), masks, goals.colors, valid)
        change = zero_outside(matched - picture, valid)
        picture = picture + COLOR_SHARE * smooth(affinities, change, RECOLORED_FIDELITY)
        # A gray photo does not say where colors belong: those of a descent are painted patches.
        gray = 1 - colorfulness(content, valid)
        picture = picture + gray * chroma(goals.recolored - picture)
    flat = flatness(content, valid=valid)[..., None]
    picture = picture + flat * (smooth(affinities, picture, fidelity) - picture)
    if goals is not None:  # after that smoothing, which takes noise away
        picture = detail_transfer(picture, masks, goals.details, DETAIL_SHARE, valid)
    # A color that is cut off after the last smoothing leaves the affine map of its neighbors; cut
    # off before the first one, noise around black would turn gray.
    picture = jnp.clip(picture, 0, 1)
    return smooth(affinities, picture, NOISE_FIDELITY, NOISE_DEGREE)
