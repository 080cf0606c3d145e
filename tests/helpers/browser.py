"""The app with its page in a real browser: system Chromium, driven by Playwright."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
AXE = "JPHOTO_AXE"
"""Environment variable: the path of axe.min.js, of the npm package axe-core."""


def chromium() -> str:
    """The path of a browser; the test is skipped where there is none."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return found or pytest.skip("there is no Chromium")


def axe() -> str:
    """The program of axe-core; the test is skipped where there is none."""
    path = Path(os.environ.get(AXE, ""))
    return path.read_text(encoding="utf-8") if path.is_file() else pytest.skip(f"{AXE} is not set")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the app from a thread, and give the address that a browser opens."""
    from jphoto.app.jobs.folder import Folder
    from jphoto.app.jobs.session import Session
    from jphoto.app.jobs.worker import Worker
    from jphoto.app.server.serving import address_of, listening, serve

    kept = Folder(folder)
    assert kept.lock()
    bound = listening("127.0.0.1", 9800)
    address = address_of("127.0.0.1", bound.getsockname()[1], kept.token())
    begun, asked = threading.Event(), []
    arguments = (Session(kept), Worker(), bound, "127.0.0.1", begun.set, asked)
    thread = threading.Thread(target=serve, args=arguments)
    thread.start()
    try:
        assert begun.wait(20)
        yield address
    finally:
        asked.append(2)
        thread.join(20)
        kept._lock.close()


@contextmanager
def browser() -> Iterator[object]:
    """A browser without a window."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
