"""Gram matrices and means of features under regions' masks.

Regions hardly overlap, so most products of a region's mask are zero. On a CPU the positions inside
a region can be gathered, in runs of neighbors and as many at a time as fit a cache. Other devices,
which prefer few and large products, multiply the whole photo region by region, as a CPU does where
positions are few or a program runs only once. Either way memory is that of one region.

Source: Gatys et al. 2016, eq. 3; Luan et al. 2017, eq. 3.
Departs: divided by the mask's sum of squares; the papers divide by counts of pixels and channels.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float, Int

from jphoto.arrays import Features

TINY = 1e-12
"""Least divisor: keeps quotients finite where a mask is empty."""
LONGEST_RUN = 16
"""Most positions that are gathered as one, where the number of all positions is a multiple. Longer
runs are found sooner, but at borders of regions more of them lie outside."""
GATHERED_NUMBERS = 2**17
"""Numbers gathered at a time: few enough for a cache, enough for fast products."""
LEAST_GATHERED, LEAST_GATHERED_ONCE = 500, 2**17
"""Positions of a photo from which they are gathered, in a descent and in a program that runs once.
With fewer, products of all of them take little longer, and compile in a third of the time."""

Grams = Float[Array, "k c c"]
Shares = Float[Array, "k y x"]
"""Share of each region in each position of a feature map."""


class Groups(NamedTuple):
    """Every region's runs of positions in groups of equal size; the last is filled up."""

    ends: Int[Array, "k"]
    """Number of groups of each region and all before it."""
    runs: Int[Array, "k groups size"]
    """Index of each run; those that a group is filled up with lie outside the region, or past the
    last run."""

    def at(
        self, index: Int[Array, ""], shares: Float[Array, "k runs length"]
    ) -> tuple[Int[Array, ""], Int[Array, "size"], Float[Array, "size length 1"]]:
        """A group: its region, its runs, and the share of the region in each of their positions."""
        region = jnp.sum(index >= self.ends)
        # Of a region without groups, no group is ever read.
        before = jnp.where(region > 0, self.ends[region - 1], 0)
        runs = self.runs[region, index - before]
        shares = shares.at[region, runs].get(mode="fill", fill_value=0)
        return region, runs, shares[..., None]


def groups_of(masks: Shares, channels: int, once: bool = False) -> Groups | None:
    """The runs that lie in each region, at least in part, in groups that fit a cache.

    They depend on the masks alone, so a descent finds them once.

    Args:
      masks: k x y x x, share of each region in each position.
      channels: of the features.
      once: whether they are for a program that runs once, where compiling counts more.

    Returns: the groups, or None where the photo has too few positions to gather.
    """
    k, positions = len(masks), masks[0].size
    if positions < (LEAST_GATHERED_ONCE if once else LEAST_GATHERED):
        return None
    length = _run_length(positions)
    count = positions // length
    size = min(max(GATHERED_NUMBERS // (channels * length), 1), count)
    inside = jnp.any(masks.reshape(k, count, length) > 0, 2)
    # Sorted, those inside come first. `cumsum` and a scatter take XLA twice as long to compile.
    runs = jnp.arange(count)
    runs = jnp.sort(jnp.where(inside, runs, runs + count), 1) % count
    filled = jnp.pad(runs, ((0, 0), (0, -count % size)), constant_values=count)
    groups = -(-jnp.sum(inside, 1) // size)
    ends = jnp.sum(jnp.tril(jnp.broadcast_to(groups, (k, k))), 1)
    return Groups(ends, filled.reshape(k, -1, size))


def groups_by_layer(
    masks: Sequence[Float[Array, "k _ _"]], grams: Sequence[Float[Array, "k _ _"]]
) -> list[Groups | None]:
    """The groups for a descent, for each layer of a style term.

    Args:
      masks: of the content photo's regions, at each layer's size.
      grams: of the style photo's regions, which have each layer's channels.
    """
    return [groups_of(m, g.shape[-1]) for m, g in zip(masks, grams, strict=True)]


def _run_length(positions: int) -> int:
    return math.gcd(positions, LONGEST_RUN)


@jax.custom_vjp
def gram_matrices(features: Features, masks: Shares, groups: Groups | None = None) -> Grams:
    """The Gram matrix of every region.

    Args:
      features: y x x x c.
      masks: k x y x x, share of each region in each position; constants for differentiation.
      groups: of these masks and so many channels, from `groups_of`: a CPU is faster with them.

    Returns: k x c x c, the sum over positions of mask^2 f f^T divided by the sum of mask^2.

    Example: one channel, under a mask of the upper half and one of everything.

    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import gram_matrices
    >>> features = np.float32([[1, 1], [3, 3]])[..., None]
    >>> masks = np.float32([[[1, 1], [0, 0]], [[1, 1], [1, 1]]])
    >>> np.round(jax.jit(gram_matrices)(features, masks), 3).tolist()
    [[[1.0]], [[5.0]]]
    """
    return _forward(features, masks, groups)[0]


def mean_features(features: Features, masks: Shares) -> Float[Array, "k c"]:
    """Mean features of every region, which a Gram matrix hardly determines where they are small.

    Args:
      features: y x x x c.
      masks: k x y x x, share of each region in each position.

    Example:
    >>> import jax
    >>> import numpy as np
    >>> from jphoto.objectives import mean_features
    >>> features = np.float32([[1, 1], [3, 3]])[..., None]
    >>> jax.jit(mean_features)(features, np.ones((1, 2, 2), np.float32)).tolist()
    [[2.0]]
    """
    shares = masks / jnp.maximum(jnp.sum(masks, (1, 2), keepdims=True), TINY)
    return _product(shares.reshape(len(shares), -1), _rows(features))


def _forward(
    features: Features, masks: Shares, groups: Groups | None
) -> tuple[Grams, tuple[Features, Shares, Groups | None]]:
    size = jnp.sqrt(jnp.sum(masks**2, (1, 2), keepdims=True))
    shares = masks / jnp.maximum(size, TINY)
    grams: Grams = _by_device(_sum_by_position, _sum_by_region, groups, features, shares)
    return grams, (features, shares, groups)


def _backward(
    saved: tuple[Features, Shares, Groups | None], cotangent: Grams
) -> tuple[Features, Shares, None]:
    """One product for both factors, and nothing kept in memory but the features themselves."""
    features, shares, groups = saved
    both = cotangent + cotangent.transpose(0, 2, 1)
    gradient: Features = _by_device(
        _pull_by_position, _pull_by_region, groups, features, shares, both
    )
    return gradient, jnp.zeros_like(shares), None


gram_matrices.defvjp(_forward, _backward)


def _by_device(
    by_position: Callable[..., Array],
    by_region: Callable[..., Array],
    groups: Groups | None,
    *arrays: Array,
) -> Array:
    """The result of the form that suits the device and the number of positions."""
    if groups is None:
        return by_region(*arrays)
    on_cpu = functools.partial(by_position, groups)
    result: Array = lax.platform_dependent(*arrays, cpu=on_cpu, default=by_region)
    return result


def _sum_by_region(features: Features, shares: Shares) -> Grams:
    grams: Grams = lax.map(lambda share: _gram(_rows(features * share[..., None])), shares)
    return grams


def _pull_by_region(features: Features, shares: Shares, both: Grams) -> Features:
    def add(gradient: Features, region: tuple[Float[Array, "y x"], Float[Array, "c c"]]) -> Any:
        share, matrix = region
        return gradient + _product(features, matrix) * share[..., None] ** 2, None

    return lax.scan(add, jnp.zeros_like(features), (shares, both))[0]


def _sum_by_position(groups: Groups, features: Features, shares: Shares) -> Grams:
    channels = features.shape[-1]
    runs, shares = _in_runs(features, shares)

    def add(index: Int[Array, ""], grams: Grams) -> Grams:
        region, found, weights = groups.at(index, shares)
        rows = (runs.at[found].get(mode="clip") * weights).reshape(-1, channels)
        summed: Grams = grams.at[region].add(_gram(rows))
        return summed

    empty = jnp.zeros((len(shares), channels, channels), features.dtype)
    grams: Grams = lax.fori_loop(0, groups.ends[-1], add, empty)
    return grams


def _pull_by_position(groups: Groups, features: Features, shares: Shares, both: Grams) -> Features:
    channels = features.shape[-1]
    runs, shares = _in_runs(features, shares)

    def add(index: Int[Array, ""], gradient: Array) -> Array:
        region, found, weights = groups.at(index, shares)
        rows = (runs.at[found].get(mode="clip") * weights**2).reshape(-1, channels)
        pulled = _product(rows, both[region]).reshape(len(found), -1, channels)
        return gradient.at[found].add(pulled, mode="drop")

    gradient: Features = lax.fori_loop(0, groups.ends[-1], add, jnp.zeros_like(runs))
    return gradient.reshape(features.shape)


def _in_runs(
    features: Features, shares: Shares
) -> tuple[Float[Array, "runs length c"], Float[Array, "k runs length"]]:
    """Features and shares in runs of neighboring positions."""
    k, channels, length = len(shares), features.shape[-1], _run_length(shares[0].size)
    return features.reshape(-1, length, channels), shares.reshape(k, -1, length)


def _rows(features: Features) -> Float[Array, "n c"]:
    # One row a position: with two axes to sum over, XLA on the CPU takes twice as long.
    return features.reshape(-1, features.shape[-1])


def _gram(rows: Float[Array, "n c"]) -> Float[Array, "c c"]:
    return _product(rows.T, rows)


def _product(left: Float[Array, "*n c"], right: Float[Array, "c d"]) -> Float[Array, "*n d"]:
    """In full float32, whatever the network runs in."""
    return jnp.matmul(left, right, precision=lax.Precision.HIGHEST)
