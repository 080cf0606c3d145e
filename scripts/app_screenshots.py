"""Screenshots of `jphoto app` for the documentation: light, dark, regions, and a narrow window.

Needs Playwright and Chromium. Makes docs/pictures/app-*.jpg from the pairs that come with jphoto:

    python scripts/app_screenshots.py
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
QUALITY = 82
WAIT = 600_000
"""Milliseconds: a first transfer compiles."""


@contextmanager
def app() -> Iterator[str]:
    """The app with an empty session folder; the address that a browser opens."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "jphoto", "app", "--no-browser", "--port", "8790"],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_DATA_HOME": folder},
        )
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            yield next(filter(None, (re.search(r"http://\S+", line) for line in lines)))[0]
        finally:
            process.terminate()
            process.communicate()


def transfer(page: Any, pair: int) -> None:
    """Transfer one of the bundled pairs and wait for its end."""
    page.locator("#name button").click()
    page.locator(".examples button").nth(pair).click()
    page.locator(".status-words").filter(has_text=re.compile("^Done")).wait_for()
    page.wait_for_timeout(500)


def shoot(page: Any, folder: Path, name: str) -> None:
    """Save what the window shows."""
    page.screenshot(path=folder / f"app-{name}.jpg", type="jpeg", quality=QUALITY)


def main(folder: Path) -> None:
    """Make all screenshots."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport=WIDE, color_scheme="dark").new_page()
        page.set_default_timeout(WAIT)
        page.goto(address)
        for pair in range(3):
            transfer(page, pair)
        page.locator(".attempts .open").first.click()
        page.wait_for_timeout(500)
        shoot(page, folder, "dark")
        page.keyboard.press("r")
        page.locator(".region-name").first.wait_for()
        page.wait_for_timeout(500)
        shoot(page, folder, "regions")
        page.keyboard.press("Escape")
        page.emulate_media(color_scheme="light")
        page.locator(".attempts .open").nth(1).click()
        page.wait_for_timeout(500)
        shoot(page, folder, "light")
        page.set_viewport_size(NARROW)
        page.wait_for_timeout(500)
        shoot(page, folder, "narrow")
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURES, help="Folder for the pictures.")
    main(parser.parse_args().out)
