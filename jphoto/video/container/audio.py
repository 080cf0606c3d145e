"""Copies the audio of a clip, packet by packet, without decoding it."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from jphoto.errors import VideoError
from jphoto.video.container.clip import Clip, clock
from jphoto.video.container.opening import opened

if TYPE_CHECKING:
    from av.container import OutputContainer

_SEEK_MARGIN = Fraction(2)
"""Seconds; audio packets lie up to about a second apart from the frames that they belong to."""
_KEPT_TAGS = ("language", "title")


class AudioCopy:
    """Copies audio packets up to a time, which moves on with the frames that are written.

    Args:
      clip: the source.
      output: where its audio streams are added.
    """

    def __init__(self, clip: Clip, output: "OutputContainer") -> None:
        self._clip, self._output = clip, output
        self._input = opened(clip.path)
        self._streams: dict[int, Any] = {}
        for track in clip.audio:
            template: Any = self._input.streams[track.index]
            stream = output.add_stream_from_template(template)
            tags = {name.lower(): text for name, text in template.metadata.items()}
            stream.metadata.update({name: tags[name] for name in _KEPT_TAGS if name in tags})
            self._streams[track.index] = stream
        self._packets: Iterator[Any] = iter(())
        self._waiting: Any = None
        self._origin = Fraction(0)

    def begin(self, origin: Fraction, *, cut: bool) -> None:
        """Choose the time that becomes 0.

        Args:
          origin: in seconds of the source's timestamps.
          cut: whether packets before it are left out.
        """
        import av

        self._origin = origin
        if cut:
            # Where that fails, packets are read from the beginning on.
            with contextlib.suppress(av.FFmpegError):
                self._input.seek(int((origin - _SEEK_MARGIN) * 1_000_000))
        first = origin if cut else None
        self._packets = self._shifted(first)
        self._waiting = next(self._packets, None)

    def copy_until(self, seconds: Fraction | None) -> None:
        """Copy packets that begin before a time of the result; all that remain, for None."""
        while (packet := self._waiting) is not None:
            if seconds is not None and packet.pts * packet.time_base >= seconds:
                return
            self._output.mux(packet)
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        """Close the source."""
        self._packets, self._waiting = iter(()), None
        self._input.close()

    def _shifted(self, first: Fraction | None) -> Iterator[Any]:
        import av

        sources = [self._input.streams[index] for index in self._streams]
        at = Fraction(0)
        try:
            packets: Iterator[Any] = self._input.demux(sources)
            for packet in packets:
                if packet.dts is None or packet.pts is None or not packet.size:
                    continue
                at = packet.pts * packet.time_base
                if first is not None and at < first:
                    continue
                shift = round(self._origin / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = self._streams[packet.stream_index]
                yield packet
        except av.FFmpegError as cause:
            raise VideoError(
                f"clip: {self._clip.path}: its audio is damaged at {clock(at)}; copy the file "
                "again, or leave out the audio"
            ) from cause
