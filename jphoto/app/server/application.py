"""The application: its routes, and what begins and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from jphoto.app.jobs.full_size import FullSize
from jphoto.app.jobs.session import Session
from jphoto.app.jobs.worker import Worker
from jphoto.app.server import attempts, batches, events, pages, photos, regions, state
from jphoto.app.server.guard import Guard
from jphoto.app.server.replies import failed
from jphoto.errors import JphotoError

GONE_SECONDS = 15.0
"""After its last window has been gone for so long, what a client has asked for ends."""
READ_AT_ONCE = 2
"""Uploaded photos that are read side by side; large ones take much memory meanwhile."""


def _get(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _post(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _delete(path: str, endpoint: Callable[..., Any]) -> Route:
    return Route(path, endpoint, methods=["DELETE"])


ROUTES = [
    _get("/", pages.index),
    _get("/page/{name}", pages.page_file),
    _get("/favicon.ico", pages.icon),
    _get("/api/state", state.state),
    _get("/api/events", events.events),
    _post("/api/photos", photos.upload),
    _delete("/api/photos/{id}", photos.remove),
    _get("/api/photos/{id}/{name}.jpg", photos.view),
    _get("/api/photos/{id}/tile/{x:int}/{y:int}.jpg", attempts.photo_tile),
    _post("/api/examples/{name}", photos.example),
    _get("/api/examples/{name}/{role}.jpg", photos.example_picture),
    _post("/api/attempts", attempts.add),
    _get("/api/attempts/{id}", attempts.show),
    _delete("/api/attempts/{id}", attempts.remove),
    Route("/api/attempts/{id}", attempts.change, methods=["PATCH"]),
    _post("/api/attempts/{id}/stop", attempts.stop),
    _get("/api/attempts/{id}/frame/{n:int}.jpg", attempts.frame),
    _get("/api/attempts/{id}/tile/{x:int}/{y:int}.jpg", attempts.tile),
    _get("/api/attempts/{id}/commands", attempts.command_lines),
    _get("/api/attempts/{id}/fidelity", attempts.fidelity),
    _get("/api/attempts/{id}/fidelity.png", attempts.heat_map),
    _get("/api/attempts/{id}/file", attempts.download),
    _get("/api/attempts/{id}/lut", attempts.lut),
    _get("/api/attempts/{id}/look", attempts.look),
    _get("/api/attempts/{id}/{name}.jpg", attempts.shown),
    _post("/api/regions", regions.find),
    _get("/api/masks/{id}.png", regions.mask),
    _post("/api/masks", regions.add_mask),
    _post("/api/batches", batches.add),
    _get("/api/batches/{id}", batches.show),
    _delete("/api/batches/{id}", batches.remove),
    _post("/api/batches/{id}/stop", batches.stop),
    _post("/api/batches/{id}/resume", batches.resume),
    _get("/api/batches/{id}/results.zip", batches.archive),
    _get("/api/batches/{id}/results/{n:int}", batches.result),
    _get("/api/batches/{id}/thumbs/{n:int}.jpg", batches.thumb),
]


def application(session: Session, worker: Worker, host: str, port: int) -> ASGIApp:
    """The guarded application.

    Args:
      session: whose folder this process has locked.
      worker: that does the work; it begins and ends with the application.
      host: that is listened on.
      port: that is listened on.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        session.hub.begin()
        app.state.reading = asyncio.Semaphore(READ_AT_ONCE)
        worker.begin()
        watching = asyncio.create_task(_end_what_nobody_waits_for(session, worker))
        try:
            yield
        finally:
            watching.cancel()
            app.state.full_size.close()
            await run_in_threadpool(worker.end)

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={HTTPException: failed, JphotoError: failed, Exception: failed},
    )
    app.state.session, app.state.worker = session, worker
    app.state.full_size = FullSize(session)
    return Guard(app, host, port, session.folder.token())


async def _end_what_nobody_waits_for(session: Session, worker: Worker) -> None:
    """Look for clients that are gone, and end their attempts; batches go on."""
    while True:
        await asyncio.sleep(1)
        gone = session.hub.gone(GONE_SECONDS)
        if gone:
            worker.stop(lambda job, gone=gone: job.held and job.client in gone)  # type: ignore[misc]
