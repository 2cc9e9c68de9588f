"""What the report says about a class, as data."""

import json

import pytest

from autograder.grading.record import Note
from autograder.report.data import summarise
from autograder.report.grades import Grade, Grades
from tests.report.sample import ASSIGNMENT, CHECKS, blank, classroom, lost, record, right, wrong


def summary(*records, grades=None, assignment=ASSIGNMENT):
    return summarise(records, grades or Grades(), "calculus", assignment)


def only(rows, **wanted):
    (row,) = [row for row in rows if all(row[key] == wanted[key] for key in wanted)]
    return row


def test_every_exercise_counts_each_student_under_one_outcome():
    data = summary(
        record("a", right("mul_backward")),
        record("b", wrong("mul_backward", failed=CHECKS[1:])),
        record("c", wrong("mul_backward")),
        record("d", blank("mul_backward")),
        record("e", lost("mul_backward"), status="timeout"),
    )
    row = only(data["exercises"], name="mul_backward")
    outcomes = [row[word] for word in ("passed", "partial", "wrong", "blank", "lost")]
    assert outcomes == [1, 1, 1, 1, 1]
    assert row["tried"] == 3


def test_the_mean_of_an_exercise_leaves_out_those_who_did_not_write_it():
    data = summary(record("a", right("mul_backward")), record("b", blank("mul_backward")))
    assert only(data["exercises"], name="mul_backward")["mean"] == 1.0


def test_exercises_keep_the_order_of_the_notebook():
    data = summary(record("a", right("mul_backward"), right("add_backward")))
    assert [row["name"] for row in data["exercises"]] == ["mul_backward", "add_backward"]


def test_each_check_says_how_many_of_those_who_tried_passed_it():
    data = summary(
        record("a", right("mul_backward")), record("b", wrong("mul_backward", failed=CHECKS[2:]))
    )
    passed = [check["passed"] for check in data["exercises"][0]["checks"]]
    assert passed == [2, 2, 1, 1]


def test_mistakes_are_ranked_by_the_number_of_students_who_made_them():
    data = summary(
        record("a", wrong("mul_backward", "no-upstream"), wrong("exp_backward", "no-upstream")),
        record("b", wrong("mul_backward", "sign")),
        record("c", wrong("mul_backward", "sign")),
    )
    ranked = [(row["mistake"], row["students"]) for row in data["mistakes"]]
    assert ranked == [("sign", ["b", "c"]), ("no-upstream", ["a"])]


def test_a_mistake_made_twice_by_one_student_counts_that_student_once_in_each_exercise():
    data = summary(record("a", wrong("mul_backward", "sign"), wrong("exp_backward", "sign")))
    assert data["mistakes"][0]["students"] == ["a"]
    assert data["mistakes"][0]["exercises"] == {"exp_backward": 1, "mul_backward": 1}


def test_each_mistake_has_an_example_with_the_numbers_side_by_side():
    example = summary(record("a", wrong("mul_backward", "sign")))["mistakes"][0]["example"]
    assert example["student"] == "a"
    assert example["comparisons"][-1] == {
        "what": "dx",
        "yours": "[-1., 2.]",
        "expected": "[1., -2.]",
    }


def test_an_empty_stub_and_a_lost_process_are_not_mistakes_of_the_class():
    data = summary(
        record("a", blank("mul_backward")), record("b", lost("mul_backward"), status="timeout")
    )
    assert data["mistakes"] == []
    assert data["unnamed"] == []


@pytest.mark.parametrize("finding", ["", "unknown"])
def test_failures_without_a_known_mistake_are_listed_apart(finding):
    data = summary(record("a", wrong("mul_backward", finding)))
    assert data["mistakes"] == []
    assert only(data["unnamed"], exercise="mul_backward")["students"] == ["a"]


def test_a_check_that_nobody_passes_makes_an_exercise_look_broken():
    students = [record(name, wrong("mul_backward", failed=CHECKS[3:])) for name in "abc"]
    reasons = only(summary(*students)["suspects"], exercise="mul_backward")["reasons"]
    assert reasons == [f"None of the 3 students who tried passes “{CHECKS[3]}”."]


def test_an_exercise_that_strong_students_fail_looks_broken():
    strong = [record(n, right("add_backward"), wrong("mul_backward")) for n in "abc"]
    data = summary(*strong, record("d", right("add_backward"), right("mul_backward")))
    assert only(data["suspects"], exercise="mul_backward")["reasons"] == [
        "3 of the 4 students with 90% or more elsewhere do not pass it."
    ]


def test_an_exercise_in_which_the_weak_beat_the_strong_looks_broken():
    weak = [record(f"w{i}", right("mul_backward"), wrong("exp_backward")) for i in range(8)]
    able = [record(f"s{i}", wrong("mul_backward"), right("exp_backward")) for i in range(8)]
    reasons = only(summary(*weak, *able)["suspects"], exercise="mul_backward")["reasons"]
    assert any("correlation with the rest of the assignment -1.00" in each for each in reasons)


def test_an_exercise_that_cannot_be_run_for_half_the_class_looks_broken():
    runs = [record(name, lost("mul_backward"), status="timeout") for name in "abc"]
    reasons = only(summary(*runs)["suspects"], exercise="mul_backward")["reasons"]
    assert reasons == ["It could not be run to its end for 3 of 3 students."]


def test_a_class_that_goes_well_has_no_broken_exercise():
    assert summary(*classroom(60))["suspects"] == []


def test_who_needs_a_person_is_listed_with_every_reason():
    needing = record(
        "a",
        lost("mul_backward", "crashed"),
        right("exp_backward"),
        status="crashed",
        notes=(Note("person", "The notebook ended its own process."),),
    )
    data = summary(needing, record("b", right("mul_backward")))
    assert data["people"] == [
        {
            "assignment": ASSIGNMENT,
            "student": "a",
            "status": "crashed",
            "reasons": ["The notebook ended its own process.", "crashed: mul_backward"],
        }
    ]


def test_a_single_exercise_that_was_lost_is_a_reason_too():
    data = summary(record("a", lost("mul_backward", "memory"), right("exp_backward")))
    assert data["people"][0]["reasons"] == ["memory: mul_backward"]


def test_repairs_that_say_the_same_are_gathered():
    note = Note("repaired", "A deleted test cell was put back.")
    data = summary(*(record(name, right("mul_backward"), notes=(note,)) for name in "ab"))
    assert only(data["repaired"], text=note.text)["students"] == ["a", "b"]


@pytest.mark.parametrize(("passed", "bin_index"), [(0, 0), (7, 7), (10, 9)])
def test_the_distribution_puts_a_share_on_the_edge_into_the_upper_bin(passed, bin_index):
    verdicts = [right(f"e{index}") for index in range(passed)]
    verdicts += [wrong(f"e{index}") for index in range(passed, 10)]
    counts = [row["students"] for row in summary(record("a", *verdicts))["distribution"]]
    assert counts[bin_index] == sum(counts) == 1


@pytest.mark.parametrize("status", ["missing", "unreadable"])
def test_a_submission_of_which_nothing_was_checked_is_not_a_score_of_zero(status):
    missing = record("b", lost("mul_backward", status), status=status)
    data = summary(record("a", right("mul_backward")), missing)
    assert only(data["students"], student="b")["score"] is None
    assert sum(row["students"] for row in data["distribution"]) == 1
    assert data["assignments"][0]["mean"] == 1.0


def test_students_of_the_roster_who_handed_in_nothing_are_named():
    data = summary(record("a", right("mul_backward")), grades=Grades({"a": "", "b": "Bea"}))
    assert data["absent"] == ["b"]


def test_manual_points_and_late_penalty_come_from_the_gradebook():
    grades = Grades({"a": "Ada"}, {(ASSIGNMENT, "a"): Grade(4.0, 5.0, 0.5, True)})
    row = summary(record("a", right("mul_backward")), grades=grades)["students"][0]
    assert (row["name"], row["total"], row["max_total"]) == ("Ada", 4.0, 5.0)
    assert (row["late_penalty"], row["needs_manual_grade"]) == (0.5, True)


@pytest.mark.parametrize(("by_hand", "total"), [(False, None), (True, 2.0)])
def test_what_could_not_be_read_has_a_total_only_where_a_person_gave_points(by_hand, total):
    unread = record("a", lost("mul_backward", "unreadable"), status="unreadable")
    grades = Grades({}, {(ASSIGNMENT, "a"): Grade(total or 0.0, 5.0, 0.0, True, by_hand)})
    row = summary(unread, grades=grades)["students"][0]
    assert row["total"] == total
    assert row["needs_manual_grade"]


def test_a_student_the_gradebook_does_not_know_has_no_total():
    assert summary(record("a", right("mul_backward")))["students"][0]["total"] is None


def test_scores_without_a_sandbox_are_counted():
    assert summary(record("a", right("mul_backward"), sandboxed=False))["unsandboxed"] == 1


def test_the_whole_course_gives_a_student_one_row_with_each_assignment():
    data = summary(
        record("a", right("mul_backward")),
        record("a", wrong("relu"), assignment="04_vectorized_gradients"),
        assignment=None,
    )
    assert [row["name"] for row in data["assignments"]] == [ASSIGNMENT, "04_vectorized_gradients"]
    assert data["students"][0]["scores"] == {ASSIGNMENT: 2.0, "04_vectorized_gradients": 0.0}


def test_the_data_is_json():
    data = summary(*classroom(5))
    assert json.loads(json.dumps(data)) == data
