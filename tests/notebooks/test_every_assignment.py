"""Every assignment as its reader meets it: what they have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from course.exercises import assignments, load
from tests.notebooks import reading
from tests.notebooks.reading import Assignment, assignment


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
