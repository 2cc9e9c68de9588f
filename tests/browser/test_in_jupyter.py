"""Widgets in JupyterLab and Notebook 7, with a kernel: moved by mouse and keyboard, and read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from course.autodiff import trace

from .chromium import violations
from .conftest import Shoot
from .jupyter import FRONT_ENDS, Jupyter, execute, ran
from .reading import graph, said, shown, without_suppression

CELLS = [
    "import numpy as np\nfrom course.widgets import GateExplorer, GraphStepper",
    "stepper = GraphStepper(lambda x, y: x * np.tanh(y), 3.0, 0.5)\nstepper",
    "explorer = GateExplorer('mul')\nexplorer",
    "GraphStepper(lambda x: np.sqrt(x), -1.0)",
]


def f(x: Any, y: Any) -> Any:
    import numpy as np

    return x * np.tanh(y)


@pytest.fixture(scope="module", params=FRONT_ENDS)
def page(request: pytest.FixtureRequest, browser: Browser, jupyter: Jupyter) -> Iterator[Page]:
    """A notebook with widgets."""
    name, viewport = f"widgets-{request.param}", {"width": 1100, "height": 1500}
    with ran(browser, jupyter, name, CELLS, request.param, viewport) as page:
        expect(page.locator(".bp")).to_have_count(3)
        yield page


@pytest.fixture
def stepper(page: Page) -> Locator:
    return page.locator(".bp").nth(0)


def expected(x: float, y: float) -> dict[str, Any]:
    nodes = trace(f, x, y).nodes
    return {
        "values": pytest.approx({node.id: float(node.value) for node in nodes}, rel=1e-5),
        "gradients": pytest.approx({node.id: float(node.gradient) for node in nodes}, rel=1e-5),
    }


KNOWN_SECONDS = 20.0
ACTIVE_CELL = "jupyterapp.shell.currentWidget.content.activeCell.model"


def selected_cell(page: Page) -> int:
    index: int = page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex")
    return index


def test_the_arrow_keys_step_and_the_notebook_stays_where_it_is(
    page: Page, stepper: Locator
) -> None:
    graph(stepper).click()
    cell = selected_cell(page)
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert shown(stepper) == expected(3.0, 0.5)
    assert selected_cell(page) == cell


def test_letters_typed_into_a_widget_are_no_commands(page: Page, stepper: Locator) -> None:
    cells = page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    graph(stepper).focus()
    for key in "bax":
        page.keyboard.press(key)
    assert page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == cells


def test_a_moved_input_changes_every_number(page: Page, stepper: Locator) -> None:
    graph(stepper).focus()
    page.keyboard.press("End")
    stepper.locator("summary").click()
    slider = stepper.get_by_label("x", exact=True)
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    slider.press("ArrowLeft")
    x = round(float(slider.input_value()), 10)
    assert x > 4
    expect(stepper.locator("[data-node='0'] .bp-value")).to_have_text(f"value {x:g}")
    assert shown(stepper) == expected(x, 0.5)


def test_the_kernel_knows_where_the_reader_is(page: Page, stepper: Locator) -> None:
    graph(stepper).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    execute(page, "notebook:insert-cell-below")
    page.evaluate(f"{ACTIVE_CELL}.sharedModel.setSource('stepper.step')")
    # ipywidgets sends a change when the one before has been answered, so the kernel may be behind.
    # A cell that waits for it might wait for ever: a kernel without subshells takes a change only
    # when the cell has ended.
    deadline = time.monotonic() + KNOWN_SECONDS
    output = ""
    while output != "1" and time.monotonic() < deadline:
        execute(page, "notebook:run-cell")
        output = page.evaluate(f"{ACTIVE_CELL}.outputs.toJSON()[0].data['text/plain']")
    execute(page, "notebook:delete-cell")
    assert output == "1"


def test_dragging_in_the_gate_explorer_reaches_the_kernel_s_numbers(page: Page) -> None:
    gate = page.locator(".bp").nth(1)
    gate.get_by_label("y", exact=True).press("ArrowRight")
    assert "x: upstream 2 × local −3.9 = −7.8." in said(gate)


def test_what_cannot_be_shown_has_a_message_in_its_place(page: Page) -> None:
    assert "not a number (NaN)" in page.locator(".bp").nth(2).inner_text()


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_axe_finds_nothing_in_either_theme(page: Page, shoot: Shoot, theme: str) -> None:
    execute(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_selector(
        f"body[data-jp-theme-light={'true' if theme.endswith('Light') else 'false'}]",
        state="attached",
    )
    where = "lab" if "/lab/" in page.url else "notebook"
    shoot(page, f"{where}-{theme.split()[1].lower()}")
    assert violations(page, ".bp") == []


def test_everything_that_can_have_the_focus_keeps_its_keys(page: Page) -> None:
    for widget in page.locator(".bp").all():
        assert without_suppression(widget) == []
