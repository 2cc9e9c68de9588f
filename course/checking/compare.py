"""When two gradients are the same, and what a stub's return value amounts to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATCHES", "NotNumbers", "agree", "all_agree", "as_arrays", "relative_error"]

MATCHES = 1e-9
"""How closely an answer must follow a mistake to be called that mistake (relative)."""

Array = NDArray[Any]


class NotNumbers(Exception):
    """A returned value is not made of numbers; the message says what it is."""


def as_arrays(value: Any, labels: tuple[str, ...]) -> tuple[Array, ...]:
    """Turn what a stub returned into one array for each gradient.

    A single value stands for a tuple of one. A dict is read by label. The number of arrays is not
    checked here: a wrong one is a mistake like others.

    Parameters
    ----------
    value
        As `course.checking.values` lets it through.
    labels : tuple of str
        Names of the gradients asked for.

    Raises
    ------
    NotNumbers
        If a part is missing from a dict, or is not a number or an array of numbers.
    """
    if isinstance(value, dict):
        missing = [label for label in labels if label not in value]
        if missing:
            raise NotNumbers(f"the dict that you return has no entry {missing[0]!r}")
        parts = tuple(value[label] for label in labels)
    elif isinstance(value, tuple) or (isinstance(value, list) and len(labels) > 1):
        parts = tuple(value)
    else:
        parts = (value,)
    return tuple(_as_array(part) for part in parts)


def _as_array(part: Any) -> Array:
    if isinstance(part, int) and not -(2**63) <= part < 2**64:
        # NumPy would make an array of objects, which nothing here can compute with.
        try:
            return np.asarray(float(part))
        except OverflowError:
            raise NotNumbers("you return a whole number too large for a float") from None
    if isinstance(part, bool | int | float | complex | np.generic):
        return np.asarray(part)
    if isinstance(part, np.ndarray):
        if part.dtype.kind not in "biufc":  # a driver has made it of what was returned
            raise NotNumbers("you return something else where a number is wanted")
        return part
    if isinstance(part, list):
        raise NotNumbers("you return a list where an array is wanted: wrap it in np.array(...)")
    name = getattr(part, "type_name", type(part).__name__)
    what = "None" if part is None else f"an object of type {name}"
    raise NotNumbers(f"you return {what} where a number or an array is wanted")


def relative_error(yours: Array, right: Array) -> float:
    """Return the largest difference, relative to the largest entry of `right`.

    Parameters
    ----------
    yours, right : ndarray
        Of any shapes.

    Returns
    -------
    float
        inf if the shapes differ or an entry is not finite. Where `right` is all zeros the
        difference is absolute. 0.0 for two empty arrays.
    """
    if yours.shape != right.shape:
        return float("inf")
    if right.size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        difference = np.abs(np.subtract(yours, right, dtype=np.result_type(yours, right, float)))
        scale = float(np.abs(right).max()) or 1.0
        worst = float(difference.max()) / scale
    return worst if np.isfinite(worst) else float("inf")


def agree(yours: Array, right: Array, tolerance: float) -> bool:
    """Whether the shapes are equal and the error is within the tolerance."""
    return relative_error(yours, right) <= tolerance


def all_agree(
    yours: tuple[Array, ...], right: tuple[Array, ...], tolerance: float = MATCHES
) -> bool:
    """Whether there are as many arrays on both sides, and each agrees with its like."""
    return len(yours) == len(right) and all(
        agree(mine, theirs, tolerance) for mine, theirs in zip(yours, right, strict=True)
    )
