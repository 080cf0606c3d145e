"""The offer to install the segmenter, and the line about VGG-19; on pseudo-terminals."""

import contextlib
import dataclasses
import functools
import http.server
import os
import shutil
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
from jphoto.segmentation import automatic_regions
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


@pytest.fixture
def no_question(monkeypatch):
    """A question would wait for an answer forever."""
    monkeypatch.setattr(offers, "ask", lambda question: pytest.fail("the user was asked"))


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
    """`jphoto transfer` up to the work itself; whether that would find the segmenter."""
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
            status, _, _ = command("transfer", *pair, *options)
        assert status == 1 and len(begun) == 1
        return begun.pop()

    return run


@pytest.mark.parametrize("answer", ["\n", "y\n", "what?\nYes\n"])
def test_yes_installs_it_and_goes_on_with_it(answer, terminal, server, transfer):
    terminal.type(answer)
    assert transfer()
    shown = terminal.shown()
    assert shown.count(QUESTION) == answer.count("\n")
    assert "downloading deeplab: 100 %" in shown and "installed deeplab: " in shown
    assert transfer() and terminal.shown() == "jphoto: the end\n"


def test_no_is_remembered(terminal, transfer, home):
    terminal.type("n\n")
    assert not transfer()
    shown = terminal.shown()
    assert QUESTION in shown and "To install it later: jphoto weights install deeplab" in shown
    assert [path.name for path in home.iterdir()] == ["deeplab.declined"]
    assert not transfer() and terminal.shown() == "jphoto: the end\n"


def test_the_end_of_the_input_is_no_answer(terminal, transfer, home):
    terminal.type("\x04")
    assert not transfer()
    assert QUESTION in terminal.shown() and not home.exists()


def test_a_failed_download_is_one_line_and_the_transfer_goes_on(
    terminal, transfer, published, monkeypatch, home
):
    pin(monkeypatch, published, "http://127.0.0.1:1/zeros")
    terminal.type("\n")
    assert not transfer()
    failure, end = terminal.shown().split(QUESTION)[1].strip().splitlines()
    assert failure.startswith("jphoto: cannot download deeplab: http://127.0.0.1:1/zeros cannot")
    assert failure.endswith("matches parts that look alike") and end == "jphoto: the end"
    assert not [*home.glob("*")]


def test_where_a_no_cannot_be_kept_it_is_asked_again(terminal, transfer, home, monkeypatch):
    home.touch()
    monkeypatch.setenv("JPHOTO_WEIGHTS", str(home / "weights"))
    for _ in range(2):
        terminal.type("n\n")
        assert not transfer() and QUESTION in terminal.shown()


@pytest.mark.parametrize(
    ("options", "variable"), [(["--offline"], None), ([], "1")], ids=["option", "variable"]
)
def test_offline_nothing_is_offered(
    options, variable, terminal, transfer, monkeypatch, no_question
):
    if variable:
        monkeypatch.setenv("JPHOTO_OFFLINE", variable)
    assert not transfer(*options) and terminal.shown() == "jphoto: the end\n"


def test_where_regions_are_given_nothing_is_offered(terminal, transfer, photos, no_question):
    masks = "--content-mask", photos / "content_mask.png", "--style-mask", photos / "style_mask.png"
    for arguments in (masks, ["--regions", "features"], ["--regions", "none"]):
        transfer(*arguments)
        assert terminal.shown() == "jphoto: the end\n"


def test_neither_scripts_nor_jobs_in_the_background_are_asked(terminal, transfer, no_question):
    transfer("--json")
    terminal.group = 1
    transfer()
    assert terminal.shown() == 2 * "jphoto: the end\n"


def test_a_bad_photo_is_told_before_the_question(terminal, photos, tmp_path, command, no_question):
    (tmp_path / "bad.png").write_bytes(b"no photo")
    pair = photos / "content.png", tmp_path / "bad.png"
    with terminal.attached():
        status, _, _ = command("transfer", *pair, "--out", tmp_path / "out.png")
    shown = terminal.shown()
    assert status == 1 and shown.count("\n") == 1 and "bad.png is not an image" in shown


@pytest.mark.parametrize("name", ["transfer", "compare", "segment", "batch", "demo"])
def test_a_line_at_the_end_names_the_command(name, photos, tmp_path, command, monkeypatch, home):
    nothing = automatic_regions._FINDERS["none"]
    monkeypatch.setitem(automatic_regions._FINDERS, "features", nothing)
    content, style, size = photos / "content.png", photos / "style.png", ["--size", "64"]
    work = {
        "transfer": [content, style, "--preset", "preview", *size],
        "compare": [content, style, "--presets", "preview", *size],
        "segment": [content, style, *size],
        "batch": [tmp_path / "pairs", "--preset", "preview", *size],
        "demo": ["flower", "--preset", "preview", *size],
    }
    (tmp_path / "pairs" / "one").mkdir(parents=True)
    for photo in (content, style):
        shutil.copy(photo, tmp_path / "pairs" / "one")
    out = tmp_path / ("out.png" if name in ("transfer", "compare") else "out")
    status, _, errors = command(name, *work[name], "--out", out)
    assert status == 0 and errors.count(LINE) == 1 and errors.endswith(f"{LINE}\n")
    home.mkdir(exist_ok=True)
    (home / "deeplab.declined").touch()
    if name == "transfer":
        assert LINE not in command(name, *work[name], "--out", tmp_path / "again.png")[2]


ASKING = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from jphoto.process import guarded
def work():
    from jphoto.cli import offers
    offers.offer_segmenter([])
guarded(work, lambda: None)
"""


def read_until(terminal, words):
    shown = b""
    while words.encode() not in shown:
        shown += os.read(terminal, 1 << 12)  # which fails if the program ends without these words


def test_ctrl_c_at_the_question_ends_the_command(home):
    user, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=end, stderr=end, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(end)
    read_until(user, QUESTION)
    os.write(user, b"\x03")
    read_until(user, "jphoto: stopped\r\n")
    assert process.wait(30) == 130
    os.close(user)
    assert not home.exists()


AUTO = jphoto.Settings()
WITH_VGG16 = dataclasses.replace(AUTO, backbone="vgg16")


def test_vgg19_is_mentioned_once(terminal, home):
    with terminal.attached():
        for _ in range(2):
            offers.mention_networks(AUTO, WITH_VGG16, as_json=False)
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
        offers.mention_networks(given, used, as_json=False)
    assert terminal.shown() == ""


def test_vgg19_is_mentioned_to_people_on_terminals_only(terminal, capsys, home):
    offers.mention_networks(AUTO, WITH_VGG16, as_json=False)
    with terminal.attached():
        offers.mention_networks(AUTO, WITH_VGG16, as_json=True)
    assert capsys.readouterr().err == terminal.shown() == "" and not home.exists()
