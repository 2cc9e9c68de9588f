"""Running one submission: its cells in order, then each exercise, in as many children as it takes.

When a child is lost in a cell or an exercise, that cell or exercise has failed; a fresh child runs
the cells again without the fatal ones, and the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from autograder.grading.repair import RepairedCell
from course.checking.examine import examine
from course.checking.stub import StubGone, Transport
from course.checking.verdict import Finding, Verdict
from course.exercises.exercise import Exercise

__all__ = ["CellOutcome", "Child", "SubmissionRun"]


class Child(Transport, Protocol):
    """A submission's process; `autograder.sandbox.Session` is one."""

    @property
    def alive(self) -> bool:
        """Whether it can still be used."""
        ...

    def run_cell(self, source: str, *, cell_id: str) -> Any:
        """Run a cell; raises StubGone when the process is lost."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True)
class CellOutcome:
    """What a cell put out.

    Attributes
    ----------
    outputs : list of dict
        As nbformat 4 has them.
    execution_count : int or None
        None for a cell that did not come to its end.
    error : str
        The exception it ended with, such as ``"SyntaxError: invalid syntax"``, or "".
    """

    outputs: list[dict[str, Any]]
    execution_count: int | None
    error: str = ""


class SubmissionRun:
    """One submission in the sandbox; a context manager, on whose exit nothing of it is left.

    Parameters
    ----------
    start
        Starts a child.
    cells : tuple of RepairedCell
    seconds : float
        Wall time for everything, fresh children included.

    Attributes
    ----------
    outcomes : dict of int to CellOutcome
        By position.
    fatal : dict of int to StubGone
        The cells in which a child was lost, and how.
    """

    def __init__(
        self, start: Callable[[], Child], cells: tuple[RepairedCell, ...], seconds: float
    ) -> None:
        self._start, self._cells = start, cells
        self._deadline = time.monotonic() + seconds
        self._child: Child | None = None
        self.outcomes: dict[int, CellOutcome] = {}
        self.fatal: dict[int, StubGone] = {}

    def __enter__(self) -> SubmissionRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_child()

    def run_cells(self) -> None:
        """Run every cell that is to be run; go on behind one in which the child was lost."""
        while self._has_time():
            if self._run_to_end():
                return

    def examine(self, exercise: Exercise, seed: int) -> Verdict:
        """Examine one exercise, in a fresh child if the last one was lost."""
        while self._child is None or not self._child.alive:
            if not self._has_time():
                return _out_of_time(exercise, seed)
            self._run_to_end()
        verdict = examine(exercise, self._child, seed)
        return self._explained(verdict) if "missing" in verdict.mistakes else verdict

    def _run_to_end(self) -> bool:
        """Start a child and run the cells not known to be fatal; False if it was lost again."""
        self._end_child()
        self._child = child = self._start()
        for index, cell in enumerate(self._cells):
            if not cell.run or index in self.fatal:
                continue
            if not self._has_time():
                self._lose(index, StubGone("timeout", "the submission's time was used up"))
                return False
            try:
                ran = child.run_cell(cell.source, cell_id=cell.cell_id or f"cell-{index}")
            except StubGone as gone:
                self._lose(index, gone)
                return False
            # A cell shows what it put out the first time, not what it did when it was run again.
            outcome = CellOutcome(ran.outputs, ran.execution_count, _error(ran.outputs))
            self.outcomes.setdefault(index, outcome)
        return True

    def _lose(self, index: int, gone: StubGone) -> None:
        self.fatal[index] = gone
        told = f"{gone.status}: {gone}"
        output = {"output_type": "error", "ename": "Stopped", "evalue": told, "traceback": [told]}
        self.outcomes[index] = CellOutcome([output], None, told)

    def _explained(self, verdict: Verdict) -> Verdict:
        """Say why there is no stub: its cell was fatal, or failed, or there is none."""
        for index, cell in enumerate(self._cells):
            if not (cell.released and cell.released.exercise == verdict.exercise and cell.run):
                continue
            if gone := self.fatal.get(index):
                return replace(verdict, status=gone.status)
            if (outcome := self.outcomes.get(index)) and outcome.error:
                return replace(verdict, findings=tuple(_because(verdict, outcome.error)))
        return replace(verdict, status="missing")

    def _has_time(self) -> bool:
        return time.monotonic() < self._deadline

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.close()
        self._child = None


def _because(verdict: Verdict, error: str) -> list[Finding]:
    sentence = f"Its cell ended with an error, so that there is no {verdict.exercise}: {error}"
    return [
        replace(finding, sentence=sentence) if finding.mistake == "missing" else finding
        for finding in verdict.findings
    ]


def _error(outputs: list[dict[str, Any]]) -> str:
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"[:300]
    return ""


def _out_of_time(exercise: Exercise, seed: int) -> Verdict:
    sentence = "The time for the whole notebook was used up before this exercise was tried."
    finding = Finding("timeout", sentence, read=exercise.read)
    return Verdict(exercise.name, exercise.points, seed, (), (finding,), "timeout")
