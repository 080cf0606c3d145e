"""Regions and masks."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jphoto.app.jobs.photos import shown_name
from jphoto.app.jobs.regions import found_regions, imported_mask
from jphoto.app.server.attempts import full_size_of, settings_of, styles_of
from jphoto.app.server.replies import RefusedError, body_of, bytes_of, file
from jphoto.app.server.state import session_of
from jphoto.images import HeldFile
from jphoto.settings import Settings

MOST_MASK_BYTES = 64_000_000


async def find(request: Request) -> Response:
    """Find the regions that photos share."""
    session, values = session_of(request), await body_of(request)
    content = session.photo(values.get("content"))
    if content.is_look:
        raise RefusedError(f"{content.name} is a look; the content must be a photo")
    styles = [session.photo(one["id"]) for one in styles_of(session, values)]
    settings = Settings(**settings_of(values)[0])
    full_size = full_size_of(request)
    found = await full_size.run(found_regions, session, content, styles, settings)
    return JSONResponse(found)


async def mask(request: Request) -> Response:
    """A mask."""
    path = session_of(request).mask(request.path_params["id"])
    return await file(path, "this mask")


async def add_mask(request: Request) -> Response:
    """Keep a mask that is sent as PNG."""
    session = session_of(request)
    photo = session.photo(request.query_params.get("photo"))
    name = shown_name(request.query_params.get("name", "mask.png"))
    file = HeldFile(name, await bytes_of(request, MOST_MASK_BYTES))
    full_size = full_size_of(request)
    return JSONResponse(await full_size.run(imported_mask, session, file, photo))
