"""Putting the engine out of reach, for while a student's own gradient code is being called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import EngineOutOfReachError

__all__ = ["in_reach", "out_of_reach", "require_reach"]

_refusal: ContextVar[str | None] = ContextVar("refusal", default=None)


@contextmanager
def out_of_reach(message: str) -> Iterator[None]:
    """Make every transform raise `EngineOutOfReachError(message)` inside the block.

    The flag is per thread and per async task, and is looked at only where a transform begins,
    so it costs the ops nothing.
    """
    token = _refusal.set(message)
    try:
        yield
    finally:
        _refusal.reset(token)


@contextmanager
def in_reach() -> Iterator[None]:
    """Undo `out_of_reach` inside the block: for our own functions that a student's code calls."""
    token = _refusal.set(None)
    try:
        yield
    finally:
        _refusal.reset(token)


def require_reach() -> None:
    """Raise `EngineOutOfReachError` if the engine is out of reach here."""
    message = _refusal.get()
    if message is not None:
        raise EngineOutOfReachError(message)
