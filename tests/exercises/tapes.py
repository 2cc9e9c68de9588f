"""Assignment 07, the two tapes: right stubs written in other ways."""

from __future__ import annotations

import math

import numpy as np

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


WAYS = {
    "Tape": [FromEveryChild, ForwardForEveryEntry, ClosuresOnAStack],
    "SymbolTape": [RulesInForwardMode, AskedFromAbove, ZerosEverywhere],
}
