"""05 Multi-layer perceptrons: how a failing case of each program is worked through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course.checking.compare import as_arrays
from course.exercises.multilayer_perceptrons import (
    affine,
    corners,
    decision_region,
    forward_pass,
    gate_unit,
    mlp_forward,
    sigmoid,
    with_unit,
)
from course.exercises.multilayer_perceptrons_training import sgd
from course.exercises.working import Working, number, place, products, row, signed

SHOWN = 3
"""Hidden units, and batches, that are listed."""


# --- units that step -------------------------------------------------------------------------


@gate_unit.worked
def _(working: Working) -> Iterator[str]:
    kind, n = working.case.inputs
    where = working.wrong_places("fires")[0]
    corner = corners(n)[where[0]]
    wanted = "all have to be" if kind == "and" else "one is enough"
    if working.returned:
        w, b = as_arrays(working.returned[0], ("w", "b"))
        total = affine(corner, w, b.item())
        yield (
            f"On the row {row(corner)} your sum is {products(corner, w)} + {signed(b.item())}"
            f" = {number(total)}: {'above 0, it fires' if total > 0 else 'not above 0, no fire'}."
        )
    yield f"Inputs that are 1: {number(corner.sum())} of {n}; for '{kind}' {wanted}."
    yield working.line("fires", where=where)


@decision_region.worked
def _(working: Working) -> Iterator[str]:
    points, polygons = working.case.inputs
    where = working.wrong_places("inside")[0]
    point, inside = points[where[0]], 0
    yield f"Point {where[0]} is {row(point)}."
    for index, (W, b) in enumerate(polygons):
        sums = affine(point, W, b)
        within = bool(np.all(sums > 0))
        inside += within
        first = f"{products(point, W[:, 0])} + {signed(b[0])} = {number(sums[0])}"
        yield (
            f"Polygon {index}: the sum for line 0 is {first}; the sums of all its lines are"
            f" {row(sums)}: {'all' if within else 'not all'} above 0."
        )
    yield f"Polygons that the point is in: {inside} of {len(polygons)}; one is enough."
    yield working.line("inside", where=where)


# --- forward passes --------------------------------------------------------------------------


@mlp_forward.worked
def _(working: Working) -> Iterator[str]:
    X, W1, W2 = working.case.inputs
    i, j = where = working.worst("out")
    into = with_unit(X)[i]
    hidden = with_unit(sigmoid(with_unit(X) @ W1))[i]
    yield f"Row {i} of X with its unit of 1 in front: {row(into)}."
    for unit in range(min(SHOWN, W1.shape[1])):
        total = into @ W1[:, unit]
        yield (
            f"Hidden unit {unit}: σ({products(into, W1[:, unit])}) = σ({number(total)})"
            f" = {number(sigmoid(total))}."
        )
    yield f"All hidden units, with a 1 in front: {row(hidden)}."
    yield working.line("out", products(hidden, W2[:, j]), where)


@forward_pass.worked
def _(working: Working) -> Iterator[str]:
    _, params = working.case.inputs
    # Layers follow from the one before: the first wrong one is where it began.
    label = working.wrong[0] if working.yours else "a1"
    layer = working.case.labels.index(label)
    i, j = where = working.worst(label)
    if layer == 0:
        yield working.line(label, "the input itself", where)
        return
    W, b = params[layer - 1]
    before = working.right[f"a{layer - 1}"][i]
    total = before @ W[:, j] + b[j]
    yield f"Row {i} of a{layer - 1} is {row(before)}; column {j} of W is {row(W[:, j])}."
    yield f"z = {products(before, W[:, j])} + {signed(b[j])} = {number(total)}."
    last = layer == len(params)
    formula = "z, as the last layer has no activation" if last else f"σ({number(total)})"
    yield working.line(label, formula, where)


# --- mini-batches ----------------------------------------------------------------------------


@sgd.worked
def _(working: Working) -> Iterator[str]:
    params, X, y, order, size, rate = working.case.inputs
    label = working.wrong[0]
    index, where = working.case.labels.index(label), working.worst(label)
    starts = range(0, len(order), size)
    for count, start in enumerate(starts):
        batch = order[start : start + size]
        slopes = working.case.given["gradient"](params, X[batch], y[batch])
        old, slope = (np.asarray(each[index])[where] for each in (params, slopes))
        step = f"{number(old)} − {number(rate)} × {signed(slope)}"
        params = [each - rate * by for each, by in zip(params, slopes, strict=True)]
        if count < SHOWN or start == starts[-1]:
            yield (
                f"Batch {count}, examples {row(batch)}: the gradient by {label}{place(where)} is"
                f" {number(slope)}, and {step} = {number(np.asarray(params[index])[where])}."
            )
    yield working.line(label, "what the last batch leaves", where)
