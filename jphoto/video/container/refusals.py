"""Why a file is no clip that can be read: told before it is decoded, one line each."""

import re
import stat
from pathlib import Path

from jphoto.errors import VideoError
from jphoto.images.source import opening_errors
from jphoto.video.container.library import words

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "mxf", "asf", "flv", "ogg",
    "nut", "yuv4mpegpipe", "ivf", "gxf", "dv", "wtv", "live_flv", "rm", "h264", "hevc", "obu",
    "mpegvideo", "av1",
)  # fmt: skip
"""FFmpeg's demuxers of files that hold what they play. Others open further files or addresses that
a file names (playlists), devices, or pictures."""
_BYTES = 64
"""Read from the beginning of a file to tell its kind."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")

_PICTURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG|RIFF....WEBP|II\*\0|MM\0\*|BM......\0\0|8BPS|\0\0\0\x0cjP  |\xff\x0a"
    rb"|\0\0\0\x0cJXL |....ftyp(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1|avif|avis)",
    re.DOTALL,
)
_SOUNDS = re.compile(rb"ID3|RIFF....WAVE|fLaC|FORM....AIF|\xff[\xf1\xf9\xfb\xf3\xf2]", re.DOTALL)


def file_head(path: str | Path) -> bytes:
    """Check that a path leads to a regular file that may be a clip.

    Returns: its first bytes.
    Raises: VideoError, for a missing file, a folder, a pipe, a device, an address, an empty file,
      a picture or a playlist.
    """
    name = f"clip: {path}"
    if str(path) == "-" or _ADDRESS.match(str(path)):
        raise VideoError(f"{name} is a stream; save it as a file first")
    with opening_errors(name, VideoError):
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise VideoError(f"{name} is a folder; give the file of a clip")
        if not stat.S_ISREG(mode):
            raise VideoError(f"{name} is a pipe or a device; save the stream as a file first")
        with Path(path).open("rb") as file:
            head = file.read(_BYTES)
    _refuse_other_kinds(head, name)
    return head


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if not head:
        raise VideoError(f"{name} is damaged or cut short: the file is empty")
    if head.startswith(b"GIF8") or b"ANIM" in head[:40]:
        raise VideoError(f"{name} is an animated picture; convert it to .mp4 first")
    if _PICTURES.match(head):
        raise VideoError(f"{name} is a picture; use jphoto transfer for it")
    if head.lstrip(b"\xef\xbb\xbf").startswith((b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD")):
        raise VideoError(f"{name} is a list of other files or addresses; give the file of a clip")


def unreadable(path: Path, head: bytes, cause: Exception) -> VideoError:
    """The error for a file that FFmpeg cannot open."""
    name = f"clip: {path}"
    if _SOUNDS.match(head):
        return VideoError(f"{name} has only sound; give a file with video")
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov"):
        return VideoError(
            f"{name} is damaged or cut short: it has no index (moov), which cameras write at the "
            "end of a recording; repair it or copy it again"
        )
    return VideoError(f"{name} is damaged, or no video that can be read ({words(cause)})")
