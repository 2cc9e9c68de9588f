"""Moving elements about. Each op is linear, and its transpose moves them back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import HANDLERS, Array, Linear, Shape


class Reshape(Linear, of=np.reshape):
    """The same elements in another shape."""

    def forward(a: Array, shape: Any, order: Any = "C") -> Array:
        return np.reshape(a, shape, order=order)

    def vjp_a(g: Array, a_shape: Shape, order: Any) -> Array:
        return np.reshape(g, a_shape, order=order)


class Transpose(Linear, of=np.transpose):
    """Axes in another order; the inverse order takes them back."""

    def forward(a: Array, axes: Any = None) -> Array:
        return np.transpose(a, axes)

    def vjp_a(g: Array, axes: Any) -> Array:
        if axes is None:
            return np.transpose(g)
        return np.transpose(g, tuple(np.argsort([i % g.ndim for i in axes])))


class BroadcastTo(Linear, of=np.broadcast_to):
    """Copies along new and stretched axes; the gradients of the copies are summed."""

    broadcasts = True

    def forward(array: Array, shape: Any) -> Array:
        return np.broadcast_to(array, shape)

    def vjp_array(g: Array) -> Array:
        return g


class Roll(Linear, of=np.roll):
    """Elements shifted round; shifted back on the way back."""

    def forward(a: Array, shift: Any, axis: Any = None) -> Array:
        return np.roll(a, shift, axis)

    def vjp_a(g: Array, shift: Any, axis: Any) -> Array:
        return np.roll(g, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, axis)


# The rest are reshapes, transposes and slices by other names.


def places(axis: Any, ndim: int) -> tuple[int, ...]:
    """Read an axis or several as non-negative numbers."""
    return tuple(i % ndim for i in (axis if isinstance(axis, tuple | list) else (axis,)))


def ravel(a: Array, order: Any = "C") -> Array:
    return np.reshape(a, -1, order=order)


def expand_dims(a: Array, axis: Any) -> Array:
    ndim = a.ndim + (len(axis) if isinstance(axis, tuple | list) else 1)
    new, lengths = places(axis, ndim), iter(a.shape)
    return np.reshape(a, tuple(1 if i in new else next(lengths) for i in range(ndim)))


def squeeze(a: Array, axis: Any = None) -> Array:
    shape = np.squeeze(np.broadcast_to(0.0, a.shape), axis).shape
    return np.reshape(a, shape)


def atleast_1d(*arrays: Array) -> Array:
    return _each(arrays, lambda a: np.reshape(a, (1,)) if np.ndim(a) == 0 else a)


def atleast_2d(*arrays: Array) -> Array:
    return _each(arrays, lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a)


def atleast_3d(*arrays: Array) -> Array:
    return _each(arrays, lambda a: np.reshape(a, np.atleast_3d(np.empty(np.shape(a))).shape))


def _each(arrays: tuple[Array, ...], function: Any) -> Array:
    results = tuple(function(a) for a in arrays)
    return results[0] if len(results) == 1 else results


def swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return np.transpose(a, order)


def moveaxis(a: Array, source: Any, destination: Any) -> Array:
    sources, targets = places(source, a.ndim), places(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return np.transpose(a, order)


def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


def matrix_transpose(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def flip(m: Array, axis: Any = None) -> Array:
    turned = range(m.ndim) if axis is None else places(axis, m.ndim)
    return m[tuple(slice(None, None, -1 if i in turned else 1) for i in range(m.ndim))]


def fliplr(m: Array) -> Array:
    return np.flip(m, 1)


def flipud(m: Array) -> Array:
    return np.flip(m, 0)


def rot90(m: Array, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    first, second = axes
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return np.flip(m, (first, second))
    if k % 4 == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second)


def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
    return tuple(np.broadcast_to(a, shape) for a in arrays)


def full_like(a: Array, fill_value: Array) -> Array:
    return np.broadcast_to(fill_value, np.shape(a))


def copy(a: Array) -> Array:
    # Traced values are never overwritten, so one may stand for its own copy.
    return a


for _composite in (
    *(ravel, expand_dims, squeeze, atleast_1d, atleast_2d, atleast_3d, swapaxes, moveaxis),
    *(rollaxis, matrix_transpose, flip, fliplr, flipud, rot90, broadcast_arrays, full_like, copy),
):
    HANDLERS[getattr(np, _composite.__name__)] = _composite
