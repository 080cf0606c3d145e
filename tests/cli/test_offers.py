"""The offer to install the segmenter, and the line about VGG-19; on pseudo-terminals."""

import contextlib
import dataclasses
import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import jphoto
from jphoto import weights
from jphoto.cli import offers
from jphoto.errors import ImageError
from jphoto.weights import archive, catalog, store
from jphoto.weights.digests import Digest, file_digest
from jphoto.weights.layout import layers

pty = pytest.importorskip("pty", reason="there are no pseudo-terminals")
ROOT = Path(jphoto.__file__).parents[1]
QUESTION = "Install it now? [Y/n]"
LINE = "To install it: jphoto weights install deeplab"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Empty folders of weights, and no wish of the environment's."""
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("TERM", "dumb")  # no progress bar
    monkeypatch.delenv("JPHOTO_OFFLINE", raising=False)
    monkeypatch.setattr(store, "CHECKOUT", tmp_path)
    return tmp_path / "weights"


class Terminal:
    """A user who types something in advance, and what the terminal shows."""

    def __init__(self):
        self.user, self.end = pty.openpty()
        self.opened = [os.fdopen(os.dup(self.end), mode) for mode in ("r", "w")]
        self.group = os.getpgrp()

    @contextlib.contextmanager
    def attached(self):
        """The standard streams are the terminal's; not from a fixture, because pytest has its own
        in each phase of a test."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", self.opened[0])
            patch.setattr("sys.stderr", self.opened[1])
            patch.setattr("os.tcgetpgrp", lambda stream: self.group)
            yield

    def type(self, text):
        os.write(self.user, text.encode())

    def shown(self):
        self.opened[1].flush()
        os.write(self.end, b"\0")  # which ends what is read
        shown = b""
        while not shown.endswith(b"\0"):
            shown += os.read(self.user, 1 << 16)
        return shown[:-1].decode().replace("\r\n", "\n")

    def close(self):
        for stream in self.opened:
            stream.close()
        os.close(self.user)
        os.close(self.end)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a segmenter whose weights are zero."""
    folder, params = tmp_path_factory.mktemp("published"), {}
    for layer, shape in layers("deeplab").items():
        params[layer] = {"kernel": np.zeros(shape, "f"), "bias": np.zeros(shape[3:], "f")}
    zeros = archive.Weights("deeplab", "tensorflow", params, "zeros", "0", "none")
    archive.write(zeros, folder / "zeros")
    return folder


@pytest.fixture
def server(published, monkeypatch):
    """The only address of the segmenter."""
    handler = functools.partial(Handler, directory=published)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        pin(monkeypatch, published, f"http://127.0.0.1:{server.server_port}/zeros")
        yield server
        server.shutdown()
        thread.join()


def pin(monkeypatch, published, address):
    digest = Digest("sha256", file_digest(published / "zeros", "sha256"))
    network = dataclasses.replace(catalog.NETWORKS["deeplab"], digest=digest, addresses=(address,))
    monkeypatch.setitem(catalog.NETWORKS, "deeplab", network)


@pytest.fixture
def transfer(photos, tmp_path, command, monkeypatch, request):
    """`jphoto transfer` up to the work itself; whether that would find the segmenter, and errors
    that did not go to the test's terminal."""
    begun, terminal = [], contextlib.nullcontext
    if "terminal" in request.fixturenames:
        terminal = request.getfixturevalue("terminal").attached

    def work(*_, **__):
        begun.append(weights.find("deeplab") is not None)
        raise ImageError("the end")

    monkeypatch.setattr("jphoto.cli.run.run_transfer", work)

    def run(*arguments):
        pair = photos / "content.png", photos / "style.png"
        with terminal():
            options = "--out", tmp_path / "out.png", *arguments
            status, _, errors = command("transfer", *pair, *options)
        assert status == 1 and len(begun) == 1
        return begun.pop(), errors

    return run


@pytest.mark.parametrize("answer", ["\n", "y\n", "what?\nYes\n"])
def test_yes_installs_it_and_goes_on_with_it(answer, terminal, server, transfer):
    terminal.type(answer)
    assert transfer()[0]
    shown = terminal.shown()
    assert shown.count(QUESTION) == answer.count("\n")
    assert "downloading deeplab: 100 %" in shown and "installed deeplab: " in shown
    assert transfer()[0] and terminal.shown() == "jphoto: the end\n"


def test_no_is_remembered(terminal, transfer, home):
    terminal.type("n\n")
    assert not transfer()[0]
    shown = terminal.shown()
    assert QUESTION in shown and "To install it later: jphoto weights install deeplab" in shown
    assert [path.name for path in home.iterdir()] == ["deeplab.declined"]
    assert not transfer()[0] and terminal.shown() == "jphoto: the end\n"


def test_the_end_of_the_input_is_no_answer(terminal, transfer, home):
    terminal.type("\x04")
    assert not transfer()[0]
    assert QUESTION in terminal.shown() and not home.exists()


def test_a_failed_download_is_one_line_and_the_transfer_goes_on(
    terminal, transfer, published, monkeypatch, home
):
    pin(monkeypatch, published, "http://127.0.0.1:1/zeros")
    terminal.type("\n")
    assert not transfer()[0]
    failure, end = terminal.shown().split(QUESTION)[1].strip().splitlines()
    assert failure.startswith("jphoto: cannot download deeplab: http://127.0.0.1:1/zeros cannot")
    assert failure.endswith("matches parts that look alike") and end == "jphoto: the end"
    assert not [*home.glob("*")]


def test_where_a_no_cannot_be_kept_it_is_asked_again(terminal, transfer, home, monkeypatch):
    home.touch()
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(home / "weights"))
    for _ in range(2):
        terminal.type("n\n")
        assert not transfer()[0] and QUESTION in terminal.shown()


@pytest.mark.parametrize(
    ("options", "variable"), [(["--offline"], None), ([], "1")], ids=["option", "variable"]
)
def test_offline_nothing_is_offered(options, variable, terminal, transfer, monkeypatch):
    if variable:
        monkeypatch.setenv("JPHOTO_OFFLINE", variable)
    assert not transfer(*options)[0] and terminal.shown() == "jphoto: the end\n"


def test_where_regions_are_given_nothing_is_offered(terminal, transfer, photos):
    masks = "--content-mask", photos / "content_mask.png", "--style-mask", photos / "style_mask.png"
    for arguments in (masks, ["--regions", "features"], ["--regions", "none"]):
        transfer(*arguments)
        assert terminal.shown() == "jphoto: the end\n"


def test_without_a_terminal_a_line_names_the_command(transfer):
    found, errors = transfer()
    lines = errors.splitlines()
    assert not found and len(lines) == 2 and lines[0].endswith(LINE)


def test_a_script_and_a_job_in_the_background_are_not_asked(terminal, transfer):
    transfer("--json")
    assert LINE in (shown := terminal.shown()) and QUESTION not in shown
    terminal.group = 1
    transfer()
    assert LINE in (shown := terminal.shown()) and QUESTION not in shown


ASKING = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from jphoto.process import guarded
def work():
    from jphoto.cli import offers
    offers.offer_segmenter(may_ask=True)
guarded(work, lambda: None)
"""


def test_ctrl_c_at_the_question_ends_the_command(home):
    user, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=end, stderr=end, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(end)
    shown = b""
    while QUESTION.encode() not in shown:
        shown += os.read(user, 1 << 12)
    os.write(user, b"\x03")
    assert process.wait(30) == 130
    assert b"jphoto: stopped" in os.read(user, 1 << 12)
    os.close(user)
    assert not home.exists()


AUTO = jphoto.Settings()
WITH_VGG16 = dataclasses.replace(AUTO, backbone="vgg16")


def test_vgg19_is_mentioned_once(terminal, home):
    with terminal.attached():
        for _ in range(2):
            offers.mention_vgg19(AUTO, WITH_VGG16)
    assert terminal.shown() == f"jphoto: {offers.VGG19}\n"
    assert [path.name for path in home.iterdir()] == ["vgg19.mentioned"]


@pytest.mark.parametrize(
    ("given", "used"),
    [(WITH_VGG16, WITH_VGG16), (AUTO, dataclasses.replace(AUTO, backbone="vgg19")),
     (AUTO, dataclasses.replace(WITH_VGG16, steps=0))],
    ids=["VGG-16 was asked for", "VGG-19 was used", "no network was used"],
)  # fmt: skip
def test_vgg19_is_not_mentioned_in_vain(given, used, terminal):
    with terminal.attached():
        offers.mention_vgg19(given, used)
    assert terminal.shown() == ""


def test_vgg19_is_mentioned_on_terminals_only(capsys, home):
    offers.mention_vgg19(AUTO, WITH_VGG16)
    assert capsys.readouterr().err == "" and not home.exists()
