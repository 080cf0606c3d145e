"""The one kind of convolution in these networks: 3 x 3, zero-padded by 1, with a constant kernel.

On a CPU, Winograd's minimal filtering down the columns: 4 outputs of a 3-tap filter from 6 products
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

FEWEST_PRODUCTS = 2**13
"""A position, in channels in times out, that outweigh the sums before and after them."""
FEWEST_POSITIONS = 500
"""In a picture, from which they outweigh the sums that make the filters."""

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


def turned(kernel: Kernel) -> Kernel:
    """Rows and columns reversed, inputs and outputs exchanged, as the gradient needs it."""
    return jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)


@jax.custom_vjp
def convolve(x: Batch, kernel: Kernel, turned: Kernel) -> Batch:
    """Correlate pictures with a kernel that has no gradient of its own.

    The input's gradient is again such a convolution, with the kernel turned around. Written out it
    is as fast inside a loop as outside; left to jax, XLA on the CPU runs it 4 times slower there.

    Args:
      x: n x h x w x in.
      kernel: 3 x 3 x in x out.
      turned: the same, `turned`; given, because making it can take as long as a convolution.

    Returns: n x h x w x out.
    """
    narrow = kernel[0, 0].size < FEWEST_PRODUCTS
    small = x[0, ..., 0].size < FEWEST_POSITIONS
    # What is computed in float64 is meant to be exact, not fast.
    if narrow or small or x.dtype != jnp.float32:
        return convolve_directly(x, kernel)
    found: Batch = lax.platform_dependent(
        x, kernel, cpu=convolve_by_winograd, default=convolve_directly
    )
    return found


def _forward(x: Batch, kernel: Kernel, turned: Kernel) -> tuple[Batch, tuple[Kernel, Kernel]]:
    return convolve(x, kernel, turned), (kernel, turned)


def _backward(kernels: tuple[Kernel, Kernel], cotangent: Batch) -> tuple[Batch, Kernel, Kernel]:
    kernel, turned = kernels
    return convolve(cotangent, turned, kernel), jnp.zeros_like(kernel), jnp.zeros_like(turned)


convolve.defvjp(_forward, _backward)


def convolve_directly(x: Batch, kernel: Float[Array, "a b _ _"]) -> Batch:
    """The plain form, as the device's own library computes it."""
    rows, columns = (side // 2 for side in kernel.shape[:2])
    return lax.conv_general_dilated(
        x, kernel, (1, 1), ((rows, rows), (columns, columns)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def convolve_by_winograd(x: Batch, kernel: Kernel) -> Batch:
    """Four rows at a time; each of six sums of rows gets one 1 x 3 convolution.

    Along rows or columns is one in theory; XLA's 1 x 3 convolutions use all cores for fewer
    channels than its 3 x 1.
    """
    n, h, w, _ = x.shape
    tiles = -(-h // 4)
    x = jnp.pad(x, ((0, 0), (1, 4 * tiles + 1 - h), (0, 0), (0, 0)))
    rows = [x[:, place : place + 4 * tiles - 3 : 4] for place in range(6)]
    filters = _sums(FILTER, [kernel[place : place + 1] for place in range(3)])
    pairs = zip(_sums(DATA, rows), filters, strict=True)
    products = [convolve_directly(data, taps) for data, taps in pairs]
    return jnp.stack(_sums(BACK, products), 2).reshape(n, 4 * tiles, w, -1)[:, :h]


def _sums(coefficients: np.ndarray, planes: list[Batch]) -> list[Batch]:
    """Linear combinations of planes, one a row of coefficients."""
    return [
        functools.reduce(
            operator.add, [float(c) * plane for c, plane in zip(row, planes, strict=True) if c]
        )
        for row in coefficients
    ]
