"""A server of the app for tests: asked in this process, or started as a command."""

import contextlib
import time

from starlette.testclient import TestClient

from jphoto.app.jobs.folder import Folder
from jphoto.app.jobs.session import Session
from jphoto.app.jobs.worker import Worker
from jphoto.app.server.application import application

ADDRESS = "http://127.0.0.1:8765"
QUICK = {"steps": 0, "smoothing": "none", "regions": "none", "size": 64}
"""A color transfer of tiny photos, without a network."""


class Asked:
    """A client with the cookie of the server."""

    def __init__(self, folder, token=True):
        self.folder = Folder(folder)
        assert self.folder.lock()
        self.session, self.worker = Session(self.folder), Worker()
        app = application(self.session, self.worker, "127.0.0.1", 8765)
        self.http = TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)
        if token:
            self.http.get(f"/?token={self.folder.token()}", follow_redirects=False)

    def __enter__(self):
        self.http.__enter__()
        return self

    def __exit__(self, *error):
        self.http.__exit__(*error)
        self.folder._lock.close()

    def ok(self, method, path, **options):
        """The JSON of a response that must not be an error."""
        response = self.http.request(method, path, **options)
        assert response.status_code == 200, response.text
        return response.json()

    def add(self, path, role="content", name=None):
        """Upload a photo; what the server says of it."""
        options = {"name": name or path.name, "role": role}
        return self.ok("POST", "/api/photos", params=options, content=path.read_bytes())

    def begin(self, content, *styles, kind="transfer", client="window", **values):
        """Ask for an attempt."""
        settings = {**QUICK, **values.pop("settings", {})}
        chosen = [{"id": style["id"], "weight": 1} for style in styles]
        body = {"kind": kind, "content": content["id"], "styles": chosen, "client": client}
        return self.ok("POST", "/api/attempts", json={**body, "settings": settings, **values})

    def running(self, thing):
        """An attempt, once it is no longer queued."""
        while self.session.attempt(thing["id"]).status == "queued":
            time.sleep(0.005)
        return thing

    def ended(self, thing, kind="attempts", seconds=30):
        """An attempt or a batch, once it has ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ok("GET", f"/api/{kind}/{thing['id']}")
            if found["status"] in ("finished", "stopped", "failed"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"not ended: {found}")

    def refused(self, method, path, **options):
        """The status and the line of a response that must be an error."""
        response = self.http.request(method, path, **options)
        assert response.status_code >= 400, response.text
        line = response.json()["error"]
        assert "\n" not in line and str(self.folder.root) not in line
        return response.status_code, line


@contextlib.contextmanager
def asked(folder):
    """A running server."""
    with Asked(folder) as server:
        yield server
