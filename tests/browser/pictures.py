"""Make the pictures of the README: `python -m tests.browser.pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from .chromium import Watched, launched
from .jupyter import Jupyter, execute, run_all, serving

DOCS = Path(__file__).parents[2] / "docs"

CHECK = [
    "from course import check",
    "def mul_backward(x, y, upstream):\n    return upstream * x, upstream * y",
    "check(mul_backward)",
]
WIDGETS = [
    "import numpy as np\n"
    "from course.autodiff import name\n"
    "from course.widgets import DecisionRegions, GateExplorer, GradientFlow, GraphStepper\n"
    "def circuit(x, y, z, w):\n"
    "    p, m = name(x * y, 'p = xy'), name(np.maximum(z, w), 'm = max(z, w)')\n"
    "    return name(2.0 * name(p + m, 's = p + m'), 'f = 2s')",
    "GraphStepper(circuit, 3.0, -4.0, 2.0, -1.0)",
    "GateExplorer('mul', x=3.0, y=-4.0, upstream=2.0)",
    "GradientFlow(depth=12, activation='sigmoid')",
    "DecisionRegions('two triangles', hidden=8, rate=1.5)",
]
NAMES = ("stepper", "gate", "flow", "regions")
THIRD_STEP_BACK = 12


def main() -> None:
    """Make them all."""
    with (
        tempfile.TemporaryDirectory() as root,
        serving(Path(root)) as jupyter,
        launched() as browser,
    ):
        watched = Watched(browser, viewport={"width": 1000, "height": 1400})
        page = watched.context.new_page()
        third_failed_check(jupyter, page)
        widgets(jupyter, page)


def third_failed_check(jupyter: Jupyter, page: Page) -> None:
    """Show what a student sees who has checked a wrong `mul_backward` three times."""
    opened(jupyter, page, "check", CHECK)
    for _ in range(2):
        execute(page, "notebook:run-cell")
    expect(page.get_by_text("The smallest case that fails")).to_be_visible()
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    first, last = cells.nth(1).bounding_box(), cells.nth(2).bounding_box()
    if first is None or last is None:
        raise RuntimeError("The cells are not on the page: the picture cannot be made.")
    height = last["y"] + last["height"] - first["y"]
    page.screenshot(path=DOCS / "check.png", clip={**first, "height": height})


def widgets(jupyter: Jupyter, page: Page) -> None:
    """Show the stepper on its way back, the multiply gate, and two boards at their end."""
    page.set_viewport_size({"width": 1000, "height": 3000})
    opened(jupyter, page, "widgets", WIDGETS)
    expect(page.locator(".bp")).to_have_count(4)
    stepper, gate, flow, regions = page.locator(".bp").all()
    for _ in range(THIRD_STEP_BACK):
        stepper.get_by_role("button", name="Next").click()
    for board in (flow, regions):
        board.get_by_label("Step", exact=True).press("End")
    page.mouse.click(1, 1)  # nothing has the focus in a picture
    for name, widget in zip(NAMES, (stepper, gate, flow, regions), strict=True):
        widget.screenshot(path=DOCS / f"{name}.png")


def opened(jupyter: Jupyter, page: Page, name: str, cells: list[str]) -> None:
    """Open a notebook of these cells in JupyterLab, with room for it, and run it."""
    jupyter.write(name, cells)
    jupyter.open(page, name)
    execute(page, "application:toggle-left-area")
    run_all(page)


if __name__ == "__main__":
    main()
