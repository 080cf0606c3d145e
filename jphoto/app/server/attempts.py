"""Attempts: asked for, watched, stopped, looked at and kept."""

import math
import secrets
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from jphoto.app.jobs import attempts as names
from jphoto.app.jobs.attempts import Attempt, without_strength
from jphoto.app.jobs.commands import commands
from jphoto.app.jobs.full_size import HEAT_MAP, FullSize
from jphoto.app.jobs.session import Session
from jphoto.app.jobs.transfers import AttemptJob
from jphoto.app.server.replies import RefusedError, body_of, file, not_found, picture
from jphoto.app.server.state import session_of, worker_of
from jphoto.formats import WRITTEN

KINDS = (names.PREVIEW, names.TRANSFER)
MOST_STYLES = 16
PICTURES = (names.RESULT, names.CONTENT, names.THUMB)


def full_size_of(request: Request) -> FullSize:
    """What makes pictures at full size."""
    full_size: FullSize = request.app.state.full_size
    return full_size


def attempt_of(request: Request) -> Attempt:
    """The attempt that a request is about.

    Raises: MissingError, if there is none.
    """
    return session_of(request).attempt(request.path_params["id"])


async def add(request: Request) -> Response:
    """Ask for an attempt. The running one of the same client stops, and its previews that wait are
    dropped.
    """
    session, worker = session_of(request), worker_of(request)
    attempt = _made(session, await body_of(request))
    await run_in_threadpool(attempt.write, session.folder)
    full_size_of(request).originals.make_room()
    with session.lock:
        session.attempts[attempt.id] = attempt
    client = attempt.client
    worker.drop(
        lambda job: (
            isinstance(job, AttemptJob)
            and (job.client, job.attempt.kind) == (client, names.PREVIEW)
        )
    )
    # Added first: a preview runs in the midst of the job that stops.
    worker.add(AttemptJob(session, attempt, worker.run_waiting))
    worker.stop_running(lambda job: job.held and job.client == client and job.key != attempt.id)
    session.tell(attempt, keep=False)
    return JSONResponse(attempt.described())


def _made(session: Session, values: dict[str, Any]) -> Attempt:
    """The attempt that a request describes.

    Raises: a JphotoError, for anything that is wrong with it.
    """
    kind, content = values.get("kind"), session.photo(values.get("content"))
    if kind not in KINDS:
        raise RefusedError(f"kind must be one of {', '.join(KINDS)}")
    if content.is_look:
        raise RefusedError(f"{content.name} is a look; the content must be a photo")
    styles = styles_of(session, values)
    settings, strength = settings_of(values)
    attempt = Attempt(
        id=secrets.token_hex(8),
        kind=kind,
        content=content.id,
        styles=styles,
        settings=settings,
        strength=strength,
        masks=_masks_of(session, values, len(styles)),
        style_for=_style_for(session, values),
        client=str(values.get("client", ""))[:100],
    )
    attempt.to_settings()
    return attempt


def settings_of(values: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """The settings of a request that differ from the defaults, and the strength.

    Raises: SettingsError or RefusedError, for anything else.
    """
    given = values.get("settings") or {}
    if not isinstance(given, dict):
        raise RefusedError("settings must be an object")
    settings, strength = without_strength(given)
    return settings, _strength(str(values["strength"])) if "strength" in values else strength


def styles_of(session: Session, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The styles of a request, each with its weight.

    Raises: RefusedError or MissingError, for anything else.
    """
    given = values.get("styles")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_STYLES:
        raise RefusedError(f"give from 1 to {MOST_STYLES} styles")
    styles = []
    for one in given:
        if not isinstance(one, dict):
            raise RefusedError("a style must be an object with an id and a weight")
        weight = one.get("weight", 1.0)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight >= 0:
            raise RefusedError("the weight of a style must be a number from 0 on")
        styles.append({"id": session.photo(one.get("id")).id, "weight": float(weight)})
    if not any(one["weight"] for one in styles):
        raise RefusedError("at least one style must have a weight above 0")
    return styles


def _masks_of(session: Session, values: dict[str, Any], styles: int) -> dict[str, Any]:
    given = values.get("masks") or {}
    if not isinstance(given, dict) or not isinstance(given.get("styles") or [], list):
        raise RefusedError("masks must be an object with content and styles")
    own = given.get("styles") or [None] * styles
    if len(own) != styles:
        raise RefusedError(f"{len(own)} style masks were given for {styles} styles; give one each")
    for key in filter(None, (given.get("content"), *own)):
        session.mask(str(key))
    return {"content": given.get("content"), "styles": own}


def _style_for(session: Session, values: dict[str, Any]) -> dict[str, str]:
    given = values.get("style_for") or {}
    if not isinstance(given, dict):
        raise RefusedError("style_for must be an object of kinds and styles")
    return {str(kind): session.photo(key).id for kind, key in given.items()}


def show(request: Request) -> Response:
    """The state of an attempt."""
    return JSONResponse(attempt_of(request).described())


def remove(request: Request) -> Response:
    """Delete an attempt; a running one is stopped first."""
    session, attempt = session_of(request), attempt_of(request)
    worker_of(request).stop(lambda job: job.key == attempt.id)
    if attempt.id in session.attempts:
        session.delete_attempt(attempt)
    return JSONResponse({})


def stop(request: Request) -> Response:
    """Stop an attempt; what there is of it is kept."""
    attempt = attempt_of(request)
    worker_of(request).stop(lambda job: job.key == attempt.id)
    return JSONResponse(attempt.described())


async def change(request: Request) -> Response:
    """Remember the strength."""
    session, attempt = session_of(request), attempt_of(request)
    values = await body_of(request)
    attempt.strength = _strength(str(values.get("strength")))
    await run_in_threadpool(session.tell, attempt)
    return JSONResponse(attempt.described())


async def frame(request: Request) -> Response:
    """The newest frame."""
    attempt = attempt_of(request)
    return await file(session_of(request).of_attempt(attempt, names.FRAME), "this frame")


async def shown(request: Request) -> Response:
    """The result, the content photo, or a thumbnail, in the size of the page."""
    session, attempt = session_of(request), attempt_of(request)
    name = f"{request.path_params['name']}.jpg"
    if name not in PICTURES:
        raise not_found(name[:40])
    path = session.of_attempt(attempt, name)
    if not path.is_file():  # not yet, or not any more
        frame_path = session.of_attempt(attempt, names.FRAME)
        path = session.view(attempt.content) if name == names.CONTENT else frame_path
        response = await file(path, "this picture")
        response.headers["Cache-Control"] = "no-store"
        return response
    return await file(path, "this picture")


async def tile(request: Request) -> Response:
    """A tile of the result at full size."""
    full_size, where = full_size_of(request), request.path_params
    attempt = attempt_of(request)
    return picture(await full_size.run(full_size.result_tile, attempt, where["x"], where["y"]))


async def photo_tile(request: Request) -> Response:
    """A tile of a photo at full size."""
    full_size, where = full_size_of(request), request.path_params
    key = session_of(request).photo(where["id"]).id
    return picture(await full_size.run(full_size.photo_tile, key, where["x"], where["y"]))


def command_lines(request: Request) -> Response:
    """The command line and the Python program that make the same."""
    attempt = attempt_of(request)
    return JSONResponse(commands(session_of(request), attempt, _strength_of(request, attempt)))


async def fidelity(request: Request) -> Response:
    """How faithful the result is to the photo."""
    full_size, attempt = full_size_of(request), attempt_of(request)
    return JSONResponse(await full_size.run(full_size.fidelity, attempt))


async def heat_map(request: Request) -> Response:
    """Where it is not."""
    full_size, attempt = full_size_of(request), attempt_of(request)
    await full_size.run(full_size.fidelity, attempt)
    return await file(session_of(request).of_attempt(attempt, HEAT_MAP), "the heat map")


async def download(request: Request) -> Response:
    """The file of the result at full size."""
    full_size, attempt = full_size_of(request), attempt_of(request)
    suffix = request.query_params.get("format", ".jpg").lower()
    if suffix not in WRITTEN:
        raise RefusedError(f"format must be one of {', '.join(WRITTEN)}, not {suffix[:20]!r}")
    depth, strength = request.query_params.get("depth"), _strength_of(request, attempt)
    return _download(*await full_size.run(full_size.file, attempt, suffix, strength, depth))


async def lut(request: Request) -> Response:
    """The color change as a LUT."""
    full_size, attempt = full_size_of(request), attempt_of(request)
    strength = _strength_of(request, attempt)
    return _download(*await full_size.run(full_size.lut, attempt, strength))


async def look(request: Request) -> Response:
    """The look of the styles."""
    full_size, attempt = full_size_of(request), attempt_of(request)
    return _download(*await full_size.run(full_size.look, attempt))


def _download(path: Path, name: str) -> Response:
    """A file that is deleted once it is sent."""
    return FileResponse(path, filename=name, background=BackgroundTask(path.unlink, True))


def _strength_of(request: Request, attempt: Attempt) -> float:
    return _strength(request.query_params.get("strength", str(attempt.strength)))


def _strength(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise RefusedError(f"strength must be a number from 0 to 1, not {text[:20]!r}")
    return value
