"""Assignment 07: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.autodiff import grad, hvp, jvp, vjp
from course.exercises import load
from tests.exercises import tapes
from tests.exercises.alternatives import each_way, gets_every_point

# --- add_gate, multiply_gate -----------------------------------------------------------------


def _axes(gradient, like):
    extra = np.ndim(gradient) - np.ndim(like)
    return tuple(range(extra)) + tuple(
        axis + extra for axis, length in enumerate(np.shape(like)) if length == 1
    )


def _summed(gradient, like):
    return np.sum(gradient, axis=_axes(gradient, like)).reshape(np.shape(like))


def _counted(gradient, like):
    """Add every entry to the one it was copied from."""
    place = np.broadcast_to(np.arange(np.size(like)).reshape(np.shape(like)), np.shape(gradient))
    total = np.bincount(place.ravel(), np.ravel(gradient), minlength=np.size(like))
    return total.reshape(np.shape(like))


def _looped(gradient, like):
    total = np.zeros(np.shape(like))
    for index in np.ndindex(np.shape(gradient)):
        own = index[len(index) - np.ndim(like) :]
        source = tuple(0 if n == 1 else i for i, n in zip(own, np.shape(like), strict=True))
        total[source] += np.asarray(gradient)[index]
    return total


def add_over_all_axes_at_once(upstream, a, b):
    return _summed(upstream, a), _summed(upstream, b)


def add_counted(upstream, a, b):
    return [_counted(upstream, a), _counted(upstream, b)]


def add_looped(upstream, a, b):
    return _looped(upstream, a), _looped(upstream, b)


def multiply_over_all_axes_at_once(upstream, a, b):
    return _summed(b * upstream, a), _summed(a * upstream, b)


def multiply_counted(upstream, a, b):
    return {"da": _counted(upstream * b, a), "db": _counted(upstream * a, b)}


def multiply_looped(upstream, a, b):
    return _looped(np.multiply(b, upstream), a), _looped(np.multiply(upstream, a), b)


# --- matmul_gate -----------------------------------------------------------------------------


def by_dot(upstream, A, B):
    return np.dot(upstream, B.T), np.dot(A.T, upstream)


def by_einsum(upstream, A, B):
    return np.einsum("nm,km->nk", upstream, B), np.einsum("nk,nm->km", A, upstream)


def by_outer_products(upstream, A, B):
    dA, dB = np.zeros_like(A), np.zeros_like(B)
    for n in range(len(A)):
        dA[n] = B @ upstream[n]
        dB += np.outer(A[n], upstream[n])
    return dA, dB


def by_transposed_products(upstream, A, B):
    return (B @ upstream.T).T, (upstream.T @ A).T


# --- tanh_gate, sum_gate ---------------------------------------------------------------------


def two_factors(upstream, out):
    return upstream * (1 - out) * (1 + out)


def subtracted(upstream, out):
    return upstream - upstream * np.square(out)


def by_the_hyperbolic_cosine(upstream, out):
    return upstream / np.cosh(np.arctanh(out)) ** 2


def filled(upstream, x):
    return np.full(x.shape, upstream)


def broadcast(upstream, x):
    return np.broadcast_to(upstream, np.shape(x))


def zero_times_x(upstream, x):
    return 0 * x + upstream


# --- LogSoftmax ------------------------------------------------------------------------------


class SavesTheSoftmax:
    def forward(self, S):
        e = np.exp(S - S.max(axis=1)[:, None])
        self.p = e / e.sum(axis=1)[:, None]
        return S - S.max(axis=1)[:, None] - np.log(e.sum(axis=1))[:, None]

    def backward(self, upstream):
        return upstream - self.p * upstream.sum(axis=1)[:, None]


class WithItsJacobian:
    def forward(self, S):
        self.out = S - np.logaddexp.reduce(S, axis=1)[:, None]
        return self.out

    def backward(self, upstream):
        jacobian = np.eye(upstream.shape[1]) - np.exp(self.out)[:, None, :]
        return np.einsum("nj,nji->ni", upstream, jacobian)


class RowByRow:
    def forward(self, S):
        self.rows = []
        for row in S:
            top = max(row)
            self.rows.append(row - top - math.log(sum(math.exp(s - top) for s in row)))
        return np.array(self.rows)

    def backward(self, upstream):
        dS = upstream.copy()
        for i, row in enumerate(self.rows):
            dS[i] -= np.exp(row) * math.fsum(upstream[i])
        return dS


# --- nth_derivative, hessian_vector ----------------------------------------------------------


def wave(x):
    return np.exp(-x) * np.sin(3.0 * x)


def recursive(x, n):
    def differentiated(function, times):
        return function if times == 0 else differentiated(grad(function), times - 1)

    return differentiated(wave, n)(x)


def by_pushing_forward(x, n):
    function = wave
    for _ in range(n):
        function = (lambda f: lambda x: jvp(f, (x,), (1.0,))[1])(function)
    return float(function(x))


def by_the_complex_formula(x, n):
    return (((3j - 1) ** n) * np.exp((3j - 1) * x)).imag


def forward_over_reverse(A, x, v):
    return jvp(grad(lambda x: np.sum(np.logaddexp(0.0, A @ x))), (x,), (v,))[1]


def by_the_engine_s_own(A, x, v):
    return hvp(lambda x: np.sum(np.logaddexp(0.0, A @ x)))(x, v)


def by_hand(A, x, v):
    p = 1 / (1 + np.exp(-(A @ x)))
    return A.T @ (p * (1 - p) * (A @ v))


def pulled_back(A, x, v):
    _, pullback = vjp(grad(lambda x: np.sum(np.log(1 + np.exp(A @ x)))), x)
    return pullback(v)[0]


WAYS = {
    **tapes.WAYS,
    "add_gate": [add_over_all_axes_at_once, add_counted, add_looped],
    "multiply_gate": [multiply_over_all_axes_at_once, multiply_counted, multiply_looped],
    "matmul_gate": [by_dot, by_einsum, by_outer_products, by_transposed_products],
    "tanh_gate": [two_factors, subtracted, by_the_hyperbolic_cosine],
    "sum_gate": [filled, broadcast, zero_times_x],
    "LogSoftmax": [SavesTheSoftmax, WithItsJacobian, RowByRow],
    "nth_derivative": [recursive, by_pushing_forward, by_the_complex_formula],
    "hessian_vector": [forward_over_reverse, by_the_engine_s_own, by_hand, pulled_back],
}


@each_way(WAYS)
def test_another_right_way_gets_every_point(name: str, stub) -> None:
    gets_every_point(name, stub)


def test_every_exercise_has_three_other_ways() -> None:
    assert {name: len(ways) >= 3 for name, ways in WAYS.items()} == dict.fromkeys(
        load("07_your_own_autodiff"), True
    )
