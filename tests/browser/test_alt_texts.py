"""Pictures below cells of JupyterLab and Notebook 7: each has words in its place."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from course.autodiff import trace

from .chromium import Watched, violations
from .conftest import Shoot
from .jupyter import FRONT_ENDS, Jupyter, ran

ALT = 'A line from 0 to "1" & back.'
CELLS = [
    "import matplotlib.pyplot as plt\nfrom course import plots\nfrom course.autodiff import trace",
    f"figure, axes = plt.subplots()\n_ = axes.plot([0, 1, 0])\nplots.show(figure, alt={ALT!r})",
    "trace(lambda x, y: x * y, 2.0, 3.0)",
]
PICTURES = ".jp-OutputArea-output img"


@pytest.fixture(scope="module", params=FRONT_ENDS)
def page(request: pytest.FixtureRequest, browser: Browser, jupyter: Jupyter) -> Iterator[Page]:
    name, viewport = f"pictures-{request.param}", {"width": 1000, "height": 1200}
    with ran(browser, jupyter, name, CELLS, request.param, viewport) as page:
        expect(page.locator(PICTURES)).to_have_count(2)
        yield page


def test_a_plot_is_read_as_its_author_describes_it(page: Page, shoot: Shoot) -> None:
    shoot(page, f"pictures-{'lab' if '/lab/' in page.url else 'notebook'}")
    expect(page.get_by_role("img", name=ALT, exact=True)).to_be_visible()


def test_a_traced_graph_is_read_with_its_values_and_gradients(page: Page) -> None:
    _, metadata = trace(lambda x, y: x * y, 2.0, 3.0)._repr_mimebundle_()
    words = metadata["image/svg+xml"]["alt"]
    assert "x: value 2, gradient 3." in words
    expect(page.get_by_role("img", name=words, exact=True)).to_be_visible()


def test_axe_misses_no_words(page: Page) -> None:
    assert violations(page, ".jp-OutputArea-output") == []


def test_each_picture_is_there_once_and_drawn(page: Page) -> None:
    widths = page.locator(PICTURES).evaluate_all("pictures => pictures.map(p => p.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 300


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_notebook_of_somebody_else_s_shows_them_too(
    browser: Browser, jupyter: Jupyter, front_end: str
) -> None:
    """It is not trusted: of its HTML only what cannot act is left, and of its SVG nothing."""
    data, metadata = trace(lambda x, y: x * y, 2.0, 3.0)._repr_mimebundle_()
    output = new_output("display_data", data, metadata=metadata)
    kernel = {"name": "python3", "display_name": "Python 3"}
    cell = new_code_cell("trace(…)", outputs=[output])
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, jupyter.root / f"unknown-{front_end}.ipynb")
    watched = Watched(browser)
    page = jupyter.open(watched.context.new_page(), f"unknown-{front_end}", front_end)
    name = metadata["image/svg+xml"]["alt"]
    expect(page.get_by_role("img", name=name, exact=True)).to_be_visible()
    expect(page.locator(f"{PICTURES}, .jp-mod-trusted")).to_have_count(1)
    watched.context.close()
    assert watched.outside == []
