"""Turning the released notebook into what a student might hand in."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from autograder.course_directory import CourseDirectory

__all__ = ["Released", "answered", "as_file", "duplicated", "inserted", "solved", "without"]

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Released:
    """An assignment as students got it, and as its author wrote it.

    Attributes
    ----------
    name : str
        nbgrader's name of the notebook.
    blank, source : dict
        The notebook released, and the author's with the solutions in it; both nbformat 4.
    """

    name: str
    blank: Notebook
    source: Notebook

    @classmethod
    def read(cls, course: CourseDirectory, assignment: str) -> Released:
        """Read the one notebook of an assignment."""
        (path,) = course.release(assignment).glob("*.ipynb")
        source = course.source(assignment) / path.name
        return cls(path.stem, _load(path.read_bytes()), _load(source.read_bytes()))


def _load(text: bytes) -> Notebook:
    loaded: Notebook = json.loads(text)
    return loaded


def as_file(notebook: Notebook) -> bytes:
    """Return a notebook as the bytes of its file."""
    return json.dumps(notebook, indent=1).encode()


def solved(released: Released) -> Notebook:
    """Fill in every exercise as its author did, and answer the question in a student's words."""
    solutions = {_grade_id(cell): _text(cell) for cell in released.source["cells"]}
    notebook = copy.deepcopy(released.blank)
    for cell in notebook["cells"]:
        if not cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        if cell["cell_type"] == "markdown":
            cell["source"] = "The max gate passes the gradient to the input that was the larger."
        else:
            lines = solutions[_grade_id(cell)].splitlines()
            cell["source"] = "\n".join(line for line in lines if not _is_marker(line))
    return notebook


def _is_marker(line: str) -> bool:
    return line.strip() in ("### BEGIN SOLUTION", "### END SOLUTION")


def answered(notebook: Notebook, **answers: str) -> Notebook:
    """Return a copy in which some exercises are answered otherwise.

    Parameters
    ----------
    notebook : dict
    **answers : str
        The stub's name to the code of its cell.
    """
    changed = copy.deepcopy(notebook)
    cells = {_grade_id(cell): cell for cell in changed["cells"]}
    for name, code in answers.items():
        cells[f"{name}-stub"]["source"] = code.strip()
    return changed


def inserted(notebook: Notebook, code: str, *, before: str) -> Notebook:
    """Return a copy with one more code cell of the student's own, before a named one."""
    changed = copy.deepcopy(notebook)
    index = next(i for i, cell in enumerate(changed["cells"]) if _grade_id(cell) == before)
    own: dict[str, Any] = {
        "cell_type": "code",
        "id": "a-students-own",
        "metadata": {},
        "source": code.strip(),
        "outputs": [],
        "execution_count": None,
    }
    changed["cells"].insert(index, own)
    return changed


def without(notebook: Notebook, *names: str) -> Notebook:
    """Return a copy without some of nbgrader's cells."""
    changed = copy.deepcopy(notebook)
    changed["cells"] = [cell for cell in changed["cells"] if _grade_id(cell) not in names]
    return changed


def duplicated(notebook: Notebook, *names: str) -> Notebook:
    """Return a copy with some of nbgrader's cells twice, as copy and paste leaves them."""
    changed = copy.deepcopy(notebook)
    changed["cells"] = [
        copy.deepcopy(cell)
        for cell in changed["cells"]
        for _ in range(2 if _grade_id(cell) in names else 1)
    ]
    return changed


def _grade_id(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])
