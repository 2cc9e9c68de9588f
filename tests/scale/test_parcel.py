"""What comes back from a worker is an outcome of the job it was given, or nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading.job import Job, Outcome, ungraded
from autograder.grading.parcel import (
    OutcomeRefused,
    packed_job,
    packed_outcome,
    unpacked_job,
    unpacked_outcome,
)
from autograder.grading.record import Note, Record
from autograder.grading.released import Released, ReleasedCell
from course.checking.verdict import CheckResult, Comparison, Finding, Verdict

CHECK = ReleasedCell("f", "code", "check(f)", grade=True, solution=False, locked=True, points=2.0)
RELEASED = Released("03_small", "small", {"f": CHECK})
JOB = Job("ada", "12ab", b'{"cells":\n []}', 2, {"f": 7}, 60.0, (Note("person", "odd"),))


def graded(**facts: Any) -> Outcome:
    check = CheckResult("numbers", 1, False, "wrong", (Comparison("dx", "1", "2"),), ("dx = 2",))
    finding = Finding("sign", "The sign of dx is the wrong way round.")
    verdict = Verdict("f", 2.0, 7, (check,), (finding,))
    record = Record("ada", "03_small", "small", "graded", "12ab", 2, (verdict,))
    notes = (Note("person", "odd"), Note("repaired", "points"))
    given = {"notes": notes, "seconds": 0.5, "late_seconds": 60.0, "unanswered": ("why",), **facts}
    return Outcome(replace(record, **given), '{"cells": []}')


def test_a_job_arrives_as_it_was() -> None:
    assert unpacked_job(packed_job(JOB)) == JOB


@pytest.mark.parametrize("outcome", [graded(), ungraded(JOB, RELEASED, "unreadable", "cut off")])
def test_an_outcome_arrives_as_it_was(outcome: Outcome) -> None:
    assert unpacked_outcome(packed_outcome(outcome), JOB, RELEASED) == outcome


@pytest.mark.parametrize(
    "facts",
    [
        {"student": "bob"},
        {"assignment": "04_other"},
        {"submission": "34cd"},
        {"attempt": 1},
        {"late_seconds": 0.0},
        {"notes": ()},
        {"sandboxed": False},
        {"verdicts": ()},
        {"verdicts": (Verdict("f", 200.0, 7, (CheckResult("numbers", 1, True),)),)},
        {"verdicts": (Verdict("f", 2.0, 8, (CheckResult("numbers", 1, True),)),)},
        {"verdicts": (Verdict("f", 2.0, 7, (CheckResult("numbers", -1, True),) * 2),) * 2},
        {"status": "perfect"},
    ],
    ids=str,
)
def test_an_outcome_of_anything_else_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(OutcomeRefused):
        unpacked_outcome(packed_outcome(graded(**facts)), JOB, RELEASED)


def test_a_sandbox_is_not_asked_for_where_the_instructor_did_without() -> None:
    outcome = graded(sandboxed=False)
    assert unpacked_outcome(packed_outcome(outcome), JOB, RELEASED, sandboxed=False) == outcome


@pytest.mark.parametrize("parcel", [None, "text", {"student": "ada"}, b"", b"\n", b"[]\n{}"])
def test_what_is_no_outcome_is_refused(parcel: Any) -> None:
    with pytest.raises(OutcomeRefused):
        unpacked_outcome(parcel, JOB, RELEASED)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_outcome_is_an_outcome_of_this_job_or_refused(data: st.DataObject) -> None:
    good = packed_outcome(graded())
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + data.draw(st.binary(max_size=4)) + good[at + 1 :]
    try:
        outcome = unpacked_outcome(bad, JOB, RELEASED)
    except OutcomeRefused:
        return
    assert outcome.record.student == "ada"
    assert 0 <= outcome.record.score <= 2
    json.loads(outcome.notebook)
