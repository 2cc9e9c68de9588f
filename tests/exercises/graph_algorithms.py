"""Assignment 02, the algorithms on any graph: right stubs written in other ways."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import cache
from graphlib import TopologicalSorter
from itertools import count

import numpy as np

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


WAYS = {
    "topological_sort": [
        by_the_standard_library,
        depth_first_with_a_stack,
        scanning_for_ready_ones,
        by_depth,
    ],
    "forward": [forward_if_missing, forward_by_recursion, forward_with_collected_arguments],
    "backward": [handing_out, collecting_from_children, by_a_matrix],
    "paths": [with_a_cache, without_recursion, counting_downwards],
    "gradient_graph": [lists_of_parts_summed_late, every_local_as_a_node, only_what_output_needs],
}
