"""01 Chain rule: how a failing case of each program is worked through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course.exercises.chain_rule import INNER, MEETING, chain, derivative, multi_path_chain
from course.exercises.chain_rule_neuron import neuron_gradient, sigmoid
from course.exercises.chain_rule_numerical import (
    LOSSES,
    claims,
    gradient_check,
    numerical_gradient,
    relative,
)
from course.exercises.chain_rule_training import (
    gradient_descent,
    gradient_descent_step,
    rate_of,
    slope_of_fit,
    train_step,
    trained,
)
from course.exercises.working import Working, added, number, place, products, row, signed


@chain.worked
def _(working: Working) -> Iterator[str]:
    where = working.worst("dz_dx")
    x = float(np.asarray(working.case.inputs[0])[where])
    g, h = INNER[working.case.given["g"]], INNER[working.case.given["h"]]
    y, inner = g(x), derivative(g, x)[0]
    outer = derivative(h, y)[0]
    yield f"At x{place(where)} = {number(x)}: g(x) = {number(y)}, and g has slope {number(inner)}."
    yield f"At y = {number(y)}: h has slope {number(outer)}."
    yield working.line("dz_dx", f"{number(outer)} × {signed(inner)}", where)


@multi_path_chain.worked
def _(working: Working) -> Iterator[str]:
    where = working.worst("dz_ds")
    s = float(np.asarray(working.case.inputs[0])[where])
    g, h = INNER[working.case.given["g"]], INNER[working.case.given["h"]]
    k = MEETING[working.case.given["k"]]
    x, y = g(s), h(s)
    partials = derivative(k, x, y)
    yield f"At s{place(where)} = {number(s)}: x = {number(x)} and y = {number(y)}."
    paths = []
    for name, step, partial in zip("xy", (g, h), partials, strict=True):
        slope = derivative(step, s)[0]
        paths.append(partial * slope)
        yield (
            f"Path over {name}: ∂z/∂{name} × d{name}/ds = {number(partial)} × {signed(slope)}"
            f" = {number(paths[-1])}."
        )
    yield working.line("dz_ds", added(paths), where)


# --- the neuron ------------------------------------------------------------------------------


@neuron_gradient.worked
def _(working: Working) -> Iterator[str]:
    w, b, x, y = working.case.inputs
    z = np.dot(w, x) + b
    a = sigmoid(z)
    yield f"z = {products(w, x)} + {signed(b)} = {number(z)}, and a = σ(z) = {number(a)}."
    loss, slope = (float(working.right[label]) for label in ("dL_da", "da_dz"))
    for label in working.few:
        where = working.worst(label)
        into = x[where] if where else 1
        formula = {
            "dL_da": f"2 × ({number(a)} − {signed(y)})",
            "da_dz": f"{number(a)} × (1 − {number(a)})",
            "dz_dw": "the input in front of this weight",
            "dL_dw": f"{number(loss)} × {signed(slope)} × {signed(into)}",
            "dL_db": f"{number(loss)} × {signed(slope)} × 1",
        }[label]
        yield working.line(label, formula, where)


# --- a gradient by trying --------------------------------------------------------------------


@numerical_gradient.worked
def _(working: Working) -> Iterator[str]:
    f, h = LOSSES[working.case.given["f"]], working.case.given["h"]
    where = working.worst("gradient")
    above, below = (np.array(working.case.inputs[0], dtype=float) for _ in range(2))
    at = above[where]
    above[where] += h
    below[where] -= h
    change = f(above) - f(below)
    yield (
        f"Only x{place(where)} moves: f at {number(at)} + {h:g}, less f at {number(at)} − {h:g},"
        f" is {number(change)}."
    )
    yield working.line("gradient", f"{number(change)} / (2 × {h:g})", where)


@gradient_check.worked
def _(working: Working) -> Iterator[str]:
    analytic, numerical = claims(**working.case.given)
    errors = []
    for index, x in enumerate(working.case.inputs[0]):
        one, other = analytic(x), numerical(x)
        gap, sizes = np.linalg.norm(one - other), [np.linalg.norm(each) for each in (one, other)]
        errors.append(relative(one, other))
        yield (
            f"Point {index}: the difference has length {number(gap)}, the gradients"
            f" {number(sizes[0])} and {number(sizes[1])};"
            f" {number(gap)} / ({added(sizes)}) = {number(errors[-1])}."
        )
    yield working.line("error", f"the largest of {row(errors)}")


# --- walking against the gradient ------------------------------------------------------------


@gradient_descent_step.worked
def _(working: Working) -> Iterator[str]:
    theta, gradient, rate = working.case.inputs
    for label in working.few:
        where = working.worst(label)
        old, slope = np.asarray(theta[label])[where], np.asarray(gradient[label])[where]
        step = f"{number(old)} − {number(rate)} × {signed(slope)}"
        yield working.line(label, f"old − rate × gradient = {step}", where)


@gradient_descent.worked
def _(working: Working) -> Iterator[str]:
    theta, batches = working.case.inputs
    given, path = working.case.given, working.right["path"]
    yield f"Row 0 is where you start, {row(theta)}; each step adds a row."
    # Rows follow from the one before: the first wrong one is where it began.
    wrong = [where for where in working.wrong_places("path") if where[0]]
    if not wrong:
        return
    step, entry = wrong[0]
    epoch, batch = divmod(step - 1, len(batches))
    rate = rate_of(given["start"], given["decay"])(epoch)
    slope = slope_of_fit(path[step - 1], *batches[batch])[entry]
    yield f"Step {step} is batch {batch} of epoch {epoch}: rate({epoch}) = {number(rate)}."
    before = path[step - 1]
    yield f"At row {step - 1}, {row(before)}, entry {entry} of its gradient is {number(slope)}."
    old = number(before[entry])
    yield working.line("path", f"{old} − {number(rate)} × {signed(slope)}", (step, entry))


@train_step.worked
def _(working: Working) -> Iterator[str]:
    w, b, x, y, rate = working.case.inputs
    a = sigmoid(x @ w + b)
    yield f"The predictions a = σ(x · w + b) are {row(a)}, the targets {row(y)}."
    _, old, slopes, _ = trained(working.case.inputs)
    for label in working.few:
        where = working.worst(label)
        if label == "loss":
            yield working.line(label, f"({added((a - y) ** 2)}) / {len(y)}", where)
            continue
        into = x[:, where[0]] if where else np.ones(len(y))
        examples = [(w, b, x[[i]], y[[i]], rate) for i in range(len(y))]
        each = [trained(one)[2]["wb".index(label)] for one in examples]
        each = [np.asarray(slope)[where] for slope in each]
        before, slope = (np.asarray(pair["wb".index(label)])[where] for pair in (old, slopes))
        first = number(a[0])
        yield (
            f"To {label}{place(where)}, example 0 gives 2 × ({first} − {signed(y[0])}) × {first}"
            f" × (1 − {first}) × {signed(into[0])} = {number(each[0])};"
            f" the mean over all is ({added(each)}) / {len(y)} = {number(slope)}."
        )
        yield working.line(label, f"{number(before)} − {number(rate)} × {signed(slope)}", where)
