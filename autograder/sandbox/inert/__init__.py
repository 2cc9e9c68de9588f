"""What stands in for the engine and the exercises where a student's code must do without them.

The sandbox mounts this file over `course.autodiff` and `course.exercises`. Every name in it is
something that takes any use without complaint and has no value, so that a notebook's cells run on,
pictures and all, and a stub that gets its answer from it has no answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy


class EngineOutOfReach:
    """Takes part in any expression, call or loop, and stays what it is."""

    asked = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take anything: a class derived from it is made this way."""

    def __getattr__(self, name: str) -> EngineOutOfReach:
        if name.startswith(("__", "_repr_", "_ipython_")):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> EngineOutOfReach:
        """Return itself."""
        return self

    def __array_ufunc__(self, *_: Any, **__: Any) -> EngineOutOfReach:
        return self

    def __array_function__(self, *_: Any, **__: Any) -> EngineOutOfReach:
        return self

    def __iter__(self) -> Iterator[EngineOutOfReach]:
        return iter((self, self))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, _: Any) -> EngineOutOfReach:
        return self

    def __enter__(self) -> EngineOutOfReach:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def __float__(self) -> float:
        return float("nan")

    def __format__(self, _: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return "<the engine is out of reach here>"

    def __array__(self, *_: Any, **__: Any) -> Any:
        # Without this NumPy would take it for a sequence of sequences without end.
        return numpy.array(float("nan"))

    def __bool__(self) -> bool:
        # Now and then not, so that a loop that waits for it comes to an end.
        EngineOutOfReach.asked += 1
        return EngineOutOfReach.asked % 100 != 0

    def _same(self, *_: Any) -> EngineOutOfReach:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _same
    __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __pos__ = _same
    __lt__ = __le__ = __gt__ = __ge__ = __abs__ = _same


NOTHING = EngineOutOfReach()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return NOTHING


class _Submodules(MetaPathFinder, Loader):
    """Makes every submodule of this package out of the same nothing."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname.startswith(f"{__name__}.") else None

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__getattr__"] = __getattr__


sys.meta_path.insert(0, _Submodules())
