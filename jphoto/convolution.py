"""The one kind of convolution in these networks: 3 x 3, zero-padded by 1, with a constant kernel.

On a CPU, Winograd's minimal filtering along the rows: 4 outputs of a 3-tap filter from 6 products
instead of 12, so half the multiplications of the plain form, which other devices get. Both give the
same features up to rounding (some 1e-6 of the largest).

Source: Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1, F(4, 3).
"""

import functools
import operator
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

Kernel: TypeAlias = Float[Array, "3 3 _ _"]
Batch: TypeAlias = Float[Array, "n h w _"]

FEWEST_CHANNELS = 32
"""In and out, from which the products outweigh the sums before and after them."""

# Interpolation at 0, 1, -1, 2, -2 and infinity: of the data, of the filter, and back.
DATA = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
FILTER = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
BACK = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)


@jax.custom_vjp
def convolve(x: Batch, kernel: Kernel) -> Batch:
    """Correlate pictures with a kernel that has no gradient of its own.

    The input's gradient is again such a convolution, with the kernel turned around. Written out it
    is as fast inside a loop as outside; left to jax, XLA on the CPU runs it 4 times slower there.

    Args:
      x: n x h x w x in.
      kernel: 3 x 3 x in x out.

    Returns: n x h x w x out.
    """
    # What is computed in float64 is meant to be exact, not fast.
    if min(kernel.shape[2:]) < FEWEST_CHANNELS or x.dtype != jnp.float32:
        return convolve_directly(x, kernel)
    found: Batch = lax.platform_dependent(
        x, kernel, cpu=convolve_by_winograd, default=convolve_directly
    )
    return found


def _forward(x: Batch, kernel: Kernel) -> tuple[Batch, Kernel]:
    return convolve(x, kernel), kernel


def _backward(kernel: Kernel, cotangent: Batch) -> tuple[Batch, Kernel]:
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return convolve(cotangent, turned), jnp.zeros_like(kernel)


convolve.defvjp(_forward, _backward)


def convolve_directly(x: Batch, kernel: Float[Array, "_ _ _ _"]) -> Batch:
    """The plain form, as the device's own library computes it."""
    rows, columns = (side // 2 for side in kernel.shape[:2])
    return lax.conv_general_dilated(
        x, kernel, (1, 1), ((rows, rows), (columns, columns)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def convolve_by_winograd(x: Batch, kernel: Kernel) -> Batch:
    """Four columns at a time; each of six sums of columns gets one 3 x 1 convolution."""
    n, h, w, _ = x.shape
    tiles = -(-w // 4)
    x = jnp.pad(x, ((0, 0), (0, 0), (1, 4 * tiles + 1 - w), (0, 0)))
    columns = [x[:, :, place : place + 4 * tiles - 3 : 4] for place in range(6)]
    filters = [jnp.einsum("j,yjio->yio", row, kernel)[:, None] for row in FILTER.astype(x.dtype)]
    products = [
        convolve_directly(data, taps)
        for data, taps in zip(_sums(DATA, columns), filters, strict=True)
    ]
    return jnp.stack(_sums(BACK, products), 3).reshape(n, h, 4 * tiles, -1)[:, :, :w]


def _sums(coefficients: np.ndarray, planes: list[Batch]) -> list[Batch]:
    """Linear combinations of planes, one a row of coefficients."""
    return [
        functools.reduce(
            operator.add, [float(c) * plane for c, plane in zip(row, planes, strict=True) if c]
        )
        for row in coefficients
    ]
