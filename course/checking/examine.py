"""Examining a stub: draw the probes, run it, compare, name the mistake, give the verdict.

The same function serves the student's check, where the stub is called in the notebook, and the
grader, where it is called in a sandbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from course.autodiff.tree import flatten
from course.checking.diagnose import diagnose
from course.checking.observe import Observation, observe
from course.checking.stub import Stub, StubGone, Transport
from course.checking.verdict import CheckResult, Comparison, Finding, Verdict, listed
from course.checking.worked import worked_through

if TYPE_CHECKING:
    from course.exercises.case import Case
    from course.exercises.exercise import Exercise, Probes

__all__ = ["MANNERS", "examine", "judge"]

MANNERS = "leaves its arguments alone, and answers the same twice"
"""Title of the last check of every exercise."""

HOPELESS = {"blank", "missing", "arguments", "none", "prints", "engine"}
"""Problems that every further probe would only repeat."""


def examine(exercise: Exercise, transport: Transport, seed: int) -> Verdict:
    """Run every check of an exercise on a stub.

    Parameters
    ----------
    exercise : Exercise
    transport : Transport
        How to reach the stub of that name.
    seed : int
        From which the probes are drawn; not negative.

    Returns
    -------
    Verdict
        Whatever the stub does. If its process is lost, what was passed before stays passed and
        `status` says what happened.
    """
    stub = Stub(exercise.name, transport, engine=exercise.engine)
    seen: list[tuple[Probes, list[Observation]]] = []
    gone: StubGone | None = None
    with np.errstate(all="ignore"):
        for probes, cases in exercise.cases(seed):
            observations: list[Observation] = []
            seen.append((probes, observations))
            try:
                _observe_all(stub, cases, observations)
            except StubGone as error:
                gone = error
                break
            if _is_hopeless(observations):
                break
        return judge(exercise, seed, seen, gone)


def _observe_all(stub: Stub, cases: list[Case], observations: list[Observation]) -> None:
    for index, case in enumerate(cases):
        observations.append(observe(stub, case, repeat=index == 0))
        if _is_hopeless(observations):
            return


def _is_hopeless(observations: list[Observation]) -> bool:
    problem = observations[-1].problem if observations else None
    return problem is not None and problem.mistake in HOPELESS


def judge(
    exercise: Exercise,
    seed: int,
    seen: Sequence[tuple[Probes, list[Observation]]],
    gone: StubGone | None = None,
) -> Verdict:
    """Make a verdict of what was observed.

    Parameters
    ----------
    exercise : Exercise
    seed : int
    seen : sequence of (Probes, list of Observation)
        As far as the stub was tried; checks that are not in it are not passed.
    gone : StubGone, optional
        Why it was not tried further.
    """
    observations = list(chain.from_iterable(each for _, each in seen))
    findings = diagnose(exercise, observations) if observations else ()
    if gone is not None:
        findings = (*findings, Finding(gone.status, str(gone), read=exercise.read))
    tried = {probes.title: each for probes, each in seen}
    lost = len(seen) - 1 if gone is not None else None
    checks: list[CheckResult] = []
    for index, probes in enumerate(exercise.checks):
        cut = lost is not None and index >= lost
        # Of all that fails, the first case is the one that is shown.
        first = not any(check.comparisons for check in checks)
        checks.append(_result(probes, tried.get(probes.title, []), cut=cut, shown=first))
    checks.append(_manners(checks, observations, findings))
    return Verdict(
        exercise.name,
        exercise.points,
        seed,
        tuple(checks),
        findings,
        "graded" if gone is None else gone.status,
        sum(each.seconds for each in observations),
    )


def _result(
    probes: Probes, observations: list[Observation], *, cut: bool, shown: bool
) -> CheckResult:
    """Sum up one check: passed if it was tried to its end and every answer is right.

    Its smallest failing case is worked through if it is `shown`.
    """
    wrong = [each for each in observations if not each.right]
    if not wrong:
        passed = bool(observations) and not cut
        return CheckResult(probes.title, probes.weight, passed, "" if passed else "Not tried.")
    smallest = min(wrong, key=lambda each: _entries(each.case))
    hopeless = smallest.problem is not None and smallest.problem.mistake in HOPELESS
    worked = worked_through(smallest) if shown and not hopeless else ()
    if smallest.problem is not None:
        known = _outputs(smallest) if smallest.problem.mistake == "raises" else ()
        numbers = (*_inputs(smallest.case), *known)
        said = smallest.problem.brief or smallest.problem.sentence
        return CheckResult(probes.title, probes.weight, False, said, numbers, worked)
    return CheckResult(
        probes.title,
        probes.weight,
        False,
        _what_is_wrong(smallest),
        (*_inputs(smallest.case), *_outputs(smallest)),
        worked,
    )


def _entries(case: Case) -> int:
    """Count the numbers that go in, however they are nested."""
    return sum(np.size(leaf) for leaf in flatten(case.inputs)[0])


def _manners(
    checks: list[CheckResult], observations: list[Observation], findings: tuple[Finding, ...]
) -> CheckResult:
    """Give the credit for good manners, but to right answers only: zeros are well-behaved too."""
    rude = [finding for finding in findings if finding.mistake in ("in-place", "state")]
    if rude:
        return CheckResult(MANNERS, 1, False, rude[0].sentence)
    if not all(check.passed for check in checks if check.weight):
        return CheckResult(MANNERS, 1, False, "Counts when the values are right.")
    return CheckResult(MANNERS, 1, bool(observations))


def _what_is_wrong(seen: Observation) -> str:
    labels, right = seen.case.labels, seen.nearest
    answer = seen.answer or ()
    if len(answer) != len(right):
        came = "1 value" if len(answer) == 1 else f"{len(answer)} values"
        return f"{came} came back where {len(right)} should: {', '.join(labels)}."
    wrong = [row for row in zip(labels, answer, right, strict=True) if row[0] in seen.wrong()]
    parts = [
        f"{label} has shape {mine.shape}, not {theirs.shape}"
        for label, mine, theirs in wrong
        if mine.shape != theirs.shape
    ]
    values = [label for label, mine, theirs in wrong if mine.shape == theirs.shape]
    if values:
        parts.append(f"{listed(values)} {'has' if len(values) == 1 else 'have'} wrong values")
    return f"{'; '.join(parts)}."


def _inputs(case: Case) -> tuple[Comparison, ...]:
    return tuple(Comparison(name, number_text(value)) for name, value in case.shown)


def _outputs(seen: Observation) -> tuple[Comparison, ...]:
    answer = seen.answer or ()
    width = max(len(answer), len(seen.nearest))
    yours = [number_text(each) for each in answer] + ["nothing"] * (width - len(answer))
    right = [number_text(each) for each in seen.nearest] + ["nothing"] * (width - len(seen.nearest))
    labels = [*seen.case.labels, *("extra" for _ in range(width - len(seen.case.labels)))]
    return tuple(Comparison(*row) for row in zip(labels, yours, right, strict=True))


def number_text(value: Any) -> str:
    """Write a number, an array or what is made of them in one line, cut to what a person reads."""
    if isinstance(value, tuple | list | dict):
        text = _container_text(value)
        return text if len(text) <= 200 else f"{text[:197]}..."
    array = np.asarray(value)
    if array.dtype.kind == "f":
        array = array + 0.0  # no -0
    with np.printoptions(precision=6, threshold=12, edgeitems=2, suppress=False):
        return " ".join(np.array2string(array, separator=", ").split())


def _container_text(value: Any) -> str:
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{key!r}: {_container_text(part)}' for key, part in value.items())}}}"
        )
    if isinstance(value, tuple | list):
        parts = ", ".join(map(_container_text, value))
        return f"[{parts}]" if isinstance(value, list) else f"({parts})"
    return number_text(value)
