"""Courseware that teaches backpropagation: engine, exercises, checks and widgets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course.checking.check import CheckFailed, check
    from course.how_far import progress

__all__ = ["CheckFailed", "check", "progress"]

# Imported when first asked for: who only wants the engine need not wait for the checks.
_HOMES = {
    "CheckFailed": "course.checking.check",
    "check": "course.checking.check",
    "progress": "course.how_far",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
