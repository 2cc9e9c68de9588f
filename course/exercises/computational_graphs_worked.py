"""02 Computational graphs: how a failing case of each program on formulas is worked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.exercises.computational_graphs import annotate, by_hand, decompose
from course.exercises.computational_graphs_sigmoids import sigmoid, two_layer_backward
from course.exercises.working import Working, number, place, products, row, signed


def _entries_at(working: Working, label: str) -> tuple[Any, list[float]]:
    """Return the worst entry of an answer, and the inputs there."""
    where = working.worst(label)
    return where, [float(np.asarray(value)[where]) for value in working.case.inputs]


@decompose.worked
def _(working: Working) -> Iterator[str]:
    # Every box takes what the ones before it made: the first wrong one is where it began.
    label = working.wrong[0]
    where, (x, y) = _entries_at(working, label)
    p, s, n, e, _ = (float(working.right[each][where]) for each in working.case.labels)
    formula = {
        "p": f"x × y = {number(x)} × {signed(y)}",
        "s": f"p + y = {number(p)} + {signed(y)}",
        "n": f"(-1) × p = (-1) × {signed(p)}",
        "e": f"exp(n) = exp({number(n)})",
        "f": f"s × e = {number(s)} × {signed(e)}",
    }[label]
    yield f"At x{place(where)} = {number(x)} and y{place(where)} = {number(y)}."
    yield working.line(label, formula, where)


@annotate.worked
def _(working: Working) -> Iterator[str]:
    for label in working.few:
        where, (x, w, upstream) = _entries_at(working, label)
        local_x, local_w = (float(working.right[each][where]) for each in ("local_x", "local_w"))
        formula = {
            "out": f"w × x² = {number(w)} × {signed(x)}²",
            "local_x": f"2 × w × x = 2 × {signed(w)} × {signed(x)}",
            "local_w": f"x² = {signed(x)}²",
            "dx": f"upstream × local_x = {number(upstream)} × {signed(local_x)}",
            "dw": f"upstream × local_w = {number(upstream)} × {signed(local_w)}",
        }[label]
        yield working.line(label, formula, where)


@by_hand.worked
def _(working: Working) -> Iterator[str]:
    for label in working.few:
        where, (x, y, z) = _entries_at(working, label)
        q, at_q = (float(working.right[each][where]) for each in ("q", "df_dq"))
        formula = {
            "q": f"x + y = {number(x)} + {signed(y)}",
            "f": f"q × z = {number(q)} × {signed(z)}",
            "df_dz": "the other factor, q",
            "df_dq": "the other factor, z",
            "df_dx": f"df_dq × slope of x + y by x = {number(at_q)} × 1",
            "df_dy": f"df_dq × slope of x + y by y = {number(at_q)} × 1",
        }[label]
        yield working.line(label, formula, where)


@two_layer_backward.worked
def _(working: Working) -> Iterator[str]:
    x, W, V, t = working.case.inputs
    h = sigmoid(W @ x)
    o = sigmoid(V @ h)
    yield f"Forward: h = σ(W x) = {row(h)}, and o = σ(V h) = {row(o)}; t is {row(t)}."
    miss, at_h = working.right["dL_do"], working.right["dL_dh"]
    inside = miss * o * (1 - o)
    if working.wrong[0] != "dL_do":
        first = f"{number(miss[0])} × {number(o[0])} × (1 − {number(o[0])})"
        yield f"In front of the output's σ: {first} = {number(inside[0])}; all: {row(inside)}."
    for label in working.few[:2]:
        where = working.worst(label)
        i, k = where[0], where[-1]
        if label == "dL_do":
            formula = f"2 × ({number(o[i])} − {signed(t[i])}) / {len(t)}"
        elif label == "dL_dV":
            formula = f"{number(inside[i])} × {signed(h[k])}"
        elif label == "dL_dh":
            formula = products(inside, V[:, i])
        else:
            slope = f"{number(h[i])} × (1 − {number(h[i])})"
            formula = f"{number(at_h[i])} × {slope} × {signed(x[k])}"
        yield working.line(label, formula, where)
