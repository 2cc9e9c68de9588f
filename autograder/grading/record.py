"""What grading one submission came to: the journal's entry, and all that later steps read.

The gradebook, the autograded notebook, the feedback, the report and the exports are made from
these records; none of them runs a notebook again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from course.checking.verdict import STATUSES, Verdict

__all__ = ["Note", "Record"]


@dataclass(frozen=True)
class Note:
    """Something about a submission that a person may want to know.

    Attributes
    ----------
    kind : str
        ``"repaired"`` (put right, nothing to do), ``"reported"`` (odd, scored all the same) or
        ``"person"`` (somebody has to look).
    text : str
        One sentence.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Record:
    """The outcome of one submission.

    Attributes
    ----------
    student, assignment : str
        Whose and what.
    notebook : str
        nbgrader's name of the notebook, such as ``"gate_patterns"``.
    status : str
        One of `course.checking.verdict.STATUSES`: ``"graded"``, or why not all of it could be.
    submission : str
        SHA-256 of the submitted file, by which a rerun knows what is already done; "" if missing.
    attempt : int
        How often this assignment was graded for this student, from 1.
    verdicts : tuple of Verdict
        One for each exercise, in the notebook's order.
    notes : tuple of Note
        What was repaired, and what needs a person.
    seconds : float
        Wall time of the whole submission.
    sandboxed : bool
        False only where the instructor graded without a sandbox.
    late_seconds : float
        How late it was handed in; 0 when in time or when there is no due date.
    unanswered : tuple of str
        Names of the cells that are as they were released, for nbgrader's "No response.".
    """

    student: str
    assignment: str
    notebook: str
    status: str
    submission: str = ""
    attempt: int = 1
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    sandboxed: bool = True
    late_seconds: float = 0.0
    unanswered: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points from graded exercises; manual points are the gradebook's."""
        return sum(verdict.score for verdict in self.verdicts)

    @property
    def max_score(self) -> float:
        """Points that the graded exercises can give."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to look before the score stands."""
        return (
            self.status != "graded"
            or any(note.kind == "person" for note in self.notes)
            or any(verdict.status != "graded" for verdict in self.verdicts)
        )

    def with_note(self, kind: str, text: str) -> Record:
        """Return a copy with one more note."""
        return replace(self, notes=(*self.notes, Note(kind, text)))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able copy."""
        return {
            **vars(self),
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
            "notes": [{**vars(note)} for note in self.notes],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Record:
        """Rebuild a record from `to_dict`.

        Raises
        ------
        ValueError
            It has a status or a score that cannot be, so it was not made by us.
        KeyError, TypeError, AttributeError
            It has not the fields of a record.
        """
        record = cls(
            **{
                **data,
                "verdicts": tuple(Verdict.from_dict(verdict) for verdict in data["verdicts"]),
                "notes": tuple(Note(**note) for note in data["notes"]),
                "unanswered": tuple(data.get("unanswered", ())),
            }
        )
        statuses = {record.status, *(verdict.status for verdict in record.verdicts)}
        if unknown := statuses - set(STATUSES):
            raise ValueError(f"unknown status {unknown.pop()!r}")
        for verdict in record.verdicts:
            # The score follows from the checks; where it does not, somebody wrote it there.
            if not 0 <= verdict.score <= verdict.points:
                raise ValueError(f"{verdict.exercise} has an impossible score")
        return record
