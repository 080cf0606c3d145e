"""What commands say about networks that would improve their results and are not installed.

On a terminal a transfer offers to install the segmenter, and remembers a no. Otherwise a line at
the end names the command. VGG-19 is mentioned once.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any

from jphoto.cli.lines import ask, message, note
from jphoto.cli.weights import downloading
from jphoto.settings import Settings

SEGMENTER = (
    "a network of 3 MB recognizes sky, water, buildings and people, so that sky gets the colors of "
    "sky. It is not installed; without it, parts that look alike are matched, or whole photos."
)
INSTALL = "jphoto weights install deeplab"
VGG19 = (
    "this was VGG-16. With VGG-19, the network of the paper, colors come closer to the style "
    "photo's: jphoto weights install vgg19 (80 MB)"
)
_FALLBACKS = {("auto", "features"), ("auto", "none")}
"""`regions` as it was given, and as it was used, where the segmenter may have been missing."""


def offer_segmenter(photos: Iterable[Any]) -> None:
    """Offer to install the segmenter, unless it is there or was declined, or nobody can answer.

    Args:
      photos: of a transfer, which are checked first if they are `images.ReadAhead`.

    Raises: ImageError, if one cannot be read.
    """
    from jphoto import images
    from jphoto.weights import marks

    if not _is_missing() or not _is_someone_there():
        return
    for photo in photos:
        if not isinstance(photo, images.ReadAhead):
            return  # Standard input has been read, or it may be a pipe of a script.
        photo.wait()
    message(SEGMENTER)
    answer = _answer("Install it now? [Y/n] ")
    if answer == "yes":
        _install_segmenter()
    elif answer == "no":
        marks.set_mark("deeplab.declined")
        note(f"To install it later: {INSTALL}")


def mention_networks(given: Settings, used: Settings, *, as_json: bool) -> None:
    """Name the networks that might have improved a transfer.

    Args:
      given: settings of the transfer.
      used: the same, with the network and the regions that were used.
      as_json: whether the output is for a script.
    """
    mention_segmenter_after((given.regions, used.regions))
    if used.steps and (given.backbone, used.backbone) == ("auto", "vgg16") and not as_json:
        _mention_vgg19()


def mention_segmenter_after(*regions: tuple[str, str]) -> None:
    """Say what the segmenter would bring, if a transfer may have missed it.

    Args:
      regions: of each transfer, the setting as it was given, and as it was used.
    """
    if _FALLBACKS.intersection(regions):
        mention_segmenter()


def mention_segmenter() -> None:
    """Say what the segmenter would bring, unless it is there or was declined."""
    if _is_missing():
        message(f"{SEGMENTER} To install it: {INSTALL}")


def _mention_vgg19() -> None:
    """Say what VGG-19 would bring, to the user of a terminal, once."""
    from jphoto import weights
    from jphoto.weights import marks

    if not sys.stderr.isatty() or weights.is_offline() or marks.is_marked("vgg19.mentioned"):
        return
    message(VGG19)
    marks.set_mark("vgg19.mentioned")


def _is_missing() -> bool:
    """Whether the segmenter is not installed, and may be mentioned."""
    from jphoto import weights
    from jphoto.weights import marks

    return not (
        weights.find("deeplab") or weights.is_offline() or marks.is_marked("deeplab.declined")
    )


def _install_segmenter() -> None:
    """Install it; the transfer does without it if that fails."""
    from jphoto import weights
    from jphoto.errors import WeightsError

    try:
        with downloading("deeplab") as show:
            path = weights.install("deeplab", progress=show)
    except WeightsError as error:
        message(f"{error}. This transfer matches parts that look alike")
        return
    note(f"installed deeplab: {path}")


def _answer(question: str) -> str:
    """Ask until the answer is "yes" or "no"; "" at the end of the input."""
    answers = {"\n": "yes", "y": "yes", "yes": "yes", "n": "no", "no": "no", "": ""}
    answer = None
    while answer is None:
        line = ask(question)
        answer = answers.get(line.strip().lower() or line[-1:])
    return answer


def _is_someone_there() -> bool:
    """Whether a user can read standard error and answer. A job in the background cannot ask: the
    system stops it when it reads from the terminal.
    """
    if not sys.stdin or not sys.stdin.isatty() or not sys.stderr.isatty():
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except AttributeError:  # Windows
        return True
    except OSError:
        return False
