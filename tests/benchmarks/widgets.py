"""How soon a widget answers: medians in a real browser, from the input to the changed page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from playwright.sync_api import Browser

from course.widgets.page import page as html_page
from tests.browser.chromium import Watched, launched
from tests.browser.jupyter import Jupyter, execute, run_all, serving

STEP_MS, ANSWER_MS, PLOT_MS, OPEN_MS = 5.0, 60.0, 100.0, 300.0
"""What the course promises: of a step, of the kernel's answer, as a plot, of an opened widget."""


class Measured(NamedTuple):
    """A widget, as the last line of its cell, and how soon the kernel has to answer it.

    None stands for a widget that asks the kernel nothing.
    """

    name: str
    cell: str
    answers: float | None = ANSWER_MS


SETUP = """\
import numpy as np
from course.widgets import BroadcastViewer, DecisionRegions, Descent, DiagnosisPanel, GateExplorer
from course.widgets import GradientFlow, GraphStepper, JacobianViewer, NeuronChain, ReverseNetwork

def sixty(*xs):  # ten inputs, about sixty values
    h = [np.tanh(sum(xs[i:], 0.0 * xs[0]) * (i + 1.0)) for i in range(4)]
    return sum(a * b for a, b in zip(h, h[1:] + h[:1]))

def forgetful(x, upstream):
    return (x > 0) * 1.0
"""
WIDGETS = (
    Measured(
        "graph stepper, 5 nodes", "GraphStepper(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0)"
    ),
    Measured("graph stepper, 60 nodes", "GraphStepper(sixty, *np.linspace(-1, 1, 10))"),
    Measured("gate explorer", "GateExplorer('mul')", None),
    Measured("neuron chain", "NeuronChain()"),
    Measured("gradient flow, 30 layers", "GradientFlow(depth=30)"),
    Measured("reversed network", "ReverseNetwork()"),
    Measured("broadcast viewer", "BroadcastViewer()"),
    Measured("Jacobian viewer", "JacobianViewer()", None),
    Measured("descent", "Descent()", PLOT_MS),
    Measured("decision regions", "DecisionRegions()", PLOT_MS),
    Measured("decision regions, 12 units", "DecisionRegions('two triangles', hidden=12)", PLOT_MS),
    Measured("diagnosis panel", "DiagnosisPanel(forgetful, exercise='relu_backward')", None),
)

# A handler changes the page before it returns; asking for a size makes the browser lay it out.
TIMED = """
  const picture = widget.querySelector(".bp-scroll"), times = [];
  const timed = (act) => {
    const before = picture.innerHTML, start = performance.now();
    act();
    picture.getBoundingClientRect();
    const taken = performance.now() - start;
    if (picture.innerHTML !== before) times.push(taken);
  };
"""
STEP = f"""(widget) => {{ {TIMED}
  for (let i = 0; i < 60; i++) {{
    const key = i % 20 < 18 ? "ArrowRight" : "Home";
    timed(() => picture.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }})));
  }}
  return times;
}}"""
SCRUB = f"""(widget) => {{ {TIMED}
  const scrubber = widget.querySelector("[aria-label=Step]");
  for (let i = 0; i < 60; i++) timed(() => {{
    scrubber.value = (7 * i) % (Number(scrubber.max) + 1);
    scrubber.dispatchEvent(new Event("input", {{ bubbles: true }}));
  }});
  return times;
}}"""
DRAG = f"""(widget) => {{ {TIMED}
  const slider = widget.querySelector("input[type=range]");
  for (let i = 0; i < 60; i++) timed(() => {{
    slider.value = Number(slider.value) + (i % 2 ? -0.4 : 0.3);
    slider.dispatchEvent(new Event("input", {{ bubbles: true }}));
  }});
  return times;
}}"""
# The first slider below the picture goes to and fro; the kernel's answer is drawn at once.
ASK = """async (widget) => {
  const picture = widget.querySelector(".bp-scroll"), times = [];
  const slider = widget.querySelector("input[type=range]:not([aria-label=Step])");
  const middle = Number(slider.value), step = 2 * Number(slider.step);
  for (let i = 0; i < 30; i++) {
    const before = picture.innerHTML, start = performance.now();
    const answered = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(Error("no answer")), 5000);
      const observer = new MutationObserver(() => {
        picture.getBoundingClientRect();
        const taken = performance.now() - start;
        clearTimeout(late);
        observer.disconnect();
        if (picture.innerHTML === before) reject(Error("the same picture"));
        else resolve(taken);
      });
      observer.observe(picture, { subtree: true, childList: true, characterData: true });
    });
    slider.value = i % 2 ? middle : middle - step;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(await answered);
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

Times = dict[str, list[float]]


def without_kernel(browser: Browser, folder: Path) -> dict[str, Times]:
    """Measure each widget on a page of its own."""
    scope: dict[str, Any] = {}
    exec(SETUP, scope)
    page = Watched(browser).context.new_page()
    times = {}
    for widget in WIDGETS:
        path = folder / "page.html"
        path.write_text(html_page(eval(widget.cell, scope), widget.name), encoding="utf-8")
        page.goto(path.as_uri())
        shown = page.locator(".bp")
        if shown.locator("[aria-label=Step]").count():
            times[widget.name] = {"step": shown.evaluate(STEP)}
        else:
            times[widget.name] = {"drag": shown.evaluate(DRAG)}
    return times


def with_kernel(browser: Browser, jupyter: Jupyter) -> dict[str, Times]:
    """Measure each widget in JupyterLab, in a notebook of its own."""
    return {widget.name: _in_notebook(browser, jupyter, widget) for widget in WIDGETS}


def _in_notebook(browser: Browser, jupyter: Jupyter, widget: Measured) -> Times:
    name = widget.name.replace(" ", "-")
    jupyter.write(name, [SETUP, widget.cell])
    watched = Watched(browser, viewport={"width": 1200, "height": 1000})
    page = jupyter.open(watched.context.new_page(), name)
    run_all(page)
    shown = page.locator(".bp")
    shown.wait_for()
    times = {"open": [page.evaluate(OPEN, 1) for _ in range(10)]}
    execute(page, "notebook:deselect-all")
    if shown.locator("[aria-label=Step]").count():
        times["scrub"] = shown.evaluate(SCRUB)
        shown.locator(".bp-scroll").press("End")
    if widget.answers:
        times["answer"] = shown.evaluate(ASK)
    watched.context.close()
    return times


COLUMNS: dict[str, Callable[[Measured], float | None]] = {
    "step": lambda widget: STEP_MS,
    "drag": lambda widget: STEP_MS,
    "scrub": lambda widget: STEP_MS,
    "answer": lambda widget: widget.answers,
    "open": lambda widget: OPEN_MS,
}
MEANING = """\
step    a key, to the changed page; without a kernel
drag    a slider that needs no kernel
scrub   the slider over the steps, in JupyterLab
answer  a slider that asks the kernel, in JupyterLab
open    the cell is run, to the picture, in JupyterLab"""


def report(times: dict[str, Times]) -> str:
    """Write the table: medians in milliseconds beside what is promised."""
    lines = [MEANING, "", f"{'median / promised, ms':28}" + "".join(f"{c:>20}" for c in COLUMNS)]
    for widget in WIDGETS:
        cells = [_cell(times[widget.name].get(c), most(widget)) for c, most in COLUMNS.items()]
        lines.append(f"{widget.name:28}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines)


def _cell(taken: list[float] | None, most: float | None) -> str:
    if taken is None or most is None:
        return "–"
    middle = median(taken)
    return f"{middle:.1f} / {most:.0f}" + (" NOT KEPT" if middle > most else "")


def main() -> None:
    """Print the table; a promise that is not kept is marked."""
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        times = without_kernel(browser, Path(folder))
        with serving(Path(folder)) as jupyter:
            for name, found in with_kernel(browser, jupyter).items():
                times[name] |= found
    print(report(times))


if __name__ == "__main__":
    main()
