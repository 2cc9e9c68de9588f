"""An nbgrader course directory: where its folders, its database and its settings are.

nbgrader's own application reads the configuration, so whatever an instructor has set there
(``db_url``, folder names, ``directory_structure``, late penalties) holds here as well.
"""

from __future__ import annotations

import glob
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import NothingDone

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory as NbgraderCourseDirectory
    from traitlets.config import Config

__all__ = ["CONFIG_FILE", "CourseDirectory", "open_course"]

CONFIG_FILE = "nbgrader_config.py"


class CourseDirectory:
    """Paths of one course.

    Parameters
    ----------
    coursedir : nbgrader.coursedir.CourseDirectory
        nbgrader's own, with the course's configuration applied.
    config : traitlets.config.Config
        Everything the configuration says, for nbgrader's converters and plugins.

    Attributes
    ----------
    root : pathlib.Path
        The directory with ``nbgrader_config.py``, absolute.
    db_url : str
        SQLAlchemy address of the gradebook.
    course_id : str
        nbgrader's name of the course.
    """

    def __init__(self, coursedir: NbgraderCourseDirectory, config: Config) -> None:
        self._coursedir, self.config = coursedir, config
        self.root = Path(coursedir.root)
        self.db_url = _absolute_database(coursedir.db_url, self.root)
        # nbgrader's applications open the gradebook under this name when none is configured.
        self.course_id: str = coursedir.course_id or "default_course"

    def source(self, assignment: str) -> Path:
        """Return where the instructor's version of an assignment is."""
        return self._path(self._coursedir.source_directory, ".", assignment)

    def release(self, assignment: str) -> Path:
        """Return where the student's version of an assignment is."""
        return self._path(self._coursedir.release_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        """Return where a student handed in."""
        return self._path(self._coursedir.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        """Return where a submission is after grading."""
        return self._path(self._coursedir.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """Return where a student's feedback goes."""
        return self._path(self._coursedir.feedback_directory, student, assignment)

    def journal(self, assignment: str) -> Path:
        """Return where an assignment's verdicts are, one file for each student."""
        return self.root / "verdicts" / assignment

    @property
    def secret(self) -> Path:
        """File from which probe seeds are derived; readable by its owner only."""
        return self.root / ".autograder-secret"

    @property
    def solutions(self) -> Path:
        """Where an author keeps the assignments' sources, if this is an author's course."""
        return self.root / "solutions"

    @property
    def submissions(self) -> Path:
        """The folder that all students' submissions are under."""
        everything = self._path(self._coursedir.submitted_directory, "*", "*")
        fixed: list[str] = []
        for part in everything.parts:
            if "*" in part:
                break
            fixed.append(part)
        return Path(*fixed)

    def students(self, assignment: str) -> tuple[str, ...]:
        """Return who handed in an assignment, sorted; folders that begin with a dot are no one."""
        step = self._coursedir.submitted_directory
        pattern = self._coursedir.format_path(
            glob.escape(step), "*", glob.escape(assignment), escape=False
        )
        named = re.compile(
            self._coursedir.format_path(
                re.escape(step), "(?P<student>[^/]+)", re.escape(assignment), escape=True
            )
        )
        matches = (named.fullmatch(path) for path in glob.glob(pattern))
        return tuple(sorted(match["student"] for match in matches if match))

    def assignments_handed_in(self) -> tuple[str, ...]:
        """Return the assignment names that occur among the submissions, to suggest a right one."""
        step = self._coursedir.submitted_directory
        pattern = self._coursedir.format_path(glob.escape(step), "*", "*", escape=False)
        return tuple(sorted({Path(path).name for path in glob.glob(pattern)}))

    def timestamp(self, student: str, assignment: str) -> Any:
        """Return when a submission was handed in (UTC, naive), or None if it does not say.

        Raises
        ------
        ValueError
            ``timestamp.txt`` does not hold a date.
        """
        from nbgrader.utils import parse_utc

        path = self.submitted(student, assignment) / "timestamp.txt"
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            text = file.read(200).decode("utf-8", "replace").strip()
        try:
            return parse_utc(text) if text else None
        except (OverflowError, TypeError) as error:  # of dateutil, for some texts
            raise ValueError(f"{path}: {error}") from error

    def exchange_secret(self, student: str, assignment: str) -> str | None:
        """Return the name that the exchange gives a submission's feedback, if it came that way."""
        path = self.submitted(student, assignment) / "submission_secret.txt"
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(1000).decode("utf-8", "replace")

    def _path(self, step: str, student: str, assignment: str) -> Path:
        # nbgrader writes "." for the student of a release; Path drops it.
        return Path(self._coursedir.format_path(step, student, assignment))


def open_course(root: Path) -> CourseDirectory:
    """Read a course's configuration.

    Raises
    ------
    NothingDone
        There is no ``nbgrader_config.py``, or it cannot be read.
    """
    root = root.resolve()
    if not (root / CONFIG_FILE).is_file():
        raise NothingDone(
            f"{root} is not a course directory (it has no {CONFIG_FILE}): "
            "go to one, name it with --course-dir, or make one with `autograder init DIR`."
        )
    # nbgrader takes two seconds to import; commands that need no course do without.
    from nbgrader.apps.baseapp import NbGrader

    app = NbGrader(log_level=logging.ERROR)
    # The course named is the one meant, also when the shell stands in another.
    app.load_cwd_config = False
    app.raise_config_file_errors = True
    try:
        app.initialize([], root=str(root))
    except Exception as error:  # the configuration is Python code: it can raise anything
        raise NothingDone(f"{root / CONFIG_FILE} cannot be read: {error!r}. Repair it.") from error
    return CourseDirectory(app.coursedir, app.config)


def _absolute_database(url: str, root: Path) -> str:
    """Take a relative SQLite path from the course, wherever the command was started."""
    prefix = "sqlite:///"
    path = url.removeprefix(prefix)
    if not url.startswith(prefix) or path.startswith(("/", ":memory:", "file:")) or not path:
        return url
    return f"{prefix}{root / path}"
