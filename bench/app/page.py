"""The page in Chromium, driven by Playwright: seconds from the navigation until it is usable."""

import shutil
from typing import Any

from bench.app.parts import row_of
from bench.app.server import App

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WINDOW = {"width": 1440, "height": 900}
READY = """new MutationObserver((_, observer) => {
  if (document.querySelector('.examples button')) {
    window.ready = performance.now();
    observer.disconnect();
  }
}).observe(document, {childList: true, subtree: true});"""
"""Notes when the bundled pairs can be clicked, which come with the state of the session."""


def page(app: App, runs: int) -> dict[str, Any]:
    """Seconds until the page is usable, each time with an empty cache.

    Raises: RuntimeError, without Playwright or Chromium.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise RuntimeError("the part page needs Playwright: pip install playwright") from None
    if path is None:
        raise RuntimeError("the part page needs Chromium")
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(1 + runs):
            window = browser.new_context(viewport=WINDOW).new_page()
            window.add_init_script(READY)
            window.goto(app.address)
            window.locator(".examples button").first.wait_for()
            found.append({"usable": float(window.evaluate("window.ready")) / 1e3})
            window.context.close()
        browser.close()
    return row_of("page", found)
