"""Gram matrices of features under regions' masks: which features occur together, and how much.

Regions hardly overlap, so most of a region's products are with zeros. On a CPU the photo is cut
into tiles and a region is charged for those it touches; other devices, which want few and large
products, go through all of it region by region. Memory is that of one region either way.

Source: Gatys et al. 2016, eq. 3; Luan et al. 2017, eq. 3.
Departs: divided by the mask's sum of squares; the papers divide by counts of pixels and channels.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Bool, Float, Int

from jphoto.arrays import Features

TINY = 1e-12
"""Keeps a quotient finite where a mask is empty."""
TILE_NUMBERS = 2**17
"""In a tile, about: few enough to stay in a cache, enough for products to be fast."""

Grams = Float[Array, "k c c"]
Shares = Float[Array, "k y x"]
"""Of each region in each position of a feature map."""


class Meetings(NamedTuple):
    """Regions and tiles that meet, then those that do not."""

    number: Int[Array, ""]
    """How many do."""
    region: Int[Array, "n"]
    tile: Int[Array, "n"]


class Tiling(NamedTuple):
    """A grid of equal tiles, row by row; where it would leave the photo, tiles overlap others."""

    height: int
    width: int
    rows: int
    columns: int

    @property
    def down(self) -> int:
        """Tiles in a column of the grid."""
        return -(-self.height // self.rows)

    @property
    def across(self) -> int:
        """Tiles in a row of the grid."""
        return -(-self.width // self.columns)

    def touched(self, weights: Shares) -> Bool[Array, "k tiles"]:
        """Which tiles have a part of each region that is their own."""
        down, across = self.down, self.across
        border = down * self.rows - self.height, across * self.columns - self.width
        grid = jnp.pad(weights > 0, ((0, 0), (0, border[0]), (0, border[1])))
        cells = grid.reshape(len(weights), down, self.rows, across, self.columns)
        return cells.any((2, 4)).reshape(len(weights), -1)

    def own(self, tile: Int[Array, ""]) -> Bool[Array, "_ _"]:
        """The places in a tile that are in no earlier one."""
        (y, x), (top, left) = self._regular(tile), self._start(tile)
        return (top + jnp.arange(self.rows) >= y)[:, None] & (left + jnp.arange(self.columns) >= x)

    def cut(self, plane: Float[Array, "h w *c"], tile: Int[Array, ""]) -> Float[Array, "_ _ *c"]:
        """What a tile holds of a plane."""
        rest = plane.ndim - 2
        sizes = self.rows, self.columns, *plane.shape[2:]
        return lax.dynamic_slice(plane, (*self._start(tile), *[0] * rest), sizes)

    def paste(
        self, plane: Features, tile: Int[Array, ""], content: Float[Array, "_ _ c"]
    ) -> Features:
        """The plane with other content in a tile."""
        return lax.dynamic_update_slice(plane, content, (*self._start(tile), 0))

    def _regular(self, tile: Int[Array, ""]) -> tuple[Int[Array, ""], Int[Array, ""]]:
        return tile // self.across * self.rows, tile % self.across * self.columns

    def _start(self, tile: Int[Array, ""]) -> tuple[Int[Array, ""], Int[Array, ""]]:
        y, x = self._regular(tile)
        return jnp.minimum(y, self.height - self.rows), jnp.minimum(x, self.width - self.columns)


@jax.custom_vjp
def gram_matrices(features: Features, masks: Shares) -> Grams:
    """The Gram matrix of every region.

    Args:
      features: y x x x c.
      masks: k x y x x, share of each region in each position; constants for differentiation.

    Returns: k x c x c, the sum over positions of mask^2 f f^T divided by the sum of mask^2.
    """
    return _forward(features, masks)[0]


def _forward(features: Features, masks: Shares) -> tuple[Grams, tuple[Features, Shares]]:
    squares = masks**2
    weights = squares / jnp.maximum(jnp.sum(squares, (1, 2), keepdims=True), TINY)
    grams: Grams = lax.platform_dependent(
        features, weights, cpu=_sum_by_tile, default=_sum_by_region
    )
    return grams, (features, weights)


def _backward(saved: tuple[Features, Shares], cotangent: Grams) -> tuple[Features, Shares]:
    """One product for both factors, and nothing kept in memory but the features themselves."""
    features, weights = saved
    both = cotangent + cotangent.transpose(0, 2, 1)
    gradient: Features = lax.platform_dependent(
        features, weights, both, cpu=_pull_by_tile, default=_pull_by_region
    )
    return gradient, jnp.zeros_like(weights)


gram_matrices.defvjp(_forward, _backward)


def _sum_by_region(features: Features, weights: Shares) -> Grams:
    rows = features.reshape(-1, features.shape[-1])
    grams: Grams = lax.map(lambda weight: _gram(rows, weight), weights)
    return grams


def _pull_by_region(features: Features, weights: Shares, both: Grams) -> Features:
    def add(gradient: Features, region: tuple[Float[Array, "y x"], Float[Array, "c c"]]) -> Any:
        weight, matrix = region
        return gradient + _product(features, matrix) * weight[..., None], None

    return lax.scan(add, jnp.zeros_like(features), (weights, both))[0]


def _sum_by_tile(features: Features, weights: Shares) -> Grams:
    meetings, tiling = _meetings(features, weights)
    channels = features.shape[-1]

    def add(index: Int[Array, ""], grams: Grams) -> Grams:
        region, tile = meetings.region[index], meetings.tile[index]
        rows = tiling.cut(features, tile).reshape(-1, channels)
        gram = _gram(rows, tiling.cut(weights[region], tile) * tiling.own(tile))
        summed: Grams = grams.at[region].add(gram)
        return summed

    empty = jnp.zeros((len(weights), channels, channels), features.dtype)
    grams: Grams = lax.fori_loop(0, meetings.number, add, empty)
    return grams


def _pull_by_tile(features: Features, weights: Shares, both: Grams) -> Features:
    meetings, tiling = _meetings(features, weights)

    def add(index: Int[Array, ""], gradient: Features) -> Features:
        region, tile = meetings.region[index], meetings.tile[index]
        weight = tiling.cut(weights[region], tile) * tiling.own(tile)
        pulled = _product(tiling.cut(features, tile) * weight[..., None], both[region])
        return tiling.paste(gradient, tile, tiling.cut(gradient, tile) + pulled)

    gradient: Features = lax.fori_loop(0, meetings.number, add, jnp.zeros_like(features))
    return gradient


def _meetings(features: Features, weights: Shares) -> tuple[Meetings, Tiling]:
    height, width, channels = features.shape
    side = 2 ** round(np.log2(TILE_NUMBERS / channels) / 2)
    tiling = Tiling(height, width, min(side, height), min(side, width))
    meet = tiling.touched(weights).ravel()
    first = jnp.argsort(~meet)
    tiles = tiling.down * tiling.across
    return Meetings(jnp.sum(meet), first // tiles, first % tiles), tiling


def _gram(rows: Float[Array, "n c"], weights: Float[Array, "_ _"]) -> Float[Array, "c c"]:
    # One row a position: with two axes to sum over, XLA on the CPU takes twice as long.
    return _product((rows * weights.reshape(-1, 1)).T, rows)


def _product(left: Float[Array, "*n c"], right: Float[Array, "c d"]) -> Float[Array, "*n d"]:
    """In full float32, whatever the network runs in."""
    return jnp.matmul(left, right, precision=lax.Precision.HIGHEST)
