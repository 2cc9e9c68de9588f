"""What grades jobs: processes of this machine, or a cluster's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from autograder.grading.job import Job, Outcome
from autograder.sandbox import Limits

__all__ = ["Workers", "longest"]


class Workers(AbstractContextManager["Workers"], Protocol):
    """Some workers; a context manager, on whose exit they do nothing more for it."""

    def prepare(self) -> None:
        """Have every worker start its sandbox, and make sure that one contains.

        Raises
        ------
        SandboxUnavailable
            None does.
        """
        ...

    def refusals(self) -> dict[str, str]:
        """Return the workers that take no jobs, each with its reason."""
        ...

    def grade(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Grade jobs as they come; yield each outcome when it is there.

        Only a few jobs are held at once, however many there are. Whatever becomes of a worker,
        each job has an outcome.

        Raises
        ------
        SandboxUnavailable
            No worker with a sandbox is left.
        """
        ...


SPARE_SECONDS = 120.0
"""For all that is not the submission's own doing, sandboxes that start included."""


def longest(limits: Limits) -> float:
    """Seconds after which a job that was given to the workers must have been lost by them.

    A submission runs twice, with an engine and without; each time it may begin the last of its
    processes just before its time is up. And it may have waited behind another such.
    """
    return 2 * (2 * 2 * limits.wall_seconds) + SPARE_SECONDS
