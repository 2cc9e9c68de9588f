"""`course progress`: what is done and what is next, from the student's own notebooks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course.how_far import NoNotebooks, progress

NAME = "03_gate_patterns"
CELLS = [
    "from course import check",
    "def add_backward(x, y, upstream):\n    return upstream, upstream\ncheck(add_backward)",
    "def mul_backward(x, y, upstream):\n    return upstream, upstream\ncheck(mul_backward)",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder: one check passed, one failed, run in a real kernel."""
    folder = tmp_path_factory.mktemp("student")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    NotebookClient(notebook, allow_errors=True, timeout=60).execute()
    (folder / NAME).mkdir()
    nbformat.write(notebook, folder / NAME / "gate_patterns.ipynb")
    return folder


def gates(folder: Path):
    return next(each for each in progress(folder).assignments if each.assignment == NAME)


def test_a_passed_check_counts_and_a_failed_one_does_not(folder: Path) -> None:
    assert gates(folder).passed == {"add_backward"}
    assert gates(folder).tried == {"add_backward", "mul_backward"}
    assert gates(folder).points == 1


def test_the_next_thing_to_do_is_in_the_notebook_that_was_begun(folder: Path) -> None:
    at, exercise = progress(folder).next
    assert (at.assignment, exercise.name) == (NAME, "mul_backward")
    assert "Next: mul_backward" in str(progress(folder))
    assert "2. The multiply gate swaps" in progress(folder)._repr_html_()


def test_it_is_found_from_inside_the_assignments_folder_too(folder: Path) -> None:
    assert gates(folder / NAME).passed == {"add_backward"}


def test_the_command_prints_a_line_for_each_assignment(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "course", "progress", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{NAME}" in done.stdout
    assert "1 of 14" in done.stdout


def test_a_folder_without_notebooks_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoNotebooks, match="go to the folder"):
        progress(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "course", "progress", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_notebook_that_cannot_be_read_is_said_so_and_the_others_are_shown(tmp_path: Path) -> None:
    for name, text in ((NAME, "{"), ("01_chain_rule", json.dumps({"cells": []}))):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name.partition('_')[2]}.ipynb").write_text(text)
    shown = str(progress(tmp_path))
    assert "cannot be read" in shown
    assert "01_chain_rule" in shown
