"""Products of vectors, matrices and tensors. All are linear in each factor."""

from __future__ import annotations

import operator

import numpy as np

from ..op import Array, Linear, Shape


def flipped(x: Array) -> Array:
    """Transpose the last two axes."""
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


class Matmul(Linear, of=np.matmul):
    """Z = X Y: X̄ = Z̄ Yᵀ, Ȳ = Xᵀ Z̄, matrix by matrix over leading axes."""

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
    from ..levels import project

    return project(g, shape, g.dtype)
