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

from course.checking.compare import MATCHES, agree, relative_error
from course.checking.hypotheses import Hypothesis, mechanical_hypotheses, own_hypotheses
from course.checking.observe import Observation
from course.checking.stub import StubRaised
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
        named = _explain_raising(exercise, observations) if problem.mistake == "raises" else None
        plain = Finding(problem.mistake, problem.sentence, read=exercise.read)
        return (*findings, named or plain)
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
    if seen.answer is None or seen.again is None:
        return False
    return len(seen.again) != len(seen.answer) or any(
        not agree(second, first, seen.case.exercise.tolerance)
        and not np.array_equal(second, first, equal_nan=True)  # twice nan is no difference
        for second, first in zip(seen.again, seen.answer, strict=True)
    )


def _explains(hypothesis: Hypothesis, observations: Sequence[Observation], label: str) -> bool:
    """Whether a hypothesis predicts every answer, or with a label every gradient of that name."""
    if label and hypothesis.whole:
        return False
    telling = False
    for seen, predicted in zip(observations, hypothesis.predictions, strict=True):
        if label and label not in seen.case.labels:
            continue
        if seen.problem is not None or isinstance(predicted, StubRaised):
            if not _raises_alike(seen, predicted):
                return False
            continue
        expected = seen.nearest if predicted is None else predicted
        if not _matches(seen, seen.answer, expected, label, MATCHES):
            return False
        tolerance = seen.case.exercise.tolerance
        telling = telling or not _matches(seen, expected, seen.nearest, label, tolerance)
    return telling


def _raises_alike(seen: Observation, predicted: Answer | StubRaised | None) -> bool:
    return (
        seen.problem is not None
        and isinstance(predicted, StubRaised)
        and seen.problem.kind == predicted.kind
    )


def _matches(
    seen: Observation, answer: Answer | None, expected: Answer, label: str, tolerance: float
) -> bool:
    if not label:
        if answer is None or len(answer) != len(expected):
            return False
        pairs = zip(answer, expected, strict=True)
        return all(_alike(mine, theirs, tolerance) for mine, theirs in pairs)
    mine, theirs = seen.part(answer, label), seen.part(expected, label)
    return mine is not None and theirs is not None and _alike(mine, theirs, tolerance)


def _alike(mine: Array, theirs: Array, tolerance: float) -> bool:
    """Whether two wrong answers are the same; where all is nan in both, they are."""
    return agree(mine, theirs, tolerance) or np.array_equal(mine, theirs, equal_nan=True)


def _explain_raising(exercise: Exercise, observations: Sequence[Observation]) -> Finding | None:
    """Explain a stub that raises on some probes and gives a wrong answer on others.

    A product of matrices in the wrong order does so: it fits only where they are square.
    """
    for hypothesis in own_hypotheses(exercise, [each.case for each in observations]):
        if _explains(hypothesis, observations, ""):
            return _finding(exercise, hypothesis, "")
    return None


def _explain(exercise: Exercise, observations: Sequence[Observation]) -> list[Finding]:
    """Explain wrong values: as a whole if possible, else gradient by gradient."""
    cases = [each.case for each in observations]
    hypotheses = [*own_hypotheses(exercise, cases), *mechanical_hypotheses(cases)]
    every = list(dict.fromkeys(chain.from_iterable(case.labels for case in cases)))
    wrong = set(chain.from_iterable(each.wrong() for each in observations))
    labels = [label for label in every if label in wrong]
    where = "" if len(labels) == len(every) else ", ".join(labels)
    for hypothesis in hypotheses:
        if _explains(hypothesis, observations, ""):
            return [_finding(exercise, hypothesis, where)]
    special = _wrong_order(observations) or _constant(observations) or _arity(observations)
    if special:
        return [Finding(*special, read=exercise.read)]
    if len(every) == 1:
        return [_explain_part(exercise, hypotheses, observations, every[0], "")]
    return _merged(
        [_explain_part(exercise, hypotheses, observations, label, label) for label in labels]
    )


def _explain_part(
    exercise: Exercise,
    hypotheses: list[Hypothesis],
    observations: Sequence[Observation],
    label: str,
    where: str,
) -> Finding:
    for hypothesis in hypotheses:
        if _explains(hypothesis, observations, label):
            return _finding(exercise, hypothesis, where)
    special = (
        _overflow(observations, label)
        or _approximate(observations, label)
        or _factor(observations, label)
    )
    if special:
        mistake, sentence = special
        return Finding(mistake, sentence.format(which=label), where, exercise.read)
    said = _other_shape(observations, label) or "compare the numbers"
    return Finding(UNKNOWN, f"This is not a mistake I know: {said}.", where, exercise.read)


def _other_shape(observations: Sequence[Observation], label: str) -> str:
    """Say what shape was wanted, where it is not the one that came: before any number is wrong."""
    for mine, right in _pairs(observations, label):
        if mine.shape != right.shape:
            return f"{label} has shape {mine.shape} where {right.shape} is right"
    return ""


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
    returns = exercise.returns
    only = isinstance(returns, tuple) and len(returns) == 1 and returns[0]
    which = "each of them" if ", " in where else where or only or "each gradient"
    sentence = hypothesis.sentence.replace("{which}", which)
    if sentence.startswith("each "):  # a label keeps its small letter
        sentence = sentence[0].upper() + sentence[1:]
    return Finding(hypothesis.mistake, sentence, where, hypothesis.read or exercise.read)


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
    labels = observations[0].case.labels
    count = len(labels)
    if count < 2 or any(
        each.case.labels != labels or each.answer is None or len(each.answer) != count
        for each in observations
    ):
        return None
    order: list[int] = []
    for place in range(count):
        fits = [source for source in range(count) if _holds(observations, place, source)]
        if not fits:
            return None
        order.append(place if place in fits else fits[0])
    if sorted(order) != list(range(count)) or order == list(range(count)):
        return None
    got = ", ".join(labels[source] for source in order)
    return "wrong-order", f"The gradients are right but in the wrong order: you return {got}."


def _holds(observations: Sequence[Observation], place: int, source: int) -> bool:
    return all(
        each.answer is not None and agree(each.answer[place], each.nearest[source], MATCHES)
        for each in observations
    )


def _constant(observations: Sequence[Observation]) -> tuple[str, str] | None:
    """Notice an answer that is the same whatever the inputs are, and right for the first case."""
    answers = [each.answer for each in observations]
    rights = [each.right for each in observations]
    if not rights[0] or all(rights) or any(answer is None for answer in answers):
        return None
    values = [_all_numbers(each.answer) for each in observations if not each.right]
    known = np.concatenate([_all_numbers(each.answer) for each in observations if each.right])
    wanted = np.concatenate([_all_numbers(each.nearest) for each in observations if not each.right])
    if not np.isin(values[0], known).all() or np.isin(wanted, values[0]).all():
        return None  # not the example's answer; or made of the few values that are right here too
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


def _all_numbers(answer: Answer | None) -> Array:
    # An answer can be of no values at all.
    return np.concatenate([np.zeros(0), *map(np.ravel, answer or ())])


def _pairs(observations: Sequence[Observation], label: str) -> list[tuple[Array, Array]]:
    """Return (yours, right) of one gradient in every case that has it."""
    pairs = []
    for seen in observations:
        mine, right = seen.part(seen.answer, label), seen.part(seen.nearest, label)
        if mine is not None and right is not None:
            pairs.append((mine, right))
    return pairs


def _overflow(observations: Sequence[Observation], label: str) -> tuple[str, str] | None:
    """Notice an answer that is wrong only where it is not finite."""
    tolerance = observations[0].case.exercise.tolerance
    wrong = [pair for pair in _pairs(observations, label) if not agree(*pair, tolerance)]
    if not wrong or any(
        mine.shape != right.shape or np.isfinite(mine).all() or not np.isfinite(right).all()
        for mine, right in wrong
    ):
        return None
    return (
        "overflow",
        "{which} is inf or nan on inputs for which the right value is an ordinary number: a number"
        " on the way is too large, as exp of a large input is. Make it smaller before, not after.",
    )


def _approximate(observations: Sequence[Observation], label: str) -> tuple[str, str] | None:
    pairs = _pairs(observations, label)
    tolerance = observations[0].case.exercise.tolerance
    wrong = [pair for pair in pairs if not agree(pair[0], pair[1], tolerance)]
    if any(mine.shape != right.shape for mine, right in wrong) or not wrong:
        return None
    # zeros alone say nothing: every number between -1 and 1 is cut to one; nor does one number
    cut = all(np.array_equal(mine, np.trunc(right)) for mine, right in wrong)
    if cut and sum(np.count_nonzero(mine) for mine, _ in wrong) > 1:
        return (
            "truncated",
            "{which} has lost its decimals: an integer array cannot hold them. Make the array with"
            " dtype float.",
        )
    if any(relative_error(mine, right) > NUMERICAL for mine, right in wrong):
        return None
    if all(_is_single(mine) for mine, _ in wrong):
        return "float32", "{which} is computed in single precision: keep float64."
    return (
        "numerical",
        "{which} is near the right value but not exact, as a numerical derivative is: write the"
        " analytic gradient.",
    )


def _is_single(values: Array) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.array_equal(values, values.astype(np.float32).astype(values.dtype)))


def _factor(observations: Sequence[Observation], label: str) -> tuple[str, str] | None:
    """Notice a constant ratio between every entry and the right one."""
    ratios = []
    for mine, right in _pairs(observations, label):
        if mine.shape != right.shape:
            return None
        nonzero = right != 0
        if np.any(mine[~nonzero]):
            return None
        ratios.append(np.ravel(mine[nonzero] / right[nonzero]))
    ratio = np.concatenate(ratios) if ratios else np.empty(0)
    if ratio.size < 2 or ratio[0] == 0 or not np.ptp(ratio) <= MATCHES * abs(ratio[0]):
        return None  # a nan among them makes every comparison false
    return "factor", f"{{which}} is {ratio[0]:.4g} times what it should be."
