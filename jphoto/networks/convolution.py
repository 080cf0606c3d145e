"""The convolution of VGG: 3 x 3, zero-padded by 1, with a constant kernel.

On a CPU, wide layers use Winograd's minimal filtering: 4 outputs of a 3-tap filter take 6 products
instead of 12. Along the columns only, that is half the multiplications of the direct form, which
other devices use; along rows and columns, a quarter. The widest layers use both directions, with
filters transformed once for many pictures. All forms return the same features up to rounding
(about 1e-5 of the largest).

Source: Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural Networks", sections 4.1 and 4.3,
F(4, 3) and F(4 x 4, 3 x 3).
"""

import functools
import operator
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jaxtyping import Float

Kernel: TypeAlias = Float[Array, "3 3 _ _"]
"""Rows x columns x input channels x output channels."""
Filters: TypeAlias = Float[Array, "6 6 _ _"]
"""A transformed kernel: points of the rows x of the columns x input x output channels."""
Batch: TypeAlias = Float[Array, "n h w _"]
"""Pictures or features: number x rows x columns x channels."""

SMALLEST_CHANNEL_PRODUCT = 2**14
"""Input channels times output channels from which Winograd's form along the columns is faster: with
fewer, its sums before and after the products take as long as it saves, or longer."""
SMALLEST_POSITION_PRODUCT = 2**27
"""Positions in a picture times input times output channels from which either form is faster: more
than every layer has at 175 pixels, less than wide ones have at 350. Below it, transforming filters
or reading their 36 points in place of a kernel's 9 takes what is saved, and the direct form
compiles in a third of the time."""
SMALLEST_TILED_CHANNEL_PRODUCT = 2**15
"""Input channels times output channels from which the form along rows and columns is faster, with
filters that are transformed in advance."""

# Winograd's transforms for interpolation at 0, p, -p, -q, q and infinity, with q = 1 / p. Published
# ones have 1 and 2 in place of p and q, whole coefficients and three times the rounding error. With
# these, a flipped kernel has the filters of the kernel in reverse order.
_P = 2 / 3
_Q = 1 / _P
_S = _P**2 + _Q**2
_F, _G = 2 * _P * (_P**2 - _Q**2), 2 * _Q * (_Q**2 - _P**2)
DATA_TRANSFORM = np.array(
    [
        [1, 0, -_S, 0, 1, 0],
        [0, -_Q / _F, -(_Q**2) / _F, _P / _F, 1 / _F, 0],
        [0, -_Q / _F, _Q**2 / _F, _P / _F, -1 / _F, 0],
        [0, -_P / _G, _P**2 / _G, _Q / _G, -1 / _G, 0],
        [0, -_P / _G, -(_P**2) / _G, _Q / _G, 1 / _G, 0],
        [0, 1, 0, -_S, 0, 1],
    ]
)
FILTER_TRANSFORM = np.array(
    [[1, 0, 0], [_Q, 1, _P], [-_Q, 1, -_P], [-_P, 1, -_Q], [_P, 1, _Q], [0, 0, 1]]
)
INVERSE_TRANSFORM = np.array(
    [
        [1, 1, 1, 1, 1, 0],
        [0, _P, -_P, -_Q, _Q, 0],
        [0, _P**2, _P**2, _Q**2, _Q**2, 0],
        [0, _P**3, -(_P**3), -(_Q**3), _Q**3, 1],
    ]
)


class Kernels(NamedTuple):
    """The forms of one kernel."""

    kernel: Kernel
    flipped: Kernel
    """From `flip_kernel`, which can take as long as a convolution."""
    filters: Filters | None = None
    """From `transform_kernel`, for wide layers on a CPU; None without."""


def flip_kernel(kernel: Kernel) -> Kernel:
    """The kernel of the input's gradient: rows and columns reversed, inputs and outputs swapped."""
    return jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)


def transform_kernel(kernel: Kernel) -> Filters:
    """The filters of Winograd's form along rows and columns."""
    both = jnp.asarray(np.kron(FILTER_TRANSFORM, FILTER_TRANSFORM), kernel.dtype)
    filters = jnp.matmul(both, kernel.reshape(9, -1), precision=lax.Precision.HIGHEST)
    return filters.reshape(6, 6, *kernel.shape[2:])


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolve(x: Batch, kernels: Kernels, flipped: bool = False) -> Batch:
    """Correlates pictures with a kernel; only the pictures have a gradient.

    The gradient is again such a convolution, with the flipped kernel. Written as one, it is as fast
    inside a loop as outside; derived by JAX, it is 4 times slower in a loop of XLA on the CPU.

    Args:
      x: n x h x w x in.
      kernels: 3 x 3 x in x out.
      flipped: whether to use the flipped kernel; pictures then have the channels of its outputs.

    Returns: n x h x w x out.
    """
    kernel = kernels.flipped if flipped else kernels.kernel
    _, height, width, inputs = x.shape
    # Callers use float64 for exact results, not for fast ones.
    convolved: Batch
    products = height * width * inputs * kernel.shape[-1]
    if x.dtype != jnp.float32 or products < SMALLEST_POSITION_PRODUCT:
        convolved = convolve_directly(x, kernel)
    elif kernels.filters is not None:
        convolved = convolve_by_tiles(x, kernels.filters, flipped)
    elif inputs * kernel.shape[-1] < SMALLEST_CHANNEL_PRODUCT:
        convolved = convolve_directly(x, kernel)
    else:
        convolved = lax.platform_dependent(
            x, kernel, cpu=convolve_by_columns, default=convolve_directly
        )
    return convolved


def _forward(x: Batch, kernels: Kernels, flipped: bool) -> tuple[Batch, Kernels]:
    return convolve(x, kernels, flipped), kernels


def _backward(flipped: bool, kernels: Kernels, cotangent: Batch) -> tuple[Batch, Kernels]:
    gradient = convolve(cotangent, kernels, not flipped)
    return gradient, jax.tree.map(jnp.zeros_like, kernels)


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


@jax.jit  # layers of one shape are traced once in a program
def convolve_by_columns(x: Batch, kernel: Kernel) -> Batch:
    """Correlates pictures with a kernel, zero-padded, by Winograd's filtering of the columns.

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


@functools.partial(jax.jit, static_argnames="flipped")
def convolve_by_tiles(x: Batch, filters: Filters, flipped: bool = False) -> Batch:
    """Correlates pictures with a kernel, zero-padded, by Winograd's filtering of 4 x 4 positions.

    A loop over the six sums of rows: each gets six sums of columns, one product each. The sums are
    products with the transforms' matrices: written out as sums, they would be up to a tenth faster
    and take XLA twice as long to compile.

    Args:
      x: n x h x w x in.
      filters: 6 x 6 x in x out, from `transform_kernel`.
      flipped: whether to use the flipped kernel; pictures then have the channels of its outputs.
    """
    n, h, w, channels = x.shape
    tall, wide = -(-h // 4), -(-w // 4)
    order = slice(None, None, -1 if flipped else 1)
    transform = jnp.asarray(DATA_TRANSFORM[order], x.dtype)
    inverse = jnp.asarray(INVERSE_TRANSFORM[:, order], x.dtype)
    contracted = ((2,), (2,)) if flipped else ((2,), (1,))
    x = jnp.pad(x, ((0, 0), (1, 4 * tall + 3 - h), (1, 4 * wide + 3 - w), (0, 0)))
    rows = _windows(x, 1)

    def of_rows(sums: tuple[Float[Array, "6"], Float[Array, "6 _ _"]]) -> Array:
        coefficients, filters = sums
        columns = _windows(jnp.tensordot(coefficients, rows, 1), 2)
        data = jnp.tensordot(transform, columns, 1).reshape(6, -1, channels)
        products = lax.dot_general(data, filters, (contracted, ((0,), (0,))))
        return jnp.tensordot(inverse, products, 1)

    # Rows of a tile x its columns x all tiles x channels.
    outputs = jnp.tensordot(inverse, lax.map(of_rows, (transform, filters)), 1)
    outputs = outputs.reshape(4, 4, n, tall, wide, -1).transpose(2, 3, 0, 4, 1, 5)
    return outputs.reshape(n, 4 * tall, 4 * wide, -1)[:, :h, :w]


def _windows(x: Float[Array, "..."], axis: int) -> Float[Array, "6 ..."]:
    """The windows of six positions, four apart, along an axis; position in the window first.

    Args:
      x: along the axis, four positions for each window and four more.
      axis: counted from 0.

    Returns: 6 x the shape of x, with one position for each window along the axis.
    """
    count = x.shape[axis] // 4 - 1
    fours = x.reshape(*x.shape[:axis], count + 1, 4, *x.shape[axis + 1 :])
    fours, axis = jnp.moveaxis(fours, axis + 1, 0), axis + 1
    own = lax.slice_in_dim(fours, 0, count, axis=axis)
    following = lax.slice_in_dim(fours[:2], 1, count + 1, axis=axis)
    return jnp.concatenate([own, following])


def _combinations(coefficients: np.ndarray, planes: list[Array]) -> list[Array]:
    """Linear combinations of planes, one for each row of coefficients."""
    return [
        functools.reduce(
            operator.add, [float(c) * plane for c, plane in zip(row, planes, strict=True) if c]
        )
        for row in coefficients
    ]
