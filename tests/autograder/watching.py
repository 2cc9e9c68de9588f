"""An observer of `grade` that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable

from autograder.grading.grade import Observer
from autograder.grading.record import Record


class Watching(Observer):
    """Keeps how much there was to do and who was graded; does something after the first."""

    def __init__(self, after_the_first: Callable[[], object] = lambda: None) -> None:
        self.plan = (0, 0)
        self.records: list[Record] = []
        self._after_the_first = after_the_first

    @property
    def students(self) -> list[str]:
        return [record.student for record in self.records]

    def planned(self, to_grade: int, done: int) -> None:
        self.plan = (to_grade, done)

    def graded(self, record: Record) -> None:
        self.records.append(record)
        if len(self.records) == 1:
            self._after_the_first()
