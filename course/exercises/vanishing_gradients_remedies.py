"""06 Vanishing gradients, sections 7 to 9: residual paths, normalisation, clipping.

Sources: He et al., Deep residual learning for image recognition (2015); Ioffe and Szegedy, Batch
normalization (2015); Pascanu et al., On the difficulty of training recurrent neural networks
(2013).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import exercise, program
from course.exercises.vanishing_gradients import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


# --- residual paths --------------------------------------------------------------------------


@exercise(points=2, returns=("dx", "dW1", "dW2"), read="7. A way around: residual paths")
def residual_backward(x, W1, W2):
    return x + np.tanh(x @ W1) @ W2


residual_backward.example(
    np.array([[1.0, -1.0]]),
    np.array([[0.5], [0.5]]),
    np.array([[1.0, 2.0]]),
    upstream=np.array([[1.0, 3.0]]),
)
residual_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C


def _block(rng: Rng, examples: int, width: int, inner: int) -> tuple[Any, ...]:
    shapes = [(examples, width), (width, inner), (inner, width)]
    return tuple(rng.normal(size=shape) * 0.8 for shape in shapes)


@residual_backward.check("random blocks", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for sizes in [(1, 3, 2), (4, 3, 2), (3, 2, 5)]:
        yield _block(rng, *sizes)


@residual_backward.check("a block whose last weights are 0")
def _(rng: Rng) -> Iterator[Any]:
    x, W1, W2 = _block(rng, 3, 4, 2)
    yield x, W1, W2 * 0


def _residual(
    *,
    join: Callable[[Any, Any], Any] = lambda upstream, block: upstream + block,
    slope: Callable[[Any, Any], Any] = lambda z, t: 1 - t**2,
    saved: Callable[[Any, Any], Any] = lambda z, t: t,
) -> Callable[..., Any]:
    """Return a stub with one step of the way back changed."""

    def stub(x, W1, W2, upstream):
        z = x @ W1
        t = np.tanh(z)
        dz = upstream @ W2.T * slope(z, t)
        return join(upstream, dz @ W1.T), x.T @ dz, saved(z, t).T @ upstream

    return stub


residual_backward.mistake(
    "skip-lost",
    "The way around is missing: x also goes straight to the output, and brings upstream back.",
    _residual(join=lambda upstream, block: block),
    twins=("one-path",),
)
residual_backward.mistake(
    "block-lost",
    "Only the way around counts in dx: add what comes back through the block.",
    _residual(join=lambda upstream, block: upstream * 1.0),
    twins=("one-path",),
)
residual_backward.mistake(
    "multiplied",
    "You multiply the two ways: gradients add where a value branches.",
    _residual(join=lambda upstream, block: upstream * block),
)
residual_backward.mistake(
    "averaged",
    "You average the two ways: gradients add where a value branches.",
    _residual(join=lambda upstream, block: (upstream + block) / 2),
)
residual_backward.mistake(
    "ones-for-upstream",
    "The way around brings back upstream, not 1: its local gradient 1 is multiplied by upstream.",
    _residual(join=lambda upstream, block: 1.0 + block),
)
residual_backward.mistake(
    "no-slope",
    "The slope of tanh is missing: multiply by 1 − t² on the way to z.",
    _residual(slope=lambda z, t: 1.0),
)
residual_backward.mistake(
    "slope-from-input",
    "You take 1 − z² of what goes into tanh: the slope is 1 − t² of what comes out.",
    _residual(slope=lambda z, t: 1 - z**2),
)
residual_backward.mistake(
    "half-slope",
    "You multiply by 1 − t: the slope of tanh is 1 − t².",
    _residual(slope=lambda z, t: 1 - t),
)
residual_backward.mistake(
    "z-for-t",
    "dW2 is made with z: W2 multiplies tanh(z).",
    _residual(saved=lambda z, t: z),
)


# --- normalisation ---------------------------------------------------------------------------

EPS = 1e-5


@exercise(
    points=3,
    returns=("dx", "dgamma", "dbeta"),
    tolerance=1e-10,  # the short formulas lose two or three digits where parts cancel
    read="8. Keep the values in range: normalisation",
)
def batch_norm_backward(x, gamma, beta):
    centred = x - np.mean(x, axis=0)
    variance = np.mean(centred**2, axis=0)
    return gamma * (centred / np.sqrt(variance + EPS)) + beta


@batch_norm_backward.driver
def _(stub: Stub, case: Case) -> Any:
    x, gamma, _ = case.inputs
    return stub(x, gamma, case.upstream)


batch_norm_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C


def _batch(rng: Rng, examples: int, width: int) -> tuple[Any, ...]:
    shift, scale = rng.normal(size=width) * 2, rng.uniform(0.5, 2.0, width)
    gamma = rng.uniform(0.5, 2.0, width) * rng.choice([-1.0, 1.0], width)
    return rng.normal(size=(examples, width)) * scale + shift, gamma, rng.normal(size=width)


batch_norm_backward.example(
    np.array([[1.0], [2.0], [6.0]]),
    np.array([2.0]),
    np.array([0.0]),
    upstream=np.array([[1.0], [0.0], [0.0]]),
)


@batch_norm_backward.check("one column")
def _(rng: Rng) -> Iterator[Any]:
    yield _batch(rng, 5, 1)


@batch_norm_backward.check("batches of several columns", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for sizes in [(4, 3), (6, 2), (5, 7)]:
        yield _batch(rng, *sizes)


def _normalised(x):
    spread = np.sqrt(np.var(x, axis=0) + EPS)
    return (x - np.mean(x, axis=0)) / spread, spread


def _batch_norm(
    dx: Callable[[Any, Any, Any], Any] | None = None,
    *,
    gamma_of: Callable[[Any], Any] = lambda gamma: gamma,
    dgamma: Callable[[Any, Any, Any], Any] = lambda g, xhat, x: np.sum(g * xhat, axis=0),
    dbeta: Callable[[Any], Any] = lambda g: np.sum(g, axis=0),
) -> Callable[..., Any]:
    """Return a stub with one of its three gradients changed; `dx` takes g·γ, x̂ and the spread."""

    def right(g, xhat, spread):
        return (g - np.mean(g, axis=0) - xhat * np.mean(g * xhat, axis=0)) / spread

    def stub(x, gamma, upstream):
        xhat, spread = _normalised(x)
        return (
            (dx or right)(upstream * gamma_of(gamma), xhat, spread),
            dgamma(upstream, xhat, x),
            dbeta(upstream),
        )

    return stub


batch_norm_backward.mistake(
    "statistics-constant",
    "You treat mean and variance as constants: both are made of x, and x gets gradients through"
    " them.",
    _batch_norm(lambda g, xhat, spread: g / spread),
    twins=("one-path",),
)
batch_norm_backward.mistake(
    "mean-forgotten",
    "The way through the mean is missing in dx: every x moves the mean of its column.",
    _batch_norm(lambda g, xhat, spread: (g - xhat * np.mean(g * xhat, axis=0)) / spread),
)
batch_norm_backward.mistake(
    "variance-forgotten",
    "The way through the variance is missing in dx: every x moves the variance of its column.",
    _batch_norm(lambda g, xhat, spread: (g - np.mean(g, axis=0)) / spread),
)
batch_norm_backward.mistake(
    "variance-sign",
    "The way through the variance has the wrong sign: a larger variance makes x̂ smaller.",
    _batch_norm(
        lambda g, xhat, spread: (g - np.mean(g, axis=0) + xhat * np.mean(g * xhat, axis=0)) / spread
    ),
)
batch_norm_backward.mistake(
    "sums-for-means",
    "You subtract sums over the batch where means belong.",
    _batch_norm(
        lambda g, xhat, spread: (g - np.sum(g, axis=0) - xhat * np.sum(g * xhat, axis=0)) / spread
    ),
)
batch_norm_backward.mistake(
    "not-divided",
    "dx is not divided by the standard deviation: x̂ is x over that.",
    _batch_norm(lambda g, xhat, spread: g - np.mean(g, axis=0) - xhat * np.mean(g * xhat, axis=0)),
)
batch_norm_backward.mistake(
    "no-gamma",
    "gamma is missing in dx: upstream passes through gamma before it reaches x̂.",
    _batch_norm(gamma_of=np.ones_like),
)
batch_norm_backward.mistake(
    "gamma-from-x",
    "dgamma is made with x: gamma multiplies the normalised x̂.",
    _batch_norm(dgamma=lambda g, xhat, x: np.sum(g * x, axis=0)),
)
batch_norm_backward.mistake(
    "gamma-without-input",
    "dgamma is upstream alone: gamma multiplies x̂, and that is its local gradient.",
    _batch_norm(dgamma=lambda g, xhat, x: np.sum(g, axis=0)),
)
batch_norm_backward.mistake(
    "mean-over-batch",
    "dgamma and dbeta are averaged over the batch: they are copied to every row, so they add up.",
    _batch_norm(
        dgamma=lambda g, xhat, x: np.mean(g * xhat, axis=0), dbeta=lambda g: np.mean(g, axis=0)
    ),
    twins=("mean-for-sum",),
)


# --- clipping --------------------------------------------------------------------------------


def _names(case: Case) -> tuple[str, ...]:
    return tuple(f"gradients[{i}]" for i in range(len(case.inputs) - 1))


@program(
    points=2,
    returns=_names,
    inputs=lambda case: ("limit", *_names(case)),
    read="9. When it explodes: clipping",
)
def clip_by_norm(limit, *gradients):
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    return tuple(gradient * (limit / norm if norm > limit else 1.0) for gradient in gradients)


@clip_by_norm.driver
def _(stub: Stub, case: Case) -> Any:
    limit, *gradients = case.inputs
    return stub(gradients, limit)


def _gradients(rng: Rng, scale: float) -> tuple[Any, ...]:
    return tuple(rng.normal(size=shape) * scale for shape in [(3, 4), (4,), (4, 2)])


clip_by_norm.example(1.0, np.array([3.0, 0.0]), np.array([[4.0]]))


@clip_by_norm.check("a norm above the limit", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield 2.0, *_gradients(rng, 5.0)
    yield 0.3, *_gradients(rng, 0.2)
    yield 1.5, *_gradients(rng, 30.0)[::-1]


@clip_by_norm.check("each array within the limit, all together above it")
def _(rng: Rng) -> Iterator[Any]:
    one, other = np.abs(rng.normal(size=(2, 5))) + 0.1
    yield 1.1, one / np.linalg.norm(one), other / np.linalg.norm(other)


@clip_by_norm.check("a norm below the limit, and gradients that are all 0")
def _(rng: Rng) -> Iterator[Any]:
    yield 100.0, *_gradients(rng, 0.5)
    yield 1.0, *_gradients(rng, 0.0)


def _clipped(
    norm: Callable[[Any], Any], scale: Callable[[Any, Any], Any] | None = None
) -> Callable[..., Any]:
    """Return a stub that measures all gradients by `norm` and multiplies them by `scale`."""

    def when_above(size, limit):
        return limit / size if size > limit else 1.0

    def stub(gradients, limit):
        factor = (scale or when_above)(norm(gradients), limit)
        return [gradient * factor for gradient in gradients]

    return stub


def _norm(gradients):
    return np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))


clip_by_norm.mistake(
    "by-value",
    "You clip every entry by itself, which turns the direction: scale all of them by one factor.",
    lambda gradients, limit: [np.clip(gradient, -limit, limit) for gradient in gradients],
)
clip_by_norm.mistake(
    "each-apart",
    "You clip each array by its own norm: take one norm over all entries of all arrays.",
    lambda gradients, limit: [
        gradient * min(1.0, limit / (np.linalg.norm(gradient) or 1.0)) for gradient in gradients
    ],
)
clip_by_norm.mistake(
    "always-scaled",
    "You scale below the limit too: what is within the limit stays as it is.",
    _clipped(_norm, lambda size, limit: limit / size),
)
clip_by_norm.mistake(
    "never-scaled",
    "You scale below the limit and leave what is above it: it is the other way round.",
    _clipped(_norm, lambda size, limit: limit / size if 0 < size < limit else 1.0),
)
clip_by_norm.mistake(
    "not-rooted",
    "You compare the sum of the squares: the norm is its square root.",
    _clipped(lambda gradients: _norm(gradients) ** 2),
)
clip_by_norm.mistake(
    "sum-of-norms",
    "You add the norms of the arrays: add the squares of all entries, then take the root.",
    _clipped(lambda gradients: sum(np.linalg.norm(gradient) for gradient in gradients)),
)
clip_by_norm.mistake(
    "largest-entry",
    "You measure the largest entry: measure the norm of all entries.",
    _clipped(lambda gradients: max(np.abs(gradient).max() for gradient in gradients)),
)
clip_by_norm.mistake(
    "limit-forgotten",
    "You scale to a norm of 1: scale to a norm of limit.",
    _clipped(_norm, lambda size, limit: 1.0 / size if size > limit else 1.0),
)
