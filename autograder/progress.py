"""Showing how far grading is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from autograder.grading.grade import Observer
from autograder.grading.record import Record

__all__ = ["ShownProgress"]


class ShownProgress(Observer):
    """Tells a person how grading goes; a context manager.

    Parameters
    ----------
    console : rich.console.Console
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = TaskID(0)
        self._started = time.monotonic()
        self._count = self._total = 0

    def __enter__(self) -> ShownProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def planned(self, to_grade: int, done: int) -> None:
        """Show how much there is to do."""
        self._total = to_grade
        self._started = time.monotonic()
        if done:
            self._console.print(f"{done} already graded, {to_grade} to grade")
        self._task = self._bar.add_task("grading", total=to_grade, rate="")

    def graded(self, record: Record) -> None:
        """Show that a submission was graded."""
        self._count += 1
        rate = self._count / max(time.monotonic() - self._started, 1e-3)
        self._bar.update(self._task, advance=1, rate=f"{rate:.1f}/s")
        if not self._console.is_terminal:
            left = (self._total - self._count) / rate
            self._console.print(
                f"[{self._count}/{self._total}] {record.student}: {record.status}, "
                f"{record.score:g} of {record.max_score:g} ({rate:.1f}/s, {left:.0f} s left)",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
