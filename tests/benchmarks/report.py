"""Measure what the people who run a course wait for, and what a large class takes.

    python -m tests.benchmarks.report [--students 1000] [--feedback 20] [--db-url URL]

The class is assignment 03 (see `large_class`). Report, feedback and export are commands as a
person types them, start and end included; a report is opened in Chromium, from the click until it
is drawn. With --db-url the gradebook is in that empty database, such as PostgreSQL's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from autograder.course_directory import CourseDirectory
from autograder.demo.sample_class import ASSIGNMENT
from tests.benchmarks.grading import Run, measured
from tests.benchmarks.large_class import Filled, fill, graded_sample
from tests.browser.chromium import launched

KIB = 1024
# The second frame after the load begins when the first has been drawn.
DRAWN = """() => new Promise((done) => requestAnimationFrame(() =>
  requestAnimationFrame(() => done(performance.now()))))"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--feedback", type=int, default=20, help="students who get feedback")
    parser.add_argument("--db-url", default="", help="an empty database for the gradebook")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        course, sample = graded_sample(Path(place, "course"), chosen.db_url)
        print(f"a class of {chosen.students}, made of {len(sample)} graded submissions of 03")
        show_class(fill(course, sample, chosen.students))
        show_report(course)
        show_feedback(course, chosen.feedback)
        for kind in ("csv", "canvas"):
            run = autograder(course, "export", f"--format={kind}", f"--to={place}/scores.csv")
            print(f"export, {kind:6}          {run}")


def show_class(filled: Filled) -> None:
    """Print what a submission takes of the one writer, and of the disk."""
    rows = {
        "gradebook": (filled.entering, filled.gradebook),
        "journal": (filled.journalling, filled.journal),
        "autograded notebook": (filled.writing, filled.notebook),
    }
    for name, (seconds, size) in rows.items():
        print(f"{name:23} {1e3 * seconds:7.2f} ms, {size / KIB:7.1f} KiB a submission")
    print(f"rows in the gradebook   {filled.rows:7.1f} a submission")


def show_report(course: CourseDirectory) -> None:
    """Print how long the report takes to write and to open, and its size."""
    print(f"report, written         {autograder(course, 'report', ASSIGNMENT)}")
    page = course.root / "reports" / f"{ASSIGNMENT}.html"
    with launched() as browser:
        opened = median(milliseconds_to_open(browser, page) for _ in range(5))
    size = page.stat().st_size / KIB
    print(f"report, opened          {opened:7.0f} ms, {size:.0f} KiB (goal 2000 ms)")


def milliseconds_to_open(browser: Browser, path: Path) -> float:
    """Open a page and wait until it is drawn."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    try:
        page.goto(path.as_uri())
        drawn: float = page.evaluate(DRAWN)
        return drawn
    finally:
        page.close()


def show_feedback(course: CourseDirectory, count: int) -> None:
    """Print what a student's feedback takes: that of some, less that of one, by one fewer."""
    names = [f"--student=student-{number:06d}" for number in range(count)]
    one = autograder(course, "feedback", ASSIGNMENT, names[0])
    some = autograder(course, "feedback", ASSIGNMENT, *names)
    each = Run(some.seconds - one.seconds, some.processor - one.processor, 0).over(count - 1)
    sizes = [path.stat().st_size / KIB for path in course.root.glob("feedback/*/*/*.html")]
    print(f"feedback, one student   {one}")
    print(f"feedback, each more     {each}")
    print(f"feedback, size          {median(sizes):7.0f} KiB, most {max(sizes):.0f} (goal 300)")


def autograder(course: CourseDirectory, *arguments: str) -> Run:
    """Run a command in the course."""
    return measured([sys.executable, "-m", "autograder", *arguments], course.root)


if __name__ == "__main__":
    main()
