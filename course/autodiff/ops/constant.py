"""Functions that are constant almost everywhere: they take plain arrays and give plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import plain
from ..op import HANDLERS

FUNCTIONS = [
    "all", "allclose", "any", "argmax", "argmin", "argpartition", "argsort", "argwhere",
    "array_equal", "array_equiv", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil",
    "copysign", "count_nonzero", "empty_like", "equal", "fix", "flatnonzero", "floor",
    "floor_divide", "greater", "greater_equal", "heaviside", "invert", "isclose", "iscomplex",
    "iscomplexobj", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal",
    "isrealobj", "less", "less_equal", "lexsort", "logical_and", "logical_not", "logical_or",
    "logical_xor", "min_scalar_type", "ndim", "nonzero", "not_equal", "ones_like",
    "result_type", "rint", "round", "searchsorted", "shape", "sign", "signbit", "size",
    "trunc", "unravel_index", "zeros_like", "array_repr", "array_str", "array2string",
]  # fmt: skip


def _constant(function: Any) -> Any:
    def evaluate(*args: Any, **options: Any) -> Any:
        return function(
            *[plain(arg) for arg in args], **{name: plain(arg) for name, arg in options.items()}
        )

    return evaluate


for _name in FUNCTIONS:
    HANDLERS[getattr(np, _name)] = _constant(getattr(np, _name))
