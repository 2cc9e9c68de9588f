"""03: right answers written in other ways get every point."""

from __future__ import annotations

import numpy as np
import pytest

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import find


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loop(local):
    """Return a one-input backward that goes entry by entry; `local` takes all but upstream."""

    def stub(*arguments):
        *inputs, upstream = (np.asarray(each, dtype=float) for each in arguments)
        out = np.empty(upstream.shape)
        for index in np.ndindex(upstream.shape):
            out[index] = local(*(each[index] if each.ndim else each for each in inputs))
            out[index] *= upstream[index]
        return out

    return stub


def loops(*locals_):
    """Return a backward of several inputs that goes entry by entry."""
    return lambda *arguments: tuple(loop(local)(*arguments) for local in locals_)


def routed(x, y, upstream):
    mask = x > y
    return mask * upstream, (1 - mask) * upstream


def halved_ties(x, y, upstream):
    share = np.where(x > y, 1.0, np.where(x < y, 0.0, 0.5))
    return share * upstream, (1 - share) * upstream


def by_index(x, y, upstream):
    x, y, g = (np.atleast_1d(np.asarray(each, dtype=float)) for each in (x, y, upstream))
    dx, dy = np.zeros_like(g), np.zeros_like(g)
    dx[x >= y] = g[x >= y]
    dy[x < y] = g[x < y]
    shape = np.shape(upstream)
    return dx.reshape(shape), dy.reshape(shape)


def neuron(slope):
    def stub(w0, x0, w1, x1, w2, upstream):
        g = upstream * slope(w0 * x0 + w1 * x1 + w2)
        return x0 * g, w0 * g, x1 * g, w1 * g, g

    return stub


def step_by_step(w0, x0, w1, x1, w2, upstream):
    s = w0 * x0 + w1 * x1 + w2
    e = np.exp(-s)
    d = 1 + e
    dd = -upstream / d**2
    ds = -(dd * e)
    return ds * x0, ds * w0, ds * x1, ds * w1, ds


def in_place_on_a_copy(x, y, upstream):
    dx, dy = np.array(y, dtype=float), np.array(x, dtype=float)
    dx *= upstream
    dy *= upstream
    return [dx, dy]


class KeepsInput:
    def forward(self, x):
        self.x = np.array(x, copy=True)
        return sigmoid(x)

    def backward(self, upstream):
        e = np.exp(-self.x)
        return upstream * e / (1 + e) ** 2


class KeepsOutput:
    def forward(self, x):
        self.out = 0.5 * (1 + np.tanh(np.asarray(x) / 2))
        return self.out

    def backward(self, upstream):
        return upstream * (self.out - self.out * self.out)


class KeepsClosure:
    def forward(self, x):
        out = sigmoid(x)
        self.backward_of = lambda upstream: upstream * out * (1 - out)
        return out

    def backward(self, upstream):
        return self.backward_of(upstream)


class CopyOfList:
    def forward(self, x, n):
        return [x] * n

    def backward(self, upstreams):
        return sum(upstreams)


class CopyOfArray:
    def forward(self, x, n):
        return tuple(np.array(x) for _ in range(n))

    def backward(self, upstreams):
        return np.sum(np.stack(upstreams), axis=0)


class CopyInLoop:
    def forward(self, x, n):
        return [x + 0.0 for _ in range(n)]

    def backward(self, upstreams):
        total = np.zeros(np.shape(upstreams[0]))
        for each in upstreams:
            total = total + each
        return total


class MulOfTuple:
    def forward(self, *inputs):
        self.inputs = inputs
        return np.multiply(*inputs)

    def backward(self, upstream):
        return tuple(upstream * each for each in reversed(self.inputs))


class MulOfDict:
    def __init__(self):
        self.cache = {}

    def forward(self, x, y):
        self.cache.update(x=x, y=y)
        return x * y

    def backward(self, upstream):
        return [self.cache["y"] * upstream, self.cache["x"] * upstream]


class MulByEinsum:
    def forward(self, x, y):
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        return self.x * self.y

    def backward(self, upstream):
        return (
            np.einsum("...,...->...", upstream, self.y),
            np.einsum("...,...->...", upstream, self.x),
        )


class RecursiveGraph:
    """Works backwards from each name by recursion: slow, and right."""

    def __init__(self, steps):
        self.steps = steps

    def forward(self, **inputs):
        self.values = dict(inputs)
        for output, (forward, _), names in self.steps:
            self.values[output] = forward(*(self.values[name] for name in names))
        return self.values[self.steps[-1][0]]

    def backward(self, upstream):
        def gradient(wanted):
            total = upstream if wanted == self.steps[-1][0] else np.zeros(np.shape(upstream))
            for output, (_, backward), names in self.steps:
                if wanted in names:
                    values = [self.values[name] for name in names]
                    parts = backward(*values, gradient(output))
                    total = total + sum(
                        part for part, name in zip(parts, names, strict=True) if name == wanted
                    )
            return total

        return {name: gradient(name) for name in self.values}


class TableGraph:
    def __init__(self, steps):
        self.steps = list(steps)
        self.values = {}

    def forward(self, **inputs):
        self.values = inputs
        for output, gate, names in self.steps:
            self.values[output] = gate[0](*[self.values[name] for name in names])
        return self.values[output]

    def backward(self, upstream):
        table = dict.fromkeys(self.values, 0.0 * upstream)
        table[self.steps[-1][0]] = upstream
        for output, gate, names in self.steps[::-1]:
            parts = gate[1](*[self.values[name] for name in names], upstream=table[output])
            for name, part in zip(names, parts, strict=True):
                table[name] = table[name] + part
        return table


class ListGraph(TableGraph):
    """Collects all parts first, and adds them up at the end."""

    def backward(self, upstream):
        parts = {name: [] for name in self.values}
        parts[self.steps[-1][0]].append(upstream)
        for output, (_, backward), names in reversed(self.steps):
            values = [self.values[name] for name in names]
            for name, part in zip(names, backward(*values, sum(parts[output])), strict=True):
                parts[name].append(part)
        return {name: np.sum(each, axis=0) for name, each in parts.items()}


def blob_loop(top_data, top_diff, propagate_down):
    bottom_diff = np.zeros(top_data.shape)
    if propagate_down:
        top, diff, bottom = top_data.ravel(), top_diff.ravel(), bottom_diff.ravel()
        for index in range(top.size):
            bottom[index] = diff[index] * top[index] * (1 - top[index])
    return bottom_diff


RIGHT = {
    "add_backward": [
        lambda x, y, upstream: (1 * upstream, 1 * upstream),
        lambda x, y, upstream: (np.array(upstream), np.array(upstream)),
        lambda x, y, upstream: [upstream, upstream],
        loops(lambda x, y: 1.0, lambda x, y: 1.0),
    ],
    "mul_backward": [
        lambda x, y, upstream: (y * upstream, x * upstream),
        in_place_on_a_copy,
        lambda x, y, upstream: tuple(np.multiply(upstream, each) for each in (y, x)),
        loops(lambda x, y: y, lambda x, y: x),
    ],
    "max_backward": [
        routed,
        halved_ties,
        by_index,
        loops(lambda x, y: float(x >= y), lambda x, y: float(x < y)),
    ],
    "circuit_backward": [
        lambda x, y, z, w, g: (2 * g * y, 2 * g * x, *routed(z, w, 2 * g)),
        lambda x, y, z, w, g: (y * (g + g), x * (g + g), *halved_ties(z, w, g + g)),
        loops(
            lambda x, y, z, w: 2 * y,
            lambda x, y, z, w: 2 * x,
            lambda x, y, z, w: 2.0 * (z >= w),
            lambda x, y, z, w: 2.0 * (z < w),
        ),
    ],
    "scale_backward": [
        lambda x, c, upstream: c * upstream,
        lambda x, c, upstream: np.full(np.shape(x), c) * upstream,
        lambda x, c, upstream: loop(lambda x: c)(x, upstream),
    ],
    "exp_backward": [
        lambda x, upstream: np.exp(x) * upstream,
        lambda x, upstream: upstream / np.exp(-x),
        loop(np.exp),
    ],
    "reciprocal_backward": [
        lambda x, upstream: -upstream / x**2,
        lambda x, upstream: -((1 / x) ** 2) * upstream,
        lambda x, upstream: np.negative(upstream) / (x * x),
        loop(lambda x: -1 / (x * x)),
    ],
    "neuron_backward": [
        neuron(lambda s: sigmoid(s) * (1 - sigmoid(s))),
        neuron(lambda s: np.exp(-s) / (1 + np.exp(-s)) ** 2),
        neuron(lambda s: sigmoid(s) - sigmoid(s) ** 2),
        step_by_step,
    ],
    "sigmoid_backward": [
        lambda out, upstream: upstream * (out - out**2),
        lambda out, upstream: (1 - out) * out * upstream,
        loop(lambda out: out * (1 - out)),
    ],
    "Sigmoid": [KeepsInput, KeepsOutput, KeepsClosure],
    "Copy": [CopyOfList, CopyOfArray, CopyInLoop],
    "MulGate": [MulOfTuple, MulOfDict, MulByEinsum],
    "Graph": [RecursiveGraph, TableGraph, ListGraph],
    "caffe_sigmoid_backward": [
        blob_loop,
        lambda top, diff, down: diff * top * (1 - top) * down,
        lambda top, diff, down: diff * (top - top**2) if down else 0 * top,
    ],
}


@pytest.mark.parametrize(
    ("name", "index"), [(name, index) for name in RIGHT for index in range(len(RIGHT[name]))]
)
def test_another_right_way_gets_every_point(name: str, index: int) -> None:
    exercise = find(name)
    for seed in range(5):
        verdict = examine(exercise, LocalTransport({name: RIGHT[name][index]}), seed)
        assert verdict.passed, verdict
