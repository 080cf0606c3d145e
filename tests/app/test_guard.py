"""Who may ask the app's server, and what its page may load."""

import socket

import pytest
from helpers.app import ADDRESS, Asked

from jphoto.app.server import serving
from jphoto.app.server.guard import Guard

ANYWHERE = ("/", "/page/main.js", "/api/state", "/api/photos/x/view.jpg", "/api/nothing")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    with Asked(tmp_path_factory.mktemp("session"), token=False) as running:
        yield running


@pytest.mark.parametrize("path", ANYWHERE)
def test_without_the_token_nothing_is_told(stranger, path):
    response = stranger.http.get(path)
    assert response.status_code == 403 and response.json().keys() == {"error"}


@pytest.mark.parametrize("token", ["wrong", "", "x" * 48, "%ff"])
def test_a_wrong_token_opens_nothing(stranger, token):
    assert stranger.http.get(f"/?token={token}").status_code == 403
    headers = {"Cookie": f"jphoto-8765={token}"}
    assert stranger.http.get("/api/state", headers=headers).status_code == 403


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_get(server):
    response = server.http.get(f"/?token={server.folder.token()}", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    words = {word.strip().lower() for word in response.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= words
    assert server.http.get("/").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "localhost:8766", "",
     "192.168.1.2:8765", "127.0.0.1:8765.evil.example", "[::1]", "a@127.0.0.1:8765"],
)  # fmt: skip
def test_another_name_of_this_machine_leads_nowhere(server, host):
    assert server.http.get("/api/state", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8765", "[::1]:8765", "LOCALHOST:8765"])
def test_names_of_this_machine_are_its_own(server, host):
    cookie = f"jphoto-8765={server.folder.token()}"
    headers = {"Host": host, "Cookie": cookie, "Origin": f"http://{host}"}
    assert server.http.get("/api/state", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin", ["null", "http://evil.example", "https://127.0.0.1:8765", "http://127.0.0.1:8766",
               "http://localhost:8765"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_page_may_not_ask(server, origin, method):
    response = server.http.request(method, "/api/state", headers={"Origin": origin})
    assert response.status_code == 403
    assert server.http.get("/api/state", headers={"Origin": ADDRESS}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/nothing", "/page/../attempts.py"])
def test_every_response_keeps_the_page_to_this_server(server, stranger, path):
    for response in (server.http.get(path), stranger.http.get(path)):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_on_all_interfaces_numbers_are_its_names_and_other_names_are_not():
    guard = Guard(None, "0.0.0.0", 8765, "token")
    own = {host: guard._is_own(host) for host in ("192.168.1.2:8765", "evil.example:8765")}
    assert own == {"192.168.1.2:8765": True, "evil.example:8765": False}


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.2", False), ("host.example", False)],
)  # fmt: skip
def test_addresses_that_others_reach_are_known(host, alone):
    assert serving.is_loopback(host) is alone


def test_a_taken_port_is_passed_over():
    first = serving.listening("127.0.0.1", 18765)
    second = serving.listening("127.0.0.1", first.getsockname()[1])
    try:
        assert second.getsockname()[1] > first.getsockname()[1]
    finally:
        first.close()
        second.close()


def test_asyncio_knows_the_socket_as_one_of_tcp():
    # Otherwise it leaves Nagle's algorithm on, and each response waits for an acknowledgment.
    bound = serving.listening("127.0.0.1", 18765)
    with bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_files_beside_the_page_are_not_served(server):
    for name in ("../__init__.py", "..%2f__init__.py", "__init__.py", "%2e%2e", "x.js"):
        assert server.http.get(f"/page/{name}").status_code == 404
