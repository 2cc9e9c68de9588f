"""The short way for the commonest case: an op of one or two arguments, on a plain tape.

It does what `dispatch.apply` and `levels.Tape.lift` do, in one function and without a loop, in a
third of the time; whatever is unusual it leaves to them. Reading it teaches nothing new.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import dispatch
from .dispatch import SHORT, apply, run
from .levels import Tape
from .op import OPS, Op
from .tensor import Tensor

SEQUENCES = (list, tuple)


def shorten() -> None:
    """Give every op of one argument, and every ufunc of two, its short way."""
    for function, op in OPS.items():
        if len(op.arguments) == 1:
            SHORT[function] = _unary(op)
        elif isinstance(function, np.ufunc):
            SHORT[function] = _binary(op)


def _unary(op: type[Op]) -> Callable[..., Any]:
    compute, broadcasts = op.run, op.broadcasts
    ((pull, keep),) = op.vjps  # type: ignore[misc]  # an op of one argument has its rule

    def unary(x: Any, *params: Any) -> Any:
        if (
            x.__class__ is not Tensor
            or x.level.__class__ is not Tape
            or dispatch.swapped is not None
        ):
            return run(op, (x,), params)
        value = x.value
        out = compute(value, *params)
        same = value.dtype is out.dtype and (not broadcasts or value.shape == out.shape)
        projection = None if same else (value.shape, value.dtype)
        return x.level.variable(out, ((x.index, pull, keep(out, value, *params), projection),))

    return unary


def _binary(op: type[Op]) -> Callable[..., Any]:
    forward, broadcasts = op.forward, op.broadcasts
    (pull_x, keep_x), (pull_y, keep_y) = op.vjps  # type: ignore[misc]  # it has both rules

    def binary(x: Any, y: Any) -> Any:
        if x.__class__ is Tensor:
            level, a = x.level, x.value
            if y.__class__ is Tensor and y.level is level:
                b = y.value
            elif isinstance(y, Tensor):
                return apply(op, (x, y))
            else:
                b = y = np.asarray(y) if y.__class__ in SEQUENCES else y
        elif isinstance(x, Tensor) or y.__class__ is not Tensor:
            return apply(op, (x, y))
        else:
            level, b = y.level, y.value
            a = x = np.asarray(x) if x.__class__ in SEQUENCES else x
        if level.__class__ is not Tape or dispatch.swapped is not None:
            return apply(op, (x, y))
        out = forward(a, b)
        dtype = out.dtype
        edge_x = edge_y = None
        if a is not x:
            same = a.dtype is dtype and (not broadcasts or a.shape == out.shape)
            edge_x = (x.index, pull_x, keep_x(out, a, b), None if same else (a.shape, a.dtype))
        if b is not y:
            same = b.dtype is dtype and (not broadcasts or b.shape == out.shape)
            edge_y = (y.index, pull_y, keep_y(out, a, b), None if same else (b.shape, b.dtype))
        edges = (edge_x,) if edge_y is None else (edge_y,) if edge_x is None else (edge_x, edge_y)
        return level.variable(out, edges)

    return binary
