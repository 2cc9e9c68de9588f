"""What the tests of more than one room use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium. A process can have only one: Playwright's loop is its own."""
    from tests.browser.chromium import launched

    # Without a browser this raises, and every test that needs one fails with what to do.
    with launched() as browser:
        yield browser
