"""Right stubs written in other ways: how the tests of them are driven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import find

Ways = dict[str, list[Callable[..., Any]]]

SEEDS = 5


def each_way(ways: Ways) -> Any:
    """Parametrize a test over every way (`name`, `stub`) of every exercise."""
    pairs = [(name, stub) for name, stubs in ways.items() for stub in stubs]
    labels = [f"{name}-{stub.__name__.strip('_')}" for name, stub in pairs]
    return pytest.mark.parametrize(("name", "stub"), pairs, ids=labels)


def gets_every_point(name: str, stub: Callable[..., Any]) -> None:
    """Check a right stub on several seeds."""
    for seed in range(SEEDS):
        verdict = examine(find(name), LocalTransport({name: stub}), seed)
        assert verdict.passed, verdict
        assert verdict.score == find(name).points
