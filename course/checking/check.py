"""`check(stub)`: what a student runs below an exercise."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.render import ALL_HINTS, as_html, as_text, headline, is_blank
from course.checking.verdict import Verdict
from course.exercises import find

__all__ = ["CheckFailed", "Shown", "check"]


class CheckFailed(Exception):
    """A check was not passed. IPython shows its message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class Shown:
    """A verdict that a notebook displays as HTML, and anything else as text."""

    def __init__(self, verdict: Verdict, hints: int) -> None:
        self.verdict, self.hints = verdict, hints

    def __repr__(self) -> str:
        return as_text(self.verdict, self.hints)

    def _repr_html_(self) -> str:
        return as_html(self.verdict, self.hints)


_failures: Counter[str] = Counter()
"""How often each exercise was tried in vain since it last passed, in this kernel."""


def _hints(verdict: Verdict) -> int:
    """Count a verdict, and return how much of it to show: more at each failure, until it passes."""
    if verdict.passed:
        del _failures[verdict.exercise]
        return ALL_HINTS
    if not is_blank(verdict):  # "run all cells" is no try
        _failures[verdict.exercise] += 1
    return min(max(_failures[verdict.exercise], 1), ALL_HINTS)


def failure(verdict: Verdict) -> CheckFailed:
    """Return the error that a failed verdict is raised as: headline, then the first finding."""
    first = verdict.findings[0].sentence if verdict.findings else ""
    return CheckFailed(f"{headline(verdict)}. {first}".strip())


def check(stub: Callable[..., Any], *, seed: int = 0) -> float | None:
    """Check an exercise: say what is right, what is wrong, and which mistake it is.

    The first failed check says what is wrong; the second also where to read again; the third also
    shows the numbers of the smallest failing case, worked through. Passing starts it over.

    Parameters
    ----------
    stub : function or class
        Your stub; the exercise is found by its name.
    seed : int, optional
        From which the probes are drawn. Another seed tries other numbers.

    Returns
    -------
    None
        When all checks pass. Under ``nbgrader autograde`` the points earned instead, which
        nbgrader takes as the score, so that partial credit is the same there.

    Raises
    ------
    CheckFailed
        When a check does not pass.
    TypeError
        When `stub` is not a function or class.
    course.exercises.UnknownExercise
        When no exercise has its name.
    """
    name = getattr(stub, "__name__", None)
    if not callable(stub) or name is None:
        raise TypeError(
            f"check wants the function or class itself, as in check(mul_backward), not {stub!r}"
        )
    verdict = examine(find(name), LocalTransport({name: stub}), seed)
    _show(Shown(verdict, _hints(verdict)))
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return verdict.score
    if not verdict.passed:
        raise failure(verdict)
    return None


def _show(shown: Shown) -> None:
    """Display in a notebook; print where there is none."""
    import IPython

    if IPython.get_ipython() is None:
        print(shown)
    else:
        # What is shown is kept in the notebook; the progress page reads it from there.
        verdict = shown.verdict
        kept = {"exercise": verdict.exercise, "score": verdict.score, "passed": verdict.passed}
        IPython.display.display(  # type: ignore[no-untyped-call]  # IPython leaves it untyped
            shown, metadata={"verdict": kept}
        )
