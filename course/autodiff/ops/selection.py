"""Choosing elements: indexing, where, clip."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..op import Array, Linear, Op, Shape
from ..tensor import run


class Getitem(Linear, of=operator.getitem):
    """y = x[index]; on the way back the gradients are *added* at the index: it may repeat."""

    def forward(a: Array, index: Any) -> Array:
        return a[index]

    def vjp_a(g: Array, a_shape: Shape, index: Any) -> Array:
        return run(Scatter, (g,), (a_shape, index))


class Scatter(Linear):
    """y = zeros with g added at index: the transpose of indexing, as indexing is of it."""

    def forward(g: Array, shape: Shape, index: Any) -> Array:
        out = np.zeros(shape, dtype=g.dtype)
        if _repeats(index):
            np.add.at(out, index, g)
        else:
            out[index] = g
        return out

    def vjp_g(g: Array, index: Any) -> Array:
        return g[index]


def _repeats(index: Any) -> bool:
    # Slices, integers and boolean masks name each element once; integer arrays need not.
    parts = index if isinstance(index, tuple) else (index,)
    return any(
        isinstance(part, list | np.ndarray) and np.asarray(part).dtype.kind != "b" for part in parts
    )


class Where(Op, of=np.where):
    """z = x where the condition holds, else y: the chosen one gets the upstream gradient."""

    broadcasts = True

    def forward(condition: Array, x: Array, y: Array) -> Array:
        return np.where(condition, x, y)

    def vjp_x(g: Array, condition: Array) -> Array:
        return np.where(condition, g, 0.0)

    def vjp_y(g: Array, condition: Array) -> Array:
        return np.where(condition, 0.0, g)

    jvp_x = vjp_x
    jvp_y = vjp_y
