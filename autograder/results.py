"""What grading came to, as plain rows: one for each student and exercise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from autograder.grading.record import Record

__all__ = ["as_json", "reasons", "rows"]


def rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield a record's exercises.

    Yields
    ------
    dict
        ``student, assignment, exercise, score, max_score, status, mistakes, seconds``; the score
        is None where there is none, as for a submission that could not be read.
    """
    for verdict in record.verdicts:
        yield {
            "student": record.student,
            "assignment": record.assignment,
            "exercise": verdict.exercise,
            "score": verdict.score if verdict.checks else None,
            "max_score": verdict.points,
            "status": verdict.status,
            "mistakes": list(verdict.mistakes),
            "seconds": round(verdict.seconds, 4),
        }


def as_json(records: Iterable[Record]) -> str:
    """Return all rows as a JSON list with one row on each line."""
    lines = ",\n".join(json.dumps(row) for record in records for row in rows(record))
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def reasons(record: Record) -> list[str]:
    """Return why somebody has to look at a submission; empty when nobody has to."""
    if not record.needs_person:
        return []
    why = [note.text for note in record.notes if note.kind == "person"]
    by_status: dict[str, list[str]] = {}
    for verdict in record.verdicts:
        if verdict.status != "graded" and (verdict.checks or verdict.findings):
            by_status.setdefault(verdict.status, []).append(verdict.exercise)
    why += [f"{status}: {', '.join(names)}" for status, names in by_status.items()]
    return why or [record.status]
