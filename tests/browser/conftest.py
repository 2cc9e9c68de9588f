"""One Jupyter server, and pages without one, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from course.widgets.page import page as html_page
from course.widgets.widget import Widget

from .chromium import Watched
from .jupyter import Jupyter, serving

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"

ORDINARY = {"width": 1000, "height": 800}

Open = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    with serving(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def ordinary(browser: Browser) -> Iterator[Watched]:
    """What most pages are opened in: a new one for each would take most of the time."""
    watched = Watched(browser, viewport=ORDINARY)
    yield watched
    watched.context.close()


@pytest.fixture
def still(browser: Browser, ordinary: Watched, tmp_path: Path) -> Iterator[Open]:
    """Open a widget on a page of its own, where there is no kernel."""
    special: list[Watched] = []
    pages: list[Page] = []

    def open_still(widget: Widget, **options: Any) -> Page:
        if options:
            special.append(Watched(browser, **{"viewport": ORDINARY, **options}))
        page = (special[-1] if options else ordinary).context.new_page()
        pages.append(page)
        path = tmp_path / f"{len(pages)}.html"
        path.write_text(html_page(widget, type(widget).__name__), encoding="utf-8")
        page.goto(path.as_uri())
        return page

    yield open_still
    for page in pages:
        page.close()
    for watched in special:
        watched.context.close()
    for watched in (ordinary, *special):
        assert watched.outside == []
        assert watched.errors == []


@pytest.fixture(scope="session")
def shoot() -> Shoot:
    """Keep a screenshot, for a person to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take
