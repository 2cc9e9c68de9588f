"""Working a failing case through, so that a student can follow it with a pencil.

An exercise may say itself which steps lead to its answer; a program has to. For all others the
lines follow from the forward: where an operation goes entry by entry, the line is
upstream × local = gradient. Elsewhere the gradient of one entry is held against a nudge: move it by
h, and see how far upstream · output goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from course.exercises.working import Working, place

if TYPE_CHECKING:
    from course.checking.observe import Observation
    from course.exercises.case import View

__all__ = ["worked_through"]

NUDGE = 1e-5
"""How far an input is moved; the difference is then right to about ten digits."""


def worked_through(seen: Observation) -> tuple[str, ...]:
    """Return lines of arithmetic that lead to the right answer of a case.

    Parameters
    ----------
    seen : Observation
        With an answer that is wrong, or none.

    Returns
    -------
    tuple of str
        The exercise's own steps, or a line for each wrong gradient: none where the number of
        gradients is wrong, or a program gives no steps.
    """
    view = seen.case.views[0]
    exercise = seen.case.exercise
    if exercise.steps is not None:
        return tuple(exercise.steps(_working(seen)))
    if exercise.asks == "value" or seen.answer is None or len(seen.answer) != len(view.answer):
        return ()
    inputs = range(len(view.inputs)) if exercise.wrt is None else exercise.wrt
    first = len(view.answer) - len(inputs)  # the forward's value comes before the gradients
    working = _working(seen)
    return tuple(
        _line(working, view, source, at)
        for at, source in enumerate(inputs, start=first)
        if seen.case.labels[at] in working.wrong and seen.nearest[at].size
    )


def _working(seen: Observation) -> Working:
    labels, answer = seen.case.labels, seen.answer or ()
    whole = len(answer) == len(labels)
    return Working(
        seen.case,
        seen.wrong(),
        dict(zip(labels, seen.nearest, strict=True)),
        dict(zip(labels, answer, strict=True)) if whole else {},
        seen.returned,
    )


def _line(working: Working, view: View, source: int, at: int) -> str:
    """Work through the gradient in place `at`, which is by the input `source`."""
    label = working.case.labels[at]
    mine, right = working.yours[label], working.right[label]
    # The entry that is furthest off is the one to look at.
    where = working.worst(label)
    yours = f"yours has shape {mine.shape}, not {right.shape}"
    if working.comparable(label):
        yours = f"yours is {mine[where]:.6g}"
    name = label + place(where)
    upstream = view.case.upstream
    asked = view.case.exercise.upstream and not isinstance(upstream, tuple | list)
    if asked and np.shape(upstream) == right.shape:
        local, above = view.local[at][where], np.asarray(upstream)[where]
        if np.isclose(above * local, right[where], rtol=1e-9, atol=0):
            return (
                f"{name} = upstream × local = {above:.6g} × {local:.6g} = {right[where]:.6g};"
                f" {yours}."
            )
    moves = "upstream · output" if view.case.exercise.upstream else "the result"
    return (
        f"{name} = {right[where]:.6g}: move {_entry(view, source, where)} by h = {NUDGE:g}, and"
        f" {moves} moves by {_nudged(view, source, where):.6g} × h; {yours}."
    )


def _entry(view: View, source: int, where: tuple[Any, ...]) -> str:
    """Name an entry of an input, as it is called in the notebook where it has a name there."""
    names = view.case.exercise.input_names(view.case)
    if source < len(names):
        return names[source] + place(where)
    return f"entry {place(where)} of its value" if where else "its value"


def _nudged(view: View, source: int, where: tuple[Any, ...]) -> float:
    """Return how fast upstream · output moves with one entry of one input (central difference)."""

    def total(step: float) -> float:
        inputs = [np.array(value, dtype=float) for value in view.inputs]
        inputs[source][where] += step
        return _dot(view.case.upstream, view.forward(*inputs))

    return (total(NUDGE) - total(-NUDGE)) / (2 * NUDGE)


def _dot(upstream: Any, out: Any) -> float:
    if isinstance(upstream, tuple | list):
        return sum(_dot(*pair) for pair in zip(upstream, out, strict=True))
    return float(np.sum(np.multiply(upstream, out)))
