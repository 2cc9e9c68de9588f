"""A function that the grader hands out is called with what a submission chose, at its own cost."""

from __future__ import annotations

import operator
import resource
from typing import Any

import numpy as np
import pytest

from autograder.sandbox.allowance import call_sparingly

# About one gigabyte each, should the limit ever fail.
GREEDY: dict[str, list[Any]] = {
    "an outer product": [np.ones((12_000, 1)), np.ones((1, 12_000))],
    "a list many times": [[0], 10**8],
    "a text many times": ["x", 10**9],
}


@pytest.mark.parametrize("arguments", GREEDY.values(), ids=GREEDY)
def test_an_answer_that_would_fill_the_memory_is_not_computed(arguments: list[Any]) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(MemoryError):
        call_sparingly(operator.mul, arguments, {})
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_what_an_exercise_needs_is_computed() -> None:
    assert call_sparingly(operator.mul, [2.0, np.float64(3)], {}) == 6
    assert call_sparingly(operator.mul, [np.ones((300, 1)), np.ones((1, 300))], {}).sum() == 90_000
    assert call_sparingly(np.sum, [[1.0, 2.0]], {"axis": 0}) == 3
