"""Processes that tests start or watch: what they have started, and whether they are gone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path


def children(process: int) -> list[int]:
    """What a process has started and not yet waited for."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            found += [int(child) for child in task.read_text().split()]
    return found


def tree(process: int) -> list[int]:
    """A process and all below it."""
    return [process, *(each for child in children(process) for each in tree(child))]


def is_running(process: int) -> bool:
    """Whether there is such a process, other than one that has ended and is not waited for."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Wait for a condition; `what` says what is wrong if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
