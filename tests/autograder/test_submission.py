from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autograder.grading.submission import (
    CELLS,
    FILE_BYTES,
    Unreadable,
    find_notebook,
    parse,
    read_bytes,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "submitted" / "ada" / "03"
    made.mkdir(parents=True)
    return made


def found(folder: Path) -> tuple[str | None, list[tuple[str, str]]]:
    there = find_notebook(folder, folder.parents[1], "small")
    return there.path and there.path.name, [(note.kind, note.text) for note in there.notes]


def test_the_released_name_is_found_without_a_note(folder: Path) -> None:
    (folder / "small.ipynb").touch()
    (folder / "data.csv").touch()
    assert found(folder) == ("small.ipynb", [])


def test_a_single_renamed_notebook_is_taken_and_noted(folder: Path) -> None:
    (folder / "small (1).ipynb").touch()
    name, notes = found(folder)
    assert name == "small (1).ipynb"
    assert [kind for kind, _ in notes] == ["repaired"]


def test_other_notebooks_beside_the_right_one_are_left_aside(folder: Path) -> None:
    (folder / "small.ipynb").touch()
    (folder / "scratch.ipynb").touch()
    name, notes = found(folder)
    assert name == "small.ipynb"
    assert notes == [("reported", "other notebooks were left aside: scratch.ipynb.")]


def test_two_renamed_notebooks_need_a_person(folder: Path) -> None:
    (folder / "a.ipynb").touch()
    (folder / "b.ipynb").touch()
    name, notes = found(folder)
    assert name is None
    assert [kind for kind, _ in notes] == ["person"]


def test_no_notebook_needs_a_person(folder: Path) -> None:
    assert found(folder) == (None, [("person", "no small.ipynb was handed in.")])


def test_a_file_name_cannot_forge_a_line_of_our_output(folder: Path) -> None:
    (folder / "x\n100 of 100\x1b[2J.ipynb").touch()
    assert "\n" not in found(folder)[1][0][1]
    assert "\x1b" not in found(folder)[1][0][1]


def test_a_link_out_of_the_students_folder_is_refused(folder: Path) -> None:
    other = folder.parents[1] / "bob.ipynb"
    other.write_text("{}")
    (folder / "small.ipynb").symlink_to(other)
    with pytest.raises(Unreadable, match="link that leads out"):
        found(folder)


def test_a_folder_that_is_a_link_elsewhere_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (folder.parent / "04").symlink_to(tmp_path / "secrets")
    with pytest.raises(Unreadable, match="folder is a link"):
        find_notebook(folder.parent / "04", folder.parents[1], "small")


@pytest.mark.parametrize("which", ["the student's folder", "the assignment's"])
def test_a_folder_that_is_a_link_to_another_students_is_refused(folder: Path, which: str) -> None:
    (folder / "small.ipynb").write_text("{}")
    submissions, student, assignment = folder.parents[1], folder.parent.name, folder.name
    mallory = submissions / "mallory"
    if which == "the student's folder":
        mallory.symlink_to(student)
    else:
        mallory.mkdir()
        (mallory / assignment).symlink_to(folder)
    with pytest.raises(Unreadable, match="folder is a link"):
        find_notebook(mallory / assignment, submissions, "small")


def test_a_link_to_itself_is_refused(folder: Path) -> None:
    (folder / "small.ipynb").symlink_to("small.ipynb")
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_bytes(find_notebook(folder, folder.parents[1], "small").path)


def test_a_link_within_the_students_folder_is_read(folder: Path) -> None:
    (folder / "real.txt").write_text("here")
    (folder / "small.ipynb").symlink_to("real.txt")
    assert read_bytes(find_notebook(folder, folder.parents[1], "small").path) == b"here"


def test_a_named_pipe_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "small.ipynb")
    with pytest.raises(Unreadable, match="not a regular file"):
        read_bytes(folder / "small.ipynb")


def test_a_folder_called_like_the_notebook_is_refused(folder: Path) -> None:
    (folder / "small.ipynb").mkdir()
    with pytest.raises(Unreadable, match="not a regular file"):
        read_bytes(folder / "small.ipynb")


def test_a_file_of_100_mb_is_refused_by_its_size(folder: Path) -> None:
    with (folder / "small.ipynb").open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(Unreadable, match="100 MiB, more than the 32"):
        read_bytes(folder / "small.ipynb")
    assert FILE_BYTES == 32 * 2**20


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b'{"cells": [{"cell_type": "co', "cut off or not JSON"),
        (b'{"cells": "\xff\xfe"}', "not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"cells": ' + b'{"a":' * 50_000, "nested too deep"),
        (b"[1, 2]", "not a notebook"),
        (b'{"cells": 3}', "not a notebook"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "cut off or not JSON"),
    ],
)
def test_what_is_no_notebook_is_unreadable_with_the_reason(data: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        parse(data)


def test_too_many_cells_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="cells, more than"):
        parse(json.dumps({"cells": [{}] * (CELLS + 1)}).encode())


def test_a_byte_order_mark_is_no_harm() -> None:
    assert parse(b'\xef\xbb\xbf{"cells": [{"cell_type": "code", "source": "1"}]}')[0].source == "1"


def test_an_old_notebook_with_worksheets_is_read() -> None:
    old = {
        "nbformat": 3,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Gates"]},
                    {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": []},
                ]
            }
        ],
    }
    heading, code = parse(json.dumps(old).encode())
    assert (heading.kind, heading.source) == ("markdown", "# Gates")
    assert (code.kind, code.source) == ("code", "x = 1\ny = 2")


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": ["code"], "source": {"a": 1}, "metadata": []},
        {"cell_type": "code", "source": [1, None, "x"], "metadata": {"nbgrader": "no", "tags": 3}},
        {"cell_type": "markdown", "source": "\ud800", "attachments": {"a": "b"}},
        {"cell_type": "code", "source": "1", "id": 7, "metadata": {"nbgrader": {"grade_id": []}}},
    ],
)
def test_a_malformed_cell_is_reduced_to_a_plain_one(cell: dict[str, object]) -> None:
    (read,) = parse(json.dumps({"cells": [cell, "not a cell"]}).encode())
    assert read.kind in ("code", "markdown", "raw")
    assert read.source.encode() is not None
    assert read.grade_id == ""
