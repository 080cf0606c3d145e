"""What the page learns when it opens: settings with their helps, networks, and the session."""

import dataclasses
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import jphoto
from jphoto import formats, weights
from jphoto.app.jobs.photos import EXAMPLES
from jphoto.app.jobs.session import Session
from jphoto.app.jobs.worker import Worker
from jphoto.app.server.replies import MOST_UPLOAD_BYTES
from jphoto.images.limits import MOST_PIXELS
from jphoto.setting_checks import allowed_values
from jphoto.settings import DEFAULT_SIZE, TERMS, Settings

UNITS = {"size": "pixels", "out_size": "pixels"}
NETWORKS = ("vgg16", "vgg19", "deeplab")


def session_of(request: Request) -> Session:
    """The session that the server has."""
    session: Session = request.app.state.session
    return session


def worker_of(request: Request) -> Worker:
    """The worker that the server has."""
    worker: Worker = request.app.state.worker
    return worker


def state(request: Request) -> Response:
    """Everything that the page shows."""
    session = session_of(request)
    return JSONResponse(
        {
            "version": jphoto.__version__,
            "folder_bytes": session.folder.size(),
            "networks": {name: weights.find(name) is not None for name in NETWORKS},
            "settings": [_described(field) for field in dataclasses.fields(Settings)],
            "size": DEFAULT_SIZE,
            "formats": [kind.suffixes[0] for kind in formats.FORMATS if kind.written],
            "limits": {"bytes": MOST_UPLOAD_BYTES, "pixels": MOST_PIXELS},
            "examples": [_example(name, title) for name, title in EXAMPLES.items()],
            **session.state(),
        }
    )


def _described(field: "dataclasses.Field[Any]") -> dict[str, Any]:
    """A setting: what it does, and which values it takes."""
    types, words = allowed_values(field)
    kind = next((name for name, one in _KINDS.items() if one in types), "choice")
    low, high = field.metadata["bounds"] or (None, None)
    return {
        "name": field.name,
        "help": field.metadata["help"],
        "kind": kind,
        "default": field.default,
        "min": low,
        "max": high,
        "choices": list(words),
        "meanings": field.metadata["words"],
        "unit": UNITS.get(field.name),
        "group": "plain" if field.metadata["group"] == TERMS else "expert",
        "section": field.metadata["group"],
    }


_KINDS: dict[str, type] = {"float": float, "int": int, "bool": bool}


def _example(name: str, title: str) -> dict[str, str]:
    url = f"/api/examples/{name}"
    thumbs = {f"{role}_thumb": f"{url}/{role}.jpg" for role in ("content", "style")}
    return {"name": name, "title": title, **thumbs}
