"""Nested lists, tuples and dicts of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Rebuild = Callable[[Iterator[Any]], Any]
SEQUENCES = (list, tuple)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `function` to each leaf, from left to right, and build the same nest of the results.

    Dicts are read in their own order of keys. Anything that is not a list, tuple or dict is a leaf.
    """
    kind = tree.__class__
    if kind is tuple or kind is list or isinstance(tree, SEQUENCES):  # the plain ones first
        results = [
            function(branch) if branch.__class__ is np.ndarray else map_leaves(function, branch)
            for branch in tree
        ]
        if kind is list:
            return results
        if kind is tuple:
            return tuple(results)
        return kind._make(results) if hasattr(kind, "_make") else kind(results)  # named tuples
    if isinstance(tree, dict):
        return {key: map_leaves(function, branch) for key, branch in tree.items()}
    return function(tree)


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """Split `tree` into its leaves and a function that builds the same nest from new leaves."""
    leaves: list[Any] = []
    map_leaves(leaves.append, tree)
    return leaves, lambda values: map_leaves(lambda _: next(values), tree)
