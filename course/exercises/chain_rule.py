"""01 Chain rule, sections 1 to 4: chains, paths and Jacobians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.draws import alike
from course.exercises.exercise import exercise, program

ASSIGNMENT = "01_chain_rule"

Rng = np.random.Generator


def derivative(function: Callable[..., Any], *inputs: Any) -> tuple[Any, ...]:
    """Return the derivatives of an entry-by-entry function, one for each input, by the engine."""
    out, pullback = vjp(function, *inputs)
    return pullback(np.ones_like(out))


# --- a chain of two functions ----------------------------------------------------------------

INNER: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "tanh": np.tanh,
    "exp": np.exp,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "triple": lambda x: 3.0 * x,
}


def _slope(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: derivative(function, x)[0]


@program(points=2, returns=("dz_dx",), read="1. A chain of two functions")
def chain(x, g, h):
    return derivative(lambda x: INNER[h](INNER[g](x)), x)[0]


@chain.driver
def _(stub: Stub, case: Case) -> Any:
    g, h = INNER[case.given["g"]], INNER[case.given["h"]]
    return stub(*case.inputs, g, _slope(g), _slope(h))


chain.example(2.0, g="triple", h="square")


@chain.check("random numbers, several pairs of functions", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for g, h in [("sin", "exp"), ("square", "sin"), ("exp", "tanh"), ("cube", "square")]:
        yield {"inputs": (float(rng.uniform(0.3, 1.2)),), "given": {"g": g, "h": h}}
        yield {"inputs": (float(rng.uniform(-1.2, -0.3)),), "given": {"g": g, "h": h}}


@chain.check("arrays, entry by entry")
def _(rng: Rng) -> Iterator[Any]:
    for (x,) in alike(rng, 1):
        yield {"inputs": (x,), "given": {"g": "sin", "h": "cube"}}
    yield {"inputs": (np.array([0.0, 0.5, -1.5]),), "given": {"g": "tanh", "h": "exp"}}


chain.mistake(
    "outer-at-x",
    "You take the outer derivative at x, h′(x)·g′(x): take it where h is, at y = g(x).",
    lambda x, g, dg, dh: dh(x) * dg(x),
)
chain.mistake(
    "outer-only",
    "The inner derivative is missing: h′(g(x)) has to be multiplied by g′(x).",
    lambda x, g, dg, dh: dh(g(x)),
)
chain.mistake(
    "inner-only",
    "The outer derivative is missing: g′(x) has to be multiplied by h′(g(x)).",
    lambda x, g, dg, dh: dg(x),
)
chain.mistake(
    "added",
    "You add the two derivatives: along one chain they multiply.",
    lambda x, g, dg, dh: dh(g(x)) + dg(x),
)
chain.mistake(
    "both-at-y",
    "You take both derivatives at y = g(x): the inner one belongs at x.",
    lambda x, g, dg, dh: dh(g(x)) * dg(g(x)),
)
chain.mistake(
    "derivative-of-derivative",
    "You put one derivative into the other, h′(g′(x)): multiply them, and put g(x) into h′.",
    lambda x, g, dg, dh: dh(dg(x)),
)


# --- two paths -------------------------------------------------------------------------------

MEETING: dict[str, Callable[[Any, Any], Any]] = {
    "product": lambda x, y: x * y,
    "wave": lambda x, y: x * np.sin(y),
    "bowl": lambda x, y: x**2 + 3.0 * y**2 - x,
    "decay": lambda x, y: np.exp(x - 0.5 * y),
}


@program(points=2, returns=("dz_ds",), read="2. Two paths: the changes add")
def multi_path_chain(s, g, h, k):
    return derivative(lambda s: MEETING[k](INNER[g](s), INNER[h](s)), s)[0]


@multi_path_chain.driver
def _(stub: Stub, case: Case) -> Any:
    g, h = INNER[case.given["g"]], INNER[case.given["h"]]
    k = MEETING[case.given["k"]]
    return stub(*case.inputs, g, _slope(g), h, _slope(h), lambda x, y: derivative(k, x, y))


multi_path_chain.example(2.0, g="triple", h="square", k="product")


@multi_path_chain.check("random numbers, several functions", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for g, h, k in [
        ("sin", "exp", "product"),
        ("square", "sin", "wave"),
        ("tanh", "cube", "bowl"),
        ("exp", "triple", "decay"),
    ]:
        for s in (rng.uniform(0.3, 1.2), rng.uniform(-1.2, -0.3)):
            yield {"inputs": (float(s),), "given": {"g": g, "h": h, "k": k}}


@multi_path_chain.check("arrays, entry by entry")
def _(rng: Rng) -> Iterator[Any]:
    for (s,) in alike(rng, 1):
        yield {"inputs": (s,), "given": {"g": "cube", "h": "sin", "k": "bowl"}}


def _paths(combine):
    """Return a stub that combines (∂z/∂x, dx/ds, ∂z/∂y, dy/ds) in its own way."""

    def stub(s, g, dg, h, dh, dk):
        dz_dx, dz_dy = dk(g(s), h(s))
        return combine(dz_dx, dg(s), dz_dy, dh(s))

    return stub


def _partials_at_s(s, g, dg, h, dh, dk):
    dz_dx, dz_dy = dk(s, s)
    return dz_dx * dg(s) + dz_dy * dh(s)


multi_path_chain.mistake(
    "x-path-only",
    "The path over y is forgotten: s changes z along both paths, and the changes add.",
    _paths(lambda dz_dx, dx, dz_dy, dy: dz_dx * dx),
)
multi_path_chain.mistake(
    "y-path-only",
    "The path over x is forgotten: s changes z along both paths, and the changes add.",
    _paths(lambda dz_dx, dx, dz_dy, dy: dz_dy * dy),
)
multi_path_chain.mistake(
    "paths-multiplied",
    "You multiply the two paths: multiply along a path, add the paths.",
    _paths(lambda dz_dx, dx, dz_dy, dy: dz_dx * dx * dz_dy * dy),
)
multi_path_chain.mistake(
    "partials-swapped",
    "You pair ∂z/∂x with dy/ds: each partial derivative belongs to its own path.",
    _paths(lambda dz_dx, dx, dz_dy, dy: dz_dx * dy + dz_dy * dx),
)
multi_path_chain.mistake(
    "no-inner",
    "dx/ds and dy/ds are missing: multiply each partial derivative by the step before it.",
    _paths(lambda dz_dx, dx, dz_dy, dy: dz_dx + dz_dy),
)
multi_path_chain.mistake(
    "averaged",
    "You take the mean of the two paths: they add.",
    _paths(lambda dz_dx, dx, dz_dy, dy: (dz_dx * dx + dz_dy * dy) / 2),
    twins=("factor",),
)
multi_path_chain.mistake(
    "partials-at-s",
    "You take the partial derivatives at (s, s): take them at x = g(s) and y = h(s).",
    _partials_at_s,
)


# --- the Jacobian ----------------------------------------------------------------------------


@exercise(points=2, returns=("dx",), wrt=(0,), read="3. Many paths: the Jacobian")
def vjp_from_jacobian(x, jacobian):
    return jacobian @ x


vjp_from_jacobian.driver(lambda stub, case: stub(case.given["jacobian"], case.upstream))
vjp_from_jacobian.example(
    np.array([1.0, 1.0, 1.0]),
    upstream=np.array([10.0, 1.0]),
    jacobian=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
)
for _same in [("over-n", "over-size"), ("over-n", "over-c"), ("times-n", "times-size")]:
    vjp_from_jacobian.twin(*_same)  # y is a vector: its length is all three


@vjp_from_jacobian.check("random Jacobians, n×n and n×m", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for n, m in [(3, 3), (2, 4), (5, 2), (4, 3)]:
        jacobian = rng.normal(size=(n, m))
        yield {"inputs": (rng.normal(size=m),), "given": {"jacobian": jacobian}}


@vjp_from_jacobian.check("a Jacobian of whole numbers, and zeros in it")
def _(rng: Rng) -> Iterator[Any]:
    jacobian = rng.integers(-3, 4, size=(3, 4))
    jacobian[0] = 0, 2, -1, 0
    yield {"inputs": (rng.normal(size=4),), "given": {"jacobian": jacobian}}


vjp_from_jacobian.mistake(
    "not-transposed",
    "You multiply by the Jacobian itself: the gradient needs its transpose, which sums over the"
    " outputs.",
    lambda jacobian, upstream: jacobian @ upstream,
)
vjp_from_jacobian.mistake(
    "not-added",
    "You multiply and do not add: each x is reached over every y, so sum over the rows.",
    lambda jacobian, upstream: jacobian * upstream[:, None],
)
vjp_from_jacobian.mistake(
    "columns-scaled",
    "upstream[j] belongs to row j of the Jacobian: you multiply it into the columns.",
    lambda jacobian, upstream: (jacobian * upstream).sum(axis=0),
)
vjp_from_jacobian.mistake(
    "one-output",
    "Only the last y counts: add over all of them.",
    lambda jacobian, upstream: jacobian[-1] * upstream[-1],
)


# --- tensors ---------------------------------------------------------------------------------


@exercise(points=2, returns=("dX",), wrt=(0,), read="4. One answer, five views")
def tensor_chain(X, jacobian):
    return np.sum(jacobian * X, axis=tuple(range(-np.ndim(X), 0)))


tensor_chain.driver(lambda stub, case: stub(case.given["jacobian"], case.upstream))
tensor_chain.example(
    np.ones(2),
    upstream=np.array([[1.0, 10.0]]),
    jacobian=np.array([[[1.0, 2.0], [3.0, 4.0]]]),
)


@tensor_chain.check("Y and X with up to three axes", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for out, into in [
        ((2, 3), (2, 3)),
        ((2, 3), (4,)),
        ((3,), (2, 2, 4)),
        ((4, 3), (3, 2)),
        ((2, 2, 3), (4, 2)),
    ]:
        jacobian = rng.normal(size=(*out, *into))
        yield {"inputs": (rng.normal(size=into),), "given": {"jacobian": jacobian}}


def _spread(jacobian, upstream):
    """Return ∂z/∂Y times the Jacobian, before the sum over the entries of Y."""
    return jacobian * upstream.reshape(upstream.shape + (1,) * (jacobian.ndim - upstream.ndim))


tensor_chain.mistake(
    "wrong-end",
    "You sum over the axes of X: the axes of Y come first in the Jacobian, sum over those.",
    lambda jacobian, upstream: np.tensordot(jacobian, upstream, axes=upstream.ndim),
)
tensor_chain.mistake(
    "not-added",
    "You multiply and do not add: sum over every axis of Y.",
    lambda jacobian, upstream: _spread(jacobian, upstream),
)
tensor_chain.mistake(
    "one-axis-added",
    "You sum over the first axis only: sum over every axis of Y.",
    lambda jacobian, upstream: _spread(jacobian, upstream).sum(axis=0),
)
tensor_chain.mistake(
    "flat",
    "dX is flat: it must have the shape of X.",
    lambda jacobian, upstream: upstream.ravel() @ jacobian.reshape(upstream.size, -1),
)
