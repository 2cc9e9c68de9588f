"""The released notebooks that come with the package, for a course without the sources."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import course
from autograder.durable import write_durably
from autograder.errors import NothingDone
from autograder.source import notebook_name

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory

__all__ = ["packaged_notebooks", "release"]


def packaged_notebooks() -> dict[str, Path]:
    """Return the released notebooks by assignment: those installed, or those of the checkout.

    Raises
    ------
    NothingDone
        There are none.
    """
    package = Path(course.__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        found = {path.parent.name: path for path in sorted(folder.glob("[0-9][0-9]_*/*.ipynb"))}
        if found:
            return found
    raise NothingDone(f"no notebooks came with {package}: install the package again.")


def release(course: CourseDirectory, assignment: str, notebook: Path) -> Path:
    """Release a notebook that is built already, and record its cells in the gradebook.

    Grading needs no solution: what was released is the gradebook's, and what is right is computed.

    Parameters
    ----------
    course : CourseDirectory
    assignment : str
    notebook : pathlib.Path
        As `autograder.build.build` writes it.

    Returns
    -------
    pathlib.Path
        Where students' copies are taken from; left as it is when it is there.
    """
    import nbformat
    from nbgrader.api import MissingEntry
    from nbgrader.preprocessors import SaveCells

    from autograder.grading.database import open_gradebook

    name = notebook_name(assignment)
    target = course.release(assignment) / f"{name}.ipynb"
    if not target.is_file():
        write_durably(target, notebook.read_text(encoding="utf-8"))
    with open_gradebook(course) as book:
        with contextlib.suppress(MissingEntry):
            book.find_notebook(name, assignment)
            return target
        book.update_or_create_assignment(assignment)
    resources = {
        "unique_key": name,
        "nbgrader": {
            "assignment": assignment,
            "notebook": name,
            "db_url": course.db_url,
            "course_id": course.course_id,
        },
    }
    released = nbformat.read(target, as_version=4)
    SaveCells(config=course.config).preprocess(released, resources)
    return target
