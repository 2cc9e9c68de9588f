"""Working a failing case through: what an exercise's own lines of arithmetic are made with.

A program has no gradient to hold against a nudge, so its exercise says itself which steps lead from
the input to the right answer. It is given a `Working`, the case with what came back, and yields
lines of plain words and numbers:

>>> @gradient_descent_step.worked
... def _(working):
...     theta, gradient, rate = working.case.inputs
...     for label in working.few:
...         yield working.line(label, f"{theta[label]} − {rate} × {gradient[label]}")

They are made when a case has failed and is shown, never for a case that passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.exercises.case import Case

__all__ = ["Where", "Working", "added", "arrived", "names", "number", "products", "row", "signed"]

Array = NDArray[Any]
Where = tuple[int, ...]
"""An entry of an array; () for a number."""

DIGITS = 4
"""Significant digits of a number, unless two numbers would look the same."""

WHOLE = 1e6
"""Below it, whole numbers are written out."""

FEW = 3
"""Wrong answers that are worked through; the others mostly follow from them."""

NUDGE = 1e-3
"""How far an input is moved; the change over h is then right to the digits shown."""

TERMS = 6
"""Terms of a sum, and entries of a row, that are written out."""


@dataclass(frozen=True)
class Working:
    """A failing case and what came back.

    Attributes
    ----------
    case : Case
    wrong : tuple of str
        Labels of the answers that are wrong.
    right : dict of str to ndarray
        The right answer, by label.
    yours : dict of str to ndarray
        What came back, by label; empty if it was not as many values as there are labels.
    returned : tuple
        What each call of the stub returned, before the driver made an answer of it; empty where
        a call raised.
    """

    case: Case
    wrong: tuple[str, ...]
    right: dict[str, Array]
    yours: dict[str, Array]
    returned: tuple[Any, ...] = ()

    @property
    def few(self) -> tuple[str, ...]:
        """The first of the wrong labels."""
        return self.wrong[:FEW]

    def comparable(self, label: str) -> bool:
        """Whether an answer came back in the right shape, so that single entries are wrong."""
        return label in self.yours and self.yours[label].shape == self.right[label].shape

    def worst(self, label: str) -> Where:
        """Return the entry that is furthest off; the first where shapes differ."""
        right = self.right[label]
        if not self.comparable(label) or not right.size:
            return (0,) * right.ndim
        off = np.abs(np.subtract(self.yours[label], right, dtype=complex))
        return tuple(map(int, np.unravel_index(int(np.argmax(off)), right.shape)))

    def wrong_places(self, label: str) -> list[Where]:
        """Return the entries that are wrong, in their order; all of them where shapes differ."""
        right = self.right[label]
        places = list(np.ndindex(right.shape))
        if not self.comparable(label):
            return places
        return [each for each in places if self._differs(label, each)] or places

    def _differs(self, label: str, where: Where) -> bool:
        # Measured against the largest entry, as the whole array is.
        scale = float(np.abs(self.right[label]).max()) or 1.0
        both = self.yours[label][where] / scale, self.right[label][where] / scale
        off = abs(both[0] - both[1])
        return not off <= self.case.exercise.tolerance

    def line(self, label: str, formula: str = "", where: Where = ()) -> str:
        """Return ``label = formula = right; yours is …``, of one entry of an answer."""
        right = self.right[label][where]
        digits, yours = DIGITS, ""
        if label in self.wrong and label in self.yours:
            mine = self.yours[label]
            if self.comparable(label):
                digits = _digits_apart(mine[where], right)
                yours = f"; yours is {number(mine[where], digits)}"
            else:
                yours = f"; yours has shape {mine.shape}, not {self.right[label].shape}"
        result = number(right, digits)
        steps = f" = {formula}" if formula not in ("", result) else ""
        return f"{label}{place(where)}{steps} = {result}{yours}."


def place(where: Where) -> str:
    """Write where an entry is, such as ``[1, 0]``; nothing for a number."""
    return f"[{', '.join(map(str, where))}]" if where else ""


def number(value: Any, digits: int = DIGITS) -> str:
    """Write a number with few significant digits."""
    if np.iscomplexobj(value):
        return f"{complex(value):.{digits}g}"
    one = float(value) + 0.0  # no -0
    whole = one.is_integer() and abs(one) < WHOLE
    return f"{one:.0f}" if whole else f"{one:.{digits}g}"


def _digits_apart(mine: Any, right: Any) -> int:
    """Return how many digits it takes until two numbers do not look the same."""
    return next(
        each
        for each in count(DIGITS)
        if each >= 17 or number(mine, each) != number(right, each)  # 17 tell any two apart
    )


def signed(value: Any) -> str:
    """Write a number that follows a sign: in brackets if it has one of its own."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def _sum(terms: Sequence[str]) -> str:
    """Write a sum of terms: all of them, or the first few and the last."""
    if len(terms) <= TERMS:
        return " + ".join(terms)
    return f"{' + '.join(terms[: TERMS - 2])} + … + {terms[-1]}"


def added(values: Any) -> str:
    """Write a sum: ``1 + 2 + (-3)``."""
    first, *rest = np.ravel(values)
    return _sum([number(first), *map(signed, rest)])


def products(one: Any, other: Any) -> str:
    """Write a sum of products: ``1 × 2 + 3 × (-4)``."""
    pairs = zip(np.ravel(one), np.ravel(other), strict=True)
    first, *rest = [(number(a), signed(a), signed(b)) for a, b in pairs]
    return _sum([f"{first[0]} × {first[2]}", *(f"{a} × {b}" for _, a, b in rest)])


def row(values: Any, most: int = TERMS) -> str:
    """Write a few numbers side by side: ``(1, 2, 3)``."""
    flat = np.ravel(values)
    texts = [number(each) for each in flat[:most]]
    more = ", …" if len(flat) > most else "," if len(flat) == 1 else ""
    return f"({', '.join(texts)}{more})"


def names(values: Sequence[str], most: int = TERMS) -> str:
    """Write a few names: ``x, y and z``."""
    if len(values) > most:
        return f"{', '.join(values[:most])}, …"
    *first, last = values or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def arrived(parts: Sequence[tuple[str, Any, Any]]) -> str:
    """Write what reaches a node: for each child its name, upstream and slope."""
    terms = [f"{signed(up)} × {signed(slope)} (from {child})" for child, up, slope in parts]
    return _sum(terms)
