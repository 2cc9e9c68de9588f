"""05 Multi-layer perceptrons, sections 1 to 4: regions from units that step, and forward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import Any

import numpy as np

from course.checking.compare import NotNumbers, as_arrays
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import program

ASSIGNMENT = "05_multilayer_perceptrons"

Rng = np.random.Generator


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), entry by entry."""
    return 1 / (1 + np.exp(-z))


def slope(z):
    """Return the derivative of `sigmoid` at z."""
    return sigmoid(z) * (1 - sigmoid(z))


def affine(A, W, b):
    """Return A @ W + b, for a batch of rows or a single one."""
    return A @ W + b


# --- a unit that decides -------------------------------------------------------------------


def corners(n):
    """Return all rows of n zeros and ones."""
    return np.array(list(product([0.0, 1.0], repeat=n)))


@program(points=1, returns=("fires",), read="1. A unit that steps: one side of a line")
def gate_unit(kind, n):
    decide = {"and": np.all, "or": np.any}[kind]
    return decide(corners(n) == 1, axis=1).astype(float)


@gate_unit.driver
def _(stub: Stub, case: Case) -> Any:
    unit = stub(*case.inputs)
    if unit is None:
        return None
    _, n = case.inputs
    weights, *bias = as_arrays(unit, ("w", "b"))
    if len(bias) != 1 or weights.shape != (n,) or bias[0].size != 1:
        raise NotNumbers(f"you return no pair of weights, of shape ({n},), and one bias")
    return (affine(corners(n), weights, bias[0].item()) > 0).astype(float)


gate_unit.example("and", 2)


@gate_unit.check("and, on every row of zeros and ones")
def _(rng: Rng) -> Iterator[Any]:
    for n in (2, 3, 5):
        yield "and", n


@gate_unit.check("or, on every row of zeros and ones")
def _(rng: Rng) -> Iterator[Any]:
    for n in (2, 3, 4):
        yield "or", n


def _unit(bias_for_and: Callable[[int], float], bias_for_or: Callable[[int], float]):
    return lambda kind, n: (np.ones(n), (bias_for_and if kind == "and" else bias_for_or)(n))


gate_unit.mistake(
    "on-the-edge",
    "A sum of exactly 0 does not fire: put the bias between the two sums that it must tell apart.",
    _unit(lambda n: -n, lambda n: -1.0),
)
gate_unit.mistake(
    "two-inputs-only",
    "The bias of your `and` is right for two inputs only: it depends on n.",
    _unit(lambda n: -1.5, lambda n: -0.5),
)
gate_unit.mistake(
    "kinds-swapped",
    "Your `and` fires as soon as one input is 1, and your `or` only if all are.",
    _unit(lambda n: -0.5, lambda n: 0.5 - n),
)
gate_unit.mistake(
    "kind-ignored",
    "You return the same unit for `and` and `or`.",
    _unit(lambda n: 0.5 - n, lambda n: 0.5 - n),
)
gate_unit.mistake(
    "bias-above",
    "Your unit always fires: a bias above 0 helps it to fire, and a threshold is a bias below 0.",
    _unit(lambda n: n - 0.5, lambda n: 0.5),
)


# --- regions -------------------------------------------------------------------------------


@program(points=2, returns=("inside",), read="2. Regions: lines, then corners, then anything")
def decision_region(points, polygons):
    inside = [np.all(affine(points, W, b) > 0, axis=1) for W, b in polygons]
    return np.any(inside, axis=0).astype(float)


def _polygon(rng: Rng, sides: int, centre: Any = (0.0, 0.0)) -> tuple[Any, Any]:
    """Draw lines around a centre, each at a distance of about 1."""
    angles = 2 * np.pi * (np.arange(sides) + rng.uniform(0, 0.5, sides)) / sides
    W = -np.stack([np.cos(angles), np.sin(angles)]) * rng.uniform(0.5, 2.0, sides)
    b = rng.uniform(0.5, 1.0, sides) * np.linalg.norm(W, axis=0)
    return W, b - np.asarray(centre) @ W


def _points(rng: Rng) -> Any:
    return rng.uniform(-2.5, 2.5, (60, 2))


decision_region.example(
    np.array([[0.2, 0.2], [0.9, 0.9], [-0.5, 0.5]]),
    [(np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]), np.array([0.0, 0.0, 1.0]))],
)


@decision_region.check("one side of a line")
def _(rng: Rng) -> Iterator[Any]:
    yield _points(rng), [_polygon(rng, 1)]
    yield _points(rng), [_polygon(rng, 1, (0.5, -0.5))]


@decision_region.check("a polygon: all its lines")
def _(rng: Rng) -> Iterator[Any]:
    yield _points(rng), [_polygon(rng, 3)]
    yield _points(rng), [_polygon(rng, 5)]


@decision_region.check("several polygons: any of them, overlaps too", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _points(rng), [_polygon(rng, 3, (-1.0, 0.0)), _polygon(rng, 3, (1.0, 0.5))]
    yield _points(rng), [_polygon(rng, 3), _polygon(rng, 4, (0.4, 0.0)), _polygon(rng, 3, (-1, 1))]


def _region(
    within: Callable[..., Any] = np.all, across: Callable[..., Any] = np.any, turn: float = 1.0
) -> Callable[..., Any]:
    def stub(points, polygons):
        inside = [within(turn * affine(points, W, b) > 0, axis=1) for W, b in polygons]
        return np.asarray(across(inside, axis=0), dtype=float)

    return stub


decision_region.mistake(
    "any-line",
    "A point on the right side of one line counts as inside: it must be so for all lines of the"
    " polygon.",
    _region(within=np.any),
)
decision_region.mistake(
    "all-polygons",
    "A point must be inside all polygons to count: one of them is enough.",
    _region(across=np.all),
)
decision_region.mistake(
    "polygons-counted",
    "You return how many polygons a point is in: the output unit says 0 or 1.",
    _region(across=np.sum),
)
decision_region.mistake(
    "outside",
    "You have the sides turned round: inside is where the sum is above 0.",
    _region(turn=-1.0),
)
decision_region.mistake(
    "bias-missing",
    "The biases are missing, so all lines go through the origin.",
    lambda points, polygons: _region()(points, [(W, 0 * b) for W, b in polygons]),
)
decision_region.mistake(
    "last-polygon",
    "Only the last polygon counts: keep what you found for the others.",
    lambda points, polygons: _region()(points, polygons[-1:]),
)


# --- one hidden layer, with bias units -----------------------------------------------------


def with_unit(A, at=0):
    """Return A with a unit that is always 1 put in front, or elsewhere."""
    return np.insert(A, at, 1.0, axis=1)


@program(points=2, returns=("out",), read="3. One hidden layer, and units that are always 1")
def mlp_forward(X, W1, W2):
    return with_unit(sigmoid(with_unit(X) @ W1)) @ W2


mlp_forward.example(
    np.array([[0.0, 1.0]]),
    np.array([[0.0, -1.0], [2.0, 0.0], [0.0, 1.0]]),
    np.array([[1.0], [2.0], [4.0]]),
)


@mlp_forward.check("random networks", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, d, hidden, outputs in [(2, 3, 4, 2), (4, 2, 5, 1), (3, 3, 3, 3)]:
        sizes = (n, d), (d + 1, hidden), (hidden + 1, outputs)
        yield tuple(rng.normal(size=size) for size in sizes)


mlp_forward.mistake(
    "unit-at-the-end",
    "You put the unit that is always 1 behind the others: row 0 of the weights belongs to it.",
    lambda X, W1, W2: with_unit(sigmoid(with_unit(X, X.shape[1]) @ W1), W1.shape[1]) @ W2,
)
mlp_forward.mistake(
    "unit-through-sigmoid",
    "The hidden unit that is always 1 went through the sigmoid: put it in after the activation.",
    lambda X, W1, W2: sigmoid(with_unit(with_unit(X) @ W1)) @ W2,
)
mlp_forward.mistake(
    "output-activated",
    "You apply the sigmoid to the output too: this network's outputs have no activation.",
    lambda X, W1, W2: sigmoid(with_unit(sigmoid(with_unit(X) @ W1)) @ W2),
)
mlp_forward.mistake(
    "no-activation",
    "The hidden layer has no activation: without it, two layers are one linear function.",
    lambda X, W1, W2: with_unit(with_unit(X) @ W1) @ W2,
)
mlp_forward.mistake(
    "no-unit",
    "The units that are always 1 are missing: each weight matrix has a row 0 for them.",
    lambda X, W1, W2: sigmoid(X @ W1[1:]) @ W2[1:],
)


# --- any number of layers ------------------------------------------------------------------


def activations(X, params):
    """Return what every layer puts out, the input first; the last layer has no activation."""
    kept = [X]
    for index, (W, b) in enumerate(params):
        z = affine(kept[-1], W, b)
        kept.append(z if index == len(params) - 1 else sigmoid(z))
    return kept


@program(
    points=2,
    returns=lambda case: tuple(f"a{layer}" for layer in range(len(case.inputs[1]) + 1)),
    read="4. From a⁰ to aᴸ",
)
def forward_pass(X, params):
    return activations(X, params)


def network(rng: Rng, *sizes: int) -> list[tuple[Any, Any]]:
    """Draw the weights and biases of a network."""
    return [
        (rng.normal(size=(before, after)), rng.normal(size=after))
        for before, after in pairwise(sizes)
    ]


forward_pass.example(
    np.array([[1.0, -1.0]]),
    [
        (np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([0.0, 2.0])),
        (np.array([[2.0], [4.0]]), np.array([-1.0])),
    ],
)


@forward_pass.check("two layers", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield rng.normal(size=(3, 2)), network(rng, 2, 4, 3)
    yield rng.normal(size=(2, 3)), network(rng, 3, 3, 3)


@forward_pass.check("one layer, and many")
def _(rng: Rng) -> Iterator[Any]:
    yield rng.normal(size=(4, 3)), network(rng, 3, 2)
    yield rng.normal(size=(2, 2)), network(rng, 2, 5, 4, 3, 2)


def _pass(keep: Callable[[Any, Any], Any], activate: Callable[[Any, bool], Any]):
    """Return a stub; `keep` chooses of a layer's z and a, `activate` sees if it is the last."""

    def stub(X, params):
        a, kept = X, [X]
        for index, (W, b) in enumerate(params):
            z = affine(a, W, b)
            a = activate(z, index == len(params) - 1)
            kept.append(keep(z, a))
        return kept

    return stub


def _hidden_only(z, last):
    return z if last else sigmoid(z)


forward_pass.mistake(
    "output-activated",
    "You apply the sigmoid in the last layer too: the output has no activation.",
    _pass(lambda z, a: a, lambda z, last: sigmoid(z)),
)
forward_pass.mistake(
    "no-activation",
    "The hidden layers have no activation: a is σ(z).",
    _pass(lambda z, a: a, lambda z, last: z),
)
forward_pass.mistake(
    "sums-for-activations",
    "You keep the sums z, before the activation: keep a = σ(z), which the next layer uses.",
    _pass(lambda z, a: z, _hidden_only),
)
forward_pass.mistake(
    "bias-missing",
    "The biases are missing: z is a W + b.",
    lambda X, params: activations(X, [(W, 0 * b) for W, b in params]),
)
forward_pass.mistake(
    "input-missing",
    "Your list starts with a¹: it must start with the input, which is a⁰.",
    lambda X, params: activations(X, params)[1:],
)
forward_pass.mistake(
    "from-the-end",
    "Your list starts with the output: it goes from a⁰ to the last layer.",
    lambda X, params: activations(X, params)[::-1],
    twins=("wrong-order",),
)
