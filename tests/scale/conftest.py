"""Real schedulers, workers and database servers, as processes on loopback; all are ended."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory
from autograder.init import init_course
from tests.autograder.courses import ASSIGNMENT, SOLUTION, copy_of
from tests.processes import is_running, tree, wait_until

SECONDS = 60.0

StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with assignment 03."""
    course = init_course(tmp_path_factory.mktemp("scale") / "course")
    build(course, SOLUTION, points_of(ASSIGNMENT))
    return course.root


@pytest.fixture
def course(template: Path, tmp_path: Path) -> CourseDirectory:
    return copy_of(template, tmp_path / "course")


def end(process: subprocess.Popen[str]) -> None:
    """End a process and see that nothing of it stays."""
    everything = tree(process.pid)
    process.terminate()
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    wait_until(lambda: not any(map(is_running, everything)), "something was left running")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Dask scheduler."""
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *where],
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_until(lambda: file.exists() and file.read_text(), "the scheduler did not start")
        yield json.loads(file.read_text())["address"]
    finally:
        end(process)


@pytest.fixture
def start_worker(scheduler: str) -> Iterator[StartWorker]:
    """Start `autograder worker`, as another machine would; or another command in its place."""
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, **variables: str) -> subprocess.Popen[str]:
        words = command or ("-m", "autograder", "worker", scheduler, "--workers", "1")
        process = subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert "serving" in process.stdout.readline()
        return process

    yield start
    for process in started:
        with process:
            end(process)


def become(name: str) -> tuple[str, ...]:
    """What to put before a command that this user shall run; nothing for the one who we are.

    Python itself would fork for it, which is not safe beside the threads of other tests' libraries.
    """
    them = pwd.getpwnam(name)
    if them.pw_uid == os.getuid():
        return ()
    return ("setpriv", f"--reuid={them.pw_uid}", f"--regid={them.pw_gid}", "--clear-groups")


def postgresql_programs() -> Path:
    """Where PostgreSQL's server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(found[-1]) if found else shutil.which("initdb")
    if path is None:
        pytest.fail("PostgreSQL's server is not installed: apt-get install postgresql")
    return Path(path).parent


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The address of an empty database in a PostgreSQL server of its own."""
    programs = postgresql_programs()
    # The server refuses to run as root.
    who = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="postgresql-") as place, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        password = Path(place, "password")
        password.write_text(secrets.token_hex(8))
        for path in (place, password):
            shutil.chown(path, who)

        def run(program: str, *options: str) -> None:
            command = [*become(who), str(programs / program), "-D", f"{place}/data", *options]
            done = subprocess.run(
                command,
                cwd=place,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == 0, done.stdout

        log = f"{place}/log"
        run("initdb", "--username=course", "--auth=scram-sha-256", f"--pwfile={password}")
        settings = f"-p {port} -h 127.0.0.1 -k {place} -F"
        run("pg_ctl", "start", "--wait", f"--log={log}", f"--options={settings}")
        server = int(Path(place, "data", "postmaster.pid").read_text().split()[0])
        try:
            yield f"postgresql+psycopg2://course:{password.read_text()}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
            wait_until(lambda: not is_running(server), "the server goes on")


def kill(processes: list[int]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
