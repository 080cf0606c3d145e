"""Responses of the server: JSON, pictures, and errors as one clear line."""

import json
import logging
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from jphoto.app.jobs.folder import FULL
from jphoto.app.jobs.session import MissingError, UsedError
from jphoto.errors import JphotoError
from jphoto.process.worker import in_one_line

MOST_UPLOAD_BYTES = 2**32
"""Of a photo, as in a pipe of the command line."""
MOST_BODY_BYTES = 1_000_000
"""Of a body of JSON."""
KEPT = {"Cache-Control": "private, max-age=86400"}
"""For pictures whose address is that of one picture forever."""

_logger = logging.getLogger(__name__)


class RefusedError(JphotoError):
    """What was asked for cannot be done.

    Args:
      line: that says why.
      status: of HTTP.
    """

    def __init__(self, line: str, status: int = 400) -> None:
        super().__init__(line)
        self.status = status


def not_found(what: str) -> RefusedError:
    """The error for something that is not, or no longer, there."""
    return RefusedError(f"{what} is not there; it may have been deleted", 404)


async def bytes_of(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises: RefusedError, if it has more bytes than that.
    """
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > most:
            raise RefusedError("the request is too large", 413)
    return bytes(content)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request.

    Raises: RefusedError, if it is anything else.
    """
    content = await bytes_of(request, MOST_BODY_BYTES)
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        raise RefusedError("the request is not JSON") from None
    if not isinstance(values, dict):
        raise RefusedError("the request must be a JSON object")
    return values


def picture(content: bytes) -> Response:
    """A JPEG picture."""
    return Response(content, media_type="image/jpeg", headers=KEPT)


async def file(path: Path, what: str, **options: Any) -> Response:
    """A file of the session.

    Args:
      path: of the file.
      what: it is, for the error.
      options: of FileResponse.

    Raises: RefusedError, if it is not there.
    """
    if not await run_in_threadpool(path.is_file):
        raise not_found(what)
    return FileResponse(path, headers=KEPT, **options)


async def failed(request: Request, error: Exception) -> Response:
    """The response for an error of any kind."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": str(error.detail)}, error.status_code)
    if isinstance(error, JphotoError):
        return JSONResponse({"error": str(error)}, _status(error))
    _logger.error("%s: %s", request.url.path, in_one_line(error))
    return JSONResponse({"error": in_one_line(error)}, 500)


def _status(error: JphotoError) -> int:
    if isinstance(error, RefusedError):
        return error.status
    if isinstance(error, MissingError | UsedError):
        return 404 if isinstance(error, MissingError) else 409
    cause = error.__cause__
    return 507 if isinstance(cause, OSError) and cause.errno in FULL else 400
