"""Joining arrays and splitting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..dispatch import run
from ..op import HANDLERS, Array, Shape, Variadic
from .selection import Scatter


class Concatenate(Variadic):
    """Arrays one after another along an axis: each gets its own stretch of the upstream."""

    def forward(*arrays: Array, axis: int) -> Array:
        return np.concatenate(arrays, axis=axis)

    def keep(position: Any, *arrays: Array, params: tuple[int]) -> tuple[Shape, Any]:
        axis = params[0]
        shape = [*arrays[0].shape]
        start = sum(a.shape[axis] for a in arrays[:position])
        shape[axis] = sum(a.shape[axis] for a in arrays)
        stretch: list[slice] = [slice(None)] * len(shape)
        stretch[axis] = slice(start, start + arrays[position].shape[axis])
        return tuple(shape), tuple(stretch)

    def vjp(g: Array, _shape: Shape, stretch: Any) -> Array:
        return g[stretch]

    def jvp(t: Array, shape: Shape, stretch: Any) -> Array:
        return run(Scatter, (t,), (shape, stretch))


def concatenate(arrays: Sequence[Array], axis: int | None = 0) -> Array:
    if axis is None:
        return concatenate([np.ravel(a) for a in arrays])
    given = [a if hasattr(a, "ndim") else np.asarray(a) for a in arrays]
    return run(Concatenate.of_arity(len(given)), given, (axis,))


def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    ndim = np.ndim(arrays[0]) + 1
    return np.concatenate([np.expand_dims(a, axis % ndim) for a in arrays], axis=axis % ndim)


def vstack(tup: Sequence[Array]) -> Array:
    return np.concatenate([np.atleast_2d(a) for a in tup], axis=0)


def hstack(tup: Sequence[Array]) -> Array:
    arrays = [np.atleast_1d(a) for a in tup]
    return np.concatenate(arrays, axis=0 if arrays[0].ndim == 1 else 1)


def dstack(tup: Sequence[Array]) -> Array:
    return np.concatenate([np.atleast_3d(a) for a in tup], axis=2)


def column_stack(tup: Sequence[Array]) -> Array:
    columns = [np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup]
    return np.concatenate(columns, axis=1)


def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    return np.concatenate([arr, values], axis=axis)


def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    # NumPy splits the numbers 0, 1, 2, … for us; the stretches they name are slices.
    origins = np.array_split(np.arange(ary.shape[axis]), indices_or_sections)
    pieces, start = [], 0
    for origin in origins:
        first = int(origin[0]) if origin.size else start
        start = first + origin.size
        stretch: list[slice] = [slice(None)] * ary.ndim
        stretch[axis] = slice(first, start)
        pieces.append(ary[tuple(stretch)])
    return pieces


def split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    np.split(np.arange(ary.shape[axis]), indices_or_sections)  # raises if the parts are not equal
    return array_split(ary, indices_or_sections, axis)


def hsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


def vsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 0)


def dsplit(ary: Array, indices_or_sections: Any) -> list[Array]:
    return split(ary, indices_or_sections, 2)


for _composite in (
    *(concatenate, stack, vstack, hstack, dstack, column_stack, append),
    *(array_split, split, hsplit, vsplit, dsplit),
):
    HANDLERS[getattr(np, _composite.__name__)] = _composite
