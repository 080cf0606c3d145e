"""Clips made from the bundled photos, with exact known motion.

A clip is a stack of layers, each a photo that moves by an affine map from the frame's pixels to the
photo's. So the motion between any two frames is known, and where a pixel is hidden in the other.
"""

import dataclasses
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import av
import numpy as np
import scipy

from jphoto import images
from jphoto.video.container.colors import ClipColors
from jphoto.video.container.pixels import Encoding

RATE = 25
"""Frames a second."""

Place = Callable[[float], np.ndarray]
"""For a time from 0 to 1, the 2 x 3 matrix from (row, column, 1) in the frame to a photo."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """A photo that moves."""

    picture: np.ndarray
    """h x w x 3, sRGB in [0, 1]."""
    cover: np.ndarray | None
    """h x w, 1 where the photo covers what is behind; None everywhere."""
    place: Place


@dataclasses.dataclass(frozen=True)
class Made:
    """A clip."""

    name: str
    layers: tuple[Layer, ...]
    """From the back to the front."""
    exposure: Callable[[float], float] = lambda time: 1.0
    """Factor of linear light at a time from 0 to 1."""
    noise: float = 0.0
    """Standard deviation of noise, sRGB."""
    cut: "Made | None" = None
    """What comes after a cut in the middle."""
    fades_into: "Made | None" = None
    """What the clip fades into over its whole length. Then no motion is valid."""

    def scene(self, time: float) -> tuple["Made", float]:
        """The shot at a time, and that time in it."""
        if self.cut is None:
            return self, time
        return (self, 2 * time) if time < 0.5 else (self.cut, 2 * time - 1)

    def frame(self, time: float, size: tuple[int, int], seed: int = 0) -> np.ndarray:
        """The frame at a time from 0 to 1, h x w x 3, uint8."""
        if self.fades_into is not None:
            alone = dataclasses.replace(self, fades_into=None)
            both = [made.frame(time, size).astype(float) for made in (alone, self.fades_into)]
            return np.rint(both[0] + time * (both[1] - both[0])).astype(np.uint8)
        shot, own = self.scene(time)
        picture = np.zeros((*size, 3))
        for layer in shot.layers:
            places = _apply(layer.place(own), np.indices(size))
            sampled = [
                scipy.ndimage.map_coordinates(plane, places, order=3, mode="mirror")
                for plane in np.moveaxis(layer.picture, -1, 0)
            ]
            picture += _cover(layer, places)[..., None] * (np.stack(sampled, -1) - picture)
        if shot.noise:
            picture += np.random.default_rng(seed).normal(0, shot.noise, picture.shape)
        light = picture.clip(0, 1) ** 2.2 * shot.exposure(own)
        return np.rint(255 * light.clip(0, 1) ** (1 / 2.2)).astype(np.uint8)

    def motion(
        self, time: float, earlier: float, size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """From each pixel of a frame to an earlier one, and where both see the same.

        Args:
          time: of the frame, from 0 to 1.
          earlier: time of the earlier frame.
          size: (height, width) of the frames.
        """
        (shot, now), (other, before) = self.scene(time), self.scene(earlier)
        here, there = np.indices(size), np.indices(size).astype(float)
        valid = np.zeros(size, bool)
        if shot is not other or self.fades_into is not None:
            return np.zeros((*size, 2), np.float32), valid
        for layer in shot.layers:
            moved = _apply(_inverse(layer.place(before)), _apply(layer.place(now), here))
            shown = _cover(layer, _apply(layer.place(now), here))
            there = np.where(shown > 0.5, moved, there)
            inside = (there >= 1).all(0) & (there[0] < size[0] - 2) & (there[1] < size[1] - 2)
            valid = np.where(shown > 0.01, inside & (shown > 0.99), valid)
            # What is behind this layer now or was behind it then is not seen in both.
            was = _cover(layer, _apply(layer.place(before), there))
            valid &= (shown > 0.99) | (was < 0.01)
        return np.moveaxis(there - here, 0, -1).astype(np.float32), valid


def _apply(matrix: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places in the frame to places in a photo, or back: rows and columns, 2 x h x w."""
    moved: np.ndarray = np.tensordot(matrix[:, :2], places, 1) + matrix[:, 2, None, None]
    return moved


def _inverse(matrix: np.ndarray) -> np.ndarray:
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def _cover(layer: Layer, places: np.ndarray) -> np.ndarray:
    if layer.cover is None:
        return np.ones(places.shape[1:])
    cover: np.ndarray = scipy.ndimage.map_coordinates(layer.cover, places, order=1, cval=0.0)
    return cover


def _photo(name: str, height: float) -> np.ndarray:
    """A bundled photo, with so many rows."""
    with resources.as_file(resources.files("jphoto") / "photos" / name / "content.jpg") as path:
        picture = images.read_picture(path, role="content")
    return images.resize(picture, (round(height), round(picture.shape[1] * height / len(picture))))


def _animal(size: tuple[int, int]) -> np.ndarray:
    """Where the panda is, in its photo of (height, width), with a soft edge."""
    folder = resources.files("jphoto") / "photos" / "panda"
    with resources.as_file(folder / "content_mask.png") as path:
        colors = images.read_mask(path, role="content mask", size=size, picture_size=size)
    inside = np.abs(colors.astype(int) - (255, 0, 0)).sum(-1) < 60
    inner = scipy.ndimage.binary_erosion(inside, iterations=2).astype(float)
    soft: np.ndarray = scipy.ndimage.gaussian_filter(inner, 1.0)
    return soft


def _moving(
    start: tuple[float, float],
    end: tuple[float, float],
    zoom: tuple[float, float] = (1.0, 1.0),
    turn: float = 0.0,
) -> Place:
    """A camera that moves over a photo, zooms, and turns to and fro by so many radians."""

    def place(time: float) -> np.ndarray:
        scale = zoom[0] * (zoom[1] / zoom[0]) ** time
        cosine, sine = (scale * wave(turn * np.sin(7 * time)) for wave in (np.cos, np.sin))
        offset = np.array(start) + time * (np.array(end) - np.array(start))
        return np.array([[cosine, -sine, offset[0]], [sine, cosine, offset[1]]])

    return place


def _flicker(time: float) -> float:
    return 1 + 0.12 * float(np.sin(40 * time)) + 0.06 * float(np.sin(97 * time))


def _fade(time: float) -> float:
    return float(np.clip(1.15 - 1.3 * time, 0, 1))


def made_clips(size: tuple[int, int]) -> list[Made]:
    """All clips, for frames of (height, width), 16:9.

    The bundled photos have 700 pixels, so frames of 320 to 640 pixels show them as they are.
    """
    h, w = size
    meadow, flower, panda = (_photo(name, 1.35 * h) for name in ("meadow", "flower", "panda"))
    room, flower_room = (photo.shape[1] - w - 2 for photo in (meadow, flower))

    def over_meadow(place: Place) -> tuple[Layer, ...]:
        return (Layer(meadow, None, place),)

    across = _moving((0.1 * h, 2.0), (0.25 * h, room))
    slowly = _moving((0.1 * h, 2.0), (0.15 * h, 0.3 * room))
    stay = _moving((0.2 * h, 0.3 * room), (0.2 * h, 0.3 * room))
    inward = _moving((0, 0), (0.25 * h, 0.2 * w), (1.25, 0.85))
    shaking = _moving((0.2 * h, 0.2 * room), (0.15 * h, 0.5 * room), (1.0, 1.02), 0.03)
    passing = _moving((0.1 * h, 0.5 * w), (0.2 * h, -0.35 * w))
    animal = Layer(panda, _animal(panda.shape[:2]), passing)
    flowers = (Layer(flower, None, _moving((0.1 * h, 2.0), (0.2 * h, flower_room))),)
    return [
        Made("pan", over_meadow(across)),
        Made("zoom", over_meadow(inward)),
        Made("shake", over_meadow(shaking)),
        Made("object", (*over_meadow(slowly), animal)),
        Made("flicker", over_meadow(slowly), exposure=_flicker),
        Made("fade", over_meadow(slowly), exposure=_fade),
        Made("cut", over_meadow(across), cut=Made("flowers", flowers)),
        Made("cross-fade", over_meadow(slowly), fades_into=Made("flowers", flowers)),
        Made("still flicker", over_meadow(stay), exposure=_flicker),
        Made("still", over_meadow(stay)),
        Made("still with noise", over_meadow(stay), noise=0.01),
    ]


def write(made: Made, path: Path, size: tuple[int, int], seconds: float) -> None:
    """Write a clip, lossless, and beside it its motion, as `jphoto eval-video` reads it."""
    count = round(seconds * RATE)
    flows, valids = [], []
    encoding = Encoding(ClipColors(1, 1, 1, False), "yuv444p", size)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=RATE)
        context = stream.codec_context
        context.height, context.width, context.pix_fmt = *size, "yuv444p"
        context.color_primaries = context.color_trc = context.colorspace = 1
        for number in range(count):
            frame = encoding(made.frame(number / count, size, seed=number))
            frame.pts = number
            frame.colorspace = frame.color_primaries = frame.color_trc = 1
            output.mux(stream.encode(frame))
            flow, valid = made.motion(number / count, max(number - 1, 0) / count, size)
            flows.append(flow.astype(np.float16))
            valids.append(valid)
        output.mux(stream.encode())
    np.savez_compressed(path.with_suffix(".npz"), flow=np.array(flows), valid=np.array(valids))


def write_hd(path: Path, size: tuple[int, int], seconds: int) -> None:
    """Write a clip of any length, as a camera would: H.264, panning to and fro over a photo."""
    height, width = size
    photo = np.rint(255 * _photo("meadow", 1.4 * height)).astype(np.uint8)
    room = photo.shape[0] - height, photo.shape[1] - width
    encoding = Encoding(ClipColors(1, 1, 1, False), "yuv420p", size)
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        context = stream.codec_context
        context.height, context.width, context.pix_fmt = *size, "yuv420p"
        for number in range(seconds * RATE):
            top, left = (
                round(space * (1 - np.cos(speed * number / RATE)) / 2)
                for space, speed in zip(room, (0.7, 0.31), strict=True)
            )
            frame = encoding(np.ascontiguousarray(photo[top : top + height, left : left + width]))
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
