"""Everything a student can do to a notebook's cells, and that it is put right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.grading.released import PlainCell, Released, ReleasedCell
from autograder.grading.repair import Repaired, repair
from autograder.grading.submission import parse

STUB = "def f(x):\n    raise NotImplementedError()"
RIGHT = "def f(x):\n    return x"


def released() -> Released:
    return Released(
        "03_small",
        "small",
        {
            "setup": PlainCell("code", "import numpy as np"),
            "stub": ReleasedCell("f-stub", "code", STUB, False, True, False, checksum="s"),
            "f": ReleasedCell("f", "code", "check(f)", True, False, True, points=2, checksum="c"),
            "ask": PlainCell("markdown", "Why?"),
            "why": ReleasedCell("why", "markdown", "YOUR ANSWER HERE", True, True, False, points=3),
        },
    )


def cell(kind: str, source: str, cell_id: str = "", **claims: Any) -> dict[str, Any]:
    metadata = {"nbgrader": claims} if claims else {}
    return {"cell_type": kind, "source": source, "id": cell_id, "metadata": metadata}


def honest() -> list[dict[str, Any]]:
    """What a student hands in who did everything right and nothing else."""
    cells = []
    for cell_id, each in released().layout.items():
        claims = each.metadata()["nbgrader"] if isinstance(each, ReleasedCell) else {}
        source = {"stub": RIGHT, "why": "Because."}.get(cell_id, each.source)
        cells.append(cell(each.kind, source, cell_id, **claims))
    return cells


def repaired(cells: list[dict[str, Any]]) -> Repaired:
    return repair(parse(json.dumps({"cells": cells}).encode()), released())


def sources(result: Repaired) -> list[str]:
    return [each.source for each in result.cells]


def named(result: Repaired) -> dict[str, str]:
    return {each.released.name: each.source for each in result.cells if each.released}


def run(result: Repaired) -> list[str]:
    return [each.source for each in result.cells if each.run]


def notes(result: Repaired) -> str:
    return " ".join(f"{note.kind}: {note.text}" for note in result.notes)


HONEST = {"f-stub": RIGHT, "f": "check(f)", "why": "Because."}


def test_an_honest_submission_is_left_alone() -> None:
    result = repaired(honest())
    assert named(result) == HONEST
    assert result.notes == ()
    assert result.unanswered == ()


def test_checks_are_never_run() -> None:
    assert run(repaired(honest())) == ["import numpy as np", RIGHT]


def test_what_was_left_as_released_is_unanswered() -> None:
    cells = honest()
    cells[1]["source"], cells[4]["source"] = STUB, "YOUR ANSWER HERE"
    assert repaired(cells).unanswered == ("f-stub", "why")


def test_a_deleted_check_is_put_back_below_its_stub() -> None:
    cells = honest()
    del cells[2]
    result = repaired(cells)
    assert sources(result) == ["import numpy as np", RIGHT, "check(f)", "Why?", "Because."]
    assert "deleted cells were put back (f)" in notes(result)


def test_a_duplicated_check_is_there_once() -> None:
    cells = honest()
    cells.insert(3, dict(cells[2]))
    result = repaired(cells)
    assert sources(result).count("check(f)") == 1
    assert "more than once (f)" in notes(result)


def test_a_deleted_answer_counts_as_none() -> None:
    result = repaired(honest()[:4])
    assert named(result)["why"] == "YOUR ANSWER HERE"
    assert result.unanswered == ("why",)


def test_a_deleted_stub_is_reported_and_not_run_in_its_released_form() -> None:
    cells = honest()
    del cells[1]
    result = repaired(cells)
    assert run(result) == ["import numpy as np"]
    assert "reported: cells of exercises are gone (f-stub)" in notes(result)


def test_a_deleted_import_cell_is_run_all_the_same() -> None:
    assert run(repaired(honest()[1:])) == ["import numpy as np", RIGHT]


def test_an_import_cell_that_was_added_to_is_not_run_twice() -> None:
    cells = honest()
    cells[0]["source"] = "import numpy as np\nimport math"
    assert run(repaired(cells)) == ["import numpy as np\nimport math", RIGHT]


def test_an_edited_check_gets_its_text_back_and_the_students_is_kept() -> None:
    cells = honest()
    cells[2]["source"] = "pass  # 100 points"
    result = repaired(cells)
    assert named(result) == HONEST
    assert "pass  # 100 points" in run(result)
    assert "locked text was put back (f)" in notes(result)


def test_a_solution_written_into_the_check_cell_is_not_lost() -> None:
    cells = honest()
    cells[1]["source"], cells[2]["source"] = STUB, RIGHT
    assert run(repaired(cells)) == ["import numpy as np", STUB, RIGHT]


def test_the_unedited_copy_of_a_duplicated_check_is_the_check() -> None:
    cells = honest()
    cells.insert(2, {**cells[2], "source": RIGHT.replace("x\n", "y\n")})
    assert named(repaired(cells))["f"] == "check(f)"


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_a_stub_that_was_retyped_is_run_as_code(kind: str) -> None:
    cells = honest()
    cells[1]["cell_type"] = kind
    result = repaired(cells)
    assert RIGHT in run(result)
    assert "type was changed back (f-stub)" in notes(result)


def test_an_answer_retyped_to_code_is_text_again_and_not_run() -> None:
    cells = honest()
    cells[4]["cell_type"] = "code"
    result = repaired(cells)
    assert run(result) == ["import numpy as np", RIGHT]
    assert named(result)["why"] == "Because."


@pytest.mark.parametrize("points", [100, -1, "2", None, float("inf"), [2]])
def test_edited_points_are_put_back(points: Any) -> None:
    cells = honest()
    cells[2]["metadata"]["nbgrader"]["points"] = points
    result = repaired(cells)
    check = next(each for each in result.cells if each.released and each.released.name == "f")
    assert check.released is not None
    assert check.released.metadata()["nbgrader"]["points"] == 2
    assert "edited points were put back (f)" in notes(result)


@pytest.mark.parametrize("schema", [1, 2, 99, "three", None])
def test_metadata_of_another_schema_is_put_back(schema: Any) -> None:
    cells = honest()
    for each in cells:
        if each["metadata"]:
            each["metadata"]["nbgrader"]["schema_version"] = schema
    result = repaired(cells)
    assert named(result) == HONEST
    assert "metadata was put back (f-stub, f, why)" in notes(result)


@pytest.mark.parametrize("key", ["locked", "grade", "solution"])
def test_flipped_flags_are_put_back(key: str) -> None:
    cells = honest()
    claims = cells[2]["metadata"]["nbgrader"]
    claims[key] = not claims[key]
    result = repaired(cells)
    assert named(result) == HONEST
    assert "metadata was put back (f)" in notes(result)


def test_stripped_metadata_is_found_again_by_cell_id() -> None:
    cells = [{**each, "metadata": {}} for each in honest()]
    assert named(repaired(cells)) == HONEST


def test_without_metadata_and_ids_cells_are_found_by_what_they_hold() -> None:
    cells = [{**each, "metadata": {}, "id": ""} for each in honest()]
    assert named(repaired(cells)) == HONEST


def test_an_answer_without_metadata_is_found_below_its_question() -> None:
    cells = [{**each, "metadata": {}, "id": ""} for each in honest()]
    cells.insert(1, cell("markdown", "My own notes."))
    assert named(repaired(cells))["why"] == "Because."


def test_a_stub_that_does_not_parse_is_found_by_its_name() -> None:
    cells = honest()
    cells[1] = cell("code", "def f(x):\n    return (x")
    assert named(repaired(cells))["f-stub"] == "def f(x):\n    return (x"


def test_names_of_another_assignment_are_plain_cells() -> None:
    cells = [*honest(), cell("code", "g = 1", grade_id="g-stub", solution=True)]
    result = repaired(cells)
    assert named(result) == HONEST
    assert "g = 1" in run(result)


def test_the_tag_that_skips_a_cell_is_dropped() -> None:
    cells = honest()
    cells[1]["metadata"]["tags"] = ["skip-execution"]
    result = repaired(cells)
    assert RIGHT in run(result)
    assert "tags that change how cells are run were dropped" in notes(result)


def test_reordered_cells_are_reported_and_run_in_the_students_order() -> None:
    cells = honest()
    cells.insert(1, cells.pop(2))
    result = repaired(cells)
    assert named(result) == HONEST
    assert "reported: the cells are in another order" in notes(result)


def test_a_blank_copy_of_a_stub_is_not_run_over_the_filled_one() -> None:
    cells = honest()
    cells.insert(2, {**cells[1], "source": STUB})
    assert run(repaired(cells)) == ["import numpy as np", RIGHT]


def test_a_stub_split_in_two_cells_is_run_whole() -> None:
    cells = honest()
    cells.insert(2, {**cells[1], "source": "f.doc = 'mine'"})
    assert run(repaired(cells)) == ["import numpy as np", RIGHT, "f.doc = 'mine'"]


def test_two_different_answers_need_a_person_and_both_are_kept() -> None:
    cells = honest()
    cells.append({**cells[4], "source": "Or because."})
    result = repaired(cells)
    assert named(result)["why"] == "Or because."
    assert "Because." in sources(result)
    assert "person: more than one answer (why)" in notes(result)


def test_an_answers_blank_copy_is_not_a_second_answer() -> None:
    cells = honest()
    cells.append({**cells[4], "source": "YOUR ANSWER HERE"})
    result = repaired(cells)
    assert named(result)["why"] == "Because."
    assert "person" not in notes(result)


def test_an_empty_notebook_becomes_the_released_one_without_stubs() -> None:
    assert named(repaired([])) == {"f": "check(f)", "why": "YOUR ANSWER HERE"}
