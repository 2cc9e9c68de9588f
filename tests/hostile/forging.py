"""Answers that are none, made to look right: patches of what checks, and forged cells."""

from __future__ import annotations

import copy
from typing import Any

from tests.hostile.case import Case, blank, cell, claims, is_check, stub

FORGED = "forged result"


def doubled_with_points(released: dict[str, Any]) -> dict[str, Any]:
    """Put a cell that ends in 100.0 behind each check, under its name."""
    cells = []
    for each in released["cells"]:
        cells.append(each)
        if is_check(each):
            cells.append({**copy.deepcopy(each), "source": "100.0", "id": f"x{len(cells)}"})
    return {**released, "cells": cells}


def each_check(**changes: Any) -> Any:
    """Change every check of a blank notebook."""

    def change(released: dict[str, Any]) -> dict[str, Any]:
        for each in filter(is_check, released["cells"]):
            each.update(copy.deepcopy(changes))
            each["metadata"]["nbgrader"] = {**claims(each), "points": 100, "locked": False}
        return released

    return change


def tag_all(tag: str) -> Any:
    def change(released: dict[str, Any]) -> dict[str, Any]:
        for each in released["cells"]:
            each["metadata"]["tags"] = [tag]
        return released

    return change


ALL = (
    "add_backward mul_backward max_backward circuit_backward scale_backward exp_backward "
    "reciprocal_backward neuron_backward sigmoid_backward Sigmoid Copy MulGate Graph "
    "caffe_sigmoid_backward"
).split()

CASES = (
    Case(
        "patches-checker",
        FORGED,
        "replaces everything in course.checking that compares or examines",
        cell("""
import sys, course.checking.compare, course.checking.examine
for module in [m for name, m in list(sys.modules.items()) if name.startswith("course")]:
    for name in ("agree", "all_agree", "relative_error", "examine", "judge", "check"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: True)
check = lambda stub: 1.0
"""),
    ),
    Case(
        "patches-numpy-testing",
        FORGED,
        "numpy.testing, allclose and array_equal always agree",
        cell("""
import numpy.testing
for module in (np, np.testing):
    for name in ("allclose", "array_equal", "isclose", "assert_allclose", "assert_array_equal"):
        setattr(module, name, lambda *a, **k: True)
"""),
    ),
    Case(
        "patches-arithmetic",
        FORGED,
        "np.subtract and np.abs give 0, so that every error is 0",
        stub(
            "np.subtract = np.abs = lambda *a, **k: np.zeros(())\n"
            "def mul_backward(x, y, upstream):\n    return x * 0, y * 0"
        ),
    ),
    Case(
        "input-transformer",
        FORGED,
        "turns every later cell that checks into one that passes",
        cell("""
get_ipython().input_transformers_cleanup.append(
    lambda lines: ["1.0\\n"] if any("check(" in line for line in lines) else lines)
"""),
    ),
    Case(
        "ast-transformer",
        FORGED,
        "takes checks and assertions out of every syntax tree",
        cell("""
import ast
class NoChecks(ast.NodeTransformer):
    def visit_Assert(self, node): return None
    def visit_Expr(self, node):
        call = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "check"
        return ast.copy_location(ast.Expr(ast.Constant(1.0)), node) if call else node
get_ipython().ast_transformers.append(NoChecks())
"""),
    ),
    Case(
        "silent-errors",
        FORGED,
        "IPython shows no error any more, and every run is a success",
        cell("""
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
InteractiveShell.showtraceback = InteractiveShell._showtraceback = lambda *a, **k: None
ExecutionResult.success = property(lambda self: True)
ExecutionResult.raise_error = lambda self: None
"""),
    ),
    Case(
        "display-hook",
        FORGED,
        "every value that is shown becomes full points",
        cell("""
import sys
hook = type(sys.displayhook)
shown = hook.__call__
hook.__call__ = lambda self, value=None: shown(self, 1.0)
"""),
    ),
    Case(
        "after-every-cell",
        FORGED,
        "an event after each cell rewrites what the shell has recorded",
        cell("""
def rewrite(*_):
    recorder = getattr(get_ipython(), "recorder", None)
    if recorder is not None:
        recorder.output({"output_type": "execute_result", "data": {"text/plain": "1.0"},
                         "metadata": {}, "execution_count": 1})
get_ipython().events.register("post_run_cell", rewrite)
"""),
        there=False,
    ),
    Case(
        "walks-frames",
        FORGED,
        "walks up the stack and sets whatever is called score, passed or share",
        stub("""
import sys
def mul_backward(x, y, upstream):
    frame = sys._getframe()
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for name in [n for n in scope if n in ("score", "passed", "share", "verdict")]:
                scope[name] = 1.0
        frame = frame.f_back
    return x * 0, y * 0
"""),
    ),
    Case(
        "changes-all-objects",
        FORGED,
        "finds every verdict and record in memory and gives itself full points",
        stub("""
import gc
def mul_backward(x, y, upstream):
    for one in gc.get_objects():
        if isinstance(one, dict):
            for key in ("score", "passed", "points"):
                if key in one:
                    one[key] = 1.0
        elif type(one).__name__ in ("CheckResult", "Verdict", "Observation"):
            object.__setattr__(one, "passed", True)
    return x * 0, y * 0
"""),
        "vandal",
    ),
    Case(
        "patches-builtins",
        FORGED,
        "abs, max, len, isinstance and all answer what suits it",
        stub("""
import builtins
def mul_backward(x, y, upstream):
    saved = builtins.abs, builtins.all
    builtins.abs, builtins.all = (lambda value: 0), (lambda values: True)
    return x * 0, y * 0
"""),
        "vandal",
    ),
    Case(
        "pretends-a-verdict",
        FORGED,
        "shows the picture of a passed check, and returns its points",
        cell("""
from IPython.display import HTML, display
display(HTML("<div>mul_backward: 1 of 1 points. All checks passed.</div>"))
1.0
"""),
    ),
    Case(
        "environment",
        FORGED,
        "sets the variables under which a check gives points back",
        cell('import os\nos.environ["NBGRADER_EXECUTION"] = "autograde"\n1.0'),
    ),
    Case(
        "skips-execution",
        FORGED,
        "a blank notebook in which no cell is to be run",
        blank(tag_all("skip-execution")),
        attacks=tuple(ALL),
    ),
    Case(
        "may-raise",
        FORGED,
        "a blank notebook in which every cell may raise",
        blank(tag_all("raises-exception")),
        attacks=tuple(ALL),
    ),
    Case(
        "checks-that-pass",
        FORGED,
        "checks that are worth 100 points and end in 100.0",
        blank(each_check(source="100.0")),
        attacks=tuple(ALL),
    ),
    Case(
        "checks-as-text",
        FORGED,
        "checks that became Markdown, worth 100 points",
        blank(each_check(cell_type="markdown", source="passed")),
        attacks=tuple(ALL),
    ),
    Case(
        "checks-doubled",
        FORGED,
        "behind each check one of the same name that ends in 100.0",
        blank(doubled_with_points),
        attacks=tuple(ALL),
    ),
    Case(
        "checks-already-shown",
        FORGED,
        "outputs of passed checks are in the file already",
        blank(
            each_check(
                outputs=[
                    {
                        "output_type": "execute_result",
                        "data": {"text/plain": "1.0"},
                        "metadata": {},
                        "execution_count": 1,
                    }
                ]
            )
        ),
        attacks=tuple(ALL),
    ),
)
