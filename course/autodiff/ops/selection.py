"""Choosing elements: by index, by condition, by order."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dispatch import plain, run
from ..op import HANDLERS, Array, Linear, Op, Shape
from ..tensor import Tensor


class Getitem(Linear, of=operator.getitem):
    """y = x[index]; on the way back gradients are added at the index, which may repeat."""

    def forward(a: Array, index: Any) -> Array:
        return a[index]

    def vjp_a(g: Array, a_shape: Shape, index: Any) -> Array:
        return run(Scatter, (g,), (a_shape, index))


class Scatter(Linear):
    """y = zeros with g added at index: the transpose of indexing, as indexing is of it."""

    def forward(g: Array, shape: Shape, index: Any) -> Array:
        if isinstance(g, Tensor):
            return run(Scatter, (g,), (shape, index))
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
        return np.where(plain(condition), x, y)

    def vjp_x(g: Array, condition: Array) -> Array:
        return np.where(plain(condition), g, 0.0)

    def vjp_y(g: Array, condition: Array) -> Array:
        return np.where(plain(condition), 0.0, g)

    jvp_x = vjp_x
    jvp_y = vjp_y


def take(a: Array, indices: Any, axis: int | None = None) -> Array:
    if axis is None:
        return np.ravel(a)[indices]
    return a[(slice(None),) * (axis % a.ndim) + (indices,)]


def compress(condition: Any, a: Array, axis: int | None = None) -> Array:
    return np.take(a, np.flatnonzero(plain(condition)), axis=axis)


def take_along_axis(arr: Array, indices: Any, axis: int = -1) -> Array:
    indices = plain(indices)
    shape = [*arr.shape]
    shape[axis] = indices.shape[axis]
    grid: list[Any] = list(np.indices(shape, sparse=True))
    grid[axis] = np.broadcast_to(indices, shape)
    return arr[tuple(grid)]


def sort(a: Array, axis: int | None = -1, *, kind: Any = None) -> Array:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argsort(plain(a), axis=axis, kind=kind), axis=axis)


def partition(a: Array, kth: Any, axis: int | None = -1) -> Array:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argpartition(plain(a), kth, axis=axis), axis=axis)


def clip(
    a: Array, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Array:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def select(condlist: Sequence[Any], choicelist: Sequence[Array], default: Any = 0.0) -> Array:
    out = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        out = np.where(plain(condition), choice, out)
    return out


def nan_to_num(x: Array, **options: Any) -> Array:
    values = plain(x)
    return np.where(np.isfinite(values), x, np.nan_to_num(values, **options))


def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    return moved[(..., *_diagonal_index(moved.shape[-2:], offset))]


def _diagonal_index(shape: Shape, offset: int) -> tuple[Any, Any]:
    rows = np.arange(max(0, min(shape[0] + min(offset, 0), shape[1] - max(offset, 0))))
    return rows - min(offset, 0), rows + max(offset, 0)


def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def diag(v: Array, k: int = 0) -> Array:
    if v.ndim == 2:
        return np.diagonal(v, k)
    side = v.shape[0] + abs(k)
    return run(Scatter, (v,), ((side, side), _diagonal_index((side, side), k)))


def tril(m: Array, k: int = 0) -> Array:
    return np.where(np.tri(m.shape[-2], m.shape[-1], k, bool), m, 0.0)


def triu(m: Array, k: int = 0) -> Array:
    return np.where(np.tri(m.shape[-2], m.shape[-1], k - 1, bool), 0.0, m)


for _composite in (
    *(take, compress, take_along_axis, sort, partition, clip, select, nan_to_num),
    *(diagonal, trace, diag, tril, triu),
):
    HANDLERS[getattr(np, _composite.__name__)] = _composite
