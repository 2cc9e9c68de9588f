"""Every assignment as its reader meets it: what they have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from course.exercises import assignments, load
from tests.notebooks import reading
from tests.notebooks.reading import Assignment, assignment
from tests.notebooks.seen import SEEN


@pytest.mark.parametrize("name", assignments())
@pytest.mark.parametrize(
    "rule",
    [
        reading.headings_hold_their_exercises,
        reading.stubs_and_checks_are_pairs,
        reading.stubs_have_hints_and_examples,
        reading.prose_is_short,
        reading.pictures_are_explained,
        reading.pictures_have_words,
        reading.outputs_fit_on_the_page_of_feedback,
        reading.question_is_marked,
        reading.readme_names_its_cells,
    ],
    ids=lambda rule: rule.__name__,
)
def test_it_has_the_shape_of_every_assignment(rule: Callable[[Assignment], None], name: str):
    rule(assignment(name))


@pytest.mark.parametrize(
    ("name", "stub"), [(name, stub) for name in assignments() for stub in load(name)]
)
def test_the_examples_in_a_stub_are_true(name: str, stub: str) -> None:
    results = assignment(name).doctests(stub)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("name", assignments())
def test_its_numbered_headings_are_there_in_order(name: str) -> None:
    numbered = [each for each in assignment(name).headings() if each[0].isdigit()]
    assert numbered == [*SEEN[name].headings]


@pytest.mark.parametrize("name", assignments())
def test_a_fresh_kernel_runs_it_top_to_bottom_and_draws_every_picture(name: str) -> None:
    shown = assignment(name)
    assert not [each for each in shown.outputs if each.output_type == "error"]
    assert shown.images("image/svg+xml") == SEEN[name].drawings
    assert shown.images("image/png") == SEEN[name].plots


@pytest.mark.parametrize("name", assignments())
def test_the_reader_sees_the_lectures_numbers(name: str) -> None:
    assert [each for each in SEEN[name].printed if each not in assignment(name).printed] == []
