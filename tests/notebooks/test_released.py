"""What students open: built from the sources, without solutions, and understandable when blank."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from course.exercises import assignments, load
from tests.notebooks.reading import ROOT, WIDGET


def released(assignment: str):
    name = assignment.partition("_")[2]
    return nbformat.read(ROOT / "notebooks" / assignment / f"{name}.ipynb", as_version=4)


@cache
def run_blank(assignment: str) -> Any:
    """Run a notebook in which no student has written anything."""
    notebook = released(assignment)
    NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return notebook


def solution_lines(assignment: str) -> set[str]:
    """Lines that only a solution has, long enough to be nobody else's."""
    regions, rest = [], []
    for cell in jupytext.read(ROOT / "solutions" / f"{assignment}.py").cells:
        parts = re.split(r"### BEGIN SOLUTION|### END SOLUTION", cell.source)
        regions += parts[1::2]
        rest += parts[::2]
    lines = {line.strip() for part in regions for line in part.splitlines()}
    elsewhere = "\n".join(rest)
    return {line for line in lines if len(line) > 12 and line not in elsewhere}


def test_every_notebook_is_what_its_source_builds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "build", "--check", "--course-dir", str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_notebook_for_each_assignment_with_exercises() -> None:
    assert sorted(path.name for path in (ROOT / "notebooks").iterdir()) == sorted(assignments())


@pytest.mark.parametrize("assignment", assignments())
def test_no_line_of_a_solution_is_released(assignment: str) -> None:
    text = "\n".join(cell.source for cell in released(assignment).cells)
    assert solution_lines(assignment)
    assert [line for line in solution_lines(assignment) if line in text] == []


@pytest.mark.parametrize("assignment", assignments())
def test_a_blank_notebook_runs_to_its_end_and_every_check_says_that_nothing_is_written(
    assignment: str,
) -> None:
    said = {
        cell.metadata.nbgrader.grade_id: "\n".join(
            output.get("evalue", "") for output in cell.outputs
        )
        for cell in run_blank(assignment).cells
        if cell.source.startswith("check(")
    }
    assert list(said) == list(load(assignment))
    for text in said.values():
        assert "This is not written yet." in text


def test_of_every_widget_a_page_that_shows_none_has_its_words_and_a_picture() -> None:
    shown = [
        output["data"]
        for assignment in assignments()
        for cell in run_blank(assignment).cells
        for output in cell.get("outputs", [])
        if WIDGET in output.get("data", {})
    ]
    assert len(shown) > 10
    for data in shown:
        assert data["image/svg+xml"].startswith("<svg"), data["text/plain"]
        assert "<desc>" in data["image/svg+xml"]
