"""06 Vanishing gradients: how a failing case of each program is worked through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.exercises.vanishing_gradients import local_factors, sigmoid
from course.exercises.vanishing_gradients_depth import gradient_norms
from course.exercises.vanishing_gradients_initialisation import he, xavier
from course.exercises.vanishing_gradients_remedies import clip_by_norm
from course.exercises.working import Working, added, number, row, signed


@local_factors.worked
def _(working: Working) -> Iterator[str]:
    w, h = working.case.inputs
    layer = working.wrong_places("factors")[0][0]
    for weight in w[:layer]:
        h = sigmoid(weight * h)
    z = w[layer] * h
    out = sigmoid(z)
    yield (
        f"Into layer {layer} goes {number(h)}; out comes σ({number(w[layer])} × {signed(h)})"
        f" = σ({number(z)}) = {number(out)}."
    )
    factor = f"{number(w[layer])} × {number(out)} × (1 − {number(out)})"
    yield working.line("factors", factor, (layer,))


@gradient_norms.worked
def _(working: Working) -> Iterator[str]:
    x, upstream, *weights = working.case.inputs
    # The layer nearest to upstream: what is before it follows.
    layer = working.wrong_places("norms")[-1][0]
    behind = weights[layer + 1 :]

    def rest(out: Any) -> Any:
        for weight in behind:
            out = np.tanh(out @ weight)
        return out

    def here(weight: Any) -> Any:
        return np.tanh(h @ weight)

    h = x
    for weight in weights[:layer]:
        h = np.tanh(h @ weight)
    out, pullback = vjp(here, weights[layer])
    back = vjp(rest, out)[1](upstream)[0] if behind else upstream
    slope, (gradient,) = 1 - out[0, 0] ** 2, pullback(back)
    yield (
        f"weights[{layer}]: to its unit 0, in example 0, comes {number(back[0, 0])} from behind;"
        f" the slope there is 1 − {signed(out[0, 0])}² = {number(slope)},"
        f" so {number(back[0, 0] * slope)} goes on."
    )
    yield (
        f"Times what went in, added over {len(x)} example{'s' * (len(x) > 1)}, the gradient is"
        f" {row(gradient)}."
    )
    squares = added(np.ravel(gradient) ** 2)
    yield working.line("norms", f"√({squares}) = √{number(np.sum(gradient**2))}", (layer,))


# --- weights that start at the right size ----------------------------------------------------


REASONS = {
    "mean / standard deviation": "The mean of all weights is 0: as much above as below.",
    "same seed, same numbers": "One call and another with that seed: 1 if they give the same.",
    "another seed, other numbers": "One call with that seed, one with the next: 1 if they differ.",
    "rows": "What goes in has a row for each of its fan_in units.",
    "columns": "What comes out has a column for each of its fan_out units.",
}
"""What is measured of the weights beside their standard deviation."""


def _initialisation(
    formula: Callable[[int, int], str], variance: Callable[[int, int], float]
) -> Callable[[Working], Iterator[str]]:
    """Return the steps of an initialisation; its formula is 2 over some number of units."""

    def steps(working: Working) -> Iterator[str]:
        fan_in, fan_out, seed = working.case.inputs
        yield f"Drawn with fan_in = {fan_in}, fan_out = {fan_out}, seed = {seed}, and measured."
        squared = number(variance(fan_in, fan_out))
        for label in working.few:
            if label == "standard deviation":
                yield f"The variance is {formula(fan_in, fan_out)} = {squared}."
                yield working.line(label, f"√{squared}")
            else:
                yield f"{REASONS[label]} {working.line(label)}"

    return steps


xavier.worked(
    _initialisation(
        lambda fan_in, fan_out: f"2 / ({fan_in} + {fan_out})",
        lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    )
)
he.worked(_initialisation(lambda fan_in, fan_out: f"2 / {fan_in}", lambda fan_in, _: 2 / fan_in))


# --- clipping --------------------------------------------------------------------------------


@clip_by_norm.worked
def _(working: Working) -> Iterator[str]:
    limit, *gradients = working.case.inputs
    squares = [float(np.sum(gradient**2)) for gradient in gradients]
    norm = float(np.sqrt(sum(squares)))
    yield (
        "The squares of all entries, array by array, add up to"
        f" {added(squares)} = {number(sum(squares))}: the norm is {number(norm)}."
    )
    above = norm > limit
    if above:
        yield f"That is above {number(limit)}: the factor is {number(limit)} / {number(norm)}."
    else:
        yield f"That is not above {number(limit)}: all stays as it is, so the factor is 1."
    for label in working.few[:2]:
        where = working.worst(label)
        old = gradients[working.case.labels.index(label)][where]
        factor = number(limit / norm if above else 1.0)
        yield working.line(label, f"{number(old)} × {factor}", where)
