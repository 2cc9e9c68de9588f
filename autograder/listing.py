"""What is graded: every exercise with its points and the mistakes that are named."""

from __future__ import annotations

from typing import Any

from course.checking.hypotheses import mistakes_of
from course.exercises import assignments, load

__all__ = ["listed"]


def listed() -> list[dict[str, Any]]:
    """List every exercise of every assignment, in the order of the notebooks.

    Returns
    -------
    list of dict
        With ``assignment, exercise, points, kind, read`` and ``mistakes``, as JSON has them.
    """
    return [
        {
            "assignment": assignment,
            "exercise": exercise.name,
            "points": exercise.points,
            "kind": exercise.kind,
            "read": exercise.read,
            "mistakes": mistakes_of(exercise),
        }
        for assignment in assignments()
        for exercise in load(assignment).values()
    ]
