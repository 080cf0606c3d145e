"""The application: its routes, and what begins and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from jphoto.app.jobs.session import Session
from jphoto.app.server import events, pages, photos, state
from jphoto.app.server.guard import Guard
from jphoto.app.server.replies import failed
from jphoto.errors import JphotoError

GONE_SECONDS = 15.0
"""After its last window has been gone for so long, what a client has asked for ends."""


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
    _post("/api/examples/{name}", photos.example),
    _get("/api/examples/{name}/{role}.jpg", photos.example_picture),
]


def application(session: Session, host: str, port: int) -> ASGIApp:
    """The guarded application.

    Args:
      session: whose folder this process has locked.
      host: that is listened on.
      port: that is listened on.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        session.hub.begin()
        watching = asyncio.create_task(_end_what_nobody_waits_for(session))
        try:
            yield
        finally:
            watching.cancel()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={HTTPException: failed, JphotoError: failed, Exception: failed},
    )
    app.state.session = session
    return Guard(app, host, port, session.folder.token())


async def _end_what_nobody_waits_for(session: Session) -> None:
    """Look for clients that are gone."""
    while True:
        await asyncio.sleep(1)
        session.hub.gone(GONE_SECONDS)
