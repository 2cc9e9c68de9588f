"""What the checker found out about one exercise: a value to show, store and score.

A verdict is made on the trusted side only. It holds no code and no reference: only what a student
may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["STATUSES", "CheckResult", "Comparison", "Finding", "Verdict", "listed"]

STATUSES = ("graded", "missing", "unreadable", "crashed", "timeout", "memory", "refused")
"""What can become of an exercise; all but "graded" need a person to look."""

NAMED = 4
"""How many wrong gradients are named one by one."""


def listed(labels: Sequence[str]) -> str:
    """Name gradients in a row: all of them, or the first few of many."""
    more = len(labels) - NAMED
    return f"{', '.join(labels[:NAMED])} and {more} more" if more > 1 else ", ".join(labels)


@dataclass(frozen=True)
class Comparison:
    """Numbers side by side, already cut to what fits a line.

    Attributes
    ----------
    what : str
        What is compared, such as ``"dx"``, or an input's name.
    yours, expected : str
        The two values as text; `expected` is "" for a line that only states an input.
    """

    what: str
    yours: str
    expected: str = ""


@dataclass(frozen=True)
class CheckResult:
    """One check of an exercise: a group of probes with a title.

    Attributes
    ----------
    title : str
        What was tried, such as ``"random arrays"``.
    weight : int
        Its share of the credit; 0 for a check that is only shown.
    passed : bool
        Whether every probe gave the right answer.
    message : str
        What went wrong, in words; "" when passed.
    comparisons : tuple of Comparison
        The smallest failing case: its inputs, what came back, what was right.
    worked : tuple of str
        That case worked through, a line for each wrong gradient.
    """

    title: str
    weight: int
    passed: bool
    message: str = ""
    comparisons: tuple[Comparison, ...] = ()
    worked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A mistake that explains what a stub returned.

    Attributes
    ----------
    mistake : str
        Its name in the catalogue, such as ``"no-upstream"``.
    sentence : str
        What the student did and what to do instead.
    where : str
        The gradient it is in, such as ``"dx"``; "" when it is in all of them.
    read : str
        Heading in the notebook under which to read again.
    """

    mistake: str
    sentence: str
    where: str = ""
    read: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one exercise for one student.

    Attributes
    ----------
    exercise : str
        Its name, which is the stub's name and nbgrader's ``grade_id``.
    points : float
        The most it can give.
    seed : int
        From which its probes were drawn.
    checks : tuple of CheckResult
        In the order they were tried.
    findings : tuple of Finding
        Mistakes that explain the failure; empty when passed, or when it is none that is known.
    status : str
        One of `STATUSES`.
    seconds : float
        Wall time spent in the stub.
    """

    exercise: str
    points: float
    seed: int
    checks: tuple[CheckResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    status: str = "graded"
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every check was passed."""
        return self.status == "graded" and bool(self.checks) and all(c.passed for c in self.checks)

    @property
    def share(self) -> float:
        """The part of the credit earned, from 0 to 1: the weight of the checks passed."""
        whole = sum(check.weight for check in self.checks)
        earned = sum(check.weight for check in self.checks if check.passed)
        return earned / whole if whole else 0.0

    @property
    def score(self) -> float:
        """Points earned."""
        return round(self.points * self.share, 4)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Names of the mistakes found, each once, in order."""
        return tuple(dict.fromkeys(finding.mistake for finding in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able copy, with the score beside what it follows from."""
        # By hand: asdict copies every leaf, which takes longer than writing it.
        checks = [
            {**vars(check), "comparisons": [{**vars(each)} for each in check.comparisons]}
            for check in self.checks
        ]
        findings = [{**vars(finding)} for finding in self.findings]
        return {**vars(self), "checks": checks, "findings": findings, "score": self.score}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """Rebuild a verdict from `to_dict`."""
        checks = tuple(
            CheckResult(
                **{
                    **check,
                    "comparisons": tuple(Comparison(**each) for each in check["comparisons"]),
                    "worked": tuple(check["worked"]),
                }
            )
            for check in data["checks"]
        )
        findings = tuple(Finding(**finding) for finding in data["findings"])
        kept = {key: value for key, value in data.items() if key != "score"}
        return cls(**{**kept, "checks": checks, "findings": findings})
