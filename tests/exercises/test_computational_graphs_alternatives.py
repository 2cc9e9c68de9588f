"""Assignment 02: right stubs written in other ways get every point."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import cache
from graphlib import TopologicalSorter
from itertools import count

import numpy as np

from course.exercises import load
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


# --- topological_sort ------------------------------------------------------------------------


def by_the_standard_library(graph):
    parents = {node: made[1] for node, made in graph.items()}
    return list(TopologicalSorter(parents).static_order())


def depth_first_with_a_stack(graph):
    order, done = [], set()
    for end in graph:
        todo = [(end, False)]
        while todo:
            node, finished = todo.pop()
            if finished:
                order.append(node)
            elif node not in done:
                done.add(node)
                todo.append((node, True))
                todo.extend((parent, False) for parent in graph[node][1])
    return order


def scanning_for_ready_ones(graph):
    order, taken, left = [], set(), dict(graph)
    while left:
        for node in list(left):
            if all(parent in taken for parent in left[node][1]):
                taken.add(node)
                order.append(node)
                del left[node]
    return order


def by_depth(graph):
    depth, queue = {}, deque(graph)
    while queue:
        node = queue.popleft()
        above = [depth.get(parent) for parent in graph[node][1]]
        if None in above:
            queue.append(node)
        else:
            depth[node] = 1 + max(above, default=0)
    return tuple(sorted(graph, key=depth.get))


# --- forward ---------------------------------------------------------------------------------


def forward_if_missing(graph, order, functions, inputs):
    values = {}
    for node in order:
        op, parents = graph[node]
        values[node] = inputs[node] if node in inputs else functions[op](*map(values.get, parents))
    return values


def forward_by_recursion(graph, order, functions, inputs):
    @cache
    def value(node):
        op, parents = graph[node]
        return functions[op](*[value(parent) for parent in parents]) if parents else inputs[node]

    return {node: value(node) for node in graph}


def forward_with_collected_arguments(graph, order, functions, inputs):
    values = inputs.copy()
    for node in order:
        arguments = []
        for parent in graph[node][1]:
            arguments.append(values[parent])
        if arguments:
            values.update({node: functions[graph[node][0]](*arguments)})
    return dict(sorted(values.items()))


# --- backward --------------------------------------------------------------------------------


def handing_out(graph, order, slopes, values):
    table = defaultdict(float, {order[-1]: 1.0})
    for node in order[::-1]:
        op, parents = graph[node]
        if not parents:
            continue
        local = slopes[op](*[values[parent] for parent in parents])
        for place in range(len(parents)):
            table[parents[place]] += local[place] * table[node]
    return dict(table)


def collecting_from_children(graph, order, slopes, values):
    table = {order[-1]: 1.0}
    for node in reversed(order[:-1]):
        total = 0.0
        for child, (op, parents) in graph.items():
            if node in parents:
                local = slopes[op](*(values[parent] for parent in parents))
                total += sum(
                    table[child] * slope
                    for parent, slope in zip(parents, local, strict=True)
                    if parent == node
                )
        table[node] = total
    return table


def by_a_matrix(graph, order, slopes, values):
    place = {node: index for index, node in enumerate(order)}
    local = np.zeros((len(order), len(order)))
    for node in order:
        op, parents = graph[node]
        if parents:
            slope = slopes[op](*(values[parent] for parent in parents))
            np.add.at(local, (place[node], [place[parent] for parent in parents]), slope)
    last = np.zeros(len(order))
    last[-1] = 1.0
    gradients = np.linalg.solve(np.eye(len(order)) - local.T, last)
    return {node: gradients[place[node]] for node in graph}


# --- paths -----------------------------------------------------------------------------------


def with_a_cache(parents, start, end):
    @cache
    def walk(node):
        return 1 if node == start else sum(map(walk, parents(node)))

    return walk(end)


def without_recursion(parents, start, end):
    above, todo = {}, [end]
    while todo:
        node = todo.pop()
        if node not in above:
            above[node] = () if node == start else parents(node)
            todo.extend(above[node])
    known = {}
    while end not in known:
        for node in above:
            if node not in known and all(parent in known for parent in above[node]):
                known[node] = float(node == start) + sum(known[parent] for parent in above[node])
    return known[end]


def counting_downwards(parents, start, end):
    above, todo = {}, [end]
    for node in todo:
        if node not in above:
            above[node] = () if node == start else tuple(parents(node))
            todo += above[node]
    uses = defaultdict(int)
    for node in above:
        for parent in above[node]:
            uses[parent] += 1
    ways, ready = defaultdict(int, {end: 1}), [end]
    while ready:
        node = ready.pop()
        for parent in above[node]:
            ways[parent] += ways[node]
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return np.float64(ways[start])


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


# --- gradient_graph --------------------------------------------------------------------------


def lists_of_parts_summed_late(graph, order, output):
    bigger, numbers = dict(graph), count()
    parts, gradients = defaultdict(list), {}

    def made(op, *parents):
        node = f"part{next(numbers)}"
        while node in bigger:
            node = f"part{next(numbers)}"
        bigger[node] = (op, parents)
        return node

    parts[output].append(made("one"))
    for node in order[::-1]:
        if not parts[node]:
            continue
        total = parts[node][0]
        for part in parts[node][1:]:
            total = made("add", total, part)
        gradients[node] = total
        op, parents = graph[node]
        if op == "add":
            for parent in parents:
                parts[parent].append(total)
        if op == "mul":
            parts[parents[0]].append(made("mul", total, parents[1]))
            parts[parents[1]].append(made("mul", total, parents[0]))
    return bigger, gradients


def every_local_as_a_node(graph, order, output):
    bigger = {node: [op, list(parents)] for node, (op, parents) in graph.items()}

    def made(op, *parents):
        bigger[f"g{len(bigger)}"] = [op, list(parents)]
        return f"g{len(bigger) - 1}"

    one = made("one")
    gradients = {output: one}
    for node in reversed(order):
        op, parents = graph[node]
        if node in gradients and parents:
            local = {"add": [one, one], "mul": [parents[1], parents[0]]}[op]
            for parent, slope in zip(parents, local, strict=True):
                part = made("mul", slope, gradients[node])
                known = gradients.get(parent)
                gradients[parent] = part if known is None else made("add", part, known)
    return [bigger, gradients]


def only_what_output_needs(graph, order, output):
    needed, bigger = {output}, dict(graph)
    for node in reversed(order):
        if node in needed:
            needed.update(graph[node][1])
    names = (f"d{index}" for index in count() if f"d{index}" not in graph)
    first = next(names)
    bigger[first] = ("one", ())
    gradients = {output: first}
    for node in (each for each in reversed(order) if each in needed):
        op, parents = graph[node]
        for place, parent in enumerate(parents):
            part = gradients[node]
            if op == "mul":
                part = next(names)
                bigger[part] = ("mul", (parents[1 - place], gradients[node]))
            if parent in gradients:
                total = next(names)
                bigger[total] = ("add", (gradients[parent], part))
                part = total
            gradients[parent] = part
    return bigger, gradients


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
    "decompose": [by_numpy_names, each_from_the_inputs, as_a_dict],
    "annotate": [power_written_out, gradients_first, entry_by_entry],
    "by_hand": [with_the_ones, multiplied_out, fresh_arrays],
    "MulLayer": [MulWithTuple, MulWithClosure, MulWithStack],
    "AddLayer": [AddThatSaves, AddWithCopies, AddAsAList],
    "topological_sort": [
        by_the_standard_library,
        depth_first_with_a_stack,
        scanning_for_ready_ones,
        by_depth,
    ],
    "forward": [forward_if_missing, forward_by_recursion, forward_with_collected_arguments],
    "backward": [handing_out, collecting_from_children, by_a_matrix],
    "paths": [with_a_cache, without_recursion, counting_downwards],
    "two_layer_backward": [two_layers_by_loops, two_layers_as_columns, two_layers_by_einsum],
    "gradient_graph": [lists_of_parts_summed_late, every_local_as_a_node, only_what_output_needs],
    "saved_values": [without_repeats, asked_for_each_value, as_an_array_of_places],
}


def test_every_exercise_has_at_least_three_other_ways() -> None:
    assert set(WAYS) == set(load("02_computational_graphs"))
    assert all(len(ways) >= 3 for ways in WAYS.values())


@each_way(WAYS)
def test_another_right_way_gets_every_point(name, stub) -> None:
    gets_every_point(name, stub)
