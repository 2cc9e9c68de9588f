"""The short way for the commonest case: an op of one or two arguments, on a plain tape.

It does what `tensor.apply` and `levels.Tape.lift` do, in one function and without a loop, in a
third of the time; whatever is unusual it leaves to them. Reading it teaches nothing new.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tensor
from .levels import Tape
from .op import OPS, Op
from .tensor import SHORT, Tensor, apply

_new = object.__new__
SEQUENCES = (list, tuple)


def shorten() -> None:
    """Give every ufunc that has an op its short way."""
    for function, op in OPS.items():
        if isinstance(function, np.ufunc):
            SHORT[function] = _unary(op) if len(op.arguments) == 1 else _binary(op)


def _unary(op: type[Op]) -> Callable[..., Any]:
    forward = op.forward
    ((pull, keep),) = op.vjps  # type: ignore[misc]  # an op of one argument has its rule

    def unary(x: Any) -> Any:
        level = x.level
        if level.__class__ is not Tape or tensor.swapped is not None:
            return apply(op, (x,))
        value = x.value
        out = forward(value)
        same = value.dtype is out.dtype
        projection = None if same else (value.shape, value.dtype)
        nodes = level.nodes
        result: Tensor = _new(Tensor)
        result.value = out
        result.level = level
        result.index = len(nodes)
        nodes.append(((x.index, pull, keep(out, value), projection),))
        return result

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
        if level.__class__ is not Tape or tensor.swapped is not None:
            return apply(op, (x, y))
        out = forward(a, b)
        dtype, shape = out.dtype, out.shape
        edge_x = edge_y = None
        if a is not x:
            same = a.dtype is dtype and (a.shape == shape or not broadcasts)
            edge_x = (x.index, pull_x, keep_x(out, a, b), None if same else (a.shape, a.dtype))
        if b is not y:
            same = b.dtype is dtype and (b.shape == shape or not broadcasts)
            edge_y = (y.index, pull_y, keep_y(out, a, b), None if same else (b.shape, b.dtype))
        nodes = level.nodes
        result: Tensor = _new(Tensor)
        result.value = out
        result.level = level
        result.index = len(nodes)
        nodes.append(
            (edge_x,) if edge_y is None else (edge_y,) if edge_x is None else (edge_x, edge_y)
        )
        return result

    return binary
