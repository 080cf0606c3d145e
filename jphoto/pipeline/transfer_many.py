"""Many transfers from Python: lists of photos in, results in order out, errors pair by pair."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeAlias

import jax

from jphoto import images
from jphoto.errors import DeviceError, ImageError, JphotoError, StoppedError
from jphoto.images import PictureSource
from jphoto.looks import Look
from jphoto.looks.styles import opened, with_network
from jphoto.pipeline import finish
from jphoto.pipeline.capacity import free_bytes
from jphoto.pipeline.digests import check_unchanged, digests_of
from jphoto.pipeline.grouping import PairScheduler, read_ahead
from jphoto.pipeline.preparing import PreparedPair, prepare_pair
from jphoto.pipeline.reading import read_style
from jphoto.pipeline.transfer import Result, make_result
from jphoto.settings import Settings
from jphoto.solver.devices import find_devices
from jphoto.solver.progress import ManyProgress
from jphoto.solver.single import Solution
from jphoto.weights import LazyWeights

Sources: TypeAlias = Sequence[PictureSource | Look | None]
"""Content, style or look, and, if there are masks, content mask and style mask."""
AHEAD = 4
"""Pairs that are read and prepared while others are solved."""


class _Item(NamedTuple):
    """A pair between reading and its result."""

    number: int
    content: images.HeldSource
    digests: dict[str, str]
    prepared: PreparedPair


def transfer_many(
    pairs: Iterable[Sources],
    settings: Settings | None = None,
    *,
    at_once: int | None = None,
    progress: Callable[[ManyProgress], bool | None] | None = None,
) -> list[Result | JphotoError]:
    """Transfer many pairs of photos; a GPU or TPU solves as many at once as it has memory for.

    Pairs of about the same size are padded to one size and solved by one program under `jax.vmap`.
    A pair gives what `transfer` gives: on a CPU to the bit, elsewhere up to rounding. A photo that
    several pairs share is analyzed once.

    Args:
      pairs: each (content, style) or (content, style, content_mask, style_mask), in the forms
        that `transfer` takes.
      settings: of all transfers; `Settings()` when left out. The network is that of the first
        look, unless another one is asked for.
      at_once: pairs solved at once; by default as many as fit into the device's memory, and one
        on a CPU, where a single pair uses all cores.
      progress: called whenever a pair has ended and after every chunk of steps; returning False
        stops.

    Returns: for each pair, in order, its `Result`, or the error that kept it from having one (an
      error of another class is the cause of a `JphotoError`): a pair that fails stops no other.
      After a stop, pairs being solved have their best picture so far and the status STOPPED;
      those not begun have a `StoppedError`.
    Raises: WeightsError or DeviceError, if no pair could be transferred.

    Example:
      results = jphoto.transfer_many([("a.jpg", "dusk.jpg"), ("b.jpg", "dusk.jpg")])
      for number, result in enumerate(results):
          if isinstance(result, jphoto.Result):
              result.save(f"{number}.jpg")
    """
    listed, chosen = list(pairs), settings or Settings()
    look = _first_look(listed, chosen)
    chosen = chosen if look is None else with_network(chosen, look)
    return _Run(listed, chosen, at_once, progress).results()


def _first_look(pairs: Sequence[Sources], settings: Settings) -> Look | None:
    """The first look among the styles; what is wrong with a pair is told when its turn comes."""
    for sources in pairs:
        with contextlib.suppress(JphotoError, IndexError, TypeError):
            style = opened(sources[1], settings)  # type: ignore[arg-type]
            if isinstance(style, Look):
                return style
    return None


def _as_jphoto_error(error: Exception, index: int) -> JphotoError:
    """The error, or one that names an error of another class and is caused by it."""
    if isinstance(error, JphotoError):
        return error
    named = JphotoError(f"pair {index}: {type(error).__name__}: {error}")
    named.__cause__ = error
    return named


class _Run:
    """The state of one call of `transfer_many`."""

    def __init__(
        self,
        pairs: list[Sources],
        settings: Settings,
        at_once: int | None,
        progress: Callable[[ManyProgress], bool | None] | None,
    ) -> None:
        self.pairs, self.settings, self.progress = pairs, settings, progress
        self.devices = find_devices(settings.device)
        self.network = LazyWeights(settings.backbone)
        if settings.steps:
            self.network.load()
        self.free = free_bytes(self.devices[0])
        self.scheduler = PairScheduler[_Item](
            {settings.backbone: self.network}, self.devices, at_once, self._report
        )
        self.found: list[Result | JphotoError | None] = [None] * len(pairs)

    def results(self) -> list[Result | JphotoError]:
        """Transfer all pairs."""
        with jax.default_device(self.devices[0]), ThreadPoolExecutor(1) as threads:
            for index, item in read_ahead(threads, self._prepare, range(len(self.pairs)), AHEAD):
                if self.scheduler.stopped:
                    break
                if isinstance(item, JphotoError):
                    self._end(index, item)
                else:
                    self._finish(self.scheduler.add(item))
            self._finish(self.scheduler.drain())
        stopped = "stopped before this pair was solved; transfer it again"
        return [StoppedError(stopped) if one is None else one for one in self.found]

    def _prepare(self, index: int) -> _Item | JphotoError:
        """In a thread: read a pair and make it ready, or say what is wrong with it."""
        sources = self.pairs[index]
        try:
            if isinstance(sources, str) or len(sources) not in (2, 4):
                raise ImageError(
                    f"pair {index}: expected (content, style) or (content, style, content_mask, "
                    f"style_mask), found {sources!r}"[:300]
                )
            content, style, content_mask, style_mask = (*sources, None, None)[:4]
            if content is None or style is None:
                raise ImageError(f"pair {index}: the content or style photo is None")
            inputs = finish.held_inputs(
                content, opened(style, self.settings), content_mask, style_mask
            )
            digests = digests_of(inputs)
            picture = images.read_picture(inputs["content"], role="content")
            masks = inputs.get("content_mask"), inputs.get("style_mask")
            prepared = prepare_pair(
                picture, read_style(inputs["style"]), masks,
                self.settings, self.network, self.devices[:1], self.free,
            )  # fmt: skip
            check_unchanged(inputs, digests)
        except Exception as error:  # of any class: one pair's failure must not end the others
            return _as_jphoto_error(error, index)
        return _Item(index, inputs["content"], digests, prepared)

    def _finish(self, solved: Iterable[tuple[_Item, Solution | str]]) -> None:
        for item, solution in solved:
            if isinstance(solution, str):
                self._end(item.number, DeviceError(f"pair {item.number}: {solution}"))
                continue
            content, seconds = item.content, item.prepared.seconds
            try:
                # Read again: originals of many megapixels would fill the memory while they wait.
                original = images.read_original(content, role="content")
                check_unchanged({"content": content}, item.digests)
                result: Result | JphotoError = make_result(
                    original, item.prepared, solution, item.digests, self.network,
                    self.devices[0], seconds,
                )  # fmt: skip
            except Exception as error:
                result = _as_jphoto_error(error, item.number)
            self._end(item.number, result)

    def _end(self, index: int, result: Result | JphotoError) -> None:
        self.found[index] = result
        self.scheduler.keep_going()

    def _report(self) -> bool:
        """Tell the caller how far the pairs are; whether to continue."""
        if self.progress is None:
            return True
        ended = [one for one in self.found if one is not None]
        failed = sum(isinstance(one, JphotoError) for one in ended)
        return self.progress(ManyProgress(len(ended), failed, len(self.found))) is not False
