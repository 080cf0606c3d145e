"""Bilateral grids of affine maps: fitted, brought to another exposure, applied to frames."""

import numpy as np
import pytest

from jphoto.matting.bilateral_grid import apply_grid, exposed, fit_grid, layout_of

SIZE = (30, 52)


def frame(seed=0, size=SIZE):
    """A frame with edges and colors of its own, uint8."""
    generator = np.random.default_rng(seed)
    blocks = generator.uniform(40, 215, (3, 4, 3)).repeat(size[0] // 3, 0).repeat(size[1] // 4, 1)
    return np.rint(blocks + generator.normal(0, 6, blocks.shape)).clip(0, 255).astype(np.uint8)


def unit(levels):
    return levels.astype(np.float32) / (255 if levels.dtype == np.uint8 else 65535)


def applied(grid, levels, gain=1.0, offset=0.0):
    layout = layout_of(levels.shape[:2])
    return unit(np.asarray(apply_grid(grid, levels, gain, offset, cell=layout.cell)))


def plainly(grid, picture, cell):
    """The same by loops in float64, the obvious way."""
    rows, columns, levels, _ = grid.shape
    found = np.zeros(picture.shape)
    for y, x in np.ndindex(picture.shape[:2]):
        color = picture[y, x].astype(float)
        where = (y + 0.5) / cell, (x + 0.5) / cell, color @ [0.299, 0.587, 0.114] * (levels - 1)
        maps = np.zeros(12)
        for node in np.ndindex(rows, columns, levels):
            share = np.prod([max(0, 1 - abs(a - b)) for a, b in zip(where, node, strict=True)])
            maps += share * grid[node]
        found[y, x] = maps[:3] + maps[3:].reshape(3, 3) @ color
    return found


def test_a_grid_is_applied_as_by_loops():
    levels = frame()[:9, :13]
    layout = layout_of(levels.shape[:2])._replace(cell=5)
    grid = np.random.default_rng(1).normal(0.2, 0.1, (*layout.nodes, 8, 12)).astype(np.float32)
    found = unit(np.asarray(apply_grid(grid, levels, cell=5)))
    expected = plainly(grid, unit(levels), 5).clip(0, 1)
    assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_one_affine_map_is_found_again_at_any_size(factor):
    matrix, offset = np.float32([[0.6, 0.1, 0], [0, 0.7, 0.1], [0.1, 0, 0.5]]), np.float32(0.1)
    small = unit(frame())
    levels = frame().repeat(factor, 0).repeat(factor, 1)
    grid = fit_grid(small, small @ matrix.T + offset, layout_of(levels.shape[:2]))
    error = np.abs(applied(grid, levels) - (unit(levels) @ matrix.T + offset))
    assert np.sqrt(np.mean(error**2)) < 3 / 255


def test_different_changes_of_dark_and_light_and_of_left_and_right_are_kept():
    photo = unit(frame())
    changed = photo.copy()
    changed[:, :26] *= 0.5
    light = photo[:, 26:].mean(-1, keepdims=True) > 0.5
    changed[:, 26:] = np.where(light, photo[:, 26:] - 0.2, photo[:, 26:] + 0.1)
    found = applied(fit_grid(photo, changed, layout_of(SIZE)), frame())
    assert np.sqrt(np.mean((found - changed) ** 2)) < 0.35 * np.sqrt(
        np.mean((changed - photo) ** 2)
    )


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (0.6, 0.3), (1.1, 0.0)])
def test_another_exposure_changes_the_result_as_it_changes_the_frame(gain, offset):
    photo = 0.25 + 0.5 * unit(frame())
    grid = fit_grid(photo, 0.2 + 0.5 * photo, layout_of(SIZE))
    levels, other = (np.rint(65535 * p).astype(np.uint16) for p in (photo, gain * photo + offset))
    expected = gain * applied(grid, levels) + offset
    assert np.abs(applied(exposed(grid, gain, offset), other, gain, offset) - expected).max() < 1e-3


def test_frames_of_8_and_16_bits_give_the_same():
    levels = frame()
    grid = fit_grid(unit(levels), unit(levels) ** 1.2, layout_of(SIZE))
    deep = levels.astype(np.uint16) * 257
    assert np.abs(applied(grid, levels) - applied(grid, deep)).max() < 1e-4
