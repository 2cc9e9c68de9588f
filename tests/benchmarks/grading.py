"""Measure the grader against `nbgrader autograde` on the same notebooks, and print ratios.

    python -m tests.benchmarks.grading [--submissions 100] [--nbgrader 6] [--large 2000]

Both grade assignment 03, right answers and wrong and blank ones in turn, into SQLite, each as the
command a person would type, start and end included. nbgrader is slow, so it gets a sample; its
time for one submission is that of all less that of one, by one fewer. Ours is that of all by their
number. The commands of the two take turns, so that a machine that is busy with other things slows
both; processor time tells what it would be otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory, open_course
from autograder.grading.database import open_gradebook
from autograder.init import init_course
from autograder.sandbox import Limits, Sandbox
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION, hand_in, solved, with_stub

WRONG = "def mul_backward(x, y, upstream):\n    return upstream * x, upstream * y"
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--nbgrader", type=int, default=6, help="submissions nbgrader gets")
    parser.add_argument("--large", type=int, default=0, help="also so many empty notebooks")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        template = make_course(Path(place, "template"))
        print(f"autograder --help            {help_seconds():8.2f} s      (goal 0.30)")
        print(f"fork, first cell and end     {fork_milliseconds():8.0f} ms     (goal 30)")
        against_nbgrader(template, chosen.submissions, chosen.nbgrader)
        sizes = [10, 100, *([chosen.large] if chosen.large else [])]
        flatness(template, sizes)


def make_course(root: Path) -> CourseDirectory:
    """Make a course with assignment 03 and nobody in it."""
    course = init_course(root)
    open_gradebook(course).close()
    build(course, SOLUTION, points_of(ASSIGNMENT))
    return course


@contextmanager
def classroom(template: CourseDirectory, notebooks: list[str]) -> Iterator[CourseDirectory]:
    """Copy the course and hand these notebooks in, each by another student."""
    root = template.root.parent / "class"
    shutil.copytree(template.root, root)
    course = open_course(root)
    for number, notebook in enumerate(notebooks):
        hand_in(course, f"student-{number:04d}", notebook)
    yield course
    shutil.rmtree(root)


def submissions(template: CourseDirectory, count: int) -> list[str]:
    """Return notebooks: all right, one exercise wrong, blank, and so on."""
    blank = (template.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text()
    wrong = json.dumps(with_stub(solved(template), "mul_backward", WRONG))
    kinds = [json.dumps(solved(template)), wrong, blank]
    return [kinds[number % len(kinds)] for number in range(count)]


def against_nbgrader(template: CourseDirectory, count: int, sample: int) -> None:
    """Print what a submission costs nbgrader, one worker and two."""
    notebooks = submissions(template, count)
    one = autograde(template, notebooks[:1])
    few = grade(template, notebooks[: count // 2], 1)
    some = autograde(template, notebooks[:sample])
    all_ = grade(template, notebooks, 2)
    theirs = Run(some.seconds - one.seconds, some.processor - one.processor, 0).over(sample - 1)
    print(f"nbgrader autograde       {theirs} (of {sample}, less its start)")
    for workers, run, graded in ((1, few, count // 2), (2, all_, count)):
        each = run.over(graded)
        faster, less = theirs.seconds / each.seconds, theirs.processor / each.processor
        plural = "s" if workers > 1 else " "
        print(
            f"autograder, {workers} worker{plural}    {each} (of {graded}): {faster:.1f} × as fast,"
            f" {less:.1f} × less processor, {60 / each.seconds:.0f} a minute"
        )
    print("goal with 2 workers          100 ms, 10 × as fast")


def flatness(template: CourseDirectory, sizes: list[int]) -> None:
    """Print what a submission costs in classes of different sizes, and the grader's memory."""
    for size in sizes:
        run = grade(template, ['{"cells": []}'] * size, 2)
        memory = run.memory / 2**20
        print(f"{size:5d} empty notebooks    {run.over(size)}, {memory:.0f} MiB (goal 300)")


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    processor : float
        Seconds of processor time, of all its processes: what a busy machine leaves as it is.
    memory : int
        Most bytes that its main process held at a time.
    """

    seconds: float
    processor: float
    memory: int

    def over(self, count: int) -> Run:
        """Return the share of one submission."""
        return Run(self.seconds / count, self.processor / count, self.memory)

    def __str__(self) -> str:
        return f"{1e3 * self.seconds:7.0f} ms, {1e3 * self.processor:6.0f} ms of processor"


def grade(template: CourseDirectory, notebooks: list[str], workers: int) -> Run:
    """Grade with the autograder."""
    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, f"--workers={workers}"]
    with classroom(template, notebooks) as course:
        run = measured(command, course.root)
        graded = len(list(course.journal(ASSIGNMENT).glob("*.json")))
    if graded != len(notebooks):
        raise RuntimeError(f"only {graded} of {len(notebooks)} were graded")
    return run


def autograde(template: CourseDirectory, notebooks: list[str]) -> Run:
    """Grade with nbgrader."""
    with classroom(template, notebooks) as course:
        run = measured(["nbgrader", "autograde", ASSIGNMENT], course.root)
        graded = len(list(course.root.glob(f"autograded/*/{ASSIGNMENT}/{NOTEBOOK}.ipynb")))
    if graded != len(notebooks):
        raise RuntimeError(f"nbgrader graded only {graded} of {len(notebooks)}")
    return run


def measured(command: list[str], place: Path) -> Run:
    """Run a command; look at it and all it has started every few milliseconds."""
    started, processor, memory = time.perf_counter(), 0.0, 0
    with subprocess.Popen(
        command,
        cwd=place,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            # A process that has ended is in its parent's sum.
            processor = max(processor, sum(map(processor_seconds, tree(process.pid))))
            memory = max(memory, resident_bytes(process.pid))
            time.sleep(0.1)
    return Run(time.perf_counter() - started, processor, memory)


def tree(process: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended
            for child in task.read_text().split():
                yield from tree(int(child))


def processor_seconds(process: int) -> float:
    """Return what a process and its children that have ended have used."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # it has ended
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process: int) -> int:
    """Return the memory that a process holds; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    held = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return 1024 * held[0] if held else 0


def help_seconds(rounds: int = 5) -> float:
    """Measure how long the command takes to say what it can do."""
    return median(timed_help() for _ in range(rounds))


def timed_help() -> float:
    """Measure it once."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "autograder", "--help"]
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - started


def fork_milliseconds(rounds: int = 15) -> float:
    """Measure a submission that does next to nothing, from its fork until nothing of it is left."""
    taken = []
    with Sandbox(Limits()) as sandbox:
        for _ in range(rounds):
            started = time.perf_counter()
            with sandbox.start() as session:
                session.run_cell("1", cell_id="first")
            taken.append(time.perf_counter() - started)
    return 1e3 * median(taken)


if __name__ == "__main__":
    main()
