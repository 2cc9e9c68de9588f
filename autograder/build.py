"""From an assignment's source to the notebook students open, through nbgrader's own converter.

The same source gives the same bytes on every machine: cell ids come from names and texts, and no
metadata of the machine is kept. That is what ``--check`` compares.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.durable import write_durably
from autograder.errors import NothingDone
from autograder.nearest import nearest
from autograder.source import KERNELSPEC, checked_source, notebook_name, to_notebook

if TYPE_CHECKING:
    from traitlets.config import Config

    from autograder.course_directory import CourseDirectory

__all__ = ["Built", "build", "find_sources", "points_of"]


@dataclass(frozen=True)
class Built:
    """One assignment, built.

    Attributes
    ----------
    assignment : str
    path : pathlib.Path
        The released notebook.
    changed : bool
        Whether the file there was not what the source gives.
    """

    assignment: str
    path: Path
    changed: bool


def find_sources(directory: Path, names: tuple[str, ...] = ()) -> dict[str, Path]:
    """Find the assignments' sources, all of them when no name is given.

    Raises
    ------
    NothingDone
        There is none, or none of a name given.
    """
    found = {path.stem: path for path in sorted(directory.glob("[0-9][0-9]_*.py"))}
    if not found:
        raise NothingDone(
            f"no assignment sources (NN_name.py) in {directory}: "
            "name their folder with --solutions."
        )
    for name in names:
        if name not in found:
            near = nearest(name, found)
            hint = f"did you mean {near}?" if near else f"there are: {', '.join(found)}."
            raise NothingDone(f"no assignment {name!r} in {directory}: {hint}")
    return {name: found[name] for name in names or found}


def points_of(assignment: str) -> dict[str, float]:
    """Return what each exercise of an assignment gives, in the notebook's order."""
    from course.exercises import load

    return {name: float(exercise.points) for name, exercise in load(assignment).items()}


def build(
    course: CourseDirectory, source: Path, points: Mapping[str, float], *, check: bool = False
) -> Built:
    """Build one assignment into a course, and record it in the course's gradebook.

    Parameters
    ----------
    course : CourseDirectory
    source : pathlib.Path
        ``solutions/NN_name.py``; its stem is the assignment's name.
    points : mapping of str to float
        The assignment's exercises, and what each gives.
    check : bool
        Write and record nothing, only compare.

    Raises
    ------
    AuthorError
        The source has mistakes.
    NothingDone
        nbgrader refuses it, as when cells changed under submissions already graded.
    """
    assignment, name = source.stem, notebook_name(source.stem)
    instructor = _as_text(to_notebook(checked_source(source, _shown(source), points), points))
    released = _generate(course, assignment, name, instructor, record=not check)
    path = course.release(assignment) / f"{name}.ipynb"
    changed = not path.is_file() or path.read_text(encoding="utf-8") != released
    if not check:
        write_durably(course.source(assignment) / f"{name}.ipynb", instructor)
        if changed:
            write_durably(path, released)
    return Built(assignment, path, changed)


def _generate(
    course: CourseDirectory, assignment: str, name: str, instructor: str, *, record: bool
) -> str:
    """Let nbgrader make the student's version, in a course of its own."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory as NbgraderCourseDirectory

    from autograder.grading.database import open_gradebook

    log = _Log()
    with tempfile.TemporaryDirectory(prefix="autograder-build-") as place:
        root = Path(place).resolve()
        write_durably(root / "source" / assignment / f"{name}.ipynb", instructor)
        if record:
            # Opened once here, so that a locked or unreachable database is reported as such.
            open_gradebook(course).close()
        converter = GenerateAssignment(
            coursedir=NbgraderCourseDirectory(
                root=str(root),
                db_url=course.db_url,
                course_id=course.course_id,
                assignment_id=assignment,
            ),
            config=_without_paths(course.config),
            log=log.logger,
            no_database=not record,
        )
        if not record:
            saving = [step for step in converter.preprocessors if step.__name__ == "SaveCells"]
            converter.preprocessors = [p for p in converter.preprocessors if p not in saving]
        try:
            converter.start()
        except NbGraderException as error:
            raise NothingDone(f"nbgrader refuses {assignment}: {log.reason(error)}") from error
        return _normal(root / "release" / assignment / f"{name}.ipynb")


def _without_paths(config: Config) -> Config:
    """Keep the course's settings for nbgrader's steps, but not its folders."""
    from traitlets.config import Config

    return Config({name: config[name] for name in config if name != "CourseDirectory"})


def _normal(path: Path) -> str:
    """Drop all notebook metadata that could depend on the machine."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    )
    notebook.nbformat_minor = 5
    return _as_text(notebook)


def _as_text(notebook: Any) -> str:
    import nbformat

    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _shown(path: Path) -> str:
    """Name a file as the author would, from where the command was started."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class _Log(logging.Handler):
    """Keeps nbgrader's complaints: its exception only says that there were some."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self.logger = logging.Logger("autograder.build")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.messages.append(record.getMessage())

    def reason(self, error: Exception) -> str:
        """Return the line that says why: the last of the traceback nbgrader logged."""
        for message in self.messages:
            if message.startswith("Traceback"):
                return message.strip().splitlines()[-1].partition(": ")[2]
        return self.messages[0] if self.messages else str(error)
