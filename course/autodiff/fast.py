"""The short way for the commonest case: an op of one or two arguments, on a plain tape.

It does what `dispatch.apply` and `levels.Tape.lift` do, in one function and without a loop, in a
third of the time; whatever is unusual it leaves to them. Reading it teaches nothing new.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dispatch
from .dispatch import SHORT, apply, run
from .levels import Tape
from .op import OPS, Op
from .tensor import Tensor

SEQUENCES = (list, tuple)
OPERATORS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "pow": np.power,
    "matmul": np.matmul,
    "mod": np.remainder,
}
_new = object.__new__


def shorten() -> None:
    """Give every op of one argument, and every ufunc of two, its short way; operators take it."""
    for function, op in OPS.items():
        if len(op.arguments) == 1:
            SHORT[function] = _unary(op)
        elif isinstance(function, np.ufunc):
            SHORT[function] = _binary(op)
    for name, ufunc in OPERATORS.items():
        setattr(Tensor, f"__{name}__", SHORT[ufunc])
        setattr(Tensor, f"__r{name}__", _reflected(SHORT[ufunc]))
    for name, function in (
        ("neg", np.negative),
        ("abs", np.absolute),
        ("getitem", operator.getitem),
    ):
        setattr(Tensor, f"__{name}__", SHORT[function])


def _reflected(binary: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: binary(other, self)


def _unary(op: type[Op]) -> Callable[..., Any]:
    compute, broadcasts = op.run, op.broadcasts
    ((pull, keep),) = op.vjps  # type: ignore[misc]  # an op of one argument has its rule

    def unary(x: Any, *params: Any) -> Any:
        if x.__class__ is not Tensor or dispatch.swapped is not None:
            return run(op, (x,), params)
        level, a = x.level, x.value
        if level.__class__ is not Tape:
            return apply(op, (x,), params)
        out = compute(a, *params)
        same = a.dtype is out.dtype and (not broadcasts or a.shape == out.shape)
        projection = None if same else (a.shape, a.dtype)
        tensor = _new(Tensor)
        tensor.value = out
        tensor.level = level
        nodes = level.nodes
        tensor.index = len(nodes)
        nodes.append(((x.index, pull, keep(out, a, *params), projection),))
        return tensor

    return unary


def _binary(op: type[Op]) -> Callable[..., Any]:
    forward, broadcasts = op.forward, op.broadcasts
    (pull_x, keep_x), (pull_y, keep_y) = op.vjps  # type: ignore[misc]  # it has both rules
    keeps_x, keeps_y = (pull.__code__.co_argcount > 1 for pull in (pull_x, pull_y))

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
        shape, dtype = out.shape, out.dtype
        edge_x = edge_y = None
        if a is not x:
            same = a.dtype is dtype and (not broadcasts or a.shape == shape)
            kept = keep_x(out, a, b) if keeps_x else ()
            edge_x = (x.index, pull_x, kept, None if same else (a.shape, a.dtype))
        if b is not y:
            same = b.dtype is dtype and (not broadcasts or b.shape == shape)
            kept = keep_y(out, a, b) if keeps_y else ()
            edge_y = (y.index, pull_y, kept, None if same else (b.shape, b.dtype))
        edges = (edge_x,) if edge_y is None else (edge_y,) if edge_x is None else (edge_x, edge_y)
        tensor = _new(Tensor)
        tensor.value = out
        tensor.level = level
        nodes = level.nodes
        tensor.index = len(nodes)
        nodes.append(edges)
        return tensor

    return binary
