"""Reductions over axes. On the way back, the reduced axes are put back and broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import HANDLERS, Array, Linear, Op, Shape

Axis = Any  # int, tuple of int, or None; NumPy's own stubs are narrower than NumPy


def reduced(shape: Shape, axis: Axis) -> tuple[int, ...]:
    """Name the axes that a reduction over `axis` removes, as non-negative numbers."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % len(shape) for i in axes)


def restore(g: Array, shape: Shape, axis: Axis, keepdims: Any) -> Array:
    """Give `g` back the reduced axes, with length 1, so that it broadcasts to `shape`.

    A number broadcasts as it is.
    """
    if keepdims or axis is None or g.ndim == len(shape):
        return g
    axes = reduced(shape, axis)
    return g.reshape(tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def spread(g: Array, shape: Shape) -> Array:
    """Broadcast `g` to `shape`, by strides of 0: NumPy does the same in 2 µs of Python."""
    if isinstance(g, np.generic):
        return np.ndarray(shape, g.dtype, g, 0, (0,) * len(shape))
    if g.__class__ is np.ndarray and g.ndim == len(shape) and g.flags.c_contiguous:
        strides = [0 if n == 1 else step for n, step in zip(g.shape, g.strides, strict=True)]
        return np.ndarray(shape, g.dtype, g, 0, strides)
    return np.broadcast_to(g, shape)


def count(shape: Shape, axis: Axis) -> int:
    """How many elements each output of a reduction over `axis` is made of."""
    n = 1
    for i in reduced(shape, axis):
        n *= shape[i]
    return n


class Sum(Linear, of=np.sum):
    """y = Σ x: every local derivative is 1, so each element gets the upstream gradient."""

    def forward(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
        return np.add.reduce(a, axis=axis, keepdims=keepdims)

    def vjp_a(g: Array, a_shape: Shape, axis: Axis, keepdims: Any) -> Array:
        if axis is None and not keepdims:
            return spread(g, a_shape)
        return spread(restore(g, a_shape, axis, keepdims), a_shape)


class Mean(Linear, of=np.mean):
    """y = Σ x / n: as the sum, with the upstream gradient divided among n."""

    def forward(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
        return np.mean(a, axis=axis, keepdims=keepdims)

    def vjp_a(g: Array, a_shape: Shape, axis: Axis, keepdims: Any) -> Array:
        share = g / count(a_shape, axis)
        return spread(restore(share, a_shape, axis, keepdims), a_shape)


class Extremum(Op):
    """What the largest and the smallest element have in common."""

    def vjp_a(g: Array, out: Array, a: Array, axis: Axis, keepdims: Any) -> Array:
        return restore(g, a.shape, axis, keepdims) * weights(a, out, axis, keepdims)

    def jvp_a(t: Array, out: Array, a: Array, axis: Axis, keepdims: Any) -> Array:
        return np.sum(t * weights(a, out, axis, keepdims), axis=axis, keepdims=keepdims)


def weights(a: Array, out: Array, axis: Axis, keepdims: Any) -> Array:
    """1 at the element that was picked, 1/k at each of k that tie, 0 elsewhere."""
    picked = a == restore(out, a.shape, axis, keepdims)
    if np.count_nonzero(picked) == out.size:
        return picked  # no ties: the mask will do
    return picked / np.add.reduce(picked, axis=axis, keepdims=True, dtype=float)


class Max(Extremum, of=np.max, also=(np.amax,)):
    """y = max x: the largest element gets the upstream gradient; ties share it equally."""

    def forward(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
        return np.maximum.reduce(a, axis=axis, keepdims=keepdims)


class Min(Extremum, of=np.min, also=(np.amin,)):
    """y = min x: the smallest element gets the upstream gradient; ties share it equally."""

    def forward(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
        return np.minimum.reduce(a, axis=axis, keepdims=keepdims)


class Prod(Op, of=np.prod):
    """y = Π x, ∂y/∂xᵢ = Π of the others."""

    def forward(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
        return np.multiply.reduce(a, axis=axis, keepdims=keepdims)

    def vjp_a(g: Array, out: Array, a: Array, axis: Axis, keepdims: Any) -> Array:
        shape = a.shape
        return restore(g, shape, axis, keepdims) * others(out, a, axis, keepdims)

    def jvp_a(t: Array, out: Array, a: Array, axis: Axis, keepdims: Any) -> Array:
        return np.sum(t * others(out, a, axis, keepdims), axis=axis, keepdims=keepdims)


def others(out: Array, a: Array, axis: Axis, keepdims: Any) -> Array:
    """For each element, the product of the others: y/x, or where that is 0/0, multiplied out."""
    if np.count_nonzero(a == 0) == 0:
        return restore(out, a.shape, axis, keepdims) / a
    axes = reduced(a.shape, axis)
    kept = tuple(i for i in range(a.ndim) if i not in axes)
    n = count(a.shape, axis)
    flat = np.reshape(np.transpose(a, kept + axes), (*(a.shape[i] for i in kept), 1, n))
    # Row i is the elements with a 1 in place of the i-th.
    left_out = np.prod(np.where(np.eye(n, dtype=bool), 1.0, flat), axis=-1)
    moved = np.reshape(left_out, tuple(a.shape[i] for i in kept + axes))
    return np.transpose(moved, tuple(np.argsort(kept + axes)))


class Cumsum(Linear, of=np.cumsum):
    """yᵢ = Σⱼ≤ᵢ xⱼ: on the way back the sums run from the other end."""

    def forward(a: Array, axis: int | None = None) -> Array:
        return np.cumsum(a, axis)

    def vjp_a(g: Array, a_shape: Shape, axis: int | None) -> Array:
        if axis is None:
            return np.reshape(np.flip(np.cumsum(np.flip(g))), a_shape)
        return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def var(a: Array, axis: Axis = None, *, ddof: int = 0, keepdims: Any = False) -> Array:
    """Mean squared distance from the mean, with n - ddof for n."""
    distance = a - np.mean(a, axis=axis, keepdims=True)
    squares = np.sum(np.real(distance * np.conjugate(distance)), axis=axis, keepdims=keepdims)
    return squares / (count(a.shape, axis) - ddof)


def std(a: Array, axis: Axis = None, *, ddof: int = 0, keepdims: Any = False) -> Array:
    """Root of the variance."""
    return np.sqrt(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims))


def ptp(a: Array, axis: Axis = None, *, keepdims: Any = False) -> Array:
    """Largest minus smallest element."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


HANDLERS |= {np.var: var, np.std: std, np.ptp: ptp}


def _method(function: Any) -> Any:
    # A ufunc's own reduce and accumulate run over the first axis unless told otherwise.
    def over_first_axis(a: Array, axis: Axis = 0, **options: Any) -> Array:
        return function(a, axis=axis, **options)

    return over_first_axis


for _ufunc, _function in (
    (np.add, np.sum),
    (np.multiply, np.prod),
    (np.maximum, np.max),
    (np.minimum, np.min),
):
    HANDLERS[_ufunc, "reduce"] = _method(_function)
HANDLERS[np.add, "accumulate"] = _method(np.cumsum)
