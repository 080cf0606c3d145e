"""Output files: checked before any work is done, and written completely or not at all.

Nothing is written over unless that was asked for: a file gets its name at the end, in one step that
fails if another file has it by then. A finished result that cannot have its name gets another one.
"""

import contextlib
import io
import itertools
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from jphoto.errors import ImageError, SavedElsewhereError
from jphoto.process import news

ABANDONED_SECONDS = 600.0
"""Time without a write after which a draft counts as abandoned."""
_live_drafts: set[Path] = set()
"""Drafts that this process is writing."""


@contextlib.contextmanager
def replacing(path: Path, *, force: bool = True) -> Iterator[Path]:
    """A draft in the folder of a file, which becomes that file if the block ends without an error.

    Until then an older file stays as it is, and after an error no draft is left behind. It is not
    from `tempfile`, whose files only their owner may read.

    Args:
      path: of the file; a symbolic link stays a link, and the file that it leads to is meant.
      force: whether an older file is replaced, by one with the same permissions.

    Raises: FileExistsError, at the end, if there is such a file (without `force`).
    """
    target = followed(path)
    draft = target.with_name(f".jphoto-{secrets.token_hex(6)}.part").absolute()
    _live_drafts.add(draft)
    news.tell(news.DRAFT, str(draft))
    try:
        yield draft
        if force:
            _replace(draft, target)
        else:
            _create(draft, target)
    finally:
        with contextlib.suppress(OSError, ValueError):
            draft.unlink()
        _live_drafts.discard(draft)
        news.tell(news.DRAFT_GONE, str(draft))


def _replace(draft: Path, target: Path) -> None:
    with contextlib.suppress(OSError):  # no older file, or a file system without permissions
        draft.chmod(stat.S_IMODE(target.stat().st_mode))
    draft.replace(target)


def _create(draft: Path, target: Path) -> None:
    """Give a draft its name, unless a file has it."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: an empty file takes the name first.
        target.open("xb").close()
        draft.replace(target)


def followed(path: Path) -> Path:
    """The file that a path leads to, which need not exist: itself unless it is a symbolic link."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def delete_live_drafts() -> None:
    """Delete the drafts that this process is writing, before it ends at once."""
    for draft in list(_live_drafts):
        with contextlib.suppress(OSError):
            draft.unlink()


def delete_abandoned_drafts(folder: Path) -> None:
    """Delete drafts that killed processes left in a folder, where permitted."""
    for draft in folder.glob(".jphoto-*.part"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > ABANDONED_SECONDS:
                draft.unlink()


def make_folder(folder: Path) -> None:
    """Create a folder for output files, if it does not exist.

    Raises: ImageError, if it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError(f"output: cannot create the folder {folder}: {error.strerror}") from None


def check_free(
    path: Path, *, inputs: Iterable[Path] = (), force: bool, what: str = "output"
) -> None:
    """Check that a file may be written, before any work is done.

    Args:
      path: of the file.
      inputs: what it is made from; they are never overwritten, even with `force`.
      force: whether an older file may be replaced.
      what: is written, for messages.

    Raises: ImageError, if the path is a folder, a device or a pipe, an input, or (without `force`)
      a file; OSError or ValueError, if the system cannot say.
    """
    target = followed(path)
    if target.is_symlink():
        raise ImageError(f"{what}: {path} is a link that leads to itself; choose another name")
    if any(_same_file(target, source) for source in inputs):
        raise ImageError(f"{what}: {path} is one of the inputs; choose another name")
    if not target.exists():
        return
    if target.is_dir():
        raise ImageError(f"{what}: {path} is a folder; choose another name")
    if not target.is_file():
        raise ImageError(f"{what}: {path} is a device or a pipe; choose the name of a file")
    if not force:
        raise ImageError(f"{what}: {path} exists; choose another name or add --force")


def _same_file(target: Path, source: Path) -> bool:
    if target.exists() and source.exists():
        return target.samefile(source)
    return target.resolve() == source.resolve()


def lock_file(file: io.FileIO) -> bool:
    """Keep a file from other processes until it is closed; whether none of them has it.

    Where the system or the file system has no locks, there is none.
    """
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True


def first_free(path: Path) -> Path:
    """The path, or with -2, -3, ... before its suffix: the first that no file has."""
    numbered = (
        path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2)
    )
    return next(name for name in itertools.chain([path], numbered) if not os.path.lexists(name))


def save_or_rescue(
    save: Callable[[Path, bool], None],
    path: Path,
    *,
    force: bool,
    suffixes: Sequence[str],
) -> None:
    """Save something that took work; if it cannot be saved as intended, save it elsewhere.

    Args:
      save: writes the file of a path completely or not at all, given whether to replace an older
        one; an ImageError that a system's or an encoder's error has caused is no reason to give up.
      path: of the file.
      force: whether an older file may be replaced.
      suffixes: of the formats that may take its place, the best first.

    Raises: SavedElsewhereError, if it was saved under another name: in the same folder, or if no
      file can be written there, in the folder for temporary files; ImageError, if it was not saved.
    """
    try:
        return save(path, force)
    except ImageError as error:
        if error.__cause__ is None:
            raise
        failure = error
    exists = isinstance(failure.__cause__, FileExistsError)
    others = [path.suffix, *suffixes] if exists else suffixes
    folders = followed(path).parent, Path(tempfile.gettempdir())
    for folder, suffix in itertools.product(folders, others):
        try:
            other = first_free(folder / path.with_suffix(suffix).name)
            save(other, False)
        except (ImageError, OSError):
            continue
        saved = f"{failure}; the result was saved as {other}"
        raise SavedElsewhereError(saved, other) from failure.__cause__
    raise ImageError(
        f"{failure}; nor could the result be saved in {folders[1]}"
    ) from failure.__cause__


@contextlib.contextmanager
def all_saved() -> Iterator[Callable[[], contextlib.AbstractContextManager[None]]]:
    """For several files: those after one that was saved under another name are saved, too.

    Yields: a context manager for the saving of each file.
    Raises: SavedElsewhereError, at the end, that names all such files.
    """
    moved: list[SavedElsewhereError] = []

    @contextlib.contextmanager
    def saving() -> Iterator[None]:
        try:
            yield
        except SavedElsewhereError as error:
            moved.append(error)

    yield saving
    if moved:
        raise SavedElsewhereError("; ".join(map(str, moved)), moved[0].path) from moved[0]


def write_text(text: str, path: Path, *, force: bool) -> None:
    """Write a text file, completely or not at all.

    Args:
      text: of the file.
      path: of the file.
      force: whether an older file may be replaced.

    Raises: SavedElsewhereError, if it was saved under another name; ImageError, if it cannot be
      written.
    """

    def save(target: Path, force: bool) -> None:
        try:
            with replacing(target, force=force) as draft:
                # Names of files may hold bytes that are no text.
                draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ImageError(f"output: {target} {unwritable(error)}") from error

    save_or_rescue(save, path, force=force, suffixes=[path.suffix])


def unwritable(cause: OSError) -> str:
    """Why a file was not written, to follow its name."""
    if isinstance(cause, FileExistsError):
        return "was made by another program in the meantime and was not overwritten"
    return f"cannot be written: {cause.strerror or cause}"
