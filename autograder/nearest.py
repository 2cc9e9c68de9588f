"""Which name somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest"]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that begins like the one given, or is spelt most like it, if any does."""
    known = sorted(names)
    begun = [each for each in known if name and each.startswith(name)]
    return next(iter(begun or difflib.get_close_matches(name, known, n=1, cutoff=0.4)), None)
