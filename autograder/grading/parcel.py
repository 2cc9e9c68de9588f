"""A job and its outcome as bytes, for workers on other machines.

JSON and the notebook's own bytes, so that nothing has to be unpickled. What comes back is read with
distrust: it must be an outcome of the very job that was given out.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from autograder.grading.job import Job, Outcome
from autograder.grading.record import Note, Record
from autograder.grading.released import Released
from autograder.grading.submission import FILE_BYTES

__all__ = ["OUTCOME_BYTES", "OutcomeRefused", "packed_job", "packed_outcome", "unpacked_job"]
__all__ += ["unpacked_outcome"]

OUTCOME_BYTES = 4 * FILE_BYTES
"""Largest outcome that is read: what a submission may put out is far less."""


class OutcomeRefused(Exception):
    """A worker answered with what is no outcome of its job; the message says what is wrong."""


def packed_job(job: Job) -> bytes:
    """Return a job as bytes."""
    notes = [{**vars(note)} for note in job.notes]
    facts = {**vars(job), "seeds": dict(job.seeds), "notes": notes}
    del facts["data"]
    return json.dumps(facts).encode() + b"\n" + job.data


def unpacked_job(parcel: bytes) -> Job:
    """Return the job that was packed."""
    facts, _, data = parcel.partition(b"\n")
    known: dict[str, Any] = json.loads(facts)
    notes = tuple(Note(**note) for note in known.pop("notes"))
    return Job(**known, notes=notes, data=data)


def packed_outcome(outcome: Outcome) -> bytes:
    """Return an outcome as bytes."""
    record = json.dumps(outcome.record.to_dict()).encode()
    return record + b"\n" + outcome.notebook.encode()


def unpacked_outcome(
    parcel: Any, job: Job, released: Released, *, sandboxed: bool = True
) -> Outcome:
    """Return the outcome that a worker gave for a job.

    Parameters
    ----------
    parcel
        What came from the worker.
    job : Job
        What it was given.
    released : Released
    sandboxed : bool
        Whether it had to use a sandbox.

    Raises
    ------
    OutcomeRefused
        It is none, or that of another job.
    """
    if not isinstance(parcel, bytes) or len(parcel) > OUTCOME_BYTES:
        raise OutcomeRefused("its answer is not bytes of a size that can be")
    facts, _, notebook = parcel.partition(b"\n")
    try:
        record = Record.from_dict(json.loads(facts))
        text = notebook.decode()
        is_notebook = isinstance(json.loads(text)["cells"], list)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise OutcomeRefused(f"its answer cannot be read ({type(error).__name__})") from error
    was_sandboxed = True if sandboxed else record.sandboxed
    if not is_notebook or _told(record) != _asked(record, job, released, was_sandboxed):
        raise OutcomeRefused("its answer is not about the job it was given")
    return Outcome(record, text)


def _told(record: Record) -> tuple[Any, ...]:
    """Return what a record says of the job that it is about."""
    exercises = [(each.exercise, each.points, each.seed) for each in record.verdicts]
    bare = replace(record, status="", verdicts=(), notes=(), seconds=0.0, unanswered=())
    return bare, exercises, record.notes


def _asked(record: Record, job: Job, released: Released, sandboxed: bool) -> tuple[Any, ...]:
    """Return what it has to say."""
    exercises = [(name, cell.points, job.seeds[name]) for name, cell in released.checks.items()]
    bare = Record(
        job.student,
        released.assignment,
        released.notebook,
        "",
        job.digest,
        job.attempt,
        sandboxed=sandboxed,
        late_seconds=job.late_seconds,
    )
    return bare, exercises, (*job.notes, *record.notes[len(job.notes) :])
