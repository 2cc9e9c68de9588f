"""The demo, run once as `make demo` runs it: the main job on a sample class."""

import csv
import io
import json
import re

import pytest
from rich.console import Console

from autograder.demo.handed_in import Released
from autograder.demo.run import MARK, run_demo
from autograder.demo.sample_class import ASSIGNMENT, SAMPLE_CLASS
from autograder.errors import NothingDone
from autograder.grading.database import open_gradebook
from autograder.grading.journal import Journal
from autograder.report import report_data

HONEST = [student for student in SAMPLE_CLASS if student.status != "unreadable"]


class Demo:
    """What one run printed and left behind."""

    def __init__(self, directory):
        self.printed = io.StringIO()
        console = Console(file=self.printed, width=140, force_terminal=False)
        self.course = run_demo(directory, console)
        self.records = {each.student: each for each in Journal(self.journal).records()}

    @property
    def journal(self):
        return self.course.journal(ASSIGNMENT)

    def feedback(self, student):
        (page,) = self.course.feedback(student, ASSIGNMENT).glob("*.html")
        return page.read_text("utf-8")

    @property
    def report(self):
        return (self.course.root / "reports" / f"{ASSIGNMENT}.html").read_text("utf-8")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """Run it where an earlier demo left something."""
    directory = tmp_path_factory.mktemp("demo") / "demo"
    directory.mkdir()
    (directory / MARK).touch()
    (directory / "stale.txt").touch()
    return Demo(directory)


by_name = pytest.mark.parametrize("student", SAMPLE_CLASS, ids=lambda student: student.name)
honest = pytest.mark.parametrize("student", HONEST, ids=lambda student: student.name)


@by_name
def test_the_submission_has_the_status_that_is_expected(demo, student):
    assert demo.records[student.name].status == student.status


@by_name
def test_points_are_lost_where_they_should_be_and_nowhere_else(demo, student):
    record = demo.records[student.name]
    lost = {verdict.exercise for verdict in record.verdicts if not verdict.passed}
    assert lost == set(student.lost)


@by_name
def test_each_mistake_is_named_as_expected(demo, student):
    verdicts = {verdict.exercise: verdict for verdict in demo.records[student.name].verdicts}
    named = {exercise: verdicts[exercise].mistakes for exercise in student.lost}
    assert named == student.lost


@honest
def test_the_gradebook_has_the_score_that_the_verdicts_give(demo, student):
    record = demo.records[student.name]
    with open_gradebook(demo.course) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, student.name)
        scores = {
            grade.name: grade.auto_score
            for grade in submission.notebooks[0].grades
            if grade.auto_score is not None
        }
    graded = [verdict for verdict in record.verdicts if verdict.status == "graded"]
    assert {v.exercise: scores[v.exercise] for v in graded} == {v.exercise: v.score for v in graded}


def test_a_submission_that_cannot_be_read_has_no_score_and_is_not_zero(demo):
    rows = {row["student_id"]: row for row in csv.DictReader(open_scores(demo))}
    assert rows["jun"]["score"] == ""


def open_scores(demo):
    return io.StringIO((demo.course.root / "scores.csv").read_text("utf-8"))


@by_name
def test_everybody_is_in_the_table_that_is_printed(demo, student):
    assert re.search(rf"│ {student.name} +│ {re.escape(student.what)}", demo.printed.getvalue())


@by_name
def test_the_feedback_names_the_mistakes(demo, student):
    page = demo.feedback(student.name)
    for finding in (f for v in demo.records[student.name].verdicts for f in v.findings):
        assert f"[{finding.mistake}]" in page


@by_name
def test_the_feedback_runs_no_script_and_is_small(demo, student):
    page = demo.feedback(student.name)
    assert "<script" not in page
    assert not re.search(r"<[^>]*\son\w+\s*=", page)
    assert len(page.encode()) < 300_000


def solution_lines(released):
    """Yield the lines of the author's solutions that are in no released cell."""
    shown = {line.strip() for cell in released.blank["cells"] for line in text_lines(cell)}
    for cell in released.source["cells"]:
        inside = False
        for line in text_lines(cell):
            if "### BEGIN SOLUTION" in line or "### END SOLUTION" in line:
                inside = "BEGIN" in line
            elif inside and len(line.strip()) > 20 and line.strip() not in shown:
                yield line.strip()


def text_lines(cell):
    return "".join(cell["source"]).splitlines()


def test_no_solution_is_in_the_feedback_of_a_student_who_wrote_none(demo):
    lines = list(solution_lines(Released.read(demo.course, ASSIGNMENT)))
    assert len(lines) > 20
    page = re.sub(r"<[^>]+>", "", demo.feedback("ivo"))
    assert [line for line in lines if line in page] == []


def test_no_hint_for_the_grader_is_in_anybodys_feedback(demo):
    assert not any("For the grader" in demo.feedback(student.name) for student in SAMPLE_CLASS)


@by_name
def test_the_report_has_a_row_for_everybody(demo, student):
    link = f"../feedback/{student.name}/{ASSIGNMENT}/gate_patterns.html"
    assert f'<a href="{link}">{student.name}</a>' in demo.report


def test_the_report_says_who_needs_a_person(demo):
    people = report_data(demo.course, ASSIGNMENT)["people"]
    assert {row["student"] for row in people} == {
        student.name for student in SAMPLE_CLASS if student.status != "graded"
    }


def test_the_report_ranks_the_mistakes_that_were_made(demo):
    mistakes = {row["mistake"]: row for row in report_data(demo.course, ASSIGNMENT)["mistakes"]}
    assert mistakes["no-upstream"]["students"] == ["cleo", "ines"]
    assert mistakes["not-swapped"]["students"] == ["dana"]


def test_what_was_repaired_is_reported(demo):
    repaired = {
        student
        for row in report_data(demo.course, ASSIGNMENT)["repaired"]
        for student in row["students"]
    }
    assert {"pia", "quin"} <= repaired


def test_nobody_reaches_the_gradebook_or_another_submission(demo):
    oli = next(v for v in demo.records["oli"].verdicts if v.exercise == "mul_backward")
    assert "nothing here" in json.dumps(oli.to_dict())


def test_a_second_demo_clears_what_the_first_made(demo):
    assert not (demo.course.root / "stale.txt").exists()
    assert (demo.course.root / MARK).exists()


def test_a_directory_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("my life's work")
    with pytest.raises(NothingDone, match="no earlier demo made it"):
        run_demo(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "my life's work"
