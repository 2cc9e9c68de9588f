"""Every widget of every notebook, in both front ends: opened, moved, and held to the engine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
import matplotlib
import pytest
from matplotlib import pyplot
from playwright.sync_api import Browser, Locator, Page, expect

from .chromium import violations
from .conftest import Shoot
from .jupyter import FRONT_ENDS, Jupyter, execute, ran
from .reading import graph, said, without_suppression
from .twins import made_by, move, numbers

ROOT = Path(__file__).parents[2]
SOURCES = [p for p in sorted(ROOT.glob("solutions/*.py")) if "course.widgets" in p.read_text()]
CASES = list(product(FRONT_ENDS, SOURCES))

# A widget is a class and a module of one name; a board is what some of them are made of.
MODULES = {path.stem for path in (ROOT / "course/widgets").glob("*.js")} - {"stage", "board"}
WIDGETS = {name.title().replace("_", "") for name in MODULES}


class Shown(NamedTuple):
    """A widget in a notebook, and the same one in this process."""

    name: str
    cell: int
    twin: Any


class Notebook:
    """An assignment's notebook in a front end, run up to its last widget."""

    def __init__(self, page: Page, name: str, widgets: list[Shown]) -> None:
        self.page, self.name, self.widgets = page, name, widgets

    def look_at(self, widget: Shown) -> Locator:
        """Scroll a widget into view: what is far from it may not be on the page."""
        self.page.evaluate(SHOW_CELL, widget.cell)
        shown = self.page.locator(f"[data-cell='{widget.cell}'] .bp")
        expect(shown).to_be_visible()
        return shown


SHOW_CELL = """async i => {
  const notebook = jupyterapp.shell.currentWidget.content;
  notebook.widgets[i].node.dataset.cell = i;
  await notebook.scrollToItem(i, "start");
}"""


def code_cells(source: Path) -> list[str]:
    return [cell.source for cell in jupytext.read(source).cells if cell.cell_type == "code"]


def with_widgets(cells: list[str]) -> dict[int, str]:
    """Return which cells end in a widget, and in which."""
    last = {i: cell.splitlines()[-1].partition("(")[0] for i, cell in enumerate(cells)}
    return {i: name for i, name in last.items() if name in WIDGETS}


def twins(cells: list[str]) -> list[Shown]:
    """Run the cells here, and keep the widgets."""
    matplotlib.use("agg")
    made = with_widgets(cells)
    scope: dict[str, Any] = {}
    shown = []
    for i, cell in enumerate(cells[: max(made) + 1]):
        if i in made:
            shown.append(Shown(made[i], i, made_by(cell, scope)))
        elif not cell.startswith("check("):
            exec(cell, scope)
    pyplot.close("all")
    return shown


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1].stem}")
def notebook(
    request: pytest.FixtureRequest, browser: Browser, jupyter: Jupyter
) -> Iterator[Notebook]:
    front_end, source = request.param
    cells = code_cells(source)
    widgets = twins(cells)
    name = f"{source.stem}-{front_end}"
    shown, viewport = cells[: widgets[-1].cell + 1], {"width": 1000, "height": 900}
    with ran(browser, jupyter, name, shown, front_end, viewport) as page:
        yield Notebook(page, name, widgets)


def test_every_widget_stands_in_a_notebook() -> None:
    standing = {name for source in SOURCES for name in with_widgets(code_cells(source)).values()}
    assert standing == WIDGETS


def test_every_widget_opens_without_a_message(notebook: Notebook, shoot: Shoot) -> None:
    for widget in notebook.widgets:
        shown = notebook.look_at(widget)
        expect(shown.locator("svg[role=img]")).to_be_visible()
        expect(shown.locator(".bp-message")).to_have_count(0)
        shoot(notebook.page, f"{notebook.name}-{widget.cell}-{widget.name}")


def test_keys_and_mouse_take_the_same_steps(notebook: Notebook) -> None:
    for widget in notebook.widgets:
        shown = notebook.look_at(widget)
        if widget.name == "GateExplorer":  # it has no steps; its gates are buttons
            shown.get_by_role("button", name="max").click()
            assert said(shown).startswith("Router")
            shown.get_by_role("button", name="mul").press("Enter")
            assert said(shown).startswith("Switcher")
            continue
        start = said(shown)
        graph(shown).focus()
        notebook.page.keyboard.press("ArrowRight")
        first = said(shown)
        assert first != start
        shown.get_by_role("button", name="Back").click()
        assert said(shown) == start
        shown.get_by_role("button", name="Next").click()
        assert said(shown) == first
        notebook.page.keyboard.press("Home")
        assert said(shown) == start


def test_every_number_is_the_engine_s(notebook: Notebook) -> None:
    for widget in notebook.widgets:
        seen, expected = numbers(notebook.look_at(widget), widget.twin)
        assert seen, widget.name
        assert seen == pytest.approx(expected, rel=1e-3, abs=1e-12), widget.name


def test_a_slider_moved_by_a_key_shows_the_engine_s_new_numbers(notebook: Notebook) -> None:
    for widget in notebook.widgets:
        shown = notebook.look_at(widget)
        if move(shown, widget.twin):
            seen, expected = numbers(shown, widget.twin)
            assert seen == pytest.approx(expected, rel=1e-3, abs=1e-12), widget.name


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_axe_finds_nothing_in_any_widget(notebook: Notebook, shoot: Shoot, theme: str) -> None:
    execute(notebook.page, "apputils:change-theme", {"theme": theme})
    is_light = str(theme.endswith("Light")).lower()
    notebook.page.wait_for_selector(f"body[data-jp-theme-light={is_light}]", state="attached")
    for widget in notebook.widgets:
        notebook.look_at(widget)
        if is_light == "false":
            shoot(notebook.page, f"{notebook.name}-{widget.cell}-{widget.name}-dark")
        assert violations(notebook.page, f"[data-cell='{widget.cell}'] .bp") == [], widget.name


def test_everything_that_can_have_the_focus_keeps_its_keys(notebook: Notebook) -> None:
    for widget in notebook.widgets:
        assert without_suppression(notebook.look_at(widget)) == [], widget.name
