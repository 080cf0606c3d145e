"""The table that comes closest to taking one picture to another, and stays usable on others.

Least squares over the pixels, smooth, and under two laws: an input channel that rises never lowers
its own output channel; an input whose values all grow by one factor, as exposure makes them but for
the darkest, lowers none. In a cell of the table either slope is affine in red, in green and in
blue, so that what holds at all corners of all cells holds everywhere. Of CIEDE2000, the laws cost
twelve published transfers 0 to 6, 0.8 in the median; the most where bright became dark.

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
"""Of samples, or of a table's nodes, these numbered with blue running fastest."""
Operator: TypeAlias = sparse.csr_array | sparse.dia_array

SIZE = 33
"""Nodes along an axis, as most programs have them."""
SMOOTHNESS = 3e-6
"""Weight of the squared second derivatives along the axes, integrated over the cube; the mean of
the pixels' squared errors weighs 1."""
PULL = 1e-4
"""Weight of the squared difference of the slopes from the identity's, integrated: where a photo has
no colors, the table moves all of them alike."""
CELLS = 64
"""Along an axis; all pixels of a cell are one sample, so that megapixels cost one pass."""
STEPS, STIFFNESS, RELAXATION = 150, 1e-2, 1.6
"""Of the alternating directions; few photos break a law by more than 0.001 after so many."""
BOUND = 0.1
"""Weight of the bounds 0 and 1, beside those of the slopes."""
BLACK = 1e-9
"""Added to colors, so that black has a ray, too: the gray one."""


class _Samples(NamedTuple):
    """Colors, what became of them, and their shares of the photo."""

    colors: Colors
    results: Colors
    shares: Float64[np.ndarray, "n"]


class _Laws(NamedTuple):
    """Slopes at the corners of all cells, taken from the nodes of one output channel."""

    slopes: sparse.csr_array
    bind: Bool[np.ndarray, "n 3"]
    """Which of them must not be negative, for each output channel."""


def fit_lut(content: HostPicture, result: HostPicture, size: int = SIZE) -> Lut:
    """The table that comes closest to taking one picture to another.

    Args:
      content: h x w x 3, sRGB in [0, 1].
      result: the same size.
      size: nodes along an axis, odd and at least 5. Every second one is fitted, and the others are
        halfway between, which costs photos less than 0.7 of CIEDE2000 and saves much time.

    Returns: values in [0, 1] that obey both laws.
    Raises: ImageError, if the sizes differ.
    """
    check_sizes(result, content)
    nodes = (size + 1) // 2
    identity = identity_lut(nodes).reshape(-1, 3).astype(np.float64)
    laws = _laws(identity, nodes)
    free = _normal_equations(_samples(content, result), identity, nodes)
    table = _obedient(_solve(*free, laws), laws, identity)
    coarse = table.astype(np.float32).reshape(nodes, nodes, nodes, 3)
    return apply_lut(coarse, identity_lut(size).reshape(size, -1, 3)).reshape(size, size, size, 3)


def _samples(content: HostPicture, result: HostPicture) -> _Samples:
    """The means of the pixels in each cell of colors that has any."""
    totals = np.zeros((7, CELLS**3))
    for rows in strips(content):
        colors, results = (
            picture[rows].reshape(-1, 3).astype(np.float64) for picture in (content, result)
        )
        cells = np.clip((colors * CELLS).astype(np.int64), 0, CELLS - 1)
        index = np.ravel_multi_index(tuple(cells.T), (CELLS, CELLS, CELLS))
        for total, values in zip(totals, (None, *colors.T, *results.T), strict=True):
            total += np.bincount(index, values, CELLS**3)
    counts, *sums = totals[:, totals[0] > 0]
    means = np.stack(sums, axis=1) / counts[:, None]
    return _Samples(means[:, :3], means[:, 3:], counts / counts.sum())


def _normal_equations(
    samples: _Samples, identity: Colors, nodes: int
) -> tuple[sparse.csr_array, Colors]:
    """Of the fit without laws: matrix and, channel by channel, right sides."""
    splat = _splat(samples.colors, nodes)
    weighted = (splat * samples.shares[:, None]).T
    step, every = 1 / (nodes - 1), [sparse.eye_array(nodes)] * 3
    penalty = sparse.csr_array((nodes**3, nodes**3))
    for order, weight in ((1, PULL * step), (2, SMOOTHNESS / step)):
        line = sparse.csr_array(np.diff(np.eye(nodes), order, axis=0))
        for axis in range(3):
            difference = _along(axis, line, every)
            penalty = penalty + weight * (difference.T @ difference)
    matrix = sparse.csr_array(weighted @ splat + penalty)
    return matrix, weighted @ samples.results + penalty @ identity


def _splat(colors: Colors, nodes: int) -> sparse.csr_array:
    """From the nodes to the colors: a row holds the weights of the eight corners around one."""
    indices, weights = zip(*corners(colors, nodes), strict=True)
    ends = np.arange(0, 8 * len(colors) + 1, 8)
    return sparse.csr_array(
        (np.stack(weights, 1).ravel(), np.stack(indices, 1).ravel(), ends),
        shape=(len(colors), nodes**3),
    )


def _along(axis: int, line: Operator, others: Sequence[Operator]) -> sparse.csr_array:
    """What one operator makes of the nodes' lines along an axis, and others of the other two."""
    red, green, blue = (line if number == axis else others[number] for number in range(3))
    return sparse.csr_array(sparse.kron(sparse.kron(red, green), blue))


def _laws(identity: Colors, nodes: int) -> _Laws:
    """Steps along the axes, then, at each corner of each cell, the step along the ray from black.

    A ray's step is the mean of the cell's steps along red, green and blue from there, weighted by
    how much of each the corner's color has.
    """
    every = sparse.csr_array(sparse.eye_array(nodes))
    ends = every[:-1], every[1:]
    step = ends[1] - ends[0]
    slopes = [_along(axis, step, [every] * 3) for axis in range(3)]
    bind = np.repeat(np.eye(3, dtype=bool), slopes[0].shape[0], axis=0)
    for corner in np.ndindex(2, 2, 2):
        at = [ends[side] for side in corner]
        colors = _along(0, at[0], at) @ identity + BLACK
        shares = colors / colors.sum(1, keepdims=True)
        rays = [sparse.diags_array(shares[:, n]) @ _along(n, step, at) for n in range(3)]
        slopes.append(rays[0] + rays[1] + rays[2])
    stacked = sparse.csr_array(sparse.vstack(slopes))
    free = np.ones((stacked.shape[0] - len(bind), 3), bool)
    return _Laws(stacked, np.concatenate([bind, free]))


def _solve(matrix: sparse.csr_array, right: Colors, laws: _Laws) -> Colors:
    """The least squares under the laws and within [0, 1], nearly: a few slopes still fall a bit."""
    nodes = len(right)
    rows = sparse.csr_array(sparse.vstack([laws.slopes, BOUND * sparse.eye_array(nodes)]))
    low = np.concatenate([np.where(laws.bind, 0, -np.inf), np.zeros((nodes, 3))])
    high = np.concatenate([np.full(laws.bind.shape, np.inf), np.full((nodes, 3), BOUND)])
    factors = _factors(matrix + STIFFNESS * (rows.T @ rows))
    # From the fit without laws, which stays where it obeys them.
    table: Colors = _factors(matrix).solve(right)
    values, forces = np.clip(rows @ table, low, high), np.zeros_like(low)
    for _ in range(STEPS):
        table = factors.solve(right + STIFFNESS * (rows.T @ (values - forces)))
        wanted = RELAXATION * (rows @ table) + (1 - RELAXATION) * values + forces
        values = np.clip(wanted, low, high)
        forces = wanted - values
    return table


def _factors(matrix: sparse.csr_array) -> SuperLU:
    """Of a matrix that is symmetric and positive, so that its pivots may be taken as they come."""
    return splu(
        sparse.csc_array(matrix),
        permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0, options={"SymmetricMode": True},
    )  # fmt: skip


def _obedient(table: Colors, laws: _Laws, identity: Colors) -> Colors:
    """A table that nearly obeys the laws, moved as little as it takes to obey them.

    Values are brought into [0, 1] by stretching all of them, which keeps slopes from falling; then
    comes as much of a pale identity, whose slopes all rise, as the steepest fall needs.
    """
    low, high = np.minimum(table.min(0), 0), np.maximum(table.max(0), 1)
    table = (table - low) / (high - low)
    pale = (identity + identity.mean(1, keepdims=True)) / 2
    slopes, safe = laws.slopes @ table, laws.slopes @ pale
    falls = laws.bind & (slopes < 0)
    share = np.max(slopes[falls] / (slopes[falls] - safe[falls]), initial=0)
    obedient: Colors = table + share * (pale - table)
    return obedient
