"""How each exercise went: what became of it, which checks, and how well it tells students apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean, median
from typing import Any

from autograder.grading.record import Record
from autograder.report.outcome import OUTCOMES, TRIED, outcome
from course.checking.verdict import Verdict

__all__ = ["Entry", "by_exercise", "discrimination", "exercise_rows"]


@dataclass(frozen=True)
class Entry:
    """One student's verdict on one exercise, beside the rest of that student's assignment.

    Attributes
    ----------
    student : str
    verdict : Verdict
    outcome : str
        One of `OUTCOMES`.
    score : float
        Points earned here.
    elsewhere, possible : float
        Points earned, and to be earned, in the assignment's other exercises.
    """

    student: str
    verdict: Verdict
    outcome: str
    score: float
    elsewhere: float
    possible: float

    @property
    def was_tried(self) -> bool:
        """Whether there was something to check and it ran."""
        return self.outcome in TRIED


def by_exercise(records: Sequence[Record]) -> dict[tuple[str, str], list[Entry]]:
    """Group the verdicts by (assignment, exercise), in the notebooks' order."""
    groups: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.assignment):
        scores = [verdict.score for verdict in record.verdicts]
        whole, most = sum(scores), record.max_score
        for verdict, score in zip(record.verdicts, scores, strict=True):
            rest, possible = whole - score, most - verdict.points
            groups[record.assignment, verdict.exercise].append(
                Entry(record.student, verdict, outcome(verdict), score, rest, possible)
            )
    return dict(groups)


def exercise_rows(groups: Mapping[tuple[str, str], list[Entry]]) -> list[dict[str, Any]]:
    """Sum up every exercise.

    Parameters
    ----------
    groups : mapping
        From `by_exercise`.

    Returns
    -------
    list of dict
        ``assignment``, ``name``, ``points``, ``students``, ``tried``, one count for each of
        `OUTCOMES`, ``mean`` (share of the points among those who tried, or None),
        ``discrimination`` (or None), ``seconds`` (median, or None), and ``checks``: a list with
        ``title``, ``passed`` and ``tried`` for each.
    """
    return [_row(assignment, name, entries) for (assignment, name), entries in groups.items()]


def _row(assignment: str, name: str, entries: list[Entry]) -> dict[str, Any]:
    counts = Counter(entry.outcome for entry in entries)
    tried = [entry for entry in entries if entry.was_tried]
    return {
        "assignment": assignment,
        "name": name,
        "points": max(entry.verdict.points for entry in entries),
        "students": len(entries),
        "tried": len(tried),
        **{word: counts[word] for word in OUTCOMES},
        "mean": fmean(entry.verdict.share for entry in tried) if tried else None,
        "discrimination": discrimination(tried),
        "seconds": median(entry.verdict.seconds for entry in tried) if tried else None,
        "checks": _checks(tried),
    }


def _checks(tried: list[Entry]) -> list[dict[str, Any]]:
    passed: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for entry in tried:
        for check in entry.verdict.checks:
            seen[check.title] += 1
            passed[check.title] += check.passed
    return [{"title": title, "passed": passed[title], "tried": seen[title]} for title in seen]


def discrimination(tried: Sequence[Entry]) -> float | None:
    """Return how an exercise's score goes with the score on the rest of its assignment.

    The corrected item-total correlation of test theory (Nunnally and Bernstein, *Psychometric
    Theory*, 1994, ch. 8): below 0, students who do well elsewhere do worse here.

    Returns
    -------
    float or None
        From -1 to 1; None for fewer than three students, or where everybody has the same.
    """
    if len(tried) < 3:
        return None
    try:
        return correlation([entry.score for entry in tried], [entry.elsewhere for entry in tried])
    except StatisticsError:  # one of the two does not vary
        return None
