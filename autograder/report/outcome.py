"""What became of one exercise of one student, in the five words that the report counts."""

from __future__ import annotations

from autograder.grading.record import Record
from course.checking.diagnose import UNKNOWN
from course.checking.verdict import STATUSES, Comparison, Finding, Verdict

__all__ = [
    "OUTCOMES",
    "TRIED",
    "example_of",
    "has_score",
    "named_findings",
    "outcome",
    "was_tried",
]

OUTCOMES = ("passed", "partial", "wrong", "blank", "lost")
"""All checks, some credit, no credit, not written, and not run to its end."""

TRIED = OUTCOMES[:3]
"""There was something to check and it ran: only these say how hard an exercise is."""

_NOT_WRITTEN = {"blank", "missing"}
_NO_MISTAKES = _NOT_WRITTEN.union(STATUSES, {UNKNOWN})


def outcome(verdict: Verdict) -> str:
    """Return one of `OUTCOMES`."""
    if verdict.status == "missing" or _NOT_WRITTEN.intersection(verdict.mistakes):
        return "blank"
    if verdict.status != "graded":
        return "lost"
    if verdict.passed:
        return "passed"
    return "partial" if verdict.share > 0 else "wrong"


def was_tried(verdict: Verdict) -> bool:
    """Whether the outcome is one of `TRIED`."""
    return outcome(verdict) in TRIED


def has_score(record: Record) -> bool:
    """Whether anything was checked: a submission that could not be read has no score, not 0."""
    return any(verdict.checks for verdict in record.verdicts)


def named_findings(verdict: Verdict) -> tuple[Finding, ...]:
    """Return the findings that are mistakes of understanding.

    An empty stub, a lost process and a mistake that nobody knows are findings too, but they do not
    tell what a class has misunderstood.
    """
    return tuple(finding for finding in verdict.findings if finding.mistake not in _NO_MISTAKES)


def example_of(verdict: Verdict) -> dict[str, object]:
    """Return the first failed check of a verdict that has numbers, as the report shows it."""
    failed = [check for check in verdict.checks if not check.passed]
    shown = next((check for check in failed if check.comparisons), failed[0] if failed else None)
    if shown is None:
        return {"check": "", "message": "", "comparisons": []}
    return {
        "check": shown.title,
        "message": shown.message,
        "comparisons": [_side_by_side(comparison) for comparison in shown.comparisons],
    }


def _side_by_side(comparison: Comparison) -> dict[str, str]:
    return {
        "what": comparison.what,
        "yours": comparison.yours,
        "expected": comparison.expected,
    }
