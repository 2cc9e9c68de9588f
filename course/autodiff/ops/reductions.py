"""Reductions over axes. On the way back, the reduced axes are put back and broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import HANDLERS, Array, Linear, Op, Shape

Axis = int | tuple[int, ...] | None


def reduced(shape: Shape, axis: Axis) -> tuple[int, ...]:
    """Name the axes that a reduction over `axis` removes, as non-negative numbers."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % len(shape) for i in axes)


def restore(g: Array, shape: Shape, axis: Axis, keepdims: bool) -> Array:
    """Give `g` back the reduced axes, with length 1, so that it broadcasts to `shape`."""
    if keepdims or g.ndim == len(shape):
        return g
    axes = reduced(shape, axis)
    return np.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(shape)))


class Sum(Linear, of=np.sum):
    """y = Σ x: every element has the local derivative 1, so each gets the upstream gradient."""

    def forward(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
        return np.add.reduce(a, axis=axis, keepdims=keepdims)

    def vjp_a(g: Array, a_shape: Shape, axis: Axis, keepdims: bool) -> Array:
        return np.broadcast_to(restore(g, a_shape, axis, keepdims), a_shape)


class Mean(Linear, of=np.mean):
    """y = Σ x / n: as the sum, with the upstream gradient divided among n."""

    def forward(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
        return np.mean(a, axis=axis, keepdims=keepdims)

    def vjp_a(g: Array, out_shape: Shape, a_shape: Shape, axis: Axis, keepdims: bool) -> Array:
        share = restore(g, a_shape, axis, keepdims) / count(a_shape, axis)
        return np.broadcast_to(share, a_shape)


def count(shape: Shape, axis: Axis) -> int:
    """How many elements each output of a reduction over `axis` is made of."""
    n = 1
    for i in reduced(shape, axis):
        n *= shape[i]
    return n


class _Extremum(Op):
    """The extreme element gets the upstream gradient; ties share it equally."""

    def vjp_a(g: Array, out: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
        shape = a.shape
        return restore(g, shape, axis, keepdims) * weights(a, out, axis, keepdims)

    def jvp_a(t: Array, out: Array, a: Array, axis: Axis, keepdims: bool) -> Array:
        return np.sum(t * weights(a, out, axis, keepdims), axis=axis, keepdims=keepdims)


def weights(a: Array, out: Array, axis: Axis, keepdims: bool) -> Array:
    """1 at the element that was picked, 1/k at each of k that tie, 0 elsewhere."""
    picked = a == restore(out, a.shape, axis, keepdims)
    return picked / np.add.reduce(picked, axis=axis, keepdims=True, dtype=float)


class Max(_Extremum, of=np.max):
    """y = max x: the largest element gets the upstream gradient; ties share it equally."""

    def forward(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
        return np.maximum.reduce(a, axis=axis, keepdims=keepdims)


class Min(_Extremum, of=np.min):
    """y = min x: the smallest element gets the upstream gradient; ties share it equally."""

    def forward(a: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
        return np.minimum.reduce(a, axis=axis, keepdims=keepdims)


def _reduce_with(function: Any) -> Any:
    # A ufunc's own reduce runs over the first axis unless told otherwise.
    def reduce(a: Array, axis: Axis = 0, keepdims: bool = False) -> Array:
        return function(a, axis=axis, keepdims=keepdims)

    return reduce


for _ufunc, _function in (
    (np.add, np.sum),
    (np.maximum, np.max),
    (np.minimum, np.min),
):
    HANDLERS[_ufunc, "reduce"] = _reduce_with(_function)
