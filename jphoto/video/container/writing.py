"""Writes clips: frames with the times of their source, its audio and its tags.

A clip is written under a temporary name in the folder of the result and gets its name when it is
complete. Stopped before, it can be kept under a name that says so.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt

from jphoto.errors import ImageError, SavedElsewhereError, VideoError
from jphoto.files import check_free, first_free, followed, replacing
from jphoto.video.container.audio import AudioCopy
from jphoto.video.container.clip import Clip, Frame
from jphoto.video.container.codecs import check_codec, configure
from jphoto.video.container.library import url, words
from jphoto.video.container.pixels import Encoding
from jphoto.video.container.tags import kept_tags

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import OutputContainer

_QUICKTIME = ("mp4", "mov")
"""Containers with the time from each packet to the next one that is decoded, so that their duration
ends with that of the packet that is decoded last."""
_HEVC_TAG = "hvc1"
"""With the usual hev1, Apple's players do not play a file."""


def check_output(path: Path, clip: Clip, *, force: bool) -> None:
    """Check that a clip can be written to a path, before any work is done.

    Raises: VideoError, if the folder does not exist or cannot be written to, or the path is a
      folder, the clip itself, or (without `force`) an existing file.
    """
    try:
        check_free(path, inputs=[clip.path], force=force)
        folder = followed(path).parent
        if not folder.is_dir():
            raise VideoError(f"output: the folder {folder} does not exist; create it first")
        # `os.access` is not enough: it grants root everything, even on a read-only disk.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except ImageError as error:
        raise VideoError(str(error)) from error
    except (OSError, ValueError) as cause:
        raise VideoError(f"output: {path} cannot be written: {words(cause)}") from cause


class ClipWriter:
    """Writes the frames of a clip that were changed; a context manager.

    Args:
      path: of the result; the suffix chooses container and codec.
      clip: the source, for times, colors, audio and tags.
      codec: see `codecs.check_codec`.
      crf: see `codecs.check_codec`.
      start: as for `read_frames`; if given, the first frame that is written comes at time 0.
      end: as for `read_frames`; if given, the audio ends with the last frame that is written.
      label: one line of JSON for the file's tags.
      strip_location: whether to leave out where the clip was taken.
      audio: whether to copy the audio.
      force: whether an older file may be replaced.

    Raises: SettingsError and VideoError, before any work, as `check_codec` and `check_output`;
      VideoError, if writing fails: then nothing is left behind, and an older file is unchanged.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        *,
        codec: str | None = None,
        crf: int | None = None,
        start: float | int | None = None,
        end: float | int | None = None,
        label: str | None = None,
        strip_location: bool = False,
        audio: bool = True,
        force: bool = False,
    ) -> None:
        self.output = check_codec(path, clip, codec, crf, audio=audio)
        check_output(path, clip, force=force)
        self.path, self._clip, self._force = path, clip, force
        self._start, self._end = start, end
        self._tags = kept_tags(clip.metadata, label, strip_location=strip_location)
        self._with_audio = audio and bool(clip.audio)
        self._stack = contextlib.ExitStack()
        self._durations: dict[int, int] = {}
        self._encoding = Encoding(self.output.colors, self.output.pixel_format, self.output.size)
        self._origin: int | None = None
        self._last = self._last_duration = 0
        self._begun = False
        self._draft: Path
        self._container: OutputContainer
        self._stream: Any
        self._audio: AudioCopy | None = None

    def __enter__(self) -> "ClipWriter":
        try:
            with self._told():
                self._draft = self._stack.enter_context(replacing(self.path, force=self._force))
                self._open()
        except BaseException as error:
            self._abandon(error)
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._abandon(error)

    def write(self, frame: Frame, rgb: UInt[np.ndarray, "h w 3"]) -> None:
        """Write a frame.

        Args:
          frame: of the source, whose time and duration it gets.
          rgb: its pixels, uint8 or uint16, as those of `frame`.

        Raises: VideoError, if that fails.
        """
        with self._told():
            if self._origin is None:
                self._begin(frame.pts)
            pts = frame.pts - (self._origin or 0)
            encoded = self._encoding(rgb)
            encoded.pts, encoded.time_base = pts, self._clip.time_base
            self._declare(encoded)
            self._last_duration = max(1, round(frame.duration / self._clip.time_base))
            self._durations[pts] = self._last_duration
            self._last = pts + self._last_duration
            self._mux(encoded)
            if self._audio is not None:
                self._audio.copy_until(pts * self._clip.time_base)

    def finish(self) -> None:
        """Complete the file and give it its name.

        Raises: SavedElsewhereError, if it got another one, because another program has made a file
          of this name in the meantime; VideoError, if that fails.
        """
        with self._told():
            self._complete(None if self._end is None else self._last * self._clip.time_base)
            if self._force or not os.path.lexists(followed(self.path)):
                self._stack.close()
                return
            other = first_free(self.path)
            self._draft.rename(other)
        raise SavedElsewhereError(
            f"output: {self.path} was made by another program in the meantime; the clip was saved "
            f"as {other}",
            other,
        )

    def keep_unfinished(self) -> Path:
        """Complete a file of the frames so far, under a name that says that it is unfinished.

        Returns: its path: STEM-unfinished, with a number if there is such a file.
        Raises: VideoError, if there are no frames yet or writing fails.
        """
        if self._origin is None:
            raise VideoError(f"output: {self.path} was not written: there are no frames yet")
        with self._told():
            self._complete(self._last * self._clip.time_base)
            name = f"{self.path.stem}-unfinished{self.path.suffix}"
            kept = first_free(followed(self.path).with_name(name))
            self._draft.rename(kept)
        self._abandon(None)
        return kept

    def _open(self) -> None:
        import av

        fast = {"movflags": "+faststart"} if self.output.container in _QUICKTIME else {}
        self._container = av.open(
            url(self._draft), mode="w", format=self.output.container, container_options=fast
        )
        self._container.metadata.update(self._tags)
        self._stream = self._container.add_stream(self.output.encoder, rate=self._clip.rate)
        configure(self._stream.codec_context, self.output, self._clip)
        if self.output.codec == "hevc" and fast:
            self._stream.codec_context.codec_tag = _HEVC_TAG
        if self._with_audio:
            self._audio = AudioCopy(self._clip, self._container)

    def _begin(self, pts: int) -> None:
        cut = self._start is not None
        self._origin = pts if cut else self._clip.origin
        if self._audio is not None:
            self._audio.begin(self._origin * self._clip.time_base, cut=cut)

    def _declare(self, frame: "VideoFrame") -> None:
        declared = self.output.declared
        frame.color_primaries, frame.color_trc = declared.primaries, declared.transfer
        frame.colorspace = declared.matrix
        frame.color_range = 2 if self.output.colors.full_range else 1

    def _mux(self, frame: "VideoFrame | None") -> None:
        packets = self._stream.encode(frame)
        if frame is None and not self._begun:
            _order(packets)
        self._begun = self._begun or bool(packets)
        for packet in packets:
            duration = self._durations.pop(packet.pts, 1)
            if frame is None and packet is packets[-1] and self.output.container in _QUICKTIME:
                duration = self._last_duration
            packet.duration = round(duration * self._clip.time_base / packet.time_base)
            self._container.mux(packet)

    def _complete(self, audio_until: Fraction | None) -> None:
        if self._origin is None:
            raise VideoError(f"output: {self.path} was not written: there are no frames")
        self._mux(None)
        if self._audio is not None:
            self._audio.copy_until(audio_until)
            self._audio.close()
        self._container.close()

    def _abandon(self, error: BaseException | None) -> None:
        """Close what is open and delete the draft, if it has not got a name."""
        with contextlib.suppress(Exception):
            if self._audio is not None:
                self._audio.close()
        with contextlib.suppress(Exception):
            self._container.close()
        failure = error or VideoError("unfinished")
        with contextlib.suppress(VideoError):
            self._stack.__exit__(type(failure), failure, failure.__traceback__)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the system and of FFmpeg as one line."""
        import av

        try:
            yield
        except (OSError, av.FFmpegError, ValueError) as cause:
            number = getattr(cause, "errno", None)
            if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                folder = followed(self.path).parent
                raise VideoError(
                    f"output: no space is left in {folder} for {self.path.name}; free some, or "
                    "choose another folder"
                ) from cause
            raise VideoError(f"output: {self.path} cannot be written: {words(cause)}") from cause


def _order(packets: list[Any]) -> None:
    """Set the times of decoding of all packets of a short clip.

    x265 leaves them to chance if there are fewer frames than it looks ahead.
    """
    shown = sorted(packet.pts for packet in packets)
    late = max((time - packet.pts for time, packet in zip(shown, packets, strict=True)), default=0)
    for time, packet in zip(shown, packets, strict=True):
        packet.dts = time - late
