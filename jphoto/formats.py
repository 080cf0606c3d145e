"""The file formats of photos and clips: the lists from which folders, messages and help texts are
made.

A photo is decoded by its first bytes, whatever it is called. The suffix decides three other things:
which files of a folder are photos, in which format a picture is written, and which of several files
that differ only in their suffix has precedence. To write a further format, change its row here and
add its encoder to `images.encoders.formats`.
"""

import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

LOOK_SUFFIX = ".look"
"""Of the files of looks, see `jphoto.looks`."""
CLIPS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""The containers that clips are written in, as FFmpeg names them, by suffix."""
MOST_STEM_BYTES = 100
"""Of the names of content and style in the name of their result; the system's limit is 255."""


class PhotoFormat(NamedTuple):
    """A file format and the suffixes of its files."""

    name: str
    """As in messages."""
    suffixes: tuple[str, ...]
    """In lower case, the usual one first."""
    written: int = 0
    """How many of the suffixes, from the first on, a picture may be written with."""
    instead: str = ".png"
    """Suffix of a result whose content has a suffix that is not written."""


RAW = PhotoFormat(
    "raw",
    (
        ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2", ".raf", ".rw2",
        ".raw", ".orf", ".ori", ".pef", ".srw", ".rwl", ".3fr", ".fff", ".iiq", ".mef", ".mos",
        ".mrw", ".erf", ".kdc", ".dcr", ".k25", ".bay", ".gpr", ".x3f",
    ),
    instead=".tif",
)  # fmt: skip
"""What cameras record before they make a photo of it; read with the extra `jphoto[raw]`."""

# The first has precedence: masks and results need a format without loss.
FORMATS = (
    PhotoFormat("PNG", (".png", ".apng"), written=1),
    PhotoFormat("TIFF", (".tif", ".tiff"), written=2),
    PhotoFormat("WebP", (".webp",), written=1),
    PhotoFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif"), written=5),
    PhotoFormat("BMP", (".bmp", ".dib"), written=1, instead=".bmp"),
    PhotoFormat("HEIC", (".heic", ".heif", ".hif", ".heics", ".heifs"), instead=".jpg"),
    PhotoFormat("AVIF", (".avif", ".avifs"), written=1, instead=".avif"),
    PhotoFormat("JPEG XL", (".jxl",), written=1),
    PhotoFormat("JPEG 2000", (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"), instead=".tif"),
    PhotoFormat("MPO", (".mpo", ".jps"), instead=".jpg"),
    PhotoFormat("PSD", (".psd",), instead=".tif"),
    PhotoFormat("GIF", (".gif",)),
    PhotoFormat("PPM", (".ppm", ".pgm", ".pbm", ".pnm", ".pam", ".pfm")),
    PhotoFormat("TGA", (".tga", ".icb", ".vda", ".vst")),
    PhotoFormat("SGI", (".sgi",)),
    PhotoFormat("PCX", (".pcx",)),
    PhotoFormat("QOI", (".qoi",)),
    RAW,
)
BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}
"""The format of each suffix, in order of precedence."""
WRITTEN = {suffix: kind for kind in FORMATS for suffix in kind.suffixes[: kind.written]}
"""The formats that pictures can be written in, by suffix."""


def format_of(path: Path) -> PhotoFormat | None:
    """The format that a path's suffix stands for, in upper or lower case; None for other files."""
    return BY_SUFFIX.get(path.suffix.lower())


def is_written(path: Path) -> bool:
    """Whether a picture can be written with the path's suffix."""
    return path.suffix.lower() in WRITTEN


def precedence(path: Path) -> int:
    """The place of a path's suffix in the list; files of no photo format come last."""
    suffix = path.suffix.lower()
    return list(BY_SUFFIX).index(suffix) if suffix in BY_SUFFIX else len(BY_SUFFIX)


def result_suffix(content: Path) -> str:
    """The suffix of a result in its content's own format, or in one that replaces it.

    Args:
      content: path of the photo; of another suffix or none, the result becomes PNG.
    """
    kind = format_of(content)
    if is_written(content):
        return content.suffix
    return kind.instead if kind else ".png"


def result_stem(content: str, styles: Iterable[str]) -> str:
    """The name of a result without suffix: CONTENT-in-STYLE.

    Args:
      content: name of the photo without suffix.
      styles: names of the styles without suffix.
    """
    return f"{_shortened(content)}-in-{_shortened('-and-'.join(styles))}"


def _shortened(name: str) -> str:
    while len(os.fsencode(name)) > MOST_STEM_BYTES:
        name = name[:-1]
    return name


def raw_is_readable() -> bool:
    """Whether the package that develops raw photos is installed."""
    return find_spec("rawpy") is not None


def read_names() -> str:
    """The formats that can be read, for messages: names and the word or."""
    return _listed([kind.name for kind in FORMATS])


def written_suffixes() -> str:
    """The usual suffixes that can be written, for help texts: one of each format."""
    return _listed([kind.suffixes[0] for kind in FORMATS if kind.written])


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def is_look(path: Path) -> bool:
    """Whether a style is the file of a look, or the name of one: a word that is no file."""
    if path.suffix.lower() == LOOK_SUFFIX:
        return True
    return not path.suffix and len(path.parts) == 1 and str(path) != "-" and not path.exists()


def is_clip(path: Path) -> bool:
    """Whether a path has a suffix of clips that are written."""
    return path.suffix.lower() in CLIPS
