"""Batches: asked for, watched, stopped, resumed, and their results."""

import io
import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from jphoto.app.jobs import batch_job
from jphoto.app.jobs.batch_job import BatchJob, check_folder, result_path, rows_of
from jphoto.app.jobs.batches import FINISHED, Batch
from jphoto.app.server.attempts import settings_of, styles_of
from jphoto.app.server.replies import RefusedError, body_of, file
from jphoto.app.server.state import session_of, worker_of
from jphoto.settings import Settings

MOST_PHOTOS = 10_000
PIECE_BYTES = 1 << 20
"""Read at a time for the stream of all results."""


def batch_of(request: Request) -> Batch:
    """The batch that a request is about.

    Raises: MissingError, if there is none.
    """
    return session_of(request).batch(request.path_params["id"])


async def add(request: Request) -> Response:
    """Ask for a batch."""
    session, values = session_of(request), await body_of(request)
    contents, folder = values.get("contents"), values.get("folder")
    if not isinstance(contents, list) or not 0 < len(contents) <= MOST_PHOTOS:
        raise RefusedError(f"give from 1 to {MOST_PHOTOS} photos")
    photos = [session.photo(key) for key in contents]
    if looks := [photo.name for photo in photos if photo.is_look]:
        raise RefusedError(f"{looks[0]} is a look; the content must be a photo")
    if not (folder is None or isinstance(folder, str)):
        raise RefusedError("folder must be a text")
    settings, strength = settings_of(values)
    if strength != 1:
        settings["style_strength"] = strength
    Settings(**settings)
    key, styles = secrets.token_hex(8), styles_of(session, values)
    results = session.folder.part("batches", key) / "results"
    target = await run_in_threadpool(check_folder, folder, results)
    batch = Batch(
        id=key,
        contents=[photo.id for photo in photos],
        styles=styles,
        settings=settings,
        folder=str(target),
        client=str(values.get("client", ""))[:100],
    )
    batch.rows = rows_of(session, batch)
    await run_in_threadpool(batch.write, session.folder)
    with session.lock:
        session.batches[key] = batch
    _begin(request, batch)
    return JSONResponse(batch.described())


def _begin(request: Request, batch: Batch) -> None:
    worker = worker_of(request)
    job = BatchJob(session_of(request), batch, lambda: worker.has_waiting, worker.add)
    worker.add(job)


def show(request: Request) -> Response:
    """The state of a batch."""
    return JSONResponse(batch_of(request).described())


def stop(request: Request) -> Response:
    """Stop a batch; what is done is kept."""
    batch = batch_of(request)
    worker_of(request).stop(lambda job: job.key == batch.id)
    return JSONResponse(batch.described())


def resume(request: Request) -> Response:
    """Go on with a batch that has ended."""
    batch = batch_of(request)
    if not batch.ended:
        raise RefusedError("this batch is running", 409)
    check_folder(batch.folder, Path(batch.folder))
    batch_job.resume(batch)
    _begin(request, batch)
    return JSONResponse(batch.described())


def remove(request: Request) -> Response:
    """Delete a batch; results in a folder of the user's choice stay."""
    session, batch = session_of(request), batch_of(request)
    worker_of(request).stop(lambda job: job.key == batch.id)
    session.delete_batch(batch)
    return JSONResponse({})


def result(request: Request) -> Response:
    """The file of one result."""
    path = result_path(batch_of(request), request.path_params["n"])
    return FileResponse(path, filename=path.name)


async def thumb(request: Request) -> Response:
    """A small picture of one result."""
    batch, number = batch_of(request), request.path_params["n"]
    session = session_of(request)
    path = await run_in_threadpool(batch_job.thumbnail, session, batch, number)
    return await file(path, "this picture")


def archive(request: Request) -> Response:
    """All results so far, as one stream."""
    batch = batch_of(request)
    paths = [
        result_path(batch, number)
        for number, row in enumerate(batch.rows)
        if row["status"] == FINISHED
    ]
    if not paths:
        raise RefusedError("this batch has no results yet", 404)
    headers = {"Content-Disposition": 'attachment; filename="jphoto-results.zip"'}
    return StreamingResponse(_zipped(paths), media_type="application/zip", headers=headers)


def _zipped(paths: list[Path]) -> Iterator[bytes]:
    """A ZIP file of these, piece by piece; photos are compressed already."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED, allowZip64=True) as target:
        for path in paths:
            member = zipfile.ZipInfo.from_file(path, path.name)
            with path.open("rb") as source, target.open(member, "w") as entry:
                while content := source.read(PIECE_BYTES):
                    entry.write(content)
                    yield pieces.take()
            yield pieces.take()
    yield pieces.take()


class _Pieces(io.RawIOBase):
    """What was written and not yet taken; it cannot be sought, as a socket."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: Any) -> int:
        """Write."""
        self._written += content
        return len(content)

    def take(self) -> bytes:
        """Take what was written."""
        content = bytes(self._written)
        self._written.clear()
        return content
