"""A class of students that never was, as the journal would hold it."""

import numpy as np

from autograder.grading.record import Note, Record
from course.checking.verdict import CheckResult, Comparison, Finding, Verdict
from course.exercises import load

ASSIGNMENT = "03_gate_patterns"
EXERCISES = tuple(load(ASSIGNMENT))
MISTAKES = {
    "no-upstream": "You return the local gradient: multiply it by the upstream gradient.",
    "sign": "The sign is flipped.",
    "not-swapped": "Each input must get the other one.",
    "assigned": "Only the last path counts: collect with +=.",
}
CHECKS = ("the example", "random numbers", "random arrays", "mixed signs and 0")


def right(exercise, points=2.0):
    checks = tuple(CheckResult(title, 1, True) for title in CHECKS)
    return Verdict(exercise, points, 7, checks, seconds=0.01)


def wrong(exercise, mistake="sign", *, failed=CHECKS, points=2.0, yours="[-1., 2.]"):
    numbers = (Comparison("x", "[3., 4.]"), Comparison("dx", yours, "[1., -2.]"))
    checks = tuple(
        CheckResult(title, 1, False, "dx has wrong values.", numbers)
        if title in failed
        else CheckResult(title, 1, True)
        for title in CHECKS
    )
    findings = (Finding(mistake, MISTAKES.get(mistake, mistake), "dx", "2. Swap"),)
    return Verdict(exercise, points, 7, checks, findings if mistake else (), seconds=0.02)


def blank(exercise, points=2.0):
    checks = tuple(CheckResult(title, 1, False, "This is not written yet.") for title in CHECKS)
    return Verdict(exercise, points, 7, checks, (Finding("blank", "This is not written yet."),))


def lost(exercise, status="timeout", points=2.0):
    return Verdict(exercise, points, 7, (), (Finding(status, "It took too long."),), status)


def record(student, *verdicts, assignment=ASSIGNMENT, status="graded", **fields):
    notebook = assignment.split("_", 1)[1]
    return Record(student, assignment, notebook, status, verdicts=verdicts, **fields)


def classroom(size, *, seed=0, assignment=ASSIGNMENT):
    """Draw a class in which able students make fewer mistakes."""
    rng = np.random.default_rng(seed)
    return [_student(f"student-{index:04d}", assignment, rng) for index in range(size)]


def _student(name, assignment, rng):
    able = rng.beta(4, 2)
    verdicts = tuple(_verdict(exercise, able, rng) for exercise in EXERCISES)
    notes = []
    if rng.random() < 0.05:
        notes.append(Note("repaired", "A deleted test cell was put back."))
    lost_one = any(verdict.status != "graded" for verdict in verdicts)
    if lost_one:
        notes.append(Note("person", "An exercise ran out of time."))
    status = "timeout" if lost_one else "graded"
    seconds = float(rng.gamma(2, 0.2))
    return record(
        name, *verdicts, assignment=assignment, status=status, notes=tuple(notes), seconds=seconds
    )


def _verdict(exercise, able, rng):
    drawn = rng.random()
    if drawn < able:
        return right(exercise)
    if drawn > 0.995:
        return lost(exercise)
    if drawn > 0.97:
        return blank(exercise)
    mistake = str(rng.choice([*MISTAKES, ""], p=[0.4, 0.2, 0.2, 0.1, 0.1]))
    return wrong(exercise, mistake, failed=CHECKS[rng.integers(4) :])
