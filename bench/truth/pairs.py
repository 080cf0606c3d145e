"""Pairs with their truth: which photos, which look, and the files for `jphoto eval`.

The same seed gives the same pairs. The first pairs already have every family of looks.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from bench.truth.looks import FAMILIES, Look, Picture, Random
from bench.truth.manifest import Photo
from bench.truth.sky import sky_mask
from jphoto import images, metrics

COUNT = 64
SEED = 2017
SKY_AND_GROUND = "sky and ground"
"""The family in which sky and ground have looks of their own."""
SKY_EVERY = 4
"""One pair of so many is of that family."""
SKY_FAMILIES = ("white balance", "split toning", "film", "dusk", "faded")
"""Looks of the sky and of the ground."""
NEAREST = 3
"""Of so many photos of the same kind with the nearest colors, the style photo is the one that has
been style least often."""
GREATEST_DISTANCE = 8.0
"""Of the colors of content and style photo, as `metrics.color_distance` measures it, unless no
other photo of the kind is nearer."""
SKIPPED_PIXELS = 6
"""Only every sixth row and column is compared for that."""
CHANGE = (9.0, 25.0)
"""Mean CIEDE2000 between content photo and truth; other looks are drawn again. It is more than what
the colors of content and style photo differ by without a look."""
TRIES = 30
"""Looks that are drawn for a pair at most."""
Seed = tuple[int, int, int]
"""Of a look: the seed of all pairs, the number of the pair, the number of the try."""


class TruePair(NamedTuple):
    """A pair and the look that its style photo and its truth have."""

    name: str
    family: str
    content: str
    style: str
    """Names of photos."""
    seed: Seed


def write_pairs(
    photos: Mapping[str, Photo], pictures: Mapping[str, Picture], folder: Path, count: int = COUNT
) -> list[TruePair]:
    """Write pairs/NN/content.png, pairs/NN/style.png, truth/NN.png and pairs.json.

    Args:
      photos: of the manifest, by name.
      pictures: the same photos, sRGB in [0, 1].
      folder: where to write.
      count: number of pairs.
    """
    pairs = []
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    for number, (family, content, style) in enumerate(_choices(photos, pictures, count)):
        seed, truth = _visible_look(family, number, pictures[content], photos[content].ground)
        pair = TruePair(f"{number + 1:02d}", family, content, style, seed)
        pairs.append(pair)
        place = folder / "pairs" / pair.name
        place.mkdir(parents=True, exist_ok=True)
        styled = graded(pictures[style], family, seed, photos[style].ground)
        images.save_picture(np.float32(pictures[content]), place / "content.png")
        images.save_picture(np.float32(styled), place / "style.png")
        images.save_picture(np.float32(truth), folder / "truth" / f"{pair.name}.png")
    listed = [pair._asdict() for pair in pairs]
    (folder / "pairs.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
    return pairs


def _visible_look(
    family: str, number: int, picture: Picture, ground: float | None
) -> tuple[Seed, Picture]:
    """The first seed whose look changes the picture enough and not too much, and its truth.

    If there is none, the seed whose look does so best: a gray photo has little color to lose.
    """
    best = (np.inf, (SEED, number, 0), picture)
    for attempt in range(TRIES):
        seed = (SEED, number, attempt)
        truth = graded(picture, family, seed, ground)
        change = metrics.color_difference(truth, picture)
        off = max(CHANGE[0] - change, change - CHANGE[1], 0.0)
        if off < best[0]:
            best = off, seed, truth
        if off == 0:
            break
    return best[1:]


def graded(picture: Picture, family: str, seed: Seed, ground: float | None) -> Picture:
    """A photo under the look of a seed.

    Args:
      picture: sRGB in [0, 1].
      family: one of `FAMILIES`, or `SKY_AND_GROUND`.
      seed: of the look.
      ground: as in the manifest; only `SKY_AND_GROUND` needs it.
    """
    random = np.random.default_rng(seed)
    if family != SKY_AND_GROUND:
        return FAMILIES[family](random)(picture).clip(0, 1)
    if ground is None:
        raise ValueError("a photo without `ground` in the manifest has no sky of its own look")
    of_sky, of_ground = _two_looks(random)
    sky = sky_mask(picture, ground)[..., None]
    return sky * of_sky(picture).clip(0, 1) + (1 - sky) * of_ground(picture).clip(0, 1)


def _two_looks(random: Random) -> tuple[Look, Look]:
    first, second = random.choice(SKY_FAMILIES, 2, replace=False)
    return FAMILIES[first](random), FAMILIES[second](random)


def _choices(
    photos: Mapping[str, Photo], pictures: Mapping[str, Picture], count: int
) -> Iterator[tuple[str, str, str]]:
    """Family, content and style photo of each pair; every photo is content before one is twice."""
    random = np.random.default_rng(SEED)
    queues: dict[bool, list[str]] = {False: [], True: []}
    used: Counter[str] = Counter()
    families = list(FAMILIES)
    turn = 0
    for number in range(count):
        sky = number % SKY_EVERY == SKY_EVERY - 1
        some = [name for name, photo in photos.items() if photo.ground or not sky]
        if not queues[sky]:
            queues[sky] = [some[n] for n in random.permutation(len(some))]
        content = queues[sky].pop()
        alike = [name for name in some if sky or photos[name].kind == photos[content].kind]
        style = min(_nearest(content, alike, pictures), key=lambda name: used[name])
        used[style] += 1
        yield SKY_AND_GROUND if sky else families[turn % len(families)], content, style
        turn += not sky


def _nearest(name: str, others: list[str], pictures: Mapping[str, Picture]) -> list[str]:
    """The other photos of the most similar colors, the nearest first; at least one."""

    def sample(of: str) -> Float64[np.ndarray, "h w 3"]:
        return pictures[of][::SKIPPED_PIXELS, ::SKIPPED_PIXELS]

    distances = {}
    for other in others:
        both = sample(name), sample(other)
        masks = [np.ones((1, *picture.shape[:2])) for picture in both]
        distances[other] = metrics.color_distance(*both, *masks) if other != name else np.inf
    nearest = sorted(distances, key=lambda other: distances[other])[:NEAREST]
    return [other for other in nearest if distances[other] <= GREATEST_DISTANCE] or nearest[:1]
