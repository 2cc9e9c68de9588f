"""How soon a widget answers: medians in a real browser, from the input to the changed page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from course.widgets import GraphStepper
from course.widgets.page import page as html_page
from tests.browser.chromium import Watched, launched
from tests.browser.jupyter import execute, run_all, serving

MOST_MS = {
    "step, no kernel (5 nodes)": 5.0,
    "step, no kernel (60 nodes)": 5.0,
    "gate, no kernel": 5.0,
    "moved input, kernel (5 nodes)": 60.0,
    "moved input, kernel (60 nodes)": 60.0,
    "opening a stepper, cell included": 300.0,
    "opening a gate, cell included": 300.0,
}
"""What the course promises, for each row of the table."""

SETUP = "import numpy as np\nfrom course.widgets import GateExplorer, GraphStepper"
SMALL = "lambda x, y, z: (x + y) * z"
POINT = "-2.0, 5.0, -4.0"
# Ten inputs, about sixty values.
LARGE = (
    "def large(*xs):\n"
    "    h = [np.tanh(sum(xs[i:], 0.0 * xs[0]) * (i + 1.0)) for i in range(4)]\n"
    "    return sum(a * b for a, b in zip(h, h[1:] + h[:1]))"
)
CELLS = [
    SETUP,
    LARGE,
    f"GraphStepper({SMALL}, {POINT})",
    "GraphStepper(large, *np.linspace(-1, 1, 10))",
    "GateExplorer('mul')",
]

# The handler changes the page before it returns; asking for a size makes the browser lay it out.
STEP = """(widget) => {
  const frame = widget.querySelector(".bp-scroll"), says = widget.querySelector(".bp-says");
  const times = [];
  for (let i = 0; i < 60; i++) {
    const key = i % 20 < 18 ? "ArrowRight" : "Home", before = says.textContent;
    const start = performance.now();
    frame.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    frame.getBoundingClientRect();
    if (says.textContent !== before) times.push(performance.now() - start);
  }
  return times;
}"""
SLIDE = """async (widget) => {
  const slider = widget.querySelector("input[type=range]:not([aria-label=Step])");
  const value = () => widget.querySelector(".bp-value").textContent, times = [];
  for (let i = 0; i < 30; i++) {
    const before = value(), start = performance.now();
    const changed = new Promise((resolve, reject) => {
      setTimeout(() => reject(Error(`no change from ${before}`)), 5000);
      const observer = new MutationObserver(() => {
        if (value() === before) return;
        observer.disconnect();
        widget.getBoundingClientRect();
        resolve(performance.now() - start);
      });
      observer.observe(widget, { subtree: true, childList: true, characterData: true });
    });
    slider.value = Number(slider.value) + (i % 2 ? -0.4 : 0.3);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(await changed);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return times;
}"""
OPEN = """async (i) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = i;
  const cell = notebook.widgets[i].node;
  const opened = new Promise((resolve, reject) => {
    setTimeout(() => reject(Error("the widget did not open")), 5000);
    const observer = new MutationObserver(() => {
      if (!cell.querySelector(".bp svg[role=img]")) return;
      observer.disconnect();
      resolve(performance.now());
    });
    observer.observe(cell, { subtree: true, childList: true });
  });
  notebook.widgets[i].outputArea.model.clear();
  const start = performance.now();
  jupyterapp.commands.execute("notebook:run-cell");
  return (await opened) - start;
}"""


def without_kernel(browser: Browser, folder: Path) -> dict[str, list[float]]:
    """Measure steps on pages of their own."""
    scope: dict[str, Any] = {"np": np}
    exec(LARGE, scope)
    steppers = {
        "step, no kernel (5 nodes)": GraphStepper(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0),
        "step, no kernel (60 nodes)": GraphStepper(scope["large"], *np.linspace(-1, 1, 10)),
    }
    page = Watched(browser).context.new_page()
    times = {}
    for row, stepper in steppers.items():
        path = folder / "page.html"
        path.write_text(html_page(stepper, row), encoding="utf-8")
        page.goto(path.as_uri())
        times[row] = page.locator(".bp").evaluate(STEP)
    return times


def with_kernel(page: Page) -> dict[str, list[float]]:
    """Measure widgets in JupyterLab, all cells of which have run once."""
    times: dict[str, list[float]] = {}
    openings = (("opening a stepper, cell included", 2), ("opening a gate, cell included", 4))
    for row, cell in openings:
        times[row] = [page.evaluate(OPEN, cell) for _ in range(10)]
    widgets = page.locator(".bp")
    execute(page, "notebook:deselect-all")
    for row, i in (("moved input, kernel (5 nodes)", 0), ("moved input, kernel (60 nodes)", 1)):
        graph = widgets.nth(i)
        graph.locator(".bp-scroll").press("End")
        times[row] = graph.evaluate(SLIDE)
    times["gate, no kernel"] = widgets.nth(2).evaluate(SLIDE)
    return times


def main() -> None:
    """Print the table, and say where a promise is not kept."""
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        times = without_kernel(browser, Path(folder))
        with serving(Path(folder)) as jupyter:
            jupyter.write("widgets", CELLS)
            page = Watched(browser, viewport={"width": 1200, "height": 2000}).context.new_page()
            jupyter.open(page, "widgets")
            run_all(page)
            page.wait_for_function("document.querySelectorAll('.bp').length === 3")
            times |= with_kernel(page)
    print(f"{'widgets, from the input to the changed page':45} median   promised")
    for row, most in MOST_MS.items():
        taken = median(times[row])
        kept = "" if taken <= most else "  NOT KEPT"
        print(f"{row:45} {taken:6.1f} ms {most:5.0f} ms{kept}")


if __name__ == "__main__":
    main()
