"""The browser: found on the machine, kept from the network, and asked by axe-core."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOME = ("127.0.0.1", "localhost")
# Nothing has an address but loopback, also for requests that no page makes.
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# The widgets are parts of pages that are not ours: rules about whole pages are not about them.
AXE_RUN = """
selector => axe.run(selector, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
    "best-practice"], rules: { region: { enabled: false } } })
"""


class NoBrowserError(RuntimeError):
    """There is no Chromium: nothing that is shown in a browser can be tested."""


def executable(playwright: Playwright) -> str:
    """Find the machine's Chromium, or else the one that Playwright has downloaded.

    Raises
    ------
    NoBrowserError
        There is none.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.executable_path
    raise NoBrowserError(
        f"No browser: looked for {', '.join(NAMES)} and for Playwright's own. Run "
        "`apt-get install chromium`, or `.venv/bin/playwright install chromium`."
    )


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as whom containers run.
        arguments = [OFFLINE, *(["--no-sandbox"] if os.getuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=executable(playwright), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A browser context that notes each request that leaves the machine, and each page's errors."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(**options)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self._note(request.url))
        self.context.on("page", lambda page: page.on("websocket", lambda s: self._note(s.url)))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in HOME:
            self.outside.append(url)


def violations(page: Any, selector: str) -> list[str]:
    """List what axe-core finds wrong with what `selector` selects, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(AXE_RUN, selector)["violations"]
    return [f"{v['id']}: {v['help']}: {[n['html'][:120] for n in v['nodes']]}" for v in found]
