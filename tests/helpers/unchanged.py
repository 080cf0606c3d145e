"""Transfers through the command line that leave the content photo as it was read."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

Transfer = Callable[[Path], tuple[np.ndarray | None, str]]


def transfer_without_solving(
    command: Callable[..., tuple[int, str, str]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    style: Path,
) -> Transfer:
    """A function from a content photo to the values of the result and what was told.

    The values are h x w x 3 or, for gray, h x w, in [0, 1]; None if the photo was refused.
    """
    import jphoto.pipeline.transfer as pipeline
    from jphoto.solver.progress import Status, Step
    from jphoto.solver.single import Solution
    from jphoto.weights import store

    def solve(pair: object, *_: object, **__: object) -> Solution:
        return Solution(pair.content, (Step(*[1.0] * 6, 60),), Status.FINISHED, {})

    monkeypatch.setattr(pipeline, "solve", solve)
    monkeypatch.setattr(store, "load", functools.cache(store.load))
    monkeypatch.setattr(
        pipeline.finish,
        "full_size_result",
        lambda original, *_: np.clip(original.picture, 0, 1),
    )
    options = ["--size", "64", "--steps", "1", "--backbone", "vgg16", "--regions", "none"]

    def transfer(content: Path) -> tuple[np.ndarray | None, str]:
        out = content.with_suffix(".result.tif")
        caplog.clear()
        status, _, told = command("transfer", content, style, "-o", out, *options)
        assert (status == 0) == out.exists() and status in (0, 1)
        if status:
            assert told.startswith("jphoto: ") and told.count("\n") == 1, told
            return None, told
        told += "".join(f"jphoto: {record.getMessage()}\n" for record in caplog.records)
        with tifffile.TiffFile(out) as result:
            levels = result.pages[0].asarray()
        return levels / np.float64(np.iinfo(levels.dtype).max), told

    return transfer
