"""Exercises that look broken: where the fault may be the course's and not the students'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

from autograder.report.exercises import Entry
from autograder.report.outcome import named_findings

__all__ = ["suspect_rows"]

FEWEST = 3
"""Fewer students than this who tried say nothing about an exercise."""

STRONG = 0.9
"""Share of the points elsewhere from which a student counts as one who can do it."""


def suspect_rows(
    groups: Mapping[tuple[str, str], list[Entry]], exercises: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """List the exercises that look broken, with every reason.

    Parameters
    ----------
    groups : mapping
        From `autograder.report.exercises.by_exercise`.
    exercises : sequence of dict
        From `autograder.report.exercises.exercise_rows`.

    Returns
    -------
    list of dict
        ``assignment``, ``exercise`` and ``reasons``, a list of sentences.
    """
    rows = []
    for row in exercises:
        entries = groups[row["assignment"], row["name"]]
        tried = [entry for entry in entries if entry.was_tried]
        reasons = [*_from_counts(row), *_from_students(tried)]
        if reasons:
            rows.append(
                {"assignment": row["assignment"], "exercise": row["name"], "reasons": reasons}
            )
    return rows


def _from_counts(row: dict[str, Any]) -> Iterator[str]:
    nobody = [check["title"] for check in row["checks"] if not check["passed"]]
    if row["tried"] >= FEWEST and nobody:
        titles = ", ".join(f"“{title}”" for title in nobody)
        yield f"None of the {row['tried']} students who tried passes {titles}."
    if row["lost"] >= FEWEST and 2 * row["lost"] >= row["students"]:
        yield f"It could not be run to its end for {row['lost']} of {row['students']} students."
    value = row["discrimination"]
    # Two standard errors of a correlation that is really 0.
    if value is not None and value < -2 / sqrt(row["tried"]):
        yield (
            "Students who do well elsewhere do worse here"
            f" (correlation with the rest of the assignment {value:.2f})."
        )


def _from_students(tried: list[Entry]) -> Iterator[str]:
    strong = [entry for entry in tried if _is_strong(entry)]
    beaten = sum(not entry.verdict.passed for entry in strong)
    if len(strong) >= FEWEST and 2 * beaten > len(strong):
        yield (
            f"{beaten} of the {len(strong)} students with {STRONG:.0%} or more elsewhere"
            " do not pass it."
        )
    failed = [entry.verdict for entry in tried if not entry.verdict.passed]
    unnamed = sum(not named_findings(verdict) for verdict in failed)
    if len(failed) >= 2 * FEWEST and 2 * unnamed > len(failed):
        yield f"No known mistake explains {unnamed} of {len(failed)} failures."


def _is_strong(entry: Entry) -> bool:
    return entry.possible > 0 and entry.elsewhere >= STRONG * entry.possible
