"""The motion between consecutive frames of a clip, coarse and smooth, and the frames' colors.

Affine maps are carried on a coarse grid, so the motion is needed only at its nodes. It comes from
small copies of the frames, whose brightness is made alike first: exposure may change.

Source: Le Besnerais, Champagnat 2005, "Dense optical flow by iterative local window registration",
by scikit-image.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Float32, UInt8

from jphoto import images
from jphoto.matting.bilateral_grid import Layout

ANALYSIS_SIDE = 192
"""Long side in pixels of the copies between which motion is found."""
WINDOW_RADIUS, WARPS = 7, 5
"""Pixels around a pixel that are taken to move alike, and how often its motion is refined."""
BLUR_SIGMA = 1.0
"""Standard deviation in pixels of a blur before: sharp texture, interpolated linearly while motion
is refined, would make it 4 % too fast."""
EDGE = 6
"""Pixels beside the border of a copy where motion is less reliable, and is found from outside."""
NEAR_SIGMA, FAR_SIGMA = 3.0, 24.0
"""Standard deviations in pixels of the averages of motion, weighted by texture: of the nearer one,
and of the one that is used where nothing near has texture."""
FAR_SHARE = 1e-4
"""Texture, in squared gradients of standardized brightness, at which both count alike."""
LEAST_CONTRAST = 1e-3
"""Standard deviation of a frame's brightness that counts as one level or so: a black frame's."""

Displacements = Float32[np.ndarray, "gy gx 2"]
"""At the nodes of a grid: rows and columns to the same thing in another frame, in cells."""


class FrameMotion(NamedTuple):
    """What is known of a frame beside the one before it."""

    colors: Float32[np.ndarray, "gy gx 3"]
    """The mean color around each node."""
    to_previous: Displacements
    """From places in this frame to those in the one before; zero for the first frame."""
    from_previous: Displacements
    """From places in the frame before to those in this one."""


class _Small(NamedTuple):
    """The small copy of a frame."""

    brightness: Float32[np.ndarray, "h w"]
    """Standardized: mean 0, standard deviation 1."""
    colors: Float32[np.ndarray, "gy gx 3"]


def motions(frames: Iterator[UInt8[np.ndarray, "h w 3"]], layout: Layout) -> Iterator[FrameMotion]:
    """The motion and the colors of each frame.

    Args:
      frames: of a clip, reduced to any size.
      layout: of the grids over the full-size frames.
    """
    before: _Small | None = None
    for frame in frames:
        small = _small(frame, layout)
        still = np.zeros((*layout.nodes, 2), np.float32)
        if before is None or np.array_equal(small.brightness, before.brightness):
            yield FrameMotion(small.colors, still, still)
        else:
            to_previous = _displacements(small, before, layout)
            yield FrameMotion(small.colors, to_previous, _displacements(before, small, layout))
        before = small


def _small(frame: UInt8[np.ndarray, "h w 3"], layout: Layout) -> _Small:
    picture = frame.astype(np.float32) / 255
    size = images.working_size(picture.shape[:2], ANALYSIS_SIDE)
    picture = images.resize(picture, size)
    gray = picture.mean(-1)
    contrast = max(float(gray.std()), LEAST_CONTRAST)
    sigma = max(size) * layout.cell / max(layout.size) / 2
    smooth = scipy.ndimage.gaussian_filter(picture, (sigma, sigma, 0), mode="nearest")
    gray = scipy.ndimage.gaussian_filter((gray - gray.mean()) / contrast, BLUR_SIGMA)
    return _Small(gray, at_nodes(smooth, layout))


def at_nodes(picture: Float32[np.ndarray, "h w c"], layout: Layout) -> np.ndarray:
    """The values of a picture of any size at the nodes, those beyond the border from the border."""
    rows, columns = (
        np.arange(nodes) * (layout.cell * pixels / full) - 0.5
        for nodes, full, pixels in zip(layout.nodes, layout.size, picture.shape, strict=False)
    )
    places = np.meshgrid(rows, columns, indexing="ij")
    planes = [
        scipy.ndimage.map_coordinates(plane, places, order=1, mode="nearest")
        for plane in np.moveaxis(picture, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def _displacements(frame: _Small, other: _Small, layout: Layout) -> Displacements:
    """From places in a frame to those of the same things in another."""
    from skimage.registration import optical_flow_ilk

    flow = optical_flow_ilk(
        frame.brightness, other.brightness, radius=WINDOW_RADIUS, num_warp=WARPS
    )
    down, across = np.gradient(frame.brightness)
    texture = scipy.ndimage.gaussian_filter(down**2 + across**2, 2.0) * _inside(flow)
    weighted = np.concatenate([texture * flow, texture[None]])
    near, far = (
        scipy.ndimage.gaussian_filter(weighted, (0, sigma, sigma), mode="nearest")
        for sigma in (NEAR_SIGMA, FAR_SIGMA)
    )
    far_flow = far[:2] / np.maximum(far[2], 1e-12)
    smooth: np.ndarray = (near[:2] + FAR_SHARE * far_flow) / (near[2] + FAR_SHARE)
    in_cells = max(layout.size) / max(frame.brightness.shape) / layout.cell
    moved = np.moveaxis(smooth, 0, -1).astype(np.float32) * np.float32(in_cells)
    return at_nodes(moved, layout)


def _inside(flow: Float32[np.ndarray, "2 h w"]) -> Float32[np.ndarray, "h w"]:
    """How far from the border a pixel and its place in the other frame are: 1 inside, 0 beyond."""
    size = np.array(flow.shape[1:])[:, None, None]
    here = np.indices(flow.shape[1:])
    distances = [np.minimum(place, size - 1 - place).min(0) for place in (here, here + flow)]
    inside: np.ndarray = (np.minimum(*distances) / EDGE).clip(0, 1).astype(np.float32)
    return inside
