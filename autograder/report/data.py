"""The report as data: everything that the page shows, ready for JSON.

It is made from the journal's records, with the gradebook for names, manual points and late
penalties. No notebook is run or read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean, quantiles
from typing import Any

from autograder.course_directory import CourseDirectory
from autograder.errors import NothingDone
from autograder.grading.journal import Journal, JournalEntryDamaged
from autograder.grading.record import Record
from autograder.report.exercises import by_exercise, exercise_rows
from autograder.report.grades import Grades, read_grades
from autograder.report.mistakes import mistake_rows, unnamed_rows
from autograder.report.outcome import has_score, named_findings, outcome
from autograder.report.suspects import suspect_rows
from autograder.results import reasons

__all__ = ["report_data", "summarise"]

BINS = 10


def report_data(course: CourseDirectory, assignment: str | None) -> dict[str, Any]:
    """Sum up an assignment, or the whole course.

    Parameters
    ----------
    course : CourseDirectory
    assignment : str or None
        None for every assignment that has been graded.

    Returns
    -------
    dict
        As `summarise` gives it.

    Raises
    ------
    NothingDone
        Nothing has been graded yet.
    """
    names = [assignment] if assignment else _graded(course)
    records, damaged = _read(course, names)
    if not records:
        what = f"assignment {assignment}" if assignment else "this course"
        raise NothingDone(
            f"Nothing of {what} has been graded: run `autograder grade {assignment or 'NAME'}`."
        )
    data = summarise(records, read_grades(course, names), course.course_id, assignment)
    data["people"] += damaged
    return data


def _read(
    course: CourseDirectory, assignments: list[str]
) -> tuple[list[Record], list[dict[str, Any]]]:
    """Read the journals; an entry that is damaged is work for a person, and stops nobody else's."""
    records, damaged = [], []
    for assignment in assignments:
        journal = Journal(course.journal(assignment))
        for path in sorted(journal.folder.glob("[!.]*.json")):
            try:
                record = journal.read(path.stem)
            except JournalEntryDamaged as error:
                damaged.append(
                    {
                        "assignment": assignment,
                        "student": path.stem,
                        "status": "unreadable",
                        "reasons": [str(error)],
                    }
                )
            else:
                records += [record] if record is not None else []
    return records, damaged


def _graded(course: CourseDirectory) -> list[str]:
    journals = course.journal("any").parent
    return sorted(path.name for path in journals.glob("[!.]*") if path.is_dir())


def summarise(
    records: Sequence[Record], grades: Grades, course: str, assignment: str | None
) -> dict[str, Any]:
    """Sum up records.

    Parameters
    ----------
    records : sequence of Record
        At least one.
    grades : Grades
    course : str
        Its name, for the heading.
    assignment : str or None
        None when the records are of a whole course.

    Returns
    -------
    dict
        ``course``, ``assignment``, ``made`` (ISO 8601, UTC), ``unsandboxed`` (submissions graded
        without a sandbox), ``assignments``, ``distribution``, ``exercises``, ``suspects``,
        ``mistakes``, ``unnamed``, ``people``, ``repaired``, ``reported``, ``students`` and
        ``absent``. Each is a list of flat rows.
    """
    groups = by_exercise(records)
    exercises = exercise_rows(groups)
    students = _students(records, grades)
    handed_in = {record.student for record in records if record.status != "missing"}
    return {
        "course": course,
        "assignment": assignment,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "unsandboxed": sum(not record.sandboxed for record in records),
        "assignments": _assignments(records),
        "distribution": _distribution(
            [row["share"] for row in students if row["share"] is not None]
        ),
        "exercises": exercises,
        "suspects": suspect_rows(groups, exercises),
        "mistakes": mistake_rows(records),
        "unnamed": unnamed_rows(records),
        "people": _people(records),
        "repaired": _notes(records, "repaired"),
        "reported": _notes(records, "reported"),
        "students": students,
        "absent": sorted(set(grades.roster) - handed_in),
    }


def _assignments(records: Sequence[Record]) -> list[dict[str, Any]]:
    by_name = defaultdict(list)
    for record in records:
        by_name[record.assignment].append(record)
    return [
        {
            "name": name,
            "students": len(found),
            "handed_in": sum(record.status != "missing" for record in found),
            "graded": sum(record.status == "graded" for record in found),
            "need_person": sum(record.needs_person for record in found),
            "max_score": max(record.max_score for record in found),
            **_spread([_share(record) for record in found if has_score(record)]),
        }
        for name, found in sorted(by_name.items())
    ]


def _share(record: Record) -> float:
    return record.score / record.max_score if record.max_score else 0.0


def _spread(shares: list[float]) -> dict[str, float | None]:
    """Return mean and quartiles of shares of the points."""
    if not shares:
        return dict.fromkeys(("mean", "lower", "median", "upper"))
    lower, middle, upper = quantiles(shares * 2 if len(shares) == 1 else shares, method="inclusive")
    return {"mean": fmean(shares), "lower": lower, "median": middle, "upper": upper}


def _distribution(shares: list[float]) -> list[dict[str, Any]]:
    """Count students in ten equal bins of the share of points; the last holds 100 % too."""
    counts = [0] * BINS
    for share in shares:
        # Rounded first: 0.7 of a total must not fall below its bin for want of a last bit.
        counts[min(int(round(share * BINS, 9)), BINS - 1)] += 1
    return [
        {"low": index / BINS, "high": (index + 1) / BINS, "students": count}
        for index, count in enumerate(counts)
    ]


def _people(records: Sequence[Record]) -> list[dict[str, Any]]:
    """List what a person has to look at, and why."""
    return [
        {
            "assignment": record.assignment,
            "student": record.student,
            "status": record.status,
            "reasons": reasons(record),
        }
        for record in records
        if record.needs_person
    ]


def _notes(records: Sequence[Record], kind: str) -> list[dict[str, Any]]:
    """Gather notes of one kind that say the same, the most frequent first."""
    who = defaultdict(list)
    for record in records:
        for note in record.notes:
            if note.kind == kind:
                who[record.assignment, note.text].append(record.student)
    rows = [
        {"assignment": name, "text": text, "students": sorted(set(found))}
        for (name, text), found in who.items()
    ]
    return sorted(rows, key=lambda row: -len(row["students"]))


def _students(records: Sequence[Record], grades: Grades) -> list[dict[str, Any]]:
    by_student = defaultdict(list)
    for record in records:
        by_student[record.student].append(record)
    return [_student(name, found, grades) for name, found in sorted(by_student.items())]


def _student(student: str, records: list[Record], grades: Grades) -> dict[str, Any]:
    booked = [
        (record, grade)
        for record in records
        if (grade := grades.grades.get((record.assignment, student))) is not None
    ]
    # The gradebook has 0 for what could not be read; that is no grade.
    known = [grade for record, grade in booked if has_score(record) or grade.by_hand]
    scores = {record.assignment: record.score if has_score(record) else None for record in records}
    scored = [score for score in scores.values() if score is not None]
    score = sum(scored) if scored else None
    most = sum(record.max_score for record in records)
    verdicts = [verdict for record in records for verdict in record.verdicts]
    findings = [finding.mistake for v in verdicts for finding in named_findings(v)]
    return {
        "student": student,
        "name": grades.roster.get(student, ""),
        "status": {record.assignment: record.status for record in records},
        "score": score,
        "max_score": most,
        "share": score / most if score is not None and most else None,
        "scores": scores,
        "total": sum(grade.score for grade in known) if known else None,
        "max_total": sum(grade.max_score for grade in known) if known else None,
        "late_penalty": sum(grade.late_penalty for grade in known),
        "needs_manual_grade": any(grade.needs_manual_grade for _, grade in booked),
        "needs_person": any(record.needs_person for record in records),
        "not_passed": [v.exercise for v in verdicts if outcome(v) != "passed"],
        "mistakes": list(dict.fromkeys(findings)),
        "attempt": max(record.attempt for record in records),
        "seconds": sum(record.seconds for record in records),
    }
