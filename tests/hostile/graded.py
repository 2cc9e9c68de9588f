"""The hostile class, graded for real: what is laid out for it, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course_directory import CourseDirectory
from autograder.demo.handed_in import Released
from autograder.grading.grade import Options, Summary, grade
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from autograder.sandbox import Limits
from tests.autograder.courses import ASSIGNMENT
from tests.hostile.case import Ground
from tests.hostile.table import CLASS
from tests.processes import children

MIB = 2**20
LIMITS = Limits(
    wall_seconds=15,
    cell_seconds=1,
    call_seconds=1,
    memory_bytes=1024 * MIB,
    processes=48,
    file_bytes=32 * MIB,
    output_bytes=MIB,
    array_bytes=4 * MIB,
)
OUTPUTS = ("autograded", "verdicts", "gradebook.db")
"""What grading may change in a course."""


@dataclass
class Laid:
    """What is laid out for the class, and what has happened to it.

    Attributes
    ----------
    ground : Ground
    secret : str
        Stands in the canary and in the grader's environment.
    calls : list of str
        Who has called at one of the servers.
    """

    ground: Ground
    secret: str
    calls: list[str] = field(default_factory=list)


@dataclass
class Graded:
    """The class after grading.

    Attributes
    ----------
    course : CourseDirectory
    laid : Laid
    summary : Summary
    records : dict of str to Record
    before, after : dict of str to str
        Every file of the course that grading may not change, by its path: a digest.
    worker_bytes : int
        The most memory that one of the grader's own processes had.
    seconds : float
        Of the whole run.
    """

    course: CourseDirectory
    laid: Laid
    summary: Summary
    records: dict[str, Record]
    before: dict[str, str]
    after: dict[str, str]
    worker_bytes: int
    seconds: float

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Yield each student with all outputs in the autograded notebook, as JSON."""
        for student in self.records:
            folder = self.course.autograded(student, ASSIGNMENT)
            made: Any = json.loads((folder / "gate_patterns.ipynb").read_text())
            yield student, json.dumps([cell.get("outputs") for cell in made["cells"]])


@contextmanager
def laid_out(course: CourseDirectory, place: Path) -> Iterator[Laid]:
    """Lay out what attackers may reach for: a file, three servers, a variable."""
    secret = f"secret-{secrets.token_hex(8)}"
    canary = place / "canary.txt"
    canary.write_text(secret)
    abstract, path = f"hostile-{secrets.token_hex(8)}", str(place / "socket")
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        unix = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for server, name in zip(unix, (f"\0{abstract}", path), strict=True):
            server.bind(name)
            server.listen()
        ground = Ground(
            course=str(course.root),
            canary=str(canary),
            port=tcp.getsockname()[1],
            abstract=abstract,
            socket=path,
            pid=os.getpid(),
            nap=f"40.{secrets.randbelow(10**9):09}",
        )
        laid = Laid(ground, secret)
        os.environ["HOSTILE_SECRET"] = secret
        stack.callback(os.environ.pop, "HOSTILE_SECRET")
        yield laid
        for server in (tcp, *unix):
            server.setblocking(False)
            try:
                server.accept()[0].close()
            except BlockingIOError:
                continue
            laid.calls.append(str(server.getsockname()))


def hand_in_all(course: CourseDirectory, ground: Ground) -> None:
    released = Released.read(course, ASSIGNMENT)
    for student, case in CLASS.items():
        folder = course.submitted(student, ASSIGNMENT)
        folder.mkdir(parents=True)
        case.hand_in(released, ground, folder)


def graded(course: CourseDirectory, place: Path) -> Graded:
    """Grade the whole class with two workers."""
    with laid_out(course, place) as laid:
        hand_in_all(course, laid.ground)
        before = digests(course.root)
        started = time.monotonic()
        with most_memory() as most:
            summary = grade(course, ASSIGNMENT, Options(workers=2, limits=LIMITS))
        seconds = time.monotonic() - started
        time.sleep(4)  # for what waits until the grader is done
        after = digests(course.root)
    journal = Journal(course.journal(ASSIGNMENT))
    records = {student: record for student in CLASS if (record := journal.read(student))}
    return Graded(course, laid, summary, records, before, after, max(most), seconds)


def digests(root: Path) -> dict[str, str]:
    """Every file and link of a course that grading may not change, with what it is."""
    found: dict[str, str] = {}
    for folder, directories, files in os.walk(root):
        here = Path(folder)
        if here == root:
            directories[:] = [name for name in directories if name not in OUTPUTS]
            files = [name for name in files if not name.startswith(OUTPUTS)]
        for name in (*files, *directories):
            path = here / name
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else _content(path)
            found[str(path)] = f"{status.st_mode:o} {status.st_uid} {content}"
    return found


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """Watch the memory of the grader's workers, which are children of this process."""
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], *map(_high_water, children(os.getpid())), 0)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def _high_water(pid: int) -> int:
    """Most bytes that a worker had so far; 0 for what is none."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # One that has only just been started still has our command line, and our memory.
    if b"multiprocessing" not in command:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
