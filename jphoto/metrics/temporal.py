"""Measures of how steady a clip is: how it changes from frame to frame, beside its source.

Errors are root mean squares over pixels and channels, in levels of 255. Motion is given, known or
found by optical flow: for each pixel of a frame, rows and columns to the same thing in an earlier
frame. Frames are h x w x 3, sRGB in [0, 1].

Source: Lai et al. 2018, "Learning Blind Video Temporal Consistency", section 4, for the warping
error with a mask of occlusions; Bonneel et al. 2015, "Blind Video Temporal Consistency".
Departs: the error of a result is divided by its contrast relative to the source's, since more
contrast enlarges the source's own noise; and a level of 255, which nobody can see, is added to
both errors before they are compared.
"""

import math

import numpy as np
import scipy
from jaxtyping import Bool, Float, Float32

from jphoto.metrics.pictures import HostPicture, check_sizes

LEVELS = 255
"""Units of errors in the range of a frame's values."""


def warping_error(
    frame: HostPicture,
    earlier: HostPicture,
    flow: Float[np.ndarray, "h w 2"],
    valid: Bool[np.ndarray, "h w"],
) -> float:
    """How much a frame differs from an earlier one that is warped by the motion between them.

    Args:
      frame: h x w x 3.
      earlier: the same size.
      flow: for each pixel of the frame, rows and columns to its place in the earlier one.
      valid: where that place is seen in both.

    Returns: in levels of 255; NaN if no pixel is valid.
    Raises: ImageError, if the sizes differ.
    """
    change, inside = warped_change(frame, earlier, flow, valid)
    if not inside.any():
        return math.nan
    return LEVELS * float(np.sqrt(np.mean(change[inside] ** 2)))


def warped_change(
    frame: HostPicture,
    earlier: HostPicture,
    flow: Float[np.ndarray, "h w 2"],
    valid: Bool[np.ndarray, "h w"],
) -> tuple[HostPicture, Bool[np.ndarray, "h w"]]:
    """The change of colors from an earlier frame along the motion.

    Args: as of `warping_error`.

    Returns: the difference, 0 where it is not known, and where it is known.
    Raises: ImageError, if the sizes differ.
    """
    check_sizes(earlier, frame)
    places = np.indices(flow.shape[:2]) + np.moveaxis(flow, -1, 0)
    height, width = flow.shape[:2]
    inside = (places >= 0).all(0) & (places[0] <= height - 1) & (places[1] <= width - 1) & valid
    change = np.zeros_like(frame)
    if inside.any():
        warped = [
            scipy.ndimage.map_coordinates(plane, places[:, inside], order=3, mode="nearest")
            for plane in np.moveaxis(earlier, -1, 0)
        ]
        change[inside] = frame[inside] - np.stack(warped, axis=-1)
    return change, inside


def contrast_ratio(frame: HostPicture, source: HostPicture) -> float:
    """The standard deviation of a frame's colors by that of its source's.

    A level of 255 is added to both, so that the ratio of two black frames is 1.
    """
    spreads = (LEVELS * float(np.std(one, (0, 1)).mean()) + 1 for one in (frame, source))
    return next(spreads) / next(spreads)


def relative_error(error: float, source_error: float) -> float:
    """The error of a result beside that of its source: 1 if it is as steady.

    Args:
      error: of the result, in levels, divided by its `contrast_ratio`.
      source_error: of the source.
    """
    return math.hypot(error, 1) / math.hypot(source_error, 1)


def new_clipping(picture: HostPicture, source: HostPicture) -> float:
    """The share of values that are black or white in a picture but not in its source.

    Args:
      picture: h x w x 3.
      source: the same size.

    Raises: ImageError, if the sizes differ.
    """
    check_sizes(picture, source)
    least = 0.5 / LEVELS
    clipped, was = (
        (values < least) | (values > 1 - least) for values in (np.asarray(picture), source)
    )
    return float(np.mean(clipped & ~was))


def agreeing(
    flow: Float[np.ndarray, "h w 2"], back: Float[np.ndarray, "h w 2"]
) -> Bool[np.ndarray, "h w"]:
    """Where motion and motion back agree, so that a place is seen in both frames.

    Args:
      flow: from each pixel of a frame to the earlier one.
      back: from each pixel of the earlier frame to that frame.

    Source: Sundaram, Brox, Keutzer 2010, "Dense Point Trajectories by GPU-Accelerated Large
      Displacement Optical Flow", eq. 5.
    """
    places = np.indices(flow.shape[:2]) + np.moveaxis(flow, -1, 0)
    returned = np.stack(
        [
            scipy.ndimage.map_coordinates(plane, places, order=1, mode="nearest")
            for plane in np.moveaxis(back, -1, 0)
        ],
        axis=-1,
    )
    lengths = (flow**2).sum(-1) + (returned**2).sum(-1)
    agree: Bool[np.ndarray, "h w"] = ((flow + returned) ** 2).sum(-1) < 0.01 * lengths + 0.5
    return agree


def optical_flow(
    frame: Float32[np.ndarray, "h w"], earlier: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w 2"]:
    """The motion from a frame to an earlier one, from their brightness.

    Source: Le Besnerais, Champagnat 2005, "Dense optical flow by iterative local window
      registration", by scikit-image.
    """
    from skimage.registration import optical_flow_ilk

    flow: np.ndarray = optical_flow_ilk(frame, earlier, radius=9, num_warp=6)
    return np.moveaxis(flow, 0, -1).astype(np.float32)
