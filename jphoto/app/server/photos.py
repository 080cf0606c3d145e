"""Uploads, and the pictures of photos: reduced copies, and tiles at full size."""

import asyncio
import hashlib
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from jphoto import images
from jphoto.app.jobs import photos
from jphoto.app.jobs.folder import delete, writing
from jphoto.app.jobs.photos import LOOK_PREFIX, Photo
from jphoto.app.server.replies import MOST_UPLOAD_BYTES, RefusedError, file, not_found, picture
from jphoto.app.server.state import session_of, worker_of

KEY_DIGITS = 20
"""Hexadecimal digits of a photo's id, of the SHA-256 of its file: the same file is kept once."""
PIECE_BYTES = 1 << 20
"""Written at a time."""
ROLES = ("content", "style")


async def upload(request: Request) -> Response:
    """Keep a photo or a look that is sent as it is."""
    session, role = session_of(request), request.query_params.get("role", "content")
    if role not in ROLES:
        raise RefusedError("role must be content or style")
    _check_length(request, session.folder.root)
    name = request.query_params.get("name", "")
    photo = await _kept(request, request.stream(), name, role)
    return JSONResponse(photo.described())


async def _kept(request: Request, stream: AsyncIterator[bytes], name: str, role: str) -> Photo:
    """A photo from its bytes; nothing is left of what cannot be read."""
    session = session_of(request)
    worker_of(request).expect()
    reading: asyncio.Semaphore = request.app.state.reading
    folder = session.folder.part("photos", f".new-{secrets.token_hex(8)}")
    try:
        with writing(folder):
            folder.mkdir()
        key = await _written(stream, folder / "upload", photos.shown_name(name))
        async with reading:
            photo = await run_in_threadpool(
                photos.add_photo, session.folder, folder / "upload", key, name, role
            )
    except ClientDisconnect:
        raise RefusedError("the upload was broken off") from None
    finally:
        await run_in_threadpool(delete, folder)
    with session.lock:
        session.photos[photo.id] = photo
    await run_in_threadpool(session.clean)
    return photo


async def _written(stream: AsyncIterator[bytes], path: Path, name: str) -> str:
    """Write a stream to a file; the id that follows from its content and its name.

    Raises: RefusedError, if it is empty or too large; ImageError, if it cannot be written.
    """
    # The name counts, because results have names after it: copies of a photo are photos.
    digest, total, waiting = hashlib.sha256(name.encode() + b"\0"), 0, bytearray()
    with writing(path), path.open("xb") as target:

        def write() -> None:
            target.write(waiting)
            digest.update(waiting)
            waiting.clear()

        async for piece in stream:
            waiting += piece
            total += len(piece)
            if total > MOST_UPLOAD_BYTES:
                raise _too_large()
            if len(waiting) >= PIECE_BYTES:
                await run_in_threadpool(write)
        await run_in_threadpool(write)
    if not total:
        raise RefusedError("the file is empty")
    return digest.hexdigest()[:KEY_DIGITS]


def _check_length(request: Request, folder: Path) -> None:
    """Refuse a file that is too large before it is sent."""
    text = request.headers.get("content-length", "0")
    length = int(text) if text.isdecimal() else 0
    if length > MOST_UPLOAD_BYTES:
        raise _too_large()
    free = shutil.disk_usage(folder).free
    if length > free:
        raise RefusedError(
            f"the disk is full: the photo has {length / 1e6:.0f} MB, and {free / 1e6:.0f} MB are "
            f"free in {folder}",
            507,
        )


def _too_large() -> RefusedError:
    return RefusedError(f"the file has more than {MOST_UPLOAD_BYTES / 2**30:.0f} GB", 413)


def remove(request: Request) -> Response:
    """Delete a photo."""
    session_of(request).delete_photo(request.path_params["id"])
    return JSONResponse({})


async def view(request: Request) -> Response:
    """A reduced copy: view.jpg or thumb.jpg."""
    key, name = request.path_params["id"], request.path_params["name"]
    session = session_of(request)
    shown = session.photo(key)
    if name not in ("view", "thumb"):
        raise not_found(name[:40])
    if key.startswith(LOOK_PREFIX):
        side = 2 * photos.THUMB_SIDE if name == "view" else photos.THUMB_SIDE
        return picture(await run_in_threadpool(photos.bundled_thumb, shown.name, side))
    return await file(session.folder.part("photos", key) / f"{name}.jpg", shown.name)


async def example(request: Request) -> Response:
    """Add a bundled pair to the session."""
    name, pair = request.path_params["name"], []
    for role in ROLES:
        content = await run_in_threadpool(_example_file, name, role)

        async def stream(content: bytes = content) -> AsyncIterator[bytes]:
            yield content

        pair.append((await _kept(request, stream(), f"{name}-{role}.jpg", role)).described())
    return JSONResponse({"content": pair[0], "styles": pair[1:]})


def example_picture(request: Request) -> Response:
    """A thumbnail of a bundled photo."""
    name, role = request.path_params["name"], request.path_params["role"]
    if role not in ROLES:
        raise not_found(role[:40])
    shown = images.read_picture(_example_file(name, role), role=role)
    size = images.working_size(shown.shape[:2], photos.THUMB_SIDE)
    return picture(images.jpeg_bytes(images.resize(shown, size), photos.THUMB_QUALITY))


def _example_file(name: str, role: str) -> bytes:
    try:
        return photos.example_file(name, role)
    except KeyError:
        raise not_found(f"example {name[:40]}") from None
