from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.durable import write_durably
from autograder.grading.journal import Journal, JournalEntryDamaged
from autograder.grading.record import Note, Record
from course.checking.verdict import CheckResult, Comparison, Finding, Verdict


def a_record(student: str = "ada") -> Record:
    verdict = Verdict(
        "mul_backward",
        2.0,
        2**48 - 1,
        (
            CheckResult("numbers", 1, True),
            CheckResult("arrays", 1, False, "dx is wrong", (Comparison("dx", "1", "2"),)),
        ),
        (Finding("not-swapped", "Each input must get the other one.", "dx", "2. Multiply"),),
    )
    return Record(
        student,
        "03_gate_patterns",
        "gate_patterns",
        "graded",
        "ab" * 32,
        3,
        (verdict,),
        (Note("repaired", "points were put back."),),
        unanswered=("explain",),
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "03")
    journal.write(a_record())
    assert journal.read("ada") == a_record()
    assert list(journal.records()) == [a_record()]


def test_a_student_without_an_entry_has_none(tmp_path: Path) -> None:
    assert Journal(tmp_path).read("ada") is None


@pytest.mark.parametrize("student", ["o'brien", "Zoë", "a b", "x.y", "-rf", "100%"])
def test_any_folder_name_is_a_students_name(tmp_path: Path, student: str) -> None:
    journal = Journal(tmp_path)
    journal.write(a_record(student))
    assert [record.student for record in journal.records()] == [student]


def test_only_the_owner_reads_the_seeds(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(a_record())
    assert journal.path("ada").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "null",
        lambda text: text.replace('"format": 1', '"format": 9'),
        lambda text: text.replace('"status": "graded"', '"status": "splendid"'),
        lambda text: text.replace('"student": "ada"', '"student": "bob"'),
        lambda text: text.replace('"weight": 1', '"weight": "many"'),
        lambda text: text.replace('"weight": 1', '"weight": -3', 1),
    ],
)
def test_an_entry_that_was_tampered_with_is_not_believed(tmp_path: Path, edit: object) -> None:
    journal = Journal(tmp_path)
    journal.write(a_record())
    text = journal.path("ada").read_text()
    journal.path("ada").write_text(edit(text))  # type: ignore[operator]  # a parametrised function
    with pytest.raises(JournalEntryDamaged, match=r"ada\.json is damaged.*--regrade"):
        journal.read("ada")


def test_what_a_killed_writer_left_is_swept_and_never_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(a_record())
    (tmp_path / ".bob.json.x7f3").write_text('{"format": 1, "rec')
    assert [record.student for record in journal.records()] == ["ada"]
    journal.sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["ada.json"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "ada.json"
    write_durably(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_durably(path, "\ud800")
    assert [each.name for each in tmp_path.iterdir()] == ["ada.json"]
    assert path.read_text() == "old"


def test_the_score_in_the_file_follows_from_its_checks(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(a_record())
    content = json.loads(journal.path("ada").read_text())
    content["record"]["verdicts"][0]["score"] = 100.0
    journal.path("ada").write_text(json.dumps(content))
    record = journal.read("ada")
    assert record is not None
    assert record.score == 1.0
