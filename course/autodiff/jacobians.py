"""Whole Jacobians and Hessians, and products with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import numpy as np

from .dispatch import plain
from .transforms import Argnums, chosen, differentiable, grad, jvp, vjp
from .tree import flatten


def jacobian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Make the function that returns every partial derivative of `f`.

    Parameters
    ----------
    f
        A function of arrays, written in NumPy, with any output.
    argnums
        Which positional argument to differentiate by; a tuple gives a tuple.

    Returns
    -------
    function
        Of f's arguments. Its value has the shape ``out.shape + arg.shape``; nests of outputs and
        of arguments give a nest of them, the outputs' outside. Runs back once per output number
        or forward once per input number, whichever is less.
    """

    @wraps(f)
    def jacobian_of_f(*args: Any, **options: Any) -> Any:
        places = chosen(argnums, len(args))
        of_chosen = _of_chosen(f, places, args, options)
        primals = tuple(args[i] for i in places)
        leaves, rebuild = flatten(primals)
        out, pullback = vjp(of_chosen, *primals)
        ends, rebuild_out = flatten(out)
        if sum(map(np.size, leaves)) < sum(map(np.size, ends)):
            rows = _forward(of_chosen, leaves, rebuild, ends)
        else:
            rows = _reverse(pullback, leaves, rebuild_out, ends)
        only = isinstance(argnums, int)
        nests = [rebuild(iter(row)) for row in rows]
        return rebuild_out(iter([nest[0] if only else nest for nest in nests]))

    return jacobian_of_f


def _of_chosen(
    f: Callable[..., Any], places: tuple[int, ...], args: Sequence[Any], options: dict[str, Any]
) -> Callable[..., Any]:
    """Make `f` a function of the arguments in `places` alone, the others as they are in `args`."""

    def of_chosen(*values: Any) -> Any:
        given = dict(zip(places, values, strict=True))
        return f(*(given.get(i, arg) for i, arg in enumerate(args)), **options)

    return of_chosen


def _reverse(pullback: Any, leaves: Any, rebuild_out: Any, ends: Any) -> list[list[Any]]:
    pulled = [[] for _ in ends]  # type: list[list[Any]]
    for i, upstream in _basis(ends):
        pulled[i].append(flatten(pullback(rebuild_out(iter(upstream))))[0])
    return [
        [
            _stacked([row[j] for row in rows], np.shape(end) + np.shape(leaf), 0)
            for j, leaf in enumerate(leaves)
        ]
        for end, rows in zip(ends, pulled, strict=True)
    ]


def _forward(f: Any, leaves: Any, rebuild: Any, ends: Any) -> list[list[Any]]:
    primals = rebuild(iter(leaves))
    pushed = [[] for _ in leaves]  # type: list[list[Any]]
    for j, tangent in _basis(leaves):
        pushed[j].append(flatten(jvp(f, primals, rebuild(iter(tangent)))[1])[0])
    return [
        [
            _stacked([column[i] for column in columns], np.shape(end) + np.shape(leaf), -1)
            for leaf, columns in zip(leaves, pushed, strict=True)
        ]
        for i, end in enumerate(ends)
    ]


def _stacked(parts: list[Any], shape: tuple[int, ...], axis: int) -> Any:
    return np.reshape(np.stack(parts, axis=axis), shape) if parts else np.zeros(shape)


def _basis(leaves: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Yield, for each number in each leaf, (leaf, all leaves zero but for a one in its place)."""
    zeros = [np.zeros_like(plain(differentiable(leaf))) for leaf in leaves]
    for i, zero in enumerate(zeros):
        for k in range(zero.size):
            one = zero.copy()
            one.flat[k] = 1.0
            yield i, [*zeros[:i], one[()], *zeros[i + 1 :]]


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Make the function that returns f's second derivatives: the Jacobian of its gradient.

    For an array argument the value has the shape ``arg.shape + arg.shape``.
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Make the function (*args, vector) that returns Hessian · vector, without the Hessian.

    The vector has the shape (and nesting) of the argument, or is a tuple if `argnums` is one. The
    gradient is differentiated in one direction, forward over reverse: it costs about two gradients
    (Pearlmutter, Fast exact multiplication by the Hessian, 1994).
    """
    gradient = grad(f, argnums)

    @wraps(f)
    def product(*args_and_vector: Any, **options: Any) -> Any:
        *args, vector = args_and_vector
        places = chosen(argnums, len(args))
        of_chosen = _of_chosen(gradient, places, args, options)
        directions = (vector,) if isinstance(argnums, int) else tuple(vector)
        return jvp(of_chosen, tuple(args[i] for i in places), directions)[1]

    return product
