"""Naming the mistake: finding the hypothesis that explains everything that a stub returned.

A name is given only when it explains every observation. Two mistakes in two gradients are named
apart; two in one, or one that is not in the catalogue, are "not one I know". Never a wrong name.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course.checking.compare import MATCHES, agree, all_agree, relative_error
from course.checking.hypotheses import Hypothesis, mechanical_hypotheses, own_hypotheses
from course.checking.observe import Observation
from course.checking.verdict import Finding

if TYPE_CHECKING:
    from course.exercises.case import Answer
    from course.exercises.exercise import Exercise

__all__ = ["UNKNOWN", "diagnose"]

Array = NDArray[Any]

UNKNOWN = "unknown"
"""The mistake's name when it is none that is known."""

NUMERICAL = 1e-4
"""An answer this near to the right one is an approximation of it (relative error)."""


def diagnose(exercise: Exercise, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """Say which mistakes explain what a stub did.

    Parameters
    ----------
    exercise : Exercise
    observations : sequence of Observation
        From all checks, at least one.

    Returns
    -------
    tuple of Finding
        Empty if nothing is wrong; otherwise at least one, which may be `UNKNOWN`.
    """
    findings: list[Finding] = []
    changed = next((each.changed for each in observations if each.changed), ())
    if changed:
        sentence = f"You change {changed[0]} in place: work on a copy, or make a new array."
        findings.append(Finding("in-place", sentence, read=exercise.read))
    problem = next((each.problem for each in observations if each.problem), None)
    if problem is not None:
        return (*findings, Finding(problem.mistake, problem.sentence, read=exercise.read))
    if any(_differs(each) for each in observations):
        sentence = (
            "A second call with the same numbers gives another answer: something is kept from"
            " the call before."
        )
        return (*findings, Finding("state", sentence, read=exercise.read))
    if not all(each.right for each in observations):
        findings.extend(_explain(exercise, observations))
    return tuple(findings)


def _differs(seen: Observation) -> bool:
    return (
        seen.answer is not None
        and seen.again is not None
        and not all_agree(seen.again, seen.answer, seen.case.exercise.tolerance)
    )


def _explains(
    hypothesis: Hypothesis, observations: Sequence[Observation], part: int | None
) -> bool:
    if part is not None and hypothesis.whole:
        return False
    telling = False
    for seen, predicted in zip(observations, hypothesis.predictions, strict=True):
        expected = seen.nearest if predicted is None else predicted
        if not _matches(seen.answer, expected, part):
            return False
        telling = telling or not _matches(expected, seen.nearest, part, exact=seen)
    return telling


def _matches(
    answer: Answer | None, expected: Answer, part: int | None, exact: Observation | None = None
) -> bool:
    tolerance = MATCHES if exact is None else exact.case.exercise.tolerance
    if answer is None:
        return False
    if part is None:
        return all_agree(answer, expected, tolerance)
    return part < min(len(answer), len(expected)) and agree(answer[part], expected[part], tolerance)


def _explain(exercise: Exercise, observations: Sequence[Observation]) -> list[Finding]:
    """Explain wrong values: as a whole if possible, else gradient by gradient."""
    cases = [each.case for each in observations]
    hypotheses = [*own_hypotheses(exercise, cases), *mechanical_hypotheses(cases)]
    for hypothesis in hypotheses:
        if _explains(hypothesis, observations, None):
            return [_finding(exercise, hypothesis, "")]
    special = _wrong_order(observations) or _constant(observations) or _arity(observations)
    if special:
        return [Finding(*special, read=exercise.read)]
    parts = sorted(set(chain.from_iterable(each.wrong() for each in observations)))
    return _merged([_explain_part(exercise, hypotheses, observations, part) for part in parts])


def _explain_part(
    exercise: Exercise,
    hypotheses: list[Hypothesis],
    observations: Sequence[Observation],
    part: int,
) -> Finding:
    labels = observations[0].case.labels
    where = labels[part] if len(labels) > 1 else ""
    for hypothesis in hypotheses:
        if _explains(hypothesis, observations, part):
            return _finding(exercise, hypothesis, where)
    special = _approximate(observations, part) or _factor(observations, part)
    if special:
        mistake, sentence = special
        return Finding(
            mistake, sentence.format(which=where or _which(labels)), where, exercise.read
        )
    return Finding(
        UNKNOWN, "This is not a mistake I know: compare the numbers.", where, exercise.read
    )


def _merged(findings: list[Finding]) -> list[Finding]:
    """Put the same mistake in several gradients into one finding."""
    by_mistake: dict[str, list[Finding]] = {}
    for finding in findings:
        by_mistake.setdefault(finding.mistake, []).append(finding)
    return [
        Finding(first.mistake, first.sentence, ", ".join(each.where for each in same), first.read)
        for same in by_mistake.values()
        for first in same[:1]
    ]


def _finding(exercise: Exercise, hypothesis: Hypothesis, where: str) -> Finding:
    labels = exercise.returns if isinstance(exercise.returns, tuple) else ()
    sentence = hypothesis.sentence.replace("{which}", where or _which(labels))
    sentence = sentence[0].upper() + sentence[1:] if not where else sentence
    return Finding(hypothesis.mistake, sentence, where, hypothesis.read or exercise.read)


def _which(labels: tuple[str, ...]) -> str:
    return labels[0] if len(labels) == 1 else "each gradient"


# Mistakes that are seen in the numbers themselves, with no prediction to compare with.


def _arity(observations: Sequence[Observation]) -> tuple[str, str] | None:
    for seen in observations:
        wanted = len(seen.case.labels)
        if seen.answer is not None and len(seen.answer) != wanted:
            names = ", ".join(seen.case.labels)
            return (
                "arity",
                f"You return {len(seen.answer)} value{'s'[: len(seen.answer) != 1]} where"
                f" {wanted} {'is' if wanted == 1 else 'are'} wanted: {names}.",
            )
    return None


def _wrong_order(observations: Sequence[Observation]) -> tuple[str, str] | None:
    """Find one order of the gradients, not the right one, that explains every answer."""
    first = observations[0]
    count = len(first.case.labels)
    if count < 2 or any(each.answer is None or len(each.answer) != count for each in observations):
        return None
    # candidates[k]: the right gradients that place k may hold, the right one last
    order: list[int] = []
    for place in range(count):
        fits = [source for source in range(count) if _holds(observations, place, source)]
        if not fits:
            return None
        order.append(place if place in fits else fits[0])
    if sorted(order) != list(range(count)) or order == list(range(count)):
        return None
    labels = first.case.labels
    got = ", ".join(labels[source] for source in order)
    return "wrong-order", f"The gradients are right but in the wrong order: you return {got}."


def _holds(observations: Sequence[Observation], place: int, source: int) -> bool:
    return all(
        each.answer is not None and agree(each.answer[place], each.nearest[source], MATCHES)
        for each in observations
    )


def _constant(observations: Sequence[Observation]) -> tuple[str, str] | None:
    """Notice an answer that is the same whatever the inputs are, and right for some of them."""
    answers = [each.answer for each in observations]
    rights = [each.right for each in observations]
    if not any(rights) or all(rights) or any(answer is None for answer in answers):
        return None
    fixed = [answer for answer, right in zip(answers, rights, strict=True) if not right]
    values = [np.concatenate([np.ravel(part) for part in answer or ()]) for answer in fixed]
    if len(values) > 1 and all(
        np.unique(value).size <= np.unique(values[0]).size and np.isin(value, values[0]).all()
        for value in values
    ):
        return (
            "hard-coded",
            "Your answer is right for the example and does not depend on the inputs otherwise:"
            " compute it from the arguments.",
        )
    return None


def _pairs(observations: Sequence[Observation], part: int) -> list[tuple[Array, Array, bool]]:
    """Return (yours, right, inputs are whole numbers) of one gradient in every case."""
    return [
        (
            each.answer[part],
            each.nearest[part],
            all(np.asarray(value).dtype.kind in "iu" for value in each.case.inputs),
        )
        for each in observations
        if each.answer is not None and part < min(len(each.answer), len(each.nearest))
    ]


def _approximate(observations: Sequence[Observation], part: int) -> tuple[str, str] | None:
    pairs = _pairs(observations, part)
    tolerance = observations[0].case.exercise.tolerance
    wrong = [pair for pair in pairs if not agree(pair[0], pair[1], tolerance)]
    if any(mine.shape != right.shape for mine, right, _ in wrong) or not wrong:
        return None
    if all(np.array_equal(mine, np.trunc(right)) for mine, right, _ in wrong):
        return (
            "truncated",
            "{which} has lost its decimals: an integer array cannot hold them. Make the array with"
            " dtype float.",
        )
    if any(relative_error(mine, right) > NUMERICAL for mine, right, _ in wrong):
        return None
    if all(_is_single(mine) for mine, _, _ in wrong):
        return "float32", "{which} is computed in single precision: keep float64."
    return (
        "numerical",
        "{which} is near the right value but not exact, as a numerical derivative is: write the"
        " analytic gradient.",
    )


def _is_single(values: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.array_equal(values, values.astype(np.float32).astype(values.dtype)))


def _factor(observations: Sequence[Observation], part: int) -> tuple[str, str] | None:
    """Notice a constant ratio between every entry and the right one."""
    ratios = []
    for mine, right, _ in _pairs(observations, part):
        if mine.shape != right.shape:
            return None
        nonzero = right != 0
        if np.any(mine[~nonzero]):
            return None
        ratios.append(np.ravel(mine[nonzero] / right[nonzero]))
    ratio = np.concatenate(ratios) if ratios else np.empty(0)
    if ratio.size < 2 or ratio[0] == 0 or np.ptp(ratio) > MATCHES * abs(ratio[0]):
        return None
    return "factor", f"{{which}} is {ratio[0]:.4g} times what it should be."
