"""The convolution of VGG: 3 x 3, zero-padded by 1, with a constant kernel.

On a CPU, wide layers use Winograd's minimal filtering along the columns: 4 outputs of a 3-tap
filter take 6 products instead of 12, half the multiplications of the direct form, which other
devices use. Both forms return the same features up to rounding (about 1e-6 of the largest).

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
"""Rows x columns x input channels x output channels."""
Batch: TypeAlias = Float[Array, "n h w _"]
"""Pictures or features: number x rows x columns x channels."""

SMALLEST_CHANNEL_PRODUCT = 2**13
"""Input channels times output channels from which Winograd's form is faster: with fewer, its sums
before and after the products take longer than it saves."""
SMALLEST_POSITION_COUNT = 500
"""Positions in a picture from which Winograd's form is faster: with fewer, transforming the filters
takes longer than it saves."""

# Winograd's transforms for interpolation at 0, 1, -1, 2, -2 and infinity.
DATA_TRANSFORM = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
FILTER_TRANSFORM = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
INVERSE_TRANSFORM = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)


def flip_kernel(kernel: Kernel) -> Kernel:
    """The kernel of the input's gradient: rows and columns reversed, inputs and outputs swapped."""
    return jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)


@jax.custom_vjp
def convolve(x: Batch, kernel: Kernel, flipped_kernel: Kernel) -> Batch:
    """Correlates pictures with a kernel; only the pictures have a gradient.

    The gradient is again such a convolution, with the flipped kernel. Written as one, it is as fast
    inside a loop as outside; derived by JAX, it is 4 times slower in a loop of XLA on the CPU.

    Args:
      x: n x h x w x in.
      kernel: 3 x 3 x in x out.
      flipped_kernel: 3 x 3 x out x in, from `flip_kernel`, which can take as long as a convolution.

    Returns: n x h x w x out.
    """
    narrow = kernel[0, 0].size < SMALLEST_CHANNEL_PRODUCT
    small = x[0, ..., 0].size < SMALLEST_POSITION_COUNT
    # Callers use float64 for exact results, not for fast ones.
    if narrow or small or x.dtype != jnp.float32:
        return convolve_directly(x, kernel)
    convolved: Batch = lax.platform_dependent(
        x, kernel, cpu=convolve_by_winograd, default=convolve_directly
    )
    return convolved


def _forward(
    x: Batch, kernel: Kernel, flipped_kernel: Kernel
) -> tuple[Batch, tuple[Kernel, Kernel]]:
    return convolve(x, kernel, flipped_kernel), (kernel, flipped_kernel)


def _backward(kernels: tuple[Kernel, Kernel], cotangent: Batch) -> tuple[Batch, Kernel, Kernel]:
    kernel, flipped_kernel = kernels
    gradient = convolve(cotangent, flipped_kernel, kernel)
    return gradient, jnp.zeros_like(kernel), jnp.zeros_like(flipped_kernel)


convolve.defvjp(_forward, _backward)


def convolve_directly(x: Batch, kernel: Float[Array, "a b _ _"]) -> Batch:
    """Correlates pictures with a kernel, zero-padded, by the device's own library.

    Args:
      x: n x h x w x in.
      kernel: a x b x in x out, a and b odd.
    """
    rows, columns = (side // 2 for side in kernel.shape[:2])
    return lax.conv_general_dilated(
        x, kernel, (1, 1), ((rows, rows), (columns, columns)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def convolve_by_winograd(x: Batch, kernel: Kernel) -> Batch:
    """Correlates pictures with a kernel, zero-padded, by Winograd's minimal filtering.

    Works on four rows at a time: each of six sums of rows gets one 1 x 3 convolution. Rows and
    columns are equivalent in theory, but XLA's 1 x 3 convolutions use all cores from fewer channels
    on than its 3 x 1 convolutions.

    Args:
      x: n x h x w x in.
      kernel: 3 x 3 x in x out.
    """
    n, h, w, _ = x.shape
    tiles = -(-h // 4)
    x = jnp.pad(x, ((0, 0), (1, 4 * tiles + 1 - h), (0, 0), (0, 0)))
    rows = [x[:, row : row + 4 * tiles - 3 : 4] for row in range(6)]
    filters = _combinations(FILTER_TRANSFORM, [kernel[row : row + 1] for row in range(3)])
    pairs = zip(_combinations(DATA_TRANSFORM, rows), filters, strict=True)
    products = [convolve_directly(data, taps) for data, taps in pairs]
    outputs = _combinations(INVERSE_TRANSFORM, products)
    return jnp.stack(outputs, 2).reshape(n, 4 * tiles, w, -1)[:, :h]


def _combinations(coefficients: np.ndarray, planes: list[Batch]) -> list[Batch]:
    """Linear combinations of planes, one for each row of coefficients."""
    return [
        functools.reduce(
            operator.add, [float(c) * plane for c, plane in zip(row, planes, strict=True) if c]
        )
        for row in coefficients
    ]
