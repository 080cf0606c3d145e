"""Fitting a lookup table that maps one picture to another and is safe on other pictures too.

A smooth least-squares fit over the pixels, under two monotonicity constraints. First, if an input
channel rises, its own output channel never falls. Second, if all input channels are multiplied by
one factor above 1, as more exposure does for all but the darkest colors, no output channel falls.
In a cell of the table, both slopes are affine in red, in green and in blue; so if they are not
negative at the corners of all cells, they are negative nowhere. The constraints cost twelve
published transfers 0 to 6 of CIEDE2000, 0.8 in the median, and most where bright became dark.

Source: Boyd et al. 2011, "Distributed Optimization and Statistical Learning via the Alternating
Direction Method of Multipliers", sections 3.4.3 and 5.2, for the quadratic program.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float64
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from jphoto.lut.table import Lut, apply_lut, corners, identity_lut, strips
from jphoto.metrics.pictures import HostPicture, check_sizes

Colors: TypeAlias = Float64[np.ndarray, "n 3"]
"""Of samples, or of the nodes of a table, which are numbered with blue varying fastest."""
Operator: TypeAlias = sparse.csr_array | sparse.dia_array

DEFAULT_SIZE = 33
"""Nodes along an axis, as in most programs."""
SMOOTHNESS_WEIGHT = 3e-6
"""Of the squared second derivatives along the axes, integrated over the cube. The weight of the
mean squared error of the pixels is 1."""
IDENTITY_WEIGHT = 1e-4
"""Of the squared differences between slopes of the table and of the identity, integrated. So where
a photo has no colors, the table shifts all of them by the same amount."""
SAMPLE_CELLS = 64
"""Cells of colors along an axis. All pixels in a cell are one sample, so that photos of megapixels
are read only once."""
ADMM_STEPS, ADMM_PENALTY, ADMM_RELAXATION = 150, 1e-2, 1.6
"""Of the alternating direction method of multipliers (ADMM). After that many steps, the constraints
are violated by more than 0.001 in few photos."""
BOUNDS_WEIGHT = 0.1
"""Of the bounds 0 and 1 of the values, relative to the constraints on slopes."""
BLACK_OFFSET = 1e-9
"""Added to colors, so that black has a direction too: gray."""


class _Samples(NamedTuple):
    """Colors of the content photo, and their colors in the result."""

    colors: Colors
    results: Colors
    shares: Float64[np.ndarray, "n"]
    """Of the photo's pixels."""


class _Constraints(NamedTuple):
    """Slopes of the table that must not be negative."""

    slopes: sparse.csr_array
    """From the nodes of one output channel to slopes along the axes and towards brighter colors."""
    active: Bool[np.ndarray, "n 3"]
    """Whether a slope is constrained, for each output channel."""


def fit_lut(content: HostPicture, result: HostPicture, size: int = DEFAULT_SIZE) -> Lut:
    """Fit a table that maps the content photo to the result.

    Args:
      content: h x w x 3, sRGB in [0, 1].
      result: the same size.
      size: nodes along an axis, odd and at least 5. Every second node is fitted, and the others are
        interpolated, which costs photos less than 0.7 of CIEDE2000 and saves much time.

    Returns: values in [0, 1] that satisfy both constraints.
    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, content)
    nodes = (size + 1) // 2
    identity = identity_lut(nodes).reshape(-1, 3).astype(np.float64)
    constraints = _constraints(identity, nodes)
    equations = _normal_equations(_samples(content, result), identity, nodes)
    table = _feasible(_solve(*equations, constraints), constraints, identity)
    coarse = table.astype(np.float32).reshape(nodes, nodes, nodes, 3)
    return apply_lut(coarse, identity_lut(size).reshape(size, -1, 3)).reshape(size, size, size, 3)


def _samples(content: HostPicture, result: HostPicture) -> _Samples:
    """The mean color of the pixels in each cell of colors, in the content photo and the result."""
    totals = np.zeros((7, SAMPLE_CELLS**3))
    for rows in strips(content):
        colors, results = (
            picture[rows].reshape(-1, 3).astype(np.float64) for picture in (content, result)
        )
        cells = np.clip((colors * SAMPLE_CELLS).astype(np.int64), 0, SAMPLE_CELLS - 1)
        index = np.ravel_multi_index(tuple(cells.T), (SAMPLE_CELLS, SAMPLE_CELLS, SAMPLE_CELLS))
        for total, values in zip(totals, (None, *colors.T, *results.T), strict=True):
            total += np.bincount(index, values, SAMPLE_CELLS**3)
    counts, *sums = totals[:, totals[0] > 0]
    means = np.stack(sums, axis=1) / counts[:, None]
    return _Samples(means[:, :3], means[:, 3:], counts / counts.sum())


def _normal_equations(
    samples: _Samples, identity: Colors, nodes: int
) -> tuple[sparse.csr_array, Colors]:
    """The matrix and the right sides, one for each channel, of the fit without constraints."""
    interpolation = _interpolation(samples.colors, nodes)
    weighted = (interpolation * samples.shares[:, None]).T
    step, identities = 1 / (nodes - 1), [sparse.eye_array(nodes)] * 3
    penalty = sparse.csr_array((nodes**3, nodes**3))
    for order, weight in ((1, IDENTITY_WEIGHT * step), (2, SMOOTHNESS_WEIGHT / step)):
        line = sparse.csr_array(np.diff(np.eye(nodes), order, axis=0))
        for axis in range(3):
            difference = _along(axis, line, identities)
            penalty = penalty + weight * (difference.T @ difference)
    matrix = sparse.csr_array(weighted @ interpolation + penalty)
    return matrix, weighted @ samples.results + penalty @ identity


def _interpolation(colors: Colors, nodes: int) -> sparse.csr_array:
    """The matrix that interpolates a table of so many nodes along an axis at each color."""
    indices, weights = zip(*corners(colors, nodes), strict=True)
    ends = np.arange(0, 8 * len(colors) + 1, 8)
    return sparse.csr_array(
        (np.stack(weights, 1).ravel(), np.stack(indices, 1).ravel(), ends),
        shape=(len(colors), nodes**3),
    )


def _along(axis: int, line: Operator, others: Sequence[Operator]) -> sparse.csr_array:
    """An operator on the nodes: `line` along one axis, and `others` along the other two axes.

    Args:
      axis: of `line`.
      line: operator on the nodes along that axis.
      others: operators along red, green and blue; the one of `axis` is not used.
    """
    red, green, blue = (line if number == axis else others[number] for number in range(3))
    return sparse.csr_array(sparse.kron(sparse.kron(red, green), blue))


def _constraints(identity: Colors, nodes: int) -> _Constraints:
    """Slopes along the axes, then slopes away from black at each corner of each cell.

    The slope away from black is the mean of the cell's slopes along red, green and blue at that
    corner, weighted by the corner's color.
    """
    every = sparse.csr_array(sparse.eye_array(nodes))
    ends = every[:-1], every[1:]
    step = ends[1] - ends[0]
    slopes = [_along(axis, step, [every] * 3) for axis in range(3)]
    along_axes = np.repeat(np.eye(3, dtype=bool), slopes[0].shape[0], axis=0)
    for corner in np.ndindex(2, 2, 2):
        at = [ends[side] for side in corner]
        colors = _along(0, at[0], at) @ identity + BLACK_OFFSET
        shares = colors / colors.sum(1, keepdims=True)
        rays = [sparse.diags_array(shares[:, n]) @ _along(n, step, at) for n in range(3)]
        slopes.append(rays[0] + rays[1] + rays[2])
    stacked = sparse.csr_array(sparse.vstack(slopes))
    away_from_black = np.ones((stacked.shape[0] - len(along_axes), 3), bool)
    return _Constraints(stacked, np.concatenate([along_axes, away_from_black]))


def _solve(matrix: sparse.csr_array, right: Colors, constraints: _Constraints) -> Colors:
    """Least squares under the constraints and within [0, 1], by ADMM; a few slopes remain slightly
    negative.
    """
    nodes = len(right)
    bounds = BOUNDS_WEIGHT * sparse.eye_array(nodes)
    rows = sparse.csr_array(sparse.vstack([constraints.slopes, bounds]))
    active = constraints.active
    low = np.concatenate([np.where(active, 0, -np.inf), np.zeros((nodes, 3))])
    high = np.concatenate([np.full(active.shape, np.inf), np.full((nodes, 3), BOUNDS_WEIGHT)])
    factors = _factors(matrix + ADMM_PENALTY * (rows.T @ rows))
    # Starting from the fit without constraints, which is the solution if it satisfies them.
    table: Colors = _factors(matrix).solve(right)
    values, duals = np.clip(rows @ table, low, high), np.zeros_like(low)
    for _ in range(ADMM_STEPS):
        table = factors.solve(right + ADMM_PENALTY * (rows.T @ (values - duals)))
        relaxed = ADMM_RELAXATION * (rows @ table) + (1 - ADMM_RELAXATION) * values + duals
        values = np.clip(relaxed, low, high)
        duals = relaxed - values
    return table


def _factors(matrix: sparse.csr_array) -> SuperLU:
    """LU factors of a symmetric positive definite matrix, which needs no pivoting."""
    return splu(
        sparse.csc_array(matrix),
        permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options={"SymmetricMode": True},
    )  # fmt: skip


def _feasible(table: Colors, constraints: _Constraints, identity: Colors) -> Colors:
    """Change a table that nearly satisfies the constraints just enough to satisfy them.

    All values are scaled into [0, 1], which keeps the signs of slopes. Then the table is blended
    with a less saturated identity, whose slopes are all positive, as much as the most negative
    slope needs.
    """
    low, high = np.minimum(table.min(0), 0), np.maximum(table.max(0), 1)
    table = (table - low) / (high - low)
    pale = (identity + identity.mean(1, keepdims=True)) / 2
    slopes, pale_slopes = constraints.slopes @ table, constraints.slopes @ pale
    negative = constraints.active & (slopes < 0)
    share = np.max(slopes[negative] / (slopes[negative] - pale_slopes[negative]), initial=0)
    blended: Colors = table + share * (pale - table)
    return blended
