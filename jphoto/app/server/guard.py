"""Who may ask the server: the browser that was opened with the token, and no other page in it.

`Host` must be the address that is listened on, so that no other name can lead here (DNS rebinding);
`Origin`, if a browser sends it, must be this server; and every request but the first needs the
cookie that the first one got for the token. Each response has headers that let the page load
nothing from anywhere else.
"""

import ipaddress
import re
import secrets
import socket
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Of this machine, in the address of a page."""
_WRONG_TOKEN = "open the address that jphoto app printed, with its token"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.%]*\]|[^:\[\]]+)(?::(?P<port>\d+))?")


def host_in_address(host: str) -> str:
    """A host as it is written in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


class Guard:
    """Lets requests through to the application, or refuses them.

    Args:
      app: that answers.
      host: that is listened on.
      port: that is listened on.
      token: of the opened address.
    """

    def __init__(self, app: ASGIApp, host: str, port: int, token: str) -> None:
        self._app, self._port, self._token = app, port, token
        self._names = {*NAMES, host_in_address(host), socket.gethostname().lower()}
        self._every_number = host in ("0.0.0.0", "::")
        self._cookie = f"jphoto-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, send_guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """A refusal, or the cookie for the token; None for a request that may pass."""
        headers = Headers(scope=scope)
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if not self._is_own(host):
            return _refused("this server has another name; open the address that it printed")
        if origin is not None and origin.lower() != f"http://{host}":
            return _refused("another page has asked; only the page of jphoto app may")
        if scope["path"] == "/" and scope["method"] == "GET":
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if given:
                return self._entered() if self._is_token(given) else _refused(_WRONG_TOKEN)
        if not self._is_token(self._token_of_cookie(headers)):
            return _refused(_WRONG_TOKEN)
        return None

    def _is_own(self, host: str) -> bool:
        """Whether a host is this server's. A number is no name that others could have changed."""
        found = _HOST.fullmatch(host)
        if found is None or (found["port"] or "80") != str(self._port):
            return False
        name = found["name"]
        return name in self._names or (self._every_number and _is_number(name))

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _token_of_cookie(self, headers: Headers) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self._cookie, "")

    def _entered(self) -> Response:
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, path="/", httponly=True, samesite="strict")
        return response


def _refused(line: str) -> Response:
    return JSONResponse({"error": line}, 403)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
