"""What a transfer says about networks that would improve it and are not installed.

On a terminal it offers to install the segmenter, and remembers a no. Elsewhere it names the
command. VGG-19 is mentioned once.
"""

import os
import sys

from jphoto.cli.lines import ask, message, note
from jphoto.cli.weights import downloading
from jphoto.settings import Settings

SEGMENTER = (
    "a network of 3 MB recognizes sky, water, buildings and people, so that sky gets the colors of "
    "sky. It is not installed; without it, parts that look alike are matched."
)
INSTALL = "jphoto weights install deeplab"
VGG19 = (
    "this was VGG-16. With VGG-19, the network of the paper, colors come closer to the style "
    "photo's: jphoto weights install vgg19 (80 MB)"
)


def offer_segmenter(*, may_ask: bool) -> None:
    """Offer to install the segmenter, unless it is there, was declined, or would be downloaded in
    vain.

    Args:
      may_ask: whether the user may be asked, if there is one.
    """
    from jphoto import weights
    from jphoto.weights import marks

    if weights.find("deeplab") or weights.is_offline() or marks.is_marked("deeplab.declined"):
        return
    if not may_ask or not _is_someone_there():
        message(f"{SEGMENTER} To install it: {INSTALL}")
        return
    message(SEGMENTER)
    answer = _answer("Install it now? [Y/n] ")
    if answer == "yes":
        _install_segmenter()
    elif answer == "no":
        marks.set_mark("deeplab.declined")
        note(f"To install it later: {INSTALL}")


def mention_vgg19(given: Settings, used: Settings) -> None:
    """Say what VGG-19 would bring, to the user of a terminal, once.

    Args:
      given: settings of a transfer.
      used: the same, with the network that was used.
    """
    from jphoto import weights
    from jphoto.weights import marks

    if not used.steps or (given.backbone, used.backbone) != ("auto", "vgg16"):
        return
    if not sys.stderr.isatty() or weights.is_offline() or marks.is_marked("vgg19.mentioned"):
        return
    message(VGG19)
    marks.set_mark("vgg19.mentioned")


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
