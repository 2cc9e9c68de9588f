"""What a record comes to in nbgrader's gradebook, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.record import Record
    from autograder.grading.released import Released

__all__ = ["expected_comments", "expected_grades"]


def expected_grades(record: Record, released: Released) -> dict[str, tuple[float | None, bool]]:
    """Return what a record comes to in the gradebook: score and need of a person, for each cell.

    A score of None is no score: for what a person has to score, and for a submission that could
    not be read, so that no earlier score goes on standing for it.
    """
    verdicts = {verdict.exercise: verdict for verdict in record.verdicts}
    grades: dict[str, tuple[float | None, bool]] = {}
    for name, cell in released.cells.items():
        if cell.is_check:
            verdict = verdicts.get(name)
            known = verdict is not None and record.status not in ("missing", "unreadable")
            grades[name] = (
                (verdict.score, verdict.status != "graded") if verdict and known else (None, True)
            )
        elif cell.grade or cell.task:
            blank = name in record.unanswered
            grades[name] = (0.0, False) if blank else (None, True)
    return grades


def expected_comments(record: Record, released: Released) -> dict[str, str]:
    """Return a record's comments in the gradebook, for each cell that has one.

    They say "No response." where nbgrader does, and what happened where there is no score.
    """
    said = dict.fromkeys(record.unanswered, "No response.")
    status = {verdict.exercise: verdict.status for verdict in record.verdicts}
    for name, cell in released.cells.items():
        outcome = status.get(cell.exercise, record.status)
        if cell.solution and outcome != "graded" and name not in said:
            said[name] = f"Not scored in full: {outcome}. Your instructor looks at it."
    return said
