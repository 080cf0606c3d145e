"""Server-sent events: everything that changes, to every window of the page."""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

import jphoto
from jphoto.app.jobs.hub import Hub, Listener
from jphoto.app.server.state import session_of


async def events(request: Request) -> Response:
    """The events of one window, until it is gone."""
    session = session_of(request)
    client = request.query_params.get("client", "")[:100]
    hello: tuple[object, tuple[str, dict[str, str]]] = (
        "", ("hello", {"version": jphoto.__version__}),
    )  # fmt: skip
    listener = session.hub.listen(client, [hello, *session.unfinished()])
    return StreamingResponse(_lines(session.hub, listener), media_type="text/event-stream")


async def _lines(hub: Hub, listener: Listener) -> AsyncIterator[str]:
    try:
        yield "retry: 1000\n\n"
        async for event in listener.events():
            # A comment is a sign of life.
            yield f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n" if event else ":\n\n"
    finally:
        hub.leave(listener)
