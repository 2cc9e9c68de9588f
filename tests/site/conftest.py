"""The repository's own course as a site, built once, and looked at as files and from a server."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from autograder.course_directory import open_course
from autograder.site.lite import Lite
from autograder.site.write import write_site
from tests.browser.chromium import Watched

ROOT = Path(__file__).parents[2]
TITLE = "Backprop course"
SCREENSHOTS = ROOT / "build" / "screenshots"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # which is all workers' of this run: one builds, the others wait
    to = place / "published" / "site"
    with (place / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not to.exists():
            write_site(open_course(ROOT), to, title=TITLE, lite=Lite())
    return to


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served, not at the root: its links must be relative."""
    handler = partial(Quiet, directory=str(site.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open an address; afterwards nothing has been asked for outside, and nothing has failed."""
    visitors: list[Watched] = []

    def open_(url: str, **options: Any) -> Page:
        visitors.append(Watched(browser, **{"viewport": {"width": 1000, "height": 800}, **options}))
        page = visitors[-1].context.new_page()
        page.goto(url)
        return page

    yield open_
    for each in visitors:
        each.context.close()
        assert each.outside == []
        assert each.errors == []


@pytest.fixture(scope="session")
def shoot() -> Callable[[Page, str], None]:
    """Keep a screenshot, for a person to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, **options: Any) -> None:
        page.screenshot(path=SCREENSHOTS / f"site-{name}.png", **options)

    return take
