"""One sandbox for all tests of this folder; a session is a fresh child of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.sandbox import Limits, Sandbox, Session

MIB = 2**20
LIMITS = Limits(
    wall_seconds=20,
    cell_seconds=1,
    call_seconds=1,
    memory_bytes=1024 * MIB,
    processes=24,
    file_bytes=16 * MIB,
    output_bytes=64 * 1024,
    output_lines=500,
    array_bytes=MIB,
)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    # Without user namespaces this raises, and every test here fails with the reason.
    with Sandbox(LIMITS) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with sandbox.start() as session:
        yield session
