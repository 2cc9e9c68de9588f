"""04 Vectorised gradients: how a failing case of each program is worked through."""

from __future__ import annotations

from collections.abc import Iterator

from course.exercises.vectorized_gradients import layer_shapes
from course.exercises.vectorized_gradients_layers import affine_forward
from course.exercises.working import Working, number, products, row, signed

AXES = 8
"""Axes of the longest shape that is asked for."""


@layer_shapes.worked
def _(working: Working) -> Iterator[str]:
    x, w = working.case.inputs
    y = (*x[:-1], w[1])
    yield f"X {x} meets W {w}: the {x[-1]} goes, so Y is {y}; and b is {w[1:]}."
    of = {"dX": "as X", "dW": "as W", "db": "as b", "jacobian": f"Y {y}, then X {x}"}
    for label in working.few:
        yield f"{label}: {of[label]}, so {row(working.right[label], AXES)}{_yours(working, label)}."


def _yours(working: Working, label: str) -> str:
    if label not in working.yours:
        return ""
    mine = working.yours[label]
    return f"; yours is {row(mine, AXES) if mine.ndim else f'the number {number(mine)}'}"


@affine_forward.worked
def _(working: Working) -> Iterator[str]:
    X, W, b = working.case.inputs
    i, j = where = working.worst("Y")
    yield f"Y[{i}, {j}] is row {i} of X times column {j} of W, plus b[{j}] = {number(b[j])}."
    yield working.line("Y", f"{products(X[i], W[:, j])} + {signed(b[j])}", where)
