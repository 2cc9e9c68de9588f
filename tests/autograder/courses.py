"""Courses and submissions to test with: assignment 03 as it is, and a small one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from autograder.course_directory import CourseDirectory, open_course

ASSIGNMENT = "03_gate_patterns"
NOTEBOOK = "gate_patterns"
SOLUTION = Path(__file__).parents[2] / "solutions" / f"{ASSIGNMENT}.py"

SMALL = '''# %% [markdown]
# # Small

# %%
import numpy as np
from course import check

# %% nbgrader={"grade_id": "add_backward-stub", "solution": true}
def add_backward(x, y, upstream):
    """Return dx and dy."""
    ### BEGIN SOLUTION
    return upstream, upstream
    ### END SOLUTION

# %% nbgrader={"grade_id": "add_backward", "grade": true}
check(add_backward)

# %% [markdown]
# Which gate routes?

# %% [markdown] nbgrader={"grade_id": "explain", "grade": true, "solution": true, "points": 3}
# The max gate.
'''


def copy_of(template: Path, place: Path) -> CourseDirectory:
    shutil.copytree(template, place)
    return open_course(place)


def solved(course: CourseDirectory) -> Any:
    """The instructor's notebook, which is a submission with everything right."""
    return nbformat.read(course.source(ASSIGNMENT) / f"{NOTEBOOK}.ipynb", as_version=4)


def hand_in(course: CourseDirectory, student: str, content: Any, name: str = NOTEBOOK) -> Path:
    """Put a notebook, text or bytes where a student's submission belongs."""
    path = course.submitted(student, ASSIGNMENT) / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def cell_named(notebook: Any, name: str) -> Any:
    """The cell with this grade_id."""
    return next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def with_stub(notebook: Any, exercise: str, source: str) -> Any:
    """The notebook with another stub for an exercise."""
    cell_named(notebook, f"{exercise}-stub")["source"] = source
    return notebook


def keep_cells(notebook: Any, wanted: Callable[[Any], bool]) -> Any:
    """The notebook with only some of its cells."""
    notebook["cells"] = [cell for cell in notebook["cells"] if wanted(cell)]
    return notebook
