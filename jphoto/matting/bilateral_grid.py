"""A bilateral grid of affine maps: a color change as a function of place and lightness.

Nodes lie `cell` pixels apart over the picture, the outermost on its border, and `LEVELS` of them
from black to white at each place. Each holds an affine map, 12 numbers as in `affine_maps`. Maps
between nodes are interpolated linearly in all three directions, so a grid of a few ten thousand
numbers has the edges of any frame that it is applied to. A frame of a clip may have another
exposure than the frame that its grid was fitted to: `exposed` brings the grid to it.

Source: Chen, Paris, Durand 2007, "Real-time Edge-Aware Image Processing with the Bilateral Grid";
Chen, Adams, Wadhwa, Hasinoff 2016, "Bilateral Guided Upsampling", for affine maps in its nodes.
"""

import functools
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.scipy.sparse.linalg import cg
from jaxtyping import Float, Float32, Num, UInt16

from jphoto.arrays import Picture, Scalar

Grid: TypeAlias = Float32[np.ndarray, "gy gx z 12"]
"""Maps at the nodes: rows and columns of places, then lightness from black to white."""

CELLS = 48
"""Cells along the long side of a picture. Fitted to transfers of 700 pixels, style distance is 6 to
11 % larger than theirs, and edge SSIM 5 to 20 %. With twice as many cells, style distance is 4 to
6 % larger, but clips are less steady, and the residual of affine maps is 20 % larger."""
LEVELS = 8
"""Nodes from black to white."""
SMOOTHNESS = 3e-3
"""Weight of the squared differences between neighboring nodes, each node counting as one. The
weight of a node's pixels together is the number of nodes times their share of the picture."""
RIDGE = 1e-4
"""Weight of the squared differences from the identity."""
FIT_STEPS = 25
"""Of conjugate gradients, from the identity. With 60, the misfit is 6 % smaller."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the lightness that chooses a map."""


class Layout(NamedTuple):
    """Where the nodes of a grid lie over a picture."""

    size: tuple[int, int]
    """Height and width of the full-size picture."""
    cell: int
    """Pixels between neighboring nodes at that size."""

    @property
    def nodes(self) -> tuple[int, int]:
        """Numbers of rows and columns of nodes; those of the last may lie beyond the border."""
        return -(-self.size[0] // self.cell) + 1, -(-self.size[1] // self.cell) + 1

    def positions(self, size: tuple[int, int]) -> list[Float32[np.ndarray, " n"]]:
        """Where the centers of a picture's pixels lie, rows then columns, counted in cells.

        Args:
          size: (height, width) of any picture of the same scene.
        """
        return [
            ((np.arange(pixels) + 0.5) * (full / pixels / self.cell)).astype(np.float32)
            for full, pixels in zip(self.size, size, strict=True)
        ]


def layout_of(size: tuple[int, int]) -> Layout:
    """The layout of a grid for pictures of (height, width)."""
    return Layout(size, -(-max(size) // CELLS))


def fit_grid(
    content: Float32[np.ndarray, "h w 3"], picture: Float32[np.ndarray, "h w 3"], layout: Layout
) -> Grid:
    """The smooth grid that best takes the content photo to a picture.

    Args:
      content: h x w x 3, values in [0, 1], at any size.
      picture: the same size.
      layout: of the grid over the content photo at its full size.
    """
    rows, columns = (
        np.maximum(0, 1 - np.abs(position[:, None] - np.arange(nodes)))
        for position, nodes in zip(layout.positions(content.shape[:2]), layout.nodes, strict=True)
    )
    grid = _fit(content, picture, rows, columns)
    return np.asarray(grid)


@jax.jit
def _fit(
    content: Picture,
    picture: Picture,
    rows: Float[Array, "h gy"],
    columns: Float[Array, "w gx"],
) -> Float[Array, "gy gx z 12"]:
    """A ridge regression with smoothness, by conjugate gradients on its normal equations."""
    identity = jnp.concatenate([jnp.zeros(3), jnp.eye(3).ravel()])
    shape = rows.shape[1], columns.shape[1], LEVELS, 12
    level = (content @ LUMA).clip(0, 1) * (LEVELS - 1)
    lightness = jnp.maximum(0, 1 - jnp.abs(level - jnp.arange(LEVELS)[:, None, None]))

    def change(grid: Float[Array, "gy gx z 12"]) -> Picture:
        bands = jnp.einsum("hy,yxzc->zchx", rows, grid)
        maps = jnp.einsum("zchx,wx->zchw", bands, columns)
        chosen = jnp.einsum("zhw,zchw->chw", lightness, maps)
        slopes = chosen[3:].reshape(3, 3, *chosen.shape[1:])
        return jnp.moveaxis(chosen[:3], 0, -1) + jnp.einsum("oihw,hwi->hwo", slopes, content)

    def loss(grid: Float[Array, "gy gx z 12"]) -> Scalar:
        misfit = jnp.mean((change(grid) - (picture - content)) ** 2)
        roughness = sum(jnp.sum(jnp.diff(grid, axis=axis) ** 2) for axis in range(3))
        nodes = shape[0] * shape[1] * LEVELS
        total: Scalar = nodes * misfit + SMOOTHNESS * roughness + RIDGE * jnp.sum(grid**2)
        return total

    zero = jnp.zeros(shape)
    gradient = jax.grad(loss)
    right = -gradient(zero)
    found, _ = cg(lambda grid: gradient(grid) + right, right, maxiter=FIT_STEPS, tol=1e-6)
    grid: Float[Array, "gy gx z 12"] = identity + found
    return grid


def exposed(grid: Grid, gain: float, offset: float) -> Grid:
    """The grid for a frame of another exposure: what it was, with the same change of exposure.

    Args:
      grid: for the frame x.
      gain: the other frame is gain x + offset.
      offset: likewise; sRGB in [0, 1].

    Returns: maps of the other frame, to be chosen by the lightness of x.
    """
    offsets, slopes = grid[..., :3], grid[..., 3:].reshape(*grid.shape[:3], 3, 3)
    moved = gain * offsets + offset - offset * slopes.sum(-1)
    return np.concatenate([moved, grid[..., 3:]], axis=-1)


@functools.partial(jax.jit, static_argnames=("cell",))
def apply_grid(
    grid: Float[Array, "gy gx z 12"],
    frame: Num[Array, "h w 3"],
    gain: float | Float[Array, ""] = 1.0,
    offset: float | Float[Array, ""] = 0.0,
    *,
    cell: int,
) -> UInt16[Array, "h w 3"]:
    """The picture of a frame at full size.

    Args:
      grid: laid out over frames of this size.
      frame: h x w x 3, uint8 or uint16.
      gain: of the frame's exposure, see `exposed`; the grid is for that exposure already.
      offset: likewise.
      cell: pixels between neighboring nodes.

    Returns: 16 bits per channel.
    """
    height, width, _ = frame.shape
    down, across = grid.shape[0] - 1, grid.shape[1] - 1
    white = 255 if frame.dtype == jnp.uint8 else 65535
    padding = (0, 0), (0, down * cell - height), (0, across * cell - width)
    planes = jnp.pad(jnp.moveaxis(frame, -1, 0), padding)
    bands = planes.reshape(3, down, cell, across, cell).swapaxes(0, 1)
    along = (jnp.arange(cell, dtype=jnp.float32) + 0.5) / cell

    def mapped(
        band: tuple[Num[Array, "3 _ _ _"], Float[Array, "_ z 12"], Float[Array, "_ z 12"]],
    ) -> UInt16[Array, "3 _ _ _"]:
        colors, above, below = band[0].astype(jnp.float32) / white, band[1], band[2]
        nodes = above + along[:, None, None, None] * (below - above)
        # Axes: lightness, number of the map, row, cell, and one for the pixels of a cell. The
        # innermost loop runs over those, with one map for all.
        nodes = jnp.moveaxis(nodes, (2, 3), (0, 1))[..., None]
        left, step = nodes[..., :-1, :], jnp.diff(nodes, axis=-2)
        luma = jnp.tensordot(jnp.asarray(LUMA), colors, 1)
        level = ((luma - offset) / gain).clip(0, 1) * (LEVELS - 1)
        maps = jnp.zeros((12, *luma.shape))
        for z in range(LEVELS):
            maps += jnp.maximum(0, 1 - jnp.abs(level - z)) * (left[z] + along * step[z])
        picture = maps[:3]
        for channel in range(3):
            picture += maps[3 + channel :: 3] * colors[channel]
        levels: UInt16[Array, "3 _ _ _"] = (picture.clip(0, 1) * 65535 + 0.5).astype(jnp.uint16)
        return levels

    full = lax.map(mapped, (bands, grid[:-1], grid[1:])).swapaxes(0, 1)
    full = full.reshape(3, down * cell, across * cell)[:, :height, :width]
    return jnp.moveaxis(full, 0, -1)
