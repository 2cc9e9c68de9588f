"""What the gradebook says of the submissions of an assignment, read for a whole class at once.

nbgrader's own attributes ask the database for each student again, and its tables have no index for
that: a class twice as large would take four times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import case, func, select

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Booked", "booked"]


@dataclass(frozen=True)
class Booked:
    """One student's submission.

    Attributes
    ----------
    handed_in : datetime or None
        UTC.
    score : float
        With manual points and extra credit, before the late penalty.
    penalty : float
        Points that lateness takes off.
    needs_person : bool
        Whether an answer still waits to be read.
    by_hand : bool
        Whether a person has given points.
    """

    handed_in: datetime | None
    score: float = 0.0
    penalty: float = 0.0
    needs_person: bool = False
    by_hand: bool = False

    @property
    def final(self) -> float:
        """The score after the late penalty; nbgrader keeps the two apart."""
        return max(0.0, self.score - self.penalty)


def booked(book: Any, assignment: str) -> dict[str, Booked]:
    """Read what is in the gradebook for an assignment.

    Parameters
    ----------
    book : nbgrader.api.Gradebook
    assignment : str

    Returns
    -------
    dict of str to Booked
        By student; who has handed in nothing is not there.
    """
    of_each_notebook = (
        select(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            func.coalesce(func.sum(Grade.score), 0.0),
            func.coalesce(SubmittedNotebook.late_submission_penalty, 0.0),
            func.count(case((Grade.needs_manual_grade, 1))),
            func.count(Grade.manual_score),
        )
        .select_from(SubmittedAssignment)
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(SubmittedAssignment.assignment_id == book.find_assignment(assignment).id)
        .group_by(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            SubmittedNotebook.id,
            SubmittedNotebook.late_submission_penalty,
        )
    )
    found: dict[str, Booked] = {}
    for student, handed_in, score, penalty, unread, by_hand in book.db.execute(of_each_notebook):
        others = found.get(student, Booked(handed_in))
        found[student] = Booked(
            handed_in,
            others.score + float(score),
            others.penalty + float(penalty),
            others.needs_person or unread > 0,
            others.by_hand or by_hand > 0,
        )
    return found
