"""Tiny clips, made by PyAV."""

from fractions import Fraction

import av
import numpy as np

from jphoto.video.container.clip import ClipColors
from jphoto.video.container.pixels import Encoding

HEIGHT, WIDTH = 48, 64


def picture(number, size=(HEIGHT, WIDTH), depth=8):
    """A smooth picture that differs with its number: gray in one corner, and soft colors."""
    top = 255 if depth == 8 else 65535
    rows, columns = np.mgrid[: size[0], : size[1]] / np.reshape(size, (2, 1, 1))
    red = 0.2 + 0.5 * rows + 0.01 * number
    green = 0.25 + 0.4 * columns
    blue = 0.3 + 0.2 * rows + 0.2 * columns
    levels = np.rint(np.stack([red, green, blue], -1).clip(0, 1) * top)
    return levels.astype(np.uint8 if depth == 8 else np.uint16)


def make(
    path, *, codec="ffv1", pixel_format="yuv444p", frames=10, pts=None, rate=25, time_base=None,
    size=(HEIGHT, WIDTH), colors=(1, 1, 1), full_range=False, rotation=0, audio=None, options=None,
    metadata=None, container_options=None, aspect=None, key_every=None,
):  # fmt: skip
    """Write a clip of `picture`s. `audio` is the name of an encoder."""
    matrix = 0 if pixel_format.startswith(("gbr", "rgb", "bgr")) else colors[2]
    converted = 6 if colors[2] == 2 else colors[2]  # as players assume of a clip so small
    encoding = Encoding(ClipColors(1, 1, converted, full_range), pixel_format, size)
    depth = 16 if "10" in pixel_format or "12" in pixel_format else 8
    with av.open(str(path), "w", container_options=container_options or {}) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, options=options or {})
        context = stream.codec_context
        stream.height, stream.width, stream.pix_fmt = *size, pixel_format
        context.color_primaries, context.color_trc, context.colorspace = *colors[:2], matrix
        context.color_range = 2 if full_range else 1
        if time_base:
            context.time_base = time_base
        if aspect:
            context.sample_aspect_ratio = aspect
        if key_every:
            context.gop_size = key_every
        if rotation:
            stream.set_display_rotation(rotation)
        track = output.add_stream(audio, rate=48000, layout="mono") if audio else None
        for number in range(frames):
            frame = encoding(picture(number, size, depth))
            frame.pts = number if pts is None else pts[number]
            frame.time_base = time_base or 1 / Fraction(rate)
            frame.color_range, frame.colorspace = context.color_range, matrix
            frame.color_primaries, frame.color_trc = colors[:2]
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if track is not None:
            _add_tone(output, track, Fraction(frames, rate))
    return path


def _add_tone(output, track, seconds):
    resampler = av.AudioResampler(track.codec_context.format, "mono", 48000, 960)
    count = int(seconds * 48000)
    tone = (8000 * np.sin(np.arange(count) / 20)).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(tone, "s16", "mono")
    frame.sample_rate, frame.pts = 48000, 0
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(track.encode(part))
    output.mux(track.encode())
