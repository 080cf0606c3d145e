"""Photos and results at full size: tiles for zooming, files to keep, measures, LUTs and looks.

A result is made again from the solved picture that its attempt has kept, in a thread of its own
beside the worker, one after the other. The pictures looked at last stay in memory, in 8 bits.
"""

import asyncio
import dataclasses
import functools
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

import jphoto
from jphoto import formats, images, weights
from jphoto.app.jobs import attempts as names
from jphoto.app.jobs.attempts import Attempt
from jphoto.app.jobs.folder import write_json
from jphoto.app.jobs.originals import LastOriginal
from jphoto.app.jobs.session import SAVING_PREFIX, MissingError, Session
from jphoto.app.jobs.transfers import OTHER_THREADS, transfer_arguments
from jphoto.evaluation import fidelity as measures
from jphoto.evaluation.protocol import LONG_SIDE
from jphoto.label import Label
from jphoto.looks import Look
from jphoto.looks.styles import Style, style_of
from jphoto.lut import fit_lut
from jphoto.lut.cube import write_cube
from jphoto.pipeline import finish
from jphoto.pipeline.digests import digests_of
from jphoto.pipeline.transfer import Result, lifted_result
from jphoto.settings import Settings
from jphoto.solver.devices import devices_for
from jphoto.solver.progress import Status
from jphoto.weights import LazyWeights

TILE_SIDE = 512
TILE_QUALITY = 92
MOST_CACHED_BYTES = 500_000_000
"""Of pictures in 8 bits that stay in memory; the last one always does."""
FIDELITY, HEAT_MAP = "fidelity.json", "fidelity.png"
"""Names of files of an attempt."""

Made = TypeVar("Made")


class _Kept(NamedTuple):
    """What a result of any size and strength is made from."""

    label: Label
    content: np.ndarray
    """The content photo at working size."""
    solved: np.ndarray
    """The picture as it was solved, not clipped."""
    original: images.Original


class FullSize:
    """Makes what needs the full size.

    Args:
      session: that has the photos and attempts.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._thread = ThreadPoolExecutor(1, OTHER_THREADS)
        self._pictures = OrderedDict[str, np.ndarray]()
        self.originals = LastOriginal(session)

    async def run(self, make: Callable[..., Made], *arguments: Any) -> Made:
        """Call a method of this object in the thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(make, *arguments))

    def close(self) -> None:
        """Begin nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def photo_tile(self, key: str, x: int, y: int) -> bytes:
        """A tile of a photo, as JPEG.

        Args:
          key: id of the photo.
          x: number of the tile, from the left.
          y: number of the tile, from the top.

        Raises: ImageError or MissingError.
        """
        return self._tile(key, lambda: self._photo(key), x, y)

    def result_tile(self, attempt: Attempt, x: int, y: int) -> bytes:
        """A tile of a result at full strength, as `photo_tile`."""
        return self._tile(attempt.id, lambda: self._shown(attempt), x, y)

    def file(self, attempt: Attempt, suffix: str, strength: float, depth: str) -> tuple[Path, str]:
        """Write the file of a result, as the command line does.

        Args:
          attempt: that has ended.
          suffix: of the format.
          strength: of the style, from 0 to 1.
          depth: as in Settings.

        Returns: its path, to be deleted by the caller, and the name that it should have.
        Raises: ImageError or SettingsError, if the format cannot hold it or it cannot be written.
        """
        result = self.result(attempt, strength, depth=depth)
        path = self._session.of_attempt(attempt, f"{SAVING_PREFIX}{secrets.token_hex(6)}{suffix}")
        result.save(path, force=True)
        return path, self.stem(attempt) + suffix

    def stem(self, attempt: Attempt) -> str:
        """The name of a result without suffix."""
        keys = [attempt.content, *(one["id"] for one in attempt.styles)]
        content, *styles = (Path(self._session.photo(key).name).stem for key in keys)
        return formats.result_stem(content, styles)

    def lut(self, attempt: Attempt, strength: float) -> tuple[Path, str]:
        """Write the color change as a LUT; its path and name, as `file`."""
        label, content, solved, _ = self._kept(attempt)
        solved = finish.at_strength(content, solved, label.settings.style_strength, strength)
        path = self._session.of_attempt(attempt, f"{SAVING_PREFIX}{secrets.token_hex(6)}.cube")
        write_cube(fit_lut(content, np.clip(solved, 0, 1)), path, force=True)
        return path, f"{self.stem(attempt)}.cube"

    def look(self, attempt: Attempt) -> tuple[Path, str]:
        """Write the look of the styles of an attempt; its path and name, as `file`."""
        arguments, settings = transfer_arguments(self._session, attempt), attempt.to_settings()
        style = _style_of(arguments, settings, to_keep=True)
        look = style.source
        if not isinstance(look, Look):
            look = Look.from_photos([look], masks=[style.mask], settings=style.settings)
            own = self._session.photo(attempt.styles[0]["id"]).name
            named = dataclasses.replace(look.photos[0], name=own)
            look = dataclasses.replace(look, photos=(named,))
        path = self._session.of_attempt(attempt, f"{SAVING_PREFIX}{secrets.token_hex(6)}.look")
        look.save(path, force=True)
        keys = [one["id"] for one in attempt.styles]
        stem = "-and-".join(Path(self._session.photo(key).name).stem for key in keys)
        return path, f"{stem[:100]}.look"

    def fidelity(self, attempt: Attempt) -> dict[str, Any]:
        """How faithful a result is to its photo; its heat map is written beside the attempt."""
        record = self._session.of_attempt(attempt, FIDELITY)
        if record.is_file():
            found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
            return found
        result = self.result(attempt, 1.0)
        original = images.srgb_on_white(result.original)
        size = images.working_size(original.shape[:2], LONG_SIDE)
        content = images.resize(original, size)
        shown = images.on_white(result.picture, result.original).clip(0, 1)
        params = weights.load("alexnet").params
        measured = measures.fidelity(params, content, images.resize(shown, size))
        path = self._session.of_attempt(attempt, HEAT_MAP)
        images.save_picture(measures.heat_map(content, measured), path)
        rows = [
            {"name": row.title, "help": row.words, "value": row.value, "text": row.verdict}
            for row in measures.fidelity_rows(measured)
        ]
        made = {"rows": rows, "sentence": measures.fidelity_sentence(measured)}
        write_json(record, made)
        return made

    def result(self, attempt: Attempt, strength: float, depth: str | None = None) -> Result:
        """The result of an attempt at full size.

        Args:
          attempt: that has ended.
          strength: of the style, from 0 to 1.
          depth: as in Settings; None for that of the attempt.

        Raises: ImageError or MissingError, if what is needed for it is not there.
        """
        changes: dict[str, Any] = {"style_strength": strength}
        if depth is not None:
            changes["depth"] = depth
        if attempt.kind == names.PREVIEW:  # was made of reduced copies
            arguments = transfer_arguments(self._session, attempt)
            return jphoto.transfer(**arguments, settings=attempt.to_settings(**changes))
        label, content, solved, original = self._kept(attempt)
        used = dataclasses.replace(label.settings, **changes)
        was = label.settings.style_strength
        solved = finish.at_strength(content, solved, was, used.style_strength)
        own = dataclasses.replace(label, settings=used)
        return lifted_result(original, content, solved, own, (), Status.FINISHED, (), {})

    def _kept(self, attempt: Attempt) -> _Kept:
        """What an attempt has kept, with its photo."""
        of_attempt = functools.partial(self._session.of_attempt, attempt)
        label, solved = of_attempt(names.LABEL), of_attempt(names.SOLVED)
        original = self.originals.read(attempt.content)
        if attempt.ended and label.is_file() and solved.is_file():
            made = Label.from_json(label.read_text(encoding="utf-8"))
            content = self.originals.working(attempt.content, made.settings.long_side)
            return _Kept(made, content, np.load(solved), original)
        frame = of_attempt(names.FRAME)
        if not (attempt.ended and frame.is_file()):
            raise MissingError(
                "this attempt has no picture of full size; start it again, and let it end"
            )
        shown = images.read_picture(frame, role="frame")
        photo = images.srgb_on_white(original)
        content = images.resize(photo, (shown.shape[0], shown.shape[1]))
        return _Kept(self._label_again(attempt), content, shown, original)

    def _label_again(self, attempt: Attempt) -> Label:
        """The label of an attempt of which only the last frame is left."""
        arguments = transfer_arguments(self._session, attempt)
        content, settings = arguments["content"], attempt.to_settings()
        style = _style_of(arguments, settings)
        mask = arguments.get("content_mask")
        inputs = finish.held_inputs(content, style.source, mask, style.mask)
        network, (device, *_) = LazyWeights(style.settings.backbone), devices_for(settings, False)
        title = style.source.title if isinstance(style.source, Look) else ""
        return finish.label_of(style.settings, digests_of(inputs), network, device, title)

    def _photo(self, key: str) -> np.ndarray:
        if self._session.photo(key).is_look:
            raise MissingError("a look has no tiles")
        return _levels(images.srgb_on_white(self.originals.read(key)))

    def _shown(self, attempt: Attempt) -> np.ndarray:
        result = self.result(attempt, 1.0)
        return _levels(images.on_white(result.picture, result.original))

    def _tile(self, key: str, make: Callable[[], np.ndarray], x: int, y: int) -> bytes:
        if key not in self._pictures:
            self._pictures[key] = make()
            while len(self._pictures) > 1 and self._bytes() > MOST_CACHED_BYTES:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(key)
        top, left = TILE_SIDE * y, TILE_SIDE * x
        tile = self._pictures[key][top : top + TILE_SIDE, left : left + TILE_SIDE]
        if not tile.size or top < 0 or left < 0:
            raise MissingError("there is no such tile")
        return images.jpeg_of_levels(tile, TILE_QUALITY)

    def _bytes(self) -> int:
        return sum(picture.nbytes for picture in self._pictures.values())


def _style_of(arguments: dict[str, Any], settings: Settings, *, to_keep: bool = False) -> Style:
    """The style of the arguments of a transfer."""
    masks, weights = arguments.get("style_mask"), arguments["style_weights"]
    for_kinds = arguments["style_for"]
    return style_of(arguments["style"], masks, weights, for_kinds, settings, to_keep=to_keep)


def _levels(picture: np.ndarray) -> np.ndarray:
    """A picture in 8 bits, a strip at a time."""
    levels = np.empty(picture.shape, np.uint8)
    for top in range(0, len(picture), TILE_SIDE):
        strip = np.clip(picture[top : top + TILE_SIDE], 0, 1)
        levels[top : top + TILE_SIDE] = np.rint(255 * strip)
    return levels
