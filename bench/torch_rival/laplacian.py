"""The matting Laplacian as a sparse matrix (CSR), its product and its energy.

The row of a pixel has an entry for each of the 25 pixels around it that lie in the photo, which
share a 3 x 3 window with it. Rows are written in order, so nothing is sorted or summed afterwards.

Source: Levin, Lischinski, Weiss 2008, eq. 12; Luan et al. 2017, eq. 2.
"""

from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

EPSILON = 1e-7
"""Published ridge of the local fits, added to V^T V of nine pixels."""
REACH = 2
"""Largest distance of two pixels of a window along an axis, in pixels."""
SPAN = 2 * REACH + 1
"""Pixels along an axis that share a window with a pixel."""


def build(
    content: np.ndarray,
    dtype: torch.dtype,
    device: torch.device,
    epsilon: float = EPSILON,
    counts: np.ndarray | None = None,
) -> Tensor:
    """The matrix of a photo, computed in float64.

    Args:
      content: h x w x 3, values in [0, 1].
      dtype: of the matrix.
      device: of the matrix.
      epsilon: the ridge.
      counts: h x w, the weight of the window around each pixel; 1 by default.

    Returns: n x n for n = h w pixels, row by row.
    """
    h, w, _ = content.shape
    bands = _bands(content.astype(np.float64), epsilon, counts)
    offset = np.arange(-REACH, REACH + 1)
    y, x = np.arange(h)[:, None] + offset, np.arange(w)[:, None] + offset
    inside = ((y >= 0) & (y < h))[:, None, :, None] & ((x >= 0) & (x < w))[None, :, None, :]
    number = y[:, None, :, None] * w + x[None, :, None, :]
    ends = np.concatenate([[0], inside.sum((2, 3)).ravel().cumsum()])
    # MKL takes 32-bit indices; it would convert 64-bit ones at every product.
    return torch.sparse_csr_tensor(
        torch.tensor(ends, dtype=torch.int32),
        torch.tensor(number[inside], dtype=torch.int32),
        torch.tensor(bands[inside], dtype=dtype),
        size=(h * w, h * w),
        check_invariants=False,
    ).to(device)


def _bands(content: np.ndarray, epsilon: float, counts: np.ndarray | None) -> np.ndarray:
    """Entries of L by pixel and by offset of the other pixel: h x w x 5 x 5."""
    h, w, _ = content.shape
    colors = sliding_window_view(content, (3, 3), (0, 1)).reshape(h - 2, w - 2, 3, 9)
    centered = colors - colors.mean(-1, keepdims=True)
    moments = centered @ centered.swapaxes(2, 3) + epsilon * np.eye(3)
    fitted = 1 / 9 + centered.swapaxes(2, 3) @ np.linalg.solve(moments, centered)
    entries = (np.eye(9) - fitted).reshape(h - 2, w - 2, 3, 3, 3, 3)
    if counts is not None:
        entries *= counts[1:-1, 1:-1, None, None, None, None]
    bands = np.zeros((h, w, SPAN, SPAN))
    for y in range(3):
        for x in range(3):
            # Relative to the window's pixel (y, x), its nine pixels start at (-y, -x).
            around = slice(REACH - y, REACH - y + 3), slice(REACH - x, REACH - x + 3)
            bands[y : h - 2 + y, x : w - 2 + x, *around] += entries[:, :, y, x]
    return bands


class _Energy(torch.autograd.Function):
    """Sum over colors of v^T L v; L is symmetric, so the gradient 2 L v reuses the product."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, picture: Tensor) -> Tensor:
        columns = picture.reshape(-1, picture.shape[-1])
        product = matrix @ columns
        ctx.save_for_backward(product.view_as(picture))
        return torch.dot(columns.reshape(-1), product.reshape(-1))

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[None, Tensor]:
        (product,) = ctx.saved_tensors
        return None, 2 * cotangent * product


def energy(matrix: Tensor, picture: Tensor) -> Tensor:
    """The matting energy of a picture (h x w x 3): small for locally affine recolorings."""
    return _Energy.apply(matrix, picture)
