"""Assignment 02: right stubs written in other ways get every point."""

from __future__ import annotations

import numpy as np

from course.exercises import load
from tests.exercises import graph_algorithms
from tests.exercises.alternatives import each_way, gets_every_point


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- decompose -------------------------------------------------------------------------------


def by_numpy_names(x, y):
    p = np.multiply(x, y)
    s, n = np.add(p, y), np.negative(p)
    e = np.exp(n)
    return p, s, n, e, np.multiply(s, e)


def each_from_the_inputs(x, y):
    return x * y, x * y + y, -(x * y), np.exp(-x * y), (x * y + y) * np.exp(-x * y)


def as_a_dict(x, y):
    p = y * x
    e = 1 / np.exp(p)
    return {"f": (y + p) * e, "e": e, "n": -1.0 * p, "s": y + p, "p": p}


# --- annotate --------------------------------------------------------------------------------


def power_written_out(x, w, upstream):
    of_x, of_w = w * (x + x), x * x
    return w * of_w, of_x, of_w, of_x * upstream, of_w * upstream


def gradients_first(x, w, upstream):
    dx, dw = 2 * w * x * upstream, np.square(x) * upstream
    return [w * np.square(x), 2.0 * w * x, np.square(x), dx, dw]


def entry_by_entry(x, w, upstream):
    flat = [
        (b * a**2, 2 * b * a, a**2, 2 * b * a * g, a**2 * g)
        for a, b, g in zip(np.ravel(x), np.ravel(w), np.ravel(upstream), strict=True)
    ]
    return tuple(np.reshape(column, np.shape(x)) for column in zip(*flat, strict=True))


# --- by_hand ---------------------------------------------------------------------------------


def with_the_ones(x, y, z):
    q = x + y
    df = 1.0
    dz, dq = df * q, df * z
    return q, q * z, dz, dq, dq * 1.0, dq * 1.0


def multiplied_out(x, y, z):
    return x + y, x * z + y * z, x + y, z, z, z


def fresh_arrays(x, y, z):
    q, z = np.array(x) + np.array(y), np.array(z, float)
    return [q, np.multiply(q, z), q.copy(), z.copy(), z.copy(), z.copy()]


# --- layers ----------------------------------------------------------------------------------


class MulWithTuple:
    def forward(self, x, y):
        self.saved = (x, y)
        return np.multiply(x, y)

    def backward(self, dout):
        x, y = self.saved
        return y * dout, x * dout


class MulWithClosure:
    def forward(self, x, y):
        self.backward = lambda dout: (dout * y, dout * x)
        return x * y


class MulWithStack:
    def __init__(self):
        self.stack = []

    def forward(self, x, y):
        self.stack.append(np.array([x, y], float))
        return x * y

    def backward(self, dout):
        return np.asarray(dout) * self.stack[-1][1], np.asarray(dout) * self.stack[-1][0]


class AddThatSaves:
    def forward(self, x, y):
        self.x, self.y = x, y
        return self.x + self.y

    def backward(self, dout):
        return dout, dout


class AddWithCopies:
    def forward(self, x, y):
        return np.add(x, y)

    def backward(self, dout):
        return np.copy(dout), np.copy(dout)


class AddAsAList:
    def forward(self, x, y):
        return y + x

    def backward(self, dout):
        return [1.0 * dout, 1.0 * dout]


# --- two_layer_backward ----------------------------------------------------------------------


def two_layers_by_loops(x, W, V, t):
    h, o = sigmoid(W @ x), sigmoid(V @ sigmoid(W @ x))
    do, dh = np.zeros_like(o), np.zeros_like(h)
    dV, dW = np.zeros_like(V), np.zeros_like(W)
    for i in range(len(o)):
        do[i] = 2 * (o[i] - t[i]) / len(o)
        for j in range(len(h)):
            dV[i, j] = do[i] * o[i] * (1 - o[i]) * h[j]
            dh[j] += do[i] * o[i] * (1 - o[i]) * V[i, j]
    for j in range(len(h)):
        for k in range(len(x)):
            dW[j, k] = dh[j] * h[j] * (1 - h[j]) * x[k]
    return do, dV, dh, dW


def two_layers_as_columns(x, W, V, t):
    x, t = x.reshape(-1, 1), t.reshape(-1, 1)
    h = sigmoid(W @ x)
    o = sigmoid(V @ h)
    do = (o - t) * 2 / t.size
    delta = do * (o - o**2)
    dh = V.T @ delta
    return do.ravel(), delta @ h.T, dh.ravel(), (dh * (h - h**2)) @ x.T


def two_layers_by_einsum(x, W, V, t):
    a, b = np.einsum("jk,k->j", W, x), V @ sigmoid(W @ x)
    do = 2 * np.subtract(sigmoid(b), t) / np.size(t)
    delta = do * np.exp(-b) / (1 + np.exp(-b)) ** 2
    dh = np.einsum("i,ij->j", delta, V)
    slope = np.exp(-a) / (1 + np.exp(-a)) ** 2
    return [do, np.einsum("i,j->ij", delta, sigmoid(a)), dh, np.outer(dh * slope, x)]


# --- saved_values ----------------------------------------------------------------------------

WANTS = {"mul": "inputs", "square": "inputs", "exp": "output", "sigmoid": "output"}


def without_repeats(record):
    kept = set()
    for place, (op, places) in enumerate(record):
        if WANTS.get(op) == "inputs":
            kept |= set(places)
        elif WANTS.get(op) == "output":
            kept |= {place}
    return sorted(kept)


def asked_for_each_value(record):
    return [
        value
        for value in range(len(record))
        if record[value][0] in ("exp", "sigmoid")
        or any(op in ("mul", "square") and value in places for op, places in record)
    ]


def as_an_array_of_places(record):
    marks = np.zeros(len(record), bool)
    for place, (op, places) in enumerate(record):
        marks[{"inputs": places, "output": [place]}.get(WANTS.get(op), [])] = True
    return np.flatnonzero(marks)


WAYS = {
    **graph_algorithms.WAYS,
    "decompose": [by_numpy_names, each_from_the_inputs, as_a_dict],
    "annotate": [power_written_out, gradients_first, entry_by_entry],
    "by_hand": [with_the_ones, multiplied_out, fresh_arrays],
    "MulLayer": [MulWithTuple, MulWithClosure, MulWithStack],
    "AddLayer": [AddThatSaves, AddWithCopies, AddAsAList],
    "two_layer_backward": [two_layers_by_loops, two_layers_as_columns, two_layers_by_einsum],
    "saved_values": [without_repeats, asked_for_each_value, as_an_array_of_places],
}


def test_every_exercise_has_at_least_three_other_ways() -> None:
    assert set(WAYS) == set(load("02_computational_graphs"))
    assert all(len(ways) >= 3 for ways in WAYS.values())


@each_way(WAYS)
def test_another_right_way_gets_every_point(name, stub) -> None:
    gets_every_point(name, stub)
