"""Names of results: that of the content, in its own format unless a suffix is asked for.

Equal folders and manifests give equal names, in whatever order files and lines are found, because
a batch resumes by the names of its results.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jphoto import formats, images
from jphoto.batches.entries import is_reserved
from jphoto.errors import ImageError
from jphoto.settings import Settings


class Wish(NamedTuple):
    """What a result is to be called."""

    stem: str
    """Its name without suffix."""
    suffix: str
    photo: Path
    """That the name is from; its suffix distinguishes results of equal names."""

    @property
    def name(self) -> str:
        """The name, if no other result has it."""
        return self.stem + self.suffix

    @property
    def longer_name(self) -> str:
        """The name with the suffix of the photo in it: IMG_1-heic.jpg."""
        return "-".join(filter(None, (self.stem, self.photo.suffix[1:].lower()))) + self.suffix


def suffix_of(content: Path, suffix: str | None, settings: Settings) -> str:
    """The suffix of a result.

    Args:
      content: the photo that it is made from.
      suffix: that is asked for, or None for the content's own format.
      settings: of the task. Where the content's format does not have the bits per channel that they
        ask for, the result becomes PNG.
    """
    if suffix is not None:
        return suffix
    own = formats.result_suffix(content)
    try:
        images.check_depth(f"result{own}", 0 if settings.depth == "auto" else int(settings.depth))
    except ImageError:
        return ".png"
    return own


def distinct_names(wishes: Sequence[Wish]) -> list[str]:
    """A name for each result, no two alike in upper or lower case.

    A result keeps its plain name if no other wants it, or if its photo has exactly this name. Of
    the others, each gets the suffix of its photo in the name, and a number if that is taken too.
    """
    wanted = Counter(wish.name.casefold() for wish in wishes)
    names, taken = [""] * len(wishes), set[str]()
    # First the photos that have the name of their result, so that no other result takes it.
    order = sorted(
        range(len(wishes)),
        key=lambda place: (not _is_own(wishes[place]), wishes[place].photo.name, place),
    )
    for place in order:
        wish = wishes[place]
        plain = wanted[wish.name.casefold()] == 1 or _is_own(wish)
        free = (
            name
            for name in _candidates(wish, plain)
            if name.casefold() not in taken and not is_reserved(name)
        )
        names[place] = next(free)
        taken.add(names[place].casefold())
    return names


def _is_own(wish: Wish) -> bool:
    return wish.name == wish.photo.name


def _candidates(wish: Wish, plain: bool) -> Iterator[str]:
    if plain:
        yield wish.name
    yield wish.longer_name
    path = Path(wish.longer_name)
    yield from (f"{path.stem}-{number}{path.suffix}" for number in itertools.count(2))
