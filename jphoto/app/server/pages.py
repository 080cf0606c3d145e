"""The page and its files, as they lie in the package."""

from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from jphoto.app.jobs.worker import OPENING_SECONDS
from jphoto.app.server.replies import not_found
from jphoto.app.server.state import worker_of

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
"""Of the files of the page, by their suffixes."""


def index(request: Request) -> Response:
    """The page itself."""
    worker_of(request).expect(OPENING_SECONDS)
    return _file("index.html")


def page_file(request: Request) -> Response:
    """One of its files."""
    return _file(request.path_params["name"])


def icon(request: Request) -> Response:
    """What browsers ask for by themselves."""
    return _file("icon.svg")


def _file(name: str) -> Response:
    kind = TYPES.get(name.rpartition(".")[2])
    found = resources.files("jphoto.app") / "page" / name
    if kind is None or "/" in name or "\\" in name or name.startswith(".") or not found.is_file():
        raise not_found(f"page/{name[:100]}")
    return Response(found.read_bytes(), media_type=kind, headers={"Cache-Control": "no-cache"})
