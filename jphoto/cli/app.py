"""`jphoto app`: a page in the browser of this machine."""

import webbrowser
from importlib.util import find_spec
from typing import Annotated

import typer

from jphoto.cli.lines import message, note
from jphoto.cli.options import FLAG
from jphoto.errors import SettingsError
from jphoto.settings import Settings

INSTALL = "pip install 'jphoto[app]'"
PORT = 8765
Port = Annotated[
    int,
    typer.Option(
        min=1,
        max=65535,
        metavar="NUMBER",
        help="Port to listen on; if another program has it, the next free one is taken.",
    ),
]
Host = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on. With any other than this machine's own, other machines can "
        "reach the app, and what is sent is not encrypted.",
    ),
]
NoBrowser = Annotated[
    bool,
    typer.Option("--no-browser", metavar=FLAG, help="Print the address, and open no browser."),
]


def app(port: Port = PORT, host: Host = "127.0.0.1", no_browser: NoBrowser = False) -> None:
    """See a transfer, steer it and keep it: opens a page in the browser of this machine.

    Nothing leaves the machine, and nothing is fetched from anywhere. Photos and results are kept
    in your own data folder until they are 30 days old. Ctrl-C ends it.
    """
    if not (find_spec("starlette") and find_spec("uvicorn")):
        raise SettingsError(f"the app needs two more packages; install them: {INSTALL}")
    from jphoto.app.jobs.folder import Folder, default_folder
    from jphoto.app.jobs.session import Session
    from jphoto.app.jobs.worker import Worker
    from jphoto.app.server import serving
    from jphoto.cli.run import interruption, keep_compiled_programs
    from jphoto.pipeline.warm_up import warm_up_previews
    from jphoto.process import news

    folder = Folder(default_folder())
    if not folder.lock():
        _open_other(folder.other_address(), no_browser)
        return
    bound = serving.listening(host, port)
    if not serving.is_loopback(host):
        message(
            f"other machines can reach the app at {host}, unencrypted; who has the address with "
            "its token can see all photos of the session"
        )
    address = serving.address_of(host, bound.getsockname()[1], folder.token())
    keep_compiled_programs()

    def begun() -> None:
        folder.tell_address(address)
        news.tell(news.STOPPABLE)
        note(f"photos and results are kept in {folder.root}", f"open {address}")
        if not no_browser:
            webbrowser.open(address)

    with interruption() as asked:
        serving.serve(
            Session(folder), Worker(lambda: warm_up_previews(Settings())), bound, host, begun, asked
        )


def _open_other(address: str | None, no_browser: bool) -> None:
    """Open the app that is running already."""
    if address is None:
        raise SettingsError("another jphoto app is running; close it first, or use its page")
    note("jphoto app is running already", f"open {address}")
    if not no_browser:
        webbrowser.open(address)
