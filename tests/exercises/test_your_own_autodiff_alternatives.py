"""Assignment 07: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.autodiff import grad, hvp, jvp, vjp
from course.exercises import load
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


# --- Tape ------------------------------------------------------------------------------------


class _Recording:
    """What the notebook gives, for tapes of parents with local gradients."""

    def __init__(self):
        self.entries = []

    def leaf(self, value):
        return self._new(value, ())

    def value(self, entry):
        return self.entries[entry][0]

    def _new(self, value, parents):
        self.entries.append((value, parents))
        return len(self.entries) - 1


class FromEveryChild(_Recording):
    """Each entry asks its children, as in the formula of the lectures."""

    def add(self, a, b):
        return self._new(self.value(a) + self.value(b), ((a, 1), (b, 1)))

    def multiply(self, a, b):
        return self._new(self.value(a) * self.value(b), ((a, self.value(b)), (b, self.value(a))))

    def tanh(self, a):
        return self._new(math.tanh(self.value(a)), ((a, math.cosh(self.value(a)) ** -2),))

    def gradients(self, end):
        table = np.zeros(len(self.entries))
        table[end] = 1
        for j in range(end - 1, -1, -1):
            table[j] = sum(
                table[i] * local
                for i in range(j + 1, end + 1)
                for parent, local in self.entries[i][1]
                if parent == j
            )
        return table


class ForwardForEveryEntry(_Recording):
    """One tangent pass for each entry: more work, the same numbers."""

    def add(self, a, b):
        return self._new(self.value(a) + self.value(b), ((a, 1.0), (b, 1.0)))

    def multiply(self, a, b):
        x, y = self.value(a), self.value(b)
        return self._new(x * y, ((a, 2 * x),) if a == b else ((a, y), (b, x)))

    def tanh(self, a):
        t = np.tanh(self.value(a))
        return self._new(t, ((a, (1 - t) * (1 + t)),))

    def gradients(self, end):
        answer = []
        for start in range(len(self.entries)):
            moved = []
            for entry, (_, parents) in enumerate(self.entries):
                moved.append(
                    1.0
                    if entry == start
                    else float(sum(moved[parent] * local for parent, local in parents))
                )
            answer.append(moved[end])
        return answer


class ClosuresOnAStack(_Recording):
    """Each gate leaves a function that sends its gradient on."""

    def _send(self, value, send):
        entry = self._new(value, ())
        self.entries[entry] = (value, send)
        return entry

    def leaf(self, value):
        return self._send(value, lambda g: [])

    def add(self, a, b):
        return self._send(self.value(a) + self.value(b), lambda g: [(a, g), (b, g)])

    def multiply(self, a, b):
        x, y = self.value(a), self.value(b)
        return self._send(x * y, lambda g: [(a, g * y), (b, g * x)])

    def tanh(self, a):
        t = np.tanh(self.value(a))
        return self._send(t, lambda g: [(a, g * (1 - t * t))])

    def gradients(self, end):
        gradients = {end: 1.0}
        for entry in reversed(range(end + 1)):
            for parent, part in self.entries[entry][1](gradients.get(entry, 0.0)):
                gradients[parent] = gradients.get(parent, 0.0) + part
        return [gradients.get(entry, 0.0) for entry in range(len(self.entries))]


# --- SymbolTape ------------------------------------------------------------------------------


class _Symbols:
    """What the notebook gives."""

    def __init__(self):
        self.entries = []

    def _new(self, value, gate, *parents):
        self.entries.append((value, gate, parents))
        return len(self.entries) - 1

    def value(self, entry):
        return self.entries[entry][0]

    def leaf(self, value):
        return self._new(value, "leaf")

    def add(self, a, b):
        return self._new(self.value(a) + self.value(b), "add", a, b)

    def multiply(self, a, b):
        return self._new(self.value(a) * self.value(b), "multiply", a, b)

    def sin(self, a):
        return self._new(math.sin(self.value(a)), "sin", a)

    def cos(self, a):
        return self._new(math.cos(self.value(a)), "cos", a)

    def _local(self, entry, place):
        _, gate, parents = self.entries[entry]
        if gate == "add":
            return self.leaf(1.0)
        if gate == "multiply":
            return parents[1 - place]
        if gate == "sin":
            return self.cos(parents[0])
        return self.multiply(self.sin(parents[0]), self.leaf(-1.0))


class RulesInForwardMode(_Symbols):
    """Records the derivative from the beginning to the end instead of back."""

    def derivative(self, end, start):
        tangents = {start: self.leaf(1.0)}
        for entry in range(start + 1, end + 1):
            for place, parent in enumerate(self.entries[entry][2]):
                if parent in tangents:
                    part = self.multiply(self._local(entry, place), tangents[parent])
                    old = tangents.get(entry)
                    tangents[entry] = part if old is None else self.add(old, part)
        return tangents[end] if end in tangents else self.leaf(0.0)


class AskedFromAbove(_Symbols):
    """Asks recursively: the derivative of an entry is made of those of its parents."""

    def derivative(self, end, start):
        if end == start:
            return self.leaf(1.0)
        total = self.leaf(0.0)
        for place, parent in enumerate(self.entries[end][2]):
            if parent >= start:
                part = self.multiply(self.derivative(parent, start), self._local(end, place))
                total = self.add(total, part)
        return total


class ZerosEverywhere(_Symbols):
    """Starts with a leaf of 0 for every entry, and always records a sum."""

    def derivative(self, end, start):
        gradients = [self.leaf(0.0) for _ in range(end)] + [self.leaf(1.0)]
        for entry in range(end, start, -1):
            for place, parent in enumerate(self.entries[entry][2]):
                part = self.multiply(gradients[entry], self._local(entry, place))
                gradients[parent] = self.add(gradients[parent], part)
        return gradients[start] if start <= end else self.leaf(0.0)


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
    "add_gate": [add_over_all_axes_at_once, add_counted, add_looped],
    "multiply_gate": [multiply_over_all_axes_at_once, multiply_counted, multiply_looped],
    "matmul_gate": [by_dot, by_einsum, by_outer_products, by_transposed_products],
    "tanh_gate": [two_factors, subtracted, by_the_hyperbolic_cosine],
    "sum_gate": [filled, broadcast, zero_times_x],
    "LogSoftmax": [SavesTheSoftmax, WithItsJacobian, RowByRow],
    "Tape": [FromEveryChild, ForwardForEveryEntry, ClosuresOnAStack],
    "SymbolTape": [RulesInForwardMode, AskedFromAbove, ZerosEverywhere],
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
