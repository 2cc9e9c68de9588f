"""What the tests of a single assignment use."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module")
def solved(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The names that the module's ``ASSIGNMENT`` leaves behind."""
    names: SimpleNamespace = request.module.ASSIGNMENT.solved
    return names
