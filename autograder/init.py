"""A new course directory, ready to release from and to collect into."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from autograder.course_directory import CONFIG_FILE, CourseDirectory, open_course
from autograder.durable import write_durably
from autograder.errors import NothingDone

__all__ = ["course_secret", "init_course"]

_CONFIG = '''"""Settings of this course; `nbgrader --help-all` lists what else can be set."""

c = get_config()

c.CourseDirectory.course_id = {course_id!r}

# For many students or several graders, a PostgreSQL server:
# c.CourseDirectory.db_url = "postgresql://user:password@host/gradebook"

# The feedback that `nbgrader generate_feedback` and formgrader write names mistakes too.
c.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackExporter"

# What a student wrote must not act in the browser of the person who reads it in formgrader.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {{"clean_html": "autograder.pages.sanitise.sanitise"}}

# "zero" gives late submissions nothing; a plugin of your own can say otherwise.
c.LateSubmissionPlugin.penalty_method = "none"
'''

_README = """# {name}

A course directory: nbgrader's, and autograder's.

| folder | what is in it |
|---|---|
| `release/` | the notebooks for students: hand these out |
| `submitted/STUDENT/ASSIGNMENT/` | put here what they hand in |
| `autograded/`, `feedback/`, `reports/`, `verdicts/` | what grading makes |
| `gradebook.db` | all scores; formgrader and every `nbgrader` command read it |
| `.autograder-secret` | from which hidden test inputs are drawn: keep it, and to yourself |

Grade, look, and give back:

    autograder grade 03_gate_patterns
    autograder report 03_gate_patterns
    autograder feedback 03_gate_patterns
    autograder export --format csv

Written answers are scored in formgrader: run `jupyter lab` here and open Nbgrader, Formgrader.
`autograder doctor` says what this machine offers to keep student code contained.
"""

_IGNORED = """\
.autograder-secret
gradebook.db*
/source/
/submitted/
/autograded/
/feedback/
/verdicts/
/reports/
"""


def init_course(directory: Path) -> CourseDirectory:
    """Make a course directory, or complete the one that is there.

    Files that exist are left as they are, so doing it again changes nothing.

    Raises
    ------
    NothingDone
        The directory holds something else, or cannot be made.
    """
    directory = directory.resolve()
    try:
        occupied = directory.is_dir() and any(directory.iterdir())
        if occupied and not (directory / CONFIG_FILE).is_file():
            raise NothingDone(
                f"{directory} is not empty and not a course: name a new or an empty directory."
            )
        _write_new(directory / CONFIG_FILE, _CONFIG.format(course_id=directory.name))
        _write_new(directory / "README.md", _README.format(name=directory.name))
        _write_new(directory / ".gitignore", _IGNORED)
        course = open_course(directory)
        course_secret(course)
        course.submissions.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NothingDone(f"{directory} cannot be made: {error}.") from error
    return course


def course_secret(course: CourseDirectory) -> bytes:
    """Return the course's secret, drawn when there is none yet.

    Raises
    ------
    NothingDone
        The file is there but is not a secret, or cannot be read or written.
    """
    path = course.secret
    try:
        if not path.exists():
            write_durably(path, secrets.token_hex(32) + "\n", mode=0o600)
        if path.stat().st_mode & 0o077:
            os.chmod(path, 0o600)
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise NothingDone(
            f"the course secret {path} cannot be used ({error}): put it back from a copy, or "
            "remove it to draw a new one; scores already recorded keep their seeds."
        ) from error
    if len(secret) < 16:
        raise NothingDone(f"the course secret {path} is too short: remove it to draw a new one.")
    return secret


def _write_new(path: Path, text: str) -> None:
    if not path.exists():
        write_durably(path, text)
