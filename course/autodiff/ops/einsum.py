"""Einstein summation: a product of arrays, summed over the letters the output lacks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import run
from ..errors import NotCoveredError
from ..levels import project
from ..op import HANDLERS, Array, Shape, Variadic
from .selection import Scatter

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Einsum(Variadic):
    """z = einsum(letters, x, …): for x's gradient, upstream takes x's place, and x's letters z's.

    Letters that x has twice are a diagonal, put back on it; letters that only x has were summed
    away, so the gradient is repeated along them.
    """

    def forward(*operands: Array, terms: tuple[str, ...], target: str) -> Array:
        return np.einsum(f"{','.join(terms)}->{target}", *operands)

    def keep(position: Any, *operands: Array, params: Any) -> tuple[Any, ...]:
        others = [x for i, x in enumerate(operands) if i != position]
        return position, others, operands[position].shape, *params

    def vjp(
        g: Array, position: int, others: list[Array], shape: Shape, terms: Any, target: str
    ) -> Array:
        own = terms[position]
        letters = "".join(dict.fromkeys(own))  # each once
        rest = [*terms[:position], *terms[position + 1 :]]
        reached = "".join(c for c in letters if c in target or any(c in term for term in rest))
        part = np.einsum(f"{','.join([target, *rest])}->{reached}", g, *others)
        lengths = dict(zip(own, shape, strict=True))
        full = tuple(part.shape[reached.index(c)] if c in reached else lengths[c] for c in letters)
        apart = tuple(n if c in reached else 1 for c, n in zip(letters, full, strict=True))
        part = np.broadcast_to(np.reshape(part, apart), full)
        part = project(part, tuple(lengths[c] for c in letters), part.dtype)
        if len(letters) == len(own):
            return part
        grid = np.indices(part.shape, sparse=True)
        return run(Scatter, (part,), (shape, tuple(grid[letters.index(c)] for c in own)))

    def jvp(
        t: Array, position: int, others: list[Array], _shape: Shape, terms: Any, target: str
    ) -> Array:
        operands = [*others[:position], t, *others[position:]]
        return np.einsum(f"{','.join(terms)}->{target}", *operands)


def einsum(subscripts: Any, *operands: Array, optimize: Any = False) -> Array:
    """Sum products by letters; an ellipsis stands for letters of its own.

    Raises
    ------
    NotCoveredError
        For the form with lists of integers instead of a string.
    """
    if not isinstance(subscripts, str):
        raise NotCoveredError("np.einsum: write the subscripts as a string, 'ij,jk->ik'.")
    given = [x if hasattr(x, "ndim") else np.asarray(x) for x in operands]
    source, arrow, target = subscripts.replace(" ", "").partition("->")
    terms = source.split(",")
    free = "".join(c for c in LETTERS if c not in source)
    hidden = [x.ndim - len(t.replace("...", "")) for t, x in zip(terms, given, strict=True)]
    longest = max((n for t, n in zip(terms, hidden, strict=True) if "..." in t), default=0)
    terms = [
        t.replace("...", free[longest - n : longest]) for t, n in zip(terms, hidden, strict=True)
    ]
    if arrow:
        target = target.replace("...", free[:longest])
    else:
        joined = source.replace("...", "").replace(",", "")
        target = free[:longest] + "".join(c for c in sorted(set(joined)) if joined.count(c) == 1)
    return run(Einsum.of_arity(len(given)), given, (tuple(terms), target))


HANDLERS[np.einsum] = einsum
