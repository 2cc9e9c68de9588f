"""Differences, sums and functions along a grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import plain
from ..errors import NotCoveredError
from ..op import HANDLERS, Array


def diff(a: Array, n: int = 1, axis: int = -1) -> Array:
    """Subtract each element from the next, `n` times."""
    for _ in range(n):
        a = _span(a, axis, 1, None) - _span(a, axis, None, -1)
    return a


def _span(a: Array, axis: int, start: int | None, stop: int | None) -> Array:
    return a[(slice(None),) * (axis % a.ndim) + (slice(start, stop),)]


def gradient(f: Array, *spacing: Any, axis: Any = None) -> Any:
    """Central differences inside, one-sided ones at the ends, on an even grid."""
    axes = range(f.ndim) if axis is None else ((axis,) if isinstance(axis, int) else axis)
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if any(np.ndim(step) for step in steps):
        raise NotCoveredError(
            "np.gradient with a list of coordinates has no derivative here; give one step per axis."
        )
    parts = [_slope(f, i) / step for i, step in zip(axes, steps, strict=True)]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _slope(f: Array, axis: int) -> Array:
    inside = 0.5 * (_span(f, axis, 2, None) - _span(f, axis, None, -2))
    first = _span(f, axis, 1, 2) - _span(f, axis, 0, 1)
    last = _span(f, axis, -1, None) - _span(f, axis, -2, -1)
    return np.concatenate([first, inside, last], axis=axis)


def linspace(start: Array, stop: Array, num: int = 50, endpoint: bool = True) -> Array:
    """Go from start to stop in even steps, along a new first axis."""
    part = np.arange(num) / max(1, num - 1 if endpoint else num)
    width = stop - start
    return start + np.reshape(part, (num, *(1,) * np.ndim(width))) * width


def trapezoid(y: Array, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Array:
    """Integrate along an axis by the trapezoidal rule."""
    middle = 0.5 * (_span(y, axis, 1, None) + _span(y, axis, None, -1))
    if x is None:
        return np.sum(middle * dx, axis=axis)
    steps = np.diff(x)
    if np.ndim(x) == 1:
        steps = np.reshape(steps, tuple(-1 if i == axis % y.ndim else 1 for i in range(y.ndim)))
    return np.sum(middle * steps, axis=axis)


def sinc(x: Array) -> Array:
    """sin(πx) / πx; near 0 its power series, whose derivatives do not cancel."""
    z = np.pi * x
    near = np.abs(plain(z)) < 0.5
    square = np.where(near, z * z, 0.0)
    series: Any = 1.0
    for k in range(9, 0, -1):
        series = 1.0 - series * square / (2 * k * (2 * k + 1))
    away = np.where(near, 1.0, z)
    return np.where(near, series, np.sin(away) / away)


HANDLERS |= {
    np.diff: diff,
    np.gradient: gradient,
    np.linspace: linspace,
    np.trapezoid: trapezoid,
    np.sinc: sinc,
}
