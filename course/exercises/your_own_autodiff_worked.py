"""07 Your own autodiff: how a failing case of each program, and of a tape, is worked through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import grad, vjp
from course.exercises.working import NUDGE, Working, arrived, names, number
from course.exercises.your_own_autodiff_tapes import GATES, Step, SymbolTape, Tape, entries_of
from course.exercises.your_own_autodiff_twice import bowl, hessian_vector, nth_derivative, wave

LONG = 8
"""Entries of a tape that are listed."""


def _change(function: Callable[[Any], Any], x: Any, direction: Any = 1.0) -> Any:
    """Return how much a function changes when x moves by NUDGE along a direction."""
    above, below = function(x + NUDGE * direction), function(x - NUDGE * direction)
    return (above - below) / 2


# --- tapes -----------------------------------------------------------------------------------


def _recorded(leaves: tuple[Any, ...], steps: list[Step]) -> Iterator[str]:
    """List the entries of a tape with their values."""
    entries = entries_of(leaves, steps, GATES)
    made = ["leaf" for _ in leaves]
    made += [f"{gate} of {names(list(map(str, parents)))}" for gate, parents in steps]
    told = [f"{i} ({what}) = {number(entries[i])}" for i, what in enumerate(made)]
    yield f"Entries: {'; '.join(told[:LONG])}{'; …' if len(told) > LONG else ''}."


def _uses(
    leaves: tuple[Any, ...], steps: list[Step], entry: int, gradients: Any
) -> list[tuple[str, Any, Any]]:
    """Return (child, the child's gradient, local gradient) for each use of an entry."""
    entries, uses = entries_of(leaves, steps, GATES), []
    for child, (gate, parents) in enumerate(steps, start=len(leaves)):
        local = vjp(GATES[gate], *(np.float64(entries[each]) for each in parents))[1](1.0)
        uses += [
            (f"entry {child}", gradients[child], slope)
            for parent, slope in zip(parents, local, strict=True)
            if parent == entry and gradients[child]
        ]
    return uses


@Tape.worked
def _(working: Working) -> Iterator[str]:
    leaves = working.case.inputs[: working.case.given["leaves"]]
    steps, end = working.case.given["steps"], working.case.given["end"]
    yield from _recorded(leaves, steps)
    if not working.yours:  # its values are wrong already, or it is no list of gradients
        return
    # The one nearest to the end: what is before it follows.
    label = working.wrong[-1]
    entry = working.case.labels.index(label)
    uses = _uses(leaves, steps, entry, list(working.right.values()))
    if uses:
        yield f"What comes back to entry {entry} is the gradient of each entry made of it × local."
        yield working.line(label, arrived(uses))
    elif entry == end:
        yield working.line(label, "the gradient of the end by itself")
    else:
        yield f"Nothing on the way to entry {end} is made of entry {entry}."
        yield working.line(label, "nothing")


@SymbolTape.worked
def _(working: Working) -> Iterator[str]:
    leaves, steps = working.case.inputs, working.case.given["steps"]
    yield from _recorded(leaves, steps)
    if not working.yours:  # its values are wrong already
        return
    label = working.wrong[0]
    if label == "f":
        yield working.line(label, f"the value of entry {len(steps) + 1}")
    elif label == "∂f/∂x":
        yield "Going back, each entry gets the gradient of what is made of it × local gradient."
        uses = _uses(leaves, steps, 0, _all_gradients(leaves, steps))
        yield working.line(label, arrived(uses) if uses else "nothing is made of x")
    else:
        moved = "y" if label.endswith("y") else "x"
        direction = np.array([moved == "x", moved == "y"], dtype=float)
        change = _change(
            lambda xy: _all_gradients(tuple(xy), steps)[0], np.array(leaves), direction
        )
        yield f"∂f/∂x is {number(_all_gradients(leaves, steps)[0])} here."
        yield f"Move {moved} by h = {NUDGE:g}, and ∂f/∂x changes by {number(change)}."
        yield working.line(label, f"{number(change)} / {NUDGE:g}")


def _all_gradients(leaves: tuple[Any, ...], steps: list[Step]) -> list[Any]:
    """Return the gradient of the last entry by every entry."""

    def end(*values: Any) -> Any:
        return entries_of(values[: len(leaves)], steps, GATES, values[len(leaves) :])[-1]

    return list(vjp(end, *leaves, *(0.0 for _ in steps))[1](1.0))


# --- derivatives of derivatives --------------------------------------------------------------


@nth_derivative.worked
def _(working: Working) -> Iterator[str]:
    x, n = working.case.inputs
    yield f"The function itself, at x = {number(x)}, is {number(wave(x))}."
    for order in range(1, n):
        value = nth_derivative.forward(x, order)
        yield f"Its derivative number {order} there is {number(value)}."
    if n == 0:
        yield working.line("derivative", "the function itself")
        return
    change = number(_change(lambda x: nth_derivative.forward(x, n - 1), x))
    before = f"derivative number {n - 1}" if n > 1 else "the function"
    yield f"Move x by h = {NUDGE:g}, and {before} changes by {change}."
    yield working.line("derivative", f"{change} / {NUDGE:g}")


@hessian_vector.worked
def _(working: Working) -> Iterator[str]:
    A, x, v = working.case.inputs
    where = working.worst("Hv")
    slope = grad(lambda x: bowl(A, x))
    change = number(_change(slope, x, v)[where])
    yield f"At x, entry {where[0]} of the gradient is {number(slope(x)[where])}."
    yield f"Move x by h × v with h = {NUDGE:g}, and that entry changes by {change}."
    yield working.line("Hv", f"{change} / {NUDGE:g}", where)
