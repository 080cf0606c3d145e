"""Downloads from a local server that can be set to misbehave."""

import dataclasses
import hashlib
import http.server
import socket
import threading

import h5py
import numpy as np
import pytest

from jphoto import weights
from jphoto.errors import WeightsError
from jphoto.weights import catalog
from jphoto.weights import download as download_module
from jphoto.weights.digests import Digest, file_digest
from jphoto.weights.download import download
from jphoto.weights.layout import layers

BODY = np.random.default_rng(0).bytes(1_000_000)
EXPECTED = Digest("md5", hashlib.md5(BODY).hexdigest())


class Handler(http.server.BaseHTTPRequestHandler):
    """Sends the server's body, with the faults that the server's other fields select."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers["Range"]))
        if self.path == "/missing":
            self.send_error(404)
            return
        body = self.server.body
        start = self.requested_start() if self.server.supports_ranges else 0
        if start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.server.sends_length:
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        # Only one response is cut off; the next request gets everything.
        self.wfile.write(body[start : self.server.cut_after])
        self.server.cut_after = None
        self.server.release.wait()

    def requested_start(self):
        header = self.headers["Range"]
        return int(header.removeprefix("bytes=").removesuffix("-")) if header else 0

    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.body = BODY
        server.supports_ranges = True
        server.sends_length = True
        server.cut_after = None
        server.requests = []
        server.release = threading.Event()
        server.release.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.release.set()
        server.shutdown()
        thread.join()


def address(server, path="/file.h5"):
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.fixture
def refusing():
    """An address where no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}/file.h5"


@pytest.fixture
def part(tmp_path):
    return tmp_path / "vgg19.part"


@pytest.mark.parametrize("sends_length", [True, False])
def test_a_plain_download(sends_length, server, part):
    server.sends_length = sends_length
    calls = []
    download((address(server),), part, EXPECTED, lambda done, total: calls.append((done, total)))
    assert part.read_bytes() == BODY
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] == len(BODY)
    assert {total for _, total in calls} == {len(BODY) if sends_length else None}
    assert server.requests == [("/file.h5", None)]


def test_a_download_that_was_cut_off_resumes(server, part):
    server.cut_after = 300_000
    with pytest.raises(WeightsError, match="broke off after 300000 of 1000000 bytes; run"):
        download((address(server),), part, EXPECTED)
    assert part.read_bytes() == BODY[:300_000]
    calls = []
    download((address(server),), part, EXPECTED, lambda done, total: calls.append((done, total)))
    assert part.read_bytes() == BODY
    assert server.requests[1:] == [("/file.h5", "bytes=300000-")]
    assert calls[0][0] > 300_000
    assert calls[-1] == (1_000_000, 1_000_000)


def test_a_server_without_ranges_sends_everything_again(server, part):
    part.write_bytes(BODY[:300_000])
    server.supports_ranges = False
    download((address(server),), part, EXPECTED)
    assert part.read_bytes() == BODY
    assert server.requests == [("/file.h5", "bytes=300000-")]


def test_a_complete_part_is_used_without_a_request(part, refusing):
    part.write_bytes(BODY)
    download((refusing,), part, EXPECTED)
    assert part.read_bytes() == BODY


def test_the_part_of_another_file_is_discarded(server, part):
    part.write_bytes(b"another file")
    download((address(server),), part, EXPECTED)
    assert part.read_bytes() == BODY
    assert server.requests == [("/file.h5", "bytes=12-"), ("/file.h5", None)]


def test_a_part_longer_than_the_file(server, part):
    part.write_bytes(BODY + b"more")
    download((address(server),), part, EXPECTED)
    assert part.read_bytes() == BODY
    assert server.requests == [("/file.h5", "bytes=1000004-"), ("/file.h5", None)]


def test_another_file_is_refused_and_deleted(server, part):
    server.body = BODY[::-1]
    found = hashlib.md5(BODY[::-1]).hexdigest()
    with pytest.raises(
        WeightsError, match=f"sent a file whose md5 is {found}, not {EXPECTED.value}"
    ):
        download((address(server),), part, EXPECTED)
    assert not part.exists()
    assert len(server.requests) == 1


def test_a_server_that_stops_sending(server, part, monkeypatch):
    monkeypatch.setattr(download_module, "_TIMEOUT_SECONDS", 0.2)
    server.cut_after = 500_000
    server.release.clear()
    with pytest.raises(WeightsError, match=r"broke off \(timed out\); run the same command"):
        download((address(server),), part, EXPECTED)
    kept = part.read_bytes()
    assert kept
    assert BODY.startswith(kept)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("/missing", "answered 404 Not Found"),
        (None, "cannot be reached: .*Connection refused"),
        ("http://", "http:// cannot be reached"),
        ("http://127.0.0.1:none/", "cannot be reached"),
        ("http://127.0.0.1/a b", "cannot be reached"),
    ],
)
def test_addresses_that_fail(bad, words, server, refusing, part):
    first = refusing if bad is None else address(server, bad) if bad[0] == "/" else bad
    with pytest.raises(WeightsError, match=words):
        download((first,), part, EXPECTED)
    assert not part.exists()
    download((first, address(server)), part, EXPECTED)
    assert part.read_bytes() == BODY


def test_a_second_address_completes_the_download_of_the_first(server, part):
    server.cut_after = 300_000
    download((address(server, "/first"), address(server, "/second")), part, EXPECTED)
    assert part.read_bytes() == BODY
    assert server.requests == [("/first", None), ("/second", "bytes=300000-")]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def keras_vgg19(tmp_path_factory):
    """A VGG-19 in the layout of Keras; the file is small because its kernels are constant."""
    path = tmp_path_factory.mktemp("keras") / "vgg19.h5"
    with h5py.File(path, "w") as file:
        for number, (layer, shape) in enumerate(layers("vgg19").items()):
            name = f"block{layer[4]}_conv{layer[6]}"
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}_W:0", f"{name}_b:0"]
            kernel = np.full(shape, number, np.float32)
            group.create_dataset(f"{name}_W:0", data=kernel, compression=1)
            group.create_dataset(f"{name}_b:0", data=np.arange(shape[3], dtype=np.float32))
    return path


def pin(monkeypatch, digest, *addresses):
    changed = dataclasses.replace(catalog.NETWORKS["vgg19"], digest=digest, addresses=addresses)
    monkeypatch.setitem(catalog.NETWORKS, "vgg19", changed)


def test_install_from_the_second_pinned_address(server, refusing, keras_vgg19, home, monkeypatch):
    server.body = keras_vgg19.read_bytes()
    pin(monkeypatch, Digest("md5", file_digest(keras_vgg19, "md5")), refusing, address(server))
    calls = []
    path = weights.install("vgg19", progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(server.body), len(server.body))
    assert list(home.iterdir()) == [path]
    loaded = weights.load("vgg19")
    assert loaded.source == "file.h5"
    assert loaded.source_sha256 == file_digest(keras_vgg19, "sha256")
    for number, layer in enumerate(loaded.params.values()):
        assert (layer["kernel"] == number).all()
        np.testing.assert_array_equal(layer["bias"], np.arange(len(layer["bias"])))


def test_install_without_a_network_says_what_to_do(refusing, home, monkeypatch):
    pin(monkeypatch, EXPECTED, refusing, refusing.replace("file", "mirror"))
    with pytest.raises(WeightsError) as caught:
        weights.install("vgg19")
    message = str(caught.value)
    assert message.startswith(f"cannot download vgg19: {refusing} cannot be reached")
    assert refusing.replace("file", "mirror") in message
    assert message.endswith("run `jphoto weights install vgg19 --from FILE`")
    assert "\n" not in message
    assert list(home.iterdir()) == []


def test_a_mirror_with_another_file_is_refused(server, home):
    with pytest.raises(WeightsError, match="not 253f8cb515780f3b799900260a226db6"):
        weights.install("vgg19", address(server))
    assert list(home.iterdir()) == []


def test_a_file_with_the_given_hash_that_holds_no_network(server, home):
    with pytest.raises(WeightsError, match="no readable HDF5 file"):
        weights.install("vgg19", address(server), hashlib.sha256(BODY).hexdigest())
    assert list(home.iterdir()) == []


def test_a_disk_that_cannot_be_written(server, home):
    (home / "vgg19.part").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"cannot write .*vgg19\.part: Is a directory"):
        weights.install("vgg19", address(server))
