"""Nested lists, tuples and dicts of arrays, as one flat list of leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Rebuild = Callable[[Iterator[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Split `tree` into its leaves and a function that builds the same nest from new leaves.

    Dicts are read in their own order of keys. Anything that is not a list, tuple or dict is a leaf.
    """
    if isinstance(tree, dict):
        keys = list(tree)
        leaves, rebuild = _flatten_each(list(tree.values()))
        return leaves, lambda values: dict(zip(keys, rebuild(values), strict=True))
    if isinstance(tree, list):
        return _flatten_each(tree)
    if isinstance(tree, tuple):
        kind = tree.__class__
        leaves, rebuild = _flatten_each(list(tree))
        if hasattr(kind, "_make"):  # a named tuple
            return leaves, lambda values: kind._make(rebuild(values))
        return leaves, lambda values: tuple(rebuild(values))
    return [tree], next


def _flatten_each(branches: list[Any]) -> tuple[list[Any], Rebuild]:
    leaves: list[Any] = []
    rebuilds = []
    for branch in branches:
        more, rebuild = flatten(branch)
        leaves += more
        rebuilds.append(rebuild)
    return leaves, lambda values: [rebuild(values) for rebuild in rebuilds]
