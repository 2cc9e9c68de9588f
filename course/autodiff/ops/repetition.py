"""Repeating and padding: elements are used several times, or zeros come between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import run
from ..errors import NotCoveredError
from ..op import HANDLERS, Array
from .selection import Scatter


def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    """Take each element `repeats` times, by an index that names it so often."""
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take(a, np.repeat(np.arange(a.shape[axis]), repeats), axis=axis)


def tile(A: Array, reps: Any) -> Array:
    """Broadcast along a new axis before each axis, and merge the two."""
    times = tuple(reps) if np.ndim(reps) else (int(reps),)
    ndim = max(np.ndim(A), len(times))
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - A.ndim) + A.shape
    apart = np.reshape(A, tuple(n for length in shape for n in (1, length)))
    pairs = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    return np.reshape(
        np.broadcast_to(apart, pairs), tuple(t * n for t, n in zip(times, shape, strict=True))
    )


def pad(array: Array, pad_width: Any, mode: str = "constant", **options: Any) -> Array:
    """Pad with constants, or with elements of the array itself (edge, reflect, …)."""
    if mode == "constant":
        widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
        inner = tuple(slice(w[0], w[0] + n) for w, n in zip(widths, array.shape, strict=True))
        frame = np.pad(np.zeros(array.shape, array.dtype), pad_width, **options)
        return run(Scatter, (array,), (frame.shape, inner)) + frame
    if mode not in ("edge", "reflect", "symmetric", "wrap") or options:
        raise NotCoveredError(
            f"np.pad(…, mode={mode!r}) has no derivative here; constant, edge, reflect, symmetric "
            "and wrap have (the latter without options)."
        )
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
    for axis, width in enumerate(widths):
        origin = np.pad(np.arange(array.shape[axis]), tuple(width), mode=mode)  # type: ignore[call-overload]  # mode is one of the four above
        array = np.take(array, origin, axis=axis)
    return array


HANDLERS |= {np.repeat: repeat, np.tile: tile, np.pad: pad}
