"""Products of vectors, matrices and tensors. All are linear in each factor."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..levels import project
from ..op import HANDLERS, Array, Linear, Shape


def flipped(x: Array) -> Array:
    """Transpose the last two axes."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


class Matmul(Linear, of=np.matmul):
    """Z = X Y: upstream · Yᵀ to X, Xᵀ · upstream to Y, matrix by matrix over leading axes."""

    def forward(x: Array, y: Array) -> Array:
        return operator.matmul(x, y)

    def vjp_x(g: Array, x_shape: Shape, y: Array) -> Array:
        if y.ndim == 2 == len(x_shape):
            return g @ y.T
        if y.ndim == 1:
            return g[..., None] * y
        if len(x_shape) == 1:
            return fold((y @ g[..., None])[..., 0], x_shape)
        return fold(g @ flipped(y), x_shape)

    def vjp_y(g: Array, x: Array, y_shape: Shape) -> Array:
        if x.ndim == 2 == len(y_shape):
            return x.T @ g
        if x.ndim == 1:
            return fold(x[:, None] * g[..., None, :] if len(y_shape) > 1 else x * g, y_shape)
        if len(y_shape) == 1:
            return fold((flipped(x) @ g[..., None])[..., 0], y_shape)
        return fold(flipped(x) @ g, y_shape)


def fold(g: Array, shape: Shape) -> Array:
    """Sum `g` over the leading axes along which an operand was broadcast."""
    return project(g, shape, g.dtype)


# The rest are transposes, reshapes and one matrix product, as in NumPy itself.


def tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    """Sum over pairs of axes, one of each array: the last of `a` with the first of `b`, or named.

    Both arrays are folded into matrices, the summed axes inside, so that it is one product.
    """
    a, b = _array(a), _array(b)
    if np.ndim(axes) == 0:
        summed_a, summed_b = [*range(a.ndim - axes, a.ndim)], [*range(axes)]
    else:
        summed_a = [int(i) % a.ndim for i in np.ravel(axes[0])]
        summed_b = [int(i) % b.ndim for i in np.ravel(axes[1])]
    free_a = [i for i in range(a.ndim) if i not in summed_a]
    free_b = [i for i in range(b.ndim) if i not in summed_b]
    inner = int(np.prod([a.shape[i] for i in summed_a]))
    outside = [a.shape[i] for i in free_a], [b.shape[i] for i in free_b]
    left = np.reshape(np.transpose(a, (*free_a, *summed_a)), (int(np.prod(outside[0])), inner))
    right = np.reshape(np.transpose(b, (*summed_b, *free_b)), (inner, int(np.prod(outside[1]))))
    return np.reshape(left @ right, (*outside[0], *outside[1]))


def dot(a: Array, b: Array) -> Array:
    """Multiply as matrices; a number multiplies each element, more axes go to `tensordot`."""
    a, b = _array(a), _array(b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if b.ndim == 1 or (a.ndim <= 2 and b.ndim == 2):
        return a @ b
    return tensordot(a, b, ((a.ndim - 1,), (b.ndim - 2,)))


def inner(a: Array, b: Array) -> Array:
    """Sum over the last axis of both."""
    a, b = _array(a), _array(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, ((-1,), (-1,)))


def vdot(a: Array, b: Array) -> Array:
    """Sum of the products of all elements, those of `a` conjugated."""
    return np.ravel(np.conjugate(a)) @ np.ravel(b)


def vecdot(x1: Array, x2: Array) -> Array:
    """`vdot` along the last axis."""
    return np.sum(np.conjugate(x1) * x2, axis=-1)


def outer(a: Array, b: Array) -> Array:
    """Every product of an element of `a` with one of `b`, as a matrix."""
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


def kron(a: Array, b: Array) -> Array:
    """Every product, in blocks: a copy of `b` for each element of `a`."""
    a, b = _array(a), _array(b)
    ndim = max(a.ndim, b.ndim)
    shape_a, shape_b = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    blocks = np.reshape(a, [n for length in shape_a for n in (length, 1)])
    inside = np.reshape(b, [n for length in shape_b for n in (1, length)])
    return np.reshape(blocks * inside, tuple(m * n for m, n in zip(shape_a, shape_b, strict=True)))


def cross(
    a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Array:
    """Vector product in three dimensions: a₂b₃ - a₃b₂ and so on round."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    following, third = [1, 2, 0], [2, 0, 1]
    product = a[..., following] * b[..., third] - a[..., third] * b[..., following]
    return np.moveaxis(product, -1, axisc)


def _array(x: Any) -> Any:
    return x if hasattr(x, "ndim") else np.asarray(x)


HANDLERS |= {
    np.tensordot: tensordot,
    np.dot: dot,
    np.inner: inner,
    np.vdot: vdot,
    np.vecdot: vecdot,
    np.outer: outer,
    np.kron: kron,
    np.cross: cross,
}
