"""Noticing a stub that lets another autodiff package compute its gradient.

`course.autodiff` refuses by itself while a stub is called (`course.autodiff.reach`). Other packages
do not know of us, so the stub's code is read instead: which names does it use, and what is behind
them? That finds an honest shortcut. The grader, which must not be fooled, runs code that does
anything unusual where none of these packages exists.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

__all__ = ["ENGINES", "engine_behind"]

ENGINES = frozenset(
    """
    aesara autograd casadi cupy jax jaxlib mpmath mxnet numdifftools paddle pytensor sympy
    tensorflow theano tinygrad torch
    """.split()
)
"""Top-level packages that can differentiate."""


def engine_behind(stub: Any) -> str:
    """Return the autodiff package that a stub's code reaches for, or "" if it does not.

    Parameters
    ----------
    stub
        A function or class; what it calls of the same notebook is read too.
    """
    waiting, read = [stub], set[int]()
    while waiting:
        thing = waiting.pop()
        if id(thing) in read:
            continue
        read.add(id(thing))
        for name, value in _used(thing):
            package = _package(name, value)
            if package in ENGINES:
                return package
            if _is_of_the_same_notebook(value, stub):
                waiting.append(value)
    return ""


def _used(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names that code uses, each with what it stands for there."""
    if isinstance(thing, type):
        yield from vars(thing).items()
    elif isinstance(thing, staticmethod | classmethod | types.MethodType):
        yield "", thing.__func__
    elif isinstance(thing, types.FunctionType):
        for code in _codes(thing.__code__):
            yield from ((name, thing.__globals__.get(name)) for name in code.co_names)
        cells = [cell for cell in thing.__closure__ or () if _is_filled(cell)]
        yield from (("", cell.cell_contents) for cell in cells)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that is bound later
        return False


def _package(name: str, value: Any) -> str:
    """Return the package behind a name: of a module, of a function, or of an import inside."""
    if value is None:
        return name.partition(".")[0]
    owner = value.__name__ if isinstance(value, types.ModuleType) else type(value).__module__
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | type):
        owner = getattr(value, "__module__", None) or ""
    return str(owner).partition(".")[0]


def _is_of_the_same_notebook(value: Any, stub: Any) -> bool:
    if isinstance(value, staticmethod | classmethod | types.MethodType):
        return True
    return isinstance(value, types.FunctionType | type) and value.__module__ == stub.__module__
