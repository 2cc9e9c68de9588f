"""One submission's grading as a worker does it: bytes in, record and autograded notebook out.

A worker knows no course directory, no database and no secret: what it needs is in the job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.notebook import autograded_notebook
from autograder.grading.plain_code import written_plainly
from autograder.grading.record import Note, Record
from autograder.grading.released import Released
from autograder.grading.repair import Repaired, repair
from autograder.grading.run import SubmissionRun
from autograder.grading.submission import Unreadable, parse
from autograder.sandbox import Limits, Sandbox, SandboxError, Session
from course.checking.values import writable
from course.checking.verdict import Verdict
from course.exercises import load

__all__ = ["Job", "Outcome", "SandboxUnavailable", "Worker", "ungraded"]


class SandboxUnavailable(Exception):
    """No sandbox can be had on this machine, or it does not contain; nothing may be graded."""


@dataclass(frozen=True)
class Job:
    """A submission to grade.

    Attributes
    ----------
    student, digest : str
        Whose, and the SHA-256 of what was handed in.
    data : bytes
        The notebook file.
    attempt : int
        From 1.
    seeds : mapping of str to int
        For each exercise, from which its probes are drawn.
    late_seconds : float
    notes : tuple of Note
        What is known about it already.
    """

    student: str
    digest: str
    data: bytes = field(repr=False)
    attempt: int
    seeds: Mapping[str, int] = field(repr=False)
    late_seconds: float = 0.0
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What grading a submission gave.

    Attributes
    ----------
    record : Record
    notebook : str
        The autograded notebook.
    """

    record: Record
    notebook: str = field(repr=False)


def ungraded(job: Job, released: Released, status: str, reason: str) -> Outcome:
    """Make the outcome of a submission that is missing or cannot be read.

    It has a verdict without checks for each exercise, which is no score rather than 0, and the
    notebook as it was released, so that formgrader has something to show.
    """
    verdicts = tuple(
        Verdict(name, cell.points, job.seeds[name], status=status)
        for name, cell in released.checks.items()
    )
    record = Record(
        job.student,
        released.assignment,
        released.notebook,
        status,
        job.digest,
        job.attempt,
        verdicts,
        (*job.notes, Note("person", reason)) if reason else job.notes,
        late_seconds=job.late_seconds,
    )
    return Outcome(record, autograded_notebook(record, repair((), released).cells, {}))


class Worker:
    """Grades jobs of one assignment, one after the other, in a sandbox that stays.

    Plain code is examined where its cells ran. Other code is examined in a second sandbox, where
    its cells are run again and there is no engine to have an answer from.

    Parameters
    ----------
    released : Released
    limits : Limits
    unsafe : bool
        Without a sandbox, because the instructor asked for it.
    hidden : tuple of pathlib.Path
        What no submission may see.
    """

    def __init__(
        self, released: Released, limits: Limits, *, unsafe: bool, hidden: tuple[Path, ...]
    ) -> None:
        self._released, self._limits = released, limits
        self._unsafe, self._hidden = unsafe, hidden
        self._exercises = load(released.assignment)
        self._open = ExitStack()
        self._sandboxes: dict[bool, Sandbox] = {}

    def close(self) -> None:
        """End the sandboxes."""
        self._open.close()
        self._sandboxes.clear()

    def prepare(self, *, engine: bool = True) -> Sandbox:
        """Return the sandbox, started and proved if there is none yet.

        Parameters
        ----------
        engine : bool
            The one with the engine in it, or the one without.

        Raises
        ------
        SandboxUnavailable
            It does not start, or does not contain.
        """
        if engine not in self._sandboxes:
            sandbox = Sandbox(self._limits, unsafe=self._unsafe, hidden=self._hidden, engine=engine)
            try:
                self._open.enter_context(sandbox)
                if not self._unsafe:
                    sandbox.prove()
            except SandboxError as error:
                self.close()
                raise SandboxUnavailable(str(error)) from error
            self._sandboxes[engine] = sandbox
        return self._sandboxes[engine]

    def _start_without_engine(self) -> Session:
        return self.prepare(engine=False).start()

    def grade(self, job: Job) -> Outcome:
        """Grade a submission; whatever is in it, an outcome comes back.

        Raises
        ------
        SandboxUnavailable
            The sandbox cannot be started (again).
        """
        try:
            return self._graded_or_lost(job, repair(parse(job.data), self._released))
        except Unreadable as error:
            return ungraded(job, self._released, "unreadable", str(error))
        except SandboxUnavailable:
            raise
        except Exception as error:  # ours, but it must not be the whole class's: a person is told
            told = writable(f"{type(error).__name__}: {error}")[:300]
            reason = f"the grader itself failed on it ({told}): report this, and grade it by hand."
            return ungraded(job, self._released, "crashed", reason)

    def _graded_or_lost(self, job: Job, repaired: Repaired) -> Outcome:
        """Grade a submission; should the sandbox be lost, once more in a new one."""
        try:
            return self._grade(job, repaired)
        except SandboxError:
            # This submission took the whole sandbox down with it, or an earlier one did. The new
            # one has to prove itself like the first.
            self.close()
        try:
            return self._grade(job, repaired)
        except SandboxError as error:
            self.close()
            return ungraded(
                job, self._released, "crashed", f"the sandbox was lost, and lost again: {error}."
            )

    def _grade(self, job: Job, repaired: Repaired) -> Outcome:
        started = time.monotonic()
        sandbox = self.prepare()
        cells, seconds = repaired.cells, self._limits.wall_seconds
        plain = written_plainly(cells, self._released)
        with SubmissionRun(sandbox.start, cells, seconds) as run:
            run.run_cells()
            found = self._examine(run, job, lambda name: plain or self._exercises[name].engine)
        # Not before the process that has an engine is gone: this one could ask it for its answers,
        # since any two on a machine can talk, by the locks on a file that both may read for one.
        with SubmissionRun(self._start_without_engine, cells, seconds) as apart:
            found |= self._examine(apart, job, lambda name: name not in found)
        verdicts = tuple(found[name] for name in self._released.checks)
        record = Record(
            job.student,
            self._released.assignment,
            self._released.notebook,
            next((each.status for each in verdicts if each.status != "graded"), "graded"),
            job.digest,
            job.attempt,
            verdicts,
            (*job.notes, *repaired.notes, *_fatal_cells(run)),
            time.monotonic() - started,
            sandboxed=not self._unsafe,
            late_seconds=job.late_seconds,
            unanswered=repaired.unanswered,
        )
        return Outcome(record, autograded_notebook(record, repaired.cells, run.outcomes))

    def _examine(
        self, run: SubmissionRun, job: Job, wanted: Callable[[str], bool]
    ) -> dict[str, Verdict]:
        return {
            name: run.examine(self._exercises[name], job.seeds[name])
            for name in self._released.checks
            if wanted(name)
        }


def _fatal_cells(run: SubmissionRun) -> tuple[Note, ...]:
    return tuple(
        Note("reported", f"cell {index + 1} was stopped: {gone}.")
        for index, gone in sorted(run.fatal.items())
    )
