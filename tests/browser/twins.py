"""A widget's twin: the same widget in the test's own process, whose numbers the page must show."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Locator, expect

from course.widgets.widget import Widget

from .reading import graph, number, shown

Numbers = list[float]


def made_by(cell: str, scope: dict[str, Any]) -> Any:
    """Run a cell in a namespace, and return the value of its last line."""
    tree = ast.parse(cell)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), cell
    exec(compile(tree, "<cell>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), scope)


def marked(widget: Locator, attribute: str) -> Numbers:
    """Read what stands in the picture, and is marked with an attribute such as ``data-loss``."""
    found = widget.locator(f"[data-{attribute}]")
    texts = found.evaluate_all("(all, name) => all.map((e) => e.dataset[name])", attribute)
    return [number(text) for text in texts]


def entries(widget: Locator, name: str) -> Numbers:
    """Read the numbers of a grid of that name, row by row."""
    found = widget.locator(f"[data-entry^='{name}[']")
    return [float(text) for text in found.evaluate_all("all => all.map((e) => e.dataset.value)")]


def flat(rows: Any) -> Numbers:
    """Return numbers in rows as one list."""
    return [float(value) for value in np.ravel(rows)]


def _stepper(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    seen = shown(widget)
    nodes = twin.graph.nodes
    return (
        [seen[kind][node.id] for kind in ("values", "gradients") for node in nodes],
        flat([[node.value for node in nodes], [node.gradient for node in nodes]]),
    )


def _gate(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    texts = widget.locator(".bp-gradient").all_text_contents()
    seen = [number(text) for text in texts if text.startswith("gradient")]
    return seen, list(twin.gradients())


def _broadcast(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    names, arrays = ("dX", "dW", "db"), twin.shown["arrays"]
    return (
        [value for name in names for value in entries(widget, name)],
        [value for name in names for value in flat(arrays[name])],
    )


def _descent(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    end = twin.shown["path"][-1]
    names = ("w", "b", "loss")
    return [value for n in names for value in marked(widget, n)], [end[n] for n in names]


def _regions(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    frame = twin.shown["frames"][-1]
    return marked(widget, "loss") + marked(widget, "norm"), [frame["loss"], *frame["gradients"]]


def _panel(widget: Locator, twin: Any) -> tuple[Numbers, Numbers]:
    wanted = [each["wanted"] for each in twin.shown["maps"] if each["wanted"]]
    return entries(widget, "right"), [value for rows in wanted for value in flat(rows)]


READ: dict[str, Callable[[Locator, Any], tuple[Numbers, Numbers]]] = {
    "GraphStepper": _stepper,
    "GateExplorer": _gate,
    "NeuronChain": lambda w, twin: (marked(w, "gradient"), twin.shown["gradients"]),
    "GradientFlow": lambda w, twin: (
        marked(w, "norm"),
        [layer["norm"] for layer in twin.shown["layers"]],
    ),
    "ReverseNetwork": lambda w, twin: (marked(w, "delta"), flat(np.concatenate(twin.deltas()))),
    "BroadcastViewer": _broadcast,
    "JacobianViewer": lambda w, twin: (
        entries(w, ""),
        flat(twin.shown["jacobian"]) + twin.shown["dx"],
    ),
    "Descent": _descent,
    "DecisionRegions": _regions,
    "DiagnosisPanel": _panel,
}


def at_the_end(widget: Locator) -> Locator:
    """Take all steps, by a key."""
    graph(widget).focus()
    widget.page.keyboard.press("End")
    return widget


def numbers(widget: Locator, twin: Widget) -> tuple[Numbers, Numbers]:
    """Return the numbers that the page shows when all steps are taken, and the engine's."""
    return READ[type(twin).__name__](at_the_end(widget), twin)


def move(widget: Locator, twin: Any) -> bool:
    """Move a widget's first slider by a key, and its twin as far; wait until the page has followed.

    Returns
    -------
    bool
        Whether there is a slider.
    """
    sliders = widget.locator("input[type=range]:not([aria-label=Step])")
    if not sliders.count():
        return False
    at_the_end(widget)
    if widget.locator("summary").count():
        widget.locator("details").evaluate("(details) => { details.open = true; }")
    picture = widget.locator("svg[role=img]")
    before = picture.get_attribute("aria-label") or ""
    sliders.first.press("ArrowRight")
    value = float(sliders.first.input_value())
    if hasattr(twin, "plan"):
        twin.moved = {"values": [[twin.plan["inputs"][0]["index"], value]], "turn": 1}
    elif hasattr(twin, "shown"):
        name = next(c["name"] for c in twin.controls if c["kind"] == "scale")
        twin.asked = {"settings": {**twin.shown["settings"], name: value}, "turn": 1}
        assert twin.shown["trouble"] == ""
    else:
        twin.x = value
    expect(picture).not_to_have_attribute("aria-label", before)
    return True
