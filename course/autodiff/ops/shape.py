"""Moving elements about. Each is linear, and its transpose moves them back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Array, Linear, Shape


class Reshape(Linear, of=np.reshape):
    """Same elements, another shape."""

    def forward(a: Array, shape: Any, order: str = "C") -> Array:
        return np.reshape(a, shape, order=order)

    def vjp_a(g: Array, a_shape: Shape, order: str) -> Array:
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
    """Copies along new and stretched axes; their gradients are summed."""

    broadcasts = True

    def forward(array: Array, shape: Shape) -> Array:
        return np.broadcast_to(array, shape)

    def vjp_array(g: Array) -> Array:
        return g
