"""The report from a real course: its journal, its gradebook, its feedback."""

import pytest

from autograder.errors import NothingDone
from autograder.feedback import write_feedback
from autograder.grading.journal import Journal
from autograder.report import report_data, write_report
from tests.report.sample import ASSIGNMENT, record, right, wrong


@pytest.fixture
def journalled(graded):
    """Ada and Ben in the gradebook and in the journal; Zoe is on the roster only."""
    journal = Journal(graded.course.journal(ASSIGNMENT))
    for student, verdict in (("ada", right("mul_backward")), ("ben", wrong("mul_backward"))):
        graded.grade(student, manual=2.0, late=0.5)
        journal.write(record(student, verdict))
    graded.gradebook.add_student("zoe", first_name="Zoe", last_name="Zuse")
    return graded.course


def test_scores_of_the_gradebook_stand_beside_those_of_the_machine(journalled):
    ada = report_data(journalled, ASSIGNMENT)["students"][0]
    assert (ada["score"], ada["total"], ada["max_total"]) == (2.0, 2.5, 5.0)
    assert ada["late_penalty"] == 0.5


def test_who_is_on_the_roster_and_handed_in_nothing_is_named(journalled):
    assert report_data(journalled, ASSIGNMENT)["absent"] == ["zoe"]


def test_the_page_is_written_where_the_course_keeps_reports(journalled):
    path = write_report(journalled, ASSIGNMENT)
    assert path == journalled.root / "reports" / f"{ASSIGNMENT}.html"
    assert "<h1>03_gate_patterns</h1>" in path.read_text("utf-8")


def test_without_a_name_it_is_about_the_whole_course(journalled):
    path = write_report(journalled, None)
    assert path == journalled.root / "reports" / "course.html"
    assert "<h1>Whole course</h1>" in path.read_text("utf-8")


def test_a_students_name_leads_to_the_feedback(journalled):
    (page,) = write_feedback(journalled, ASSIGNMENT, ["ada"])
    report = write_report(journalled, ASSIGNMENT)
    link = f"../feedback/ada/{ASSIGNMENT}/gate_patterns.html"
    assert (report.parent / link).resolve() == page
    assert f'<a href="{link}">ada</a>' in report.read_text("utf-8")


def test_a_damaged_entry_of_the_journal_is_listed_and_hides_nobody_else(journalled):
    Journal(journalled.journal(ASSIGNMENT)).path("ada").write_text("{")
    data = report_data(journalled, ASSIGNMENT)
    assert [row["student"] for row in data["students"]] == ["ben"]
    assert [row["student"] for row in data["people"]] == ["ada"]
    assert "--regrade" in data["people"][0]["reasons"][0]


def test_before_anything_is_graded_it_says_what_to_do(graded):
    with pytest.raises(NothingDone, match=f"autograder grade {ASSIGNMENT}"):
        write_report(graded.course, ASSIGNMENT)


def test_an_empty_course_says_what_to_do(graded):
    with pytest.raises(NothingDone, match="autograder grade NAME"):
        write_report(graded.course, None)
