"""The mistakes of the class: which, who made them, and one example of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from autograder.grading.record import Record
from autograder.report.outcome import example_of, named_findings, was_tried
from course.checking.verdict import Finding, Verdict

__all__ = ["mistake_rows", "unnamed_rows"]

_Case = tuple[Record, Verdict, Finding]


def mistake_rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Rank the mistakes that have a name, the one most students made first.

    Returns
    -------
    list of dict
        ``mistake``, ``sentence``, ``read``, ``students`` (sorted names), ``exercises`` (name to
        number of students), ``example``.
    """
    cases: defaultdict[str, list[_Case]] = defaultdict(list)
    for record in records:
        for verdict in record.verdicts:
            for finding in named_findings(verdict):
                cases[finding.mistake].append((record, verdict, finding))
    rows = [_mistake(name, found) for name, found in cases.items()]
    return sorted(rows, key=lambda row: (-len(row["students"]), row["mistake"]))


def _mistake(name: str, cases: list[_Case]) -> dict[str, Any]:
    # The same mistake is worded for each exercise; the wording most students saw stands for it.
    sentence, read = Counter(
        (finding.sentence, finding.read) for _, _, finding in cases
    ).most_common(1)[0][0]
    record, verdict, _ = next(
        case for case in cases if (case[2].sentence, case[2].read) == (sentence, read)
    )
    return {
        "mistake": name,
        "sentence": sentence,
        "read": read,
        "students": _students(record for record, _, _ in cases),
        "exercises": _exercises((record, verdict) for record, verdict, _ in cases),
        "example": _example(record, verdict),
    }


def unnamed_rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Gather the failures that no known mistake explains, by exercise.

    Returns
    -------
    list of dict
        ``assignment``, ``exercise``, ``students``, ``example``: the most frequent first. Many
        alike are a mistake that the catalogue should learn.
    """
    cases: defaultdict[tuple[str, str], list[tuple[Record, Verdict]]] = defaultdict(list)
    for record in records:
        for verdict in record.verdicts:
            if not verdict.passed and was_tried(verdict) and not named_findings(verdict):
                cases[record.assignment, verdict.exercise].append((record, verdict))
    rows = [
        {
            "assignment": assignment,
            "exercise": exercise,
            "students": _students(record for record, _ in found),
            "example": _example(*found[0]),
        }
        for (assignment, exercise), found in cases.items()
    ]
    return sorted(rows, key=lambda row: -len(row["students"]))


def _students(records: Iterable[Record]) -> list[str]:
    return sorted({record.student for record in records})


def _exercises(pairs: Iterable[tuple[Record, Verdict]]) -> dict[str, int]:
    """Count the students for each exercise, the most first."""
    who = {(record.student, verdict.exercise) for record, verdict in pairs}
    return dict(Counter(exercise for _, exercise in sorted(who)).most_common())


def _example(record: Record, verdict: Verdict) -> dict[str, Any]:
    return {"student": record.student, "exercise": verdict.exercise, **example_of(verdict)}
