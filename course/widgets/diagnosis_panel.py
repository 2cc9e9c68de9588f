"""The diagnosis panel: what a check found, one hint after the other, and the errors as a map."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.render import headline
from course.checking.verdict import CheckResult, Comparison, Verdict
from course.exercises import UnknownExercise, find

from .board import Board
from .figure import Table, tables
from .subjects import CannotShowError
from .widget import module

LARGEST = 12
"""Rows or columns of an array that is shown as a map."""


class DiagnosisPanel(Board):
    """See what a check found: first what is wrong, then where to read, then the numbers.

    Parameters
    ----------
    stub : callable or Verdict
        A stub, whose exercise is found by its name as in `course.check`; or a verdict about one.
    exercise : str, optional
        Name of the exercise, if the stub's own name is another.
    seed : int, optional
        From which the probes are drawn, if a stub is given.

    Examples
    --------
    >>> def relu_backward(x, upstream):
    ...     return (x > 0) * 1.0
    >>> DiagnosisPanel(relu_backward).shown["steps"][0]["says"][:37]
    'Hint 1. You return the local gradient'
    """

    _esm = module("diagnosis_panel")

    def __init__(self, stub: Any, *, exercise: str | None = None, seed: int = 0) -> None:
        self.stub, self.exercise, self.seed = stub, exercise, seed
        super().__init__()

    def compute(self) -> dict[str, Any]:
        """Examine the stub, and lay its verdict out as a ladder of hints."""
        verdict = self.stub
        if not isinstance(verdict, Verdict):
            verdict = _examined(self.stub, self.exercise, self.seed)
        failed = [check for check in verdict.checks if not check.passed and check.comparisons]
        return {
            "title": f"{headline(verdict)}.",
            "steps": _ladder(verdict, failed[0] if failed else None),
            "checks": [{"title": c.title, "passed": c.passed} for c in verdict.checks],
            "case": failed[0].title if failed else "",
            # what came back first, then what went in: the errors are seen without scrolling
            "maps": [_map(c) for c in sorted(failed[0].comparisons, key=lambda c: not c.expected)]
            if failed
            else [],
        }

    def picture(self) -> str:
        """Draw the checks, and the smallest case that fails."""
        lines = [
            f"{'✓ passed' if check['passed'] else '✗ not passed'}: {check['title']}"
            for check in self.shown["checks"]
        ]
        groups = []
        for each in self.shown["maps"]:
            if each["numbers"] is None:
                lines.append(_in_words(Comparison(each["what"], each["yours"], each["right"])))
                continue
            group = [
                Table(f"yours: {each['what']}" if each["right"] else each["what"], each["numbers"])
            ]
            if each["wanted"] is not None:
                group.append(Table("right", each["wanted"]))
            if each["errors"] is not None:
                group.append(Table("yours − right", each["errors"], shaded=True))
            groups.append(group)
        return tables(self.shown["title"], self.describe(), lines, groups)


def _examined(stub: Any, exercise: str | None, seed: int) -> Verdict:
    name = exercise or getattr(stub, "__name__", None)
    if not callable(stub) or name is None:
        raise CannotShowError(
            f"This is {stub!r}. Give the function or class itself, "
            "as in DiagnosisPanel(mul_backward)."
        )
    try:
        found = find(name)
    except UnknownExercise as error:
        raise CannotShowError(f"There is nothing to compare with: {error}.") from error
    return examine(found, LocalTransport({name: stub}), seed)


def _ladder(verdict: Verdict, failed: CheckResult | None) -> list[dict[str, Any]]:
    """Write the hints in the order in which `course.check` gives them."""
    if verdict.passed:
        says = f"{headline(verdict)}. Nothing to repair."
        return [{"kind": "forward", "rung": 1, "says": says}]
    wrong = [check for check in verdict.checks if not check.passed]
    sentences = [
        f"{finding.where}: {finding.sentence}" if finding.where else finding.sentence
        for finding in verdict.findings
    ]
    hints = [" ".join(sentences) or wrong[0].message]
    read = next((finding.read for finding in verdict.findings if finding.read), "")
    hints += [f"Read again: {read}."] if read else []
    if failed is not None:
        numbers = [_in_words(each) for each in failed.comparisons if each.expected]
        words = " ".join([failed.message, *(failed.worked or numbers)])
        hints.append(words if words != hints[0] else "Here is the smallest case that fails.")
    return [
        {
            "kind": "backward",
            "rung": 3 if failed is not None and i == len(hints) - 1 else 1,
            "says": f"Hint {i + 1}. {each}",
        }
        for i, each in enumerate(hints)
    ]


def _in_words(each: Comparison) -> str:
    if not each.expected:
        return f"{each.what}: {each.yours}."
    return f"{each.what}: yours {each.yours}, right {each.expected}."


def _map(each: Comparison) -> dict[str, Any]:
    """Give a comparison as numbers, where its text is whole and its arrays are small."""
    yours, right = _array(each.yours), _array(each.expected)
    told = {"what": each.what, "yours": each.yours, "right": each.expected}
    if yours is None or (each.expected and right is None):
        return {**told, "numbers": None, "wanted": None, "errors": None}
    same = right is not None and yours.shape == right.shape
    return {
        **told,
        "numbers": np.atleast_2d(yours).tolist(),
        "wanted": None if right is None else np.atleast_2d(right).tolist(),
        "errors": np.atleast_2d(yours - right).round(6).tolist() if same else None,
    }


def _array(text: str) -> Any:
    """Read an array from a verdict's text; None if it was cut, is too large, or has no numbers."""
    try:
        array = np.array(ast.literal_eval(text), dtype=float)
    except (ValueError, SyntaxError, TypeError):
        return None
    fits = array.ndim <= 2 and array.size > 0 and max(array.shape, default=1) <= LARGEST
    return array if fits else None
