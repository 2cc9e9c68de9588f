"""Workers that die or hang: every job has an outcome, and the others are not touched."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator

import pytest

from autograder.course_directory import CourseDirectory
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.job import Job, Outcome
from autograder.grading.pool import WorkerPool
from autograder.grading.released import Released
from autograder.sandbox import Limits
from tests.autograder.courses import ASSIGNMENT

EMPTY = b'{"cells": []}'


class Ends(bytes):
    """A submission that ends whoever unpacks it."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os._exit, (1,)


class Holds(bytes):
    """A submission that holds whoever unpacks it; not for ever, should nobody end that."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return time.sleep, (300,)


@pytest.fixture
def released(course: CourseDirectory) -> Released:
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        return book.released


def job(released: Released, student: str, data: bytes = EMPTY) -> Job:
    return Job(student, "digest", data, 1, dict.fromkeys(released.checks, 3))


def statuses(outcomes: Iterator[Outcome]) -> dict[str, str]:
    """Each one's status; nobody may have two outcomes."""
    found: dict[str, str] = {}
    for outcome in outcomes:
        assert outcome.record.student not in found
        found[outcome.record.student] = outcome.record.status
    return found


def pool(released: Released, *, patience: float | None = None) -> WorkerPool:
    return WorkerPool(2, released, Limits(), patience=patience)


def kill_workers() -> None:
    for child in multiprocessing.active_children():
        child.kill()
        child.join()


@pytest.mark.parametrize("data", [Ends(), Holds()], ids=["ends", "holds"])
def test_one_that_loses_its_worker_is_given_up_and_the_others_are_graded(
    released: Released, data: bytes
) -> None:
    jobs = [job(released, f"s{i}", data if i == 3 else EMPTY) for i in range(8)]
    with pool(released, patience=15) as workers:
        found = statuses(workers.grade(jobs))
    assert found.pop("s3") == "crashed"
    assert set(found.values()) == {"missing"}
    assert len(found) == 7
    assert multiprocessing.active_children() == []


def test_workers_killed_in_the_middle_lose_nothing(released: Released) -> None:
    def jobs() -> Iterator[Job]:
        for i in range(8):
            if i == 5:
                kill_workers()
            yield job(released, f"s{i}")

    with pool(released) as workers:
        found = statuses(workers.grade(jobs()))
    assert len(found) == 8
    assert set(found.values()) == {"missing"}
