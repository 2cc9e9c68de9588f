"""The journal: what grading came to, one file for each submission, there whole or not at all.

A record is in the journal before it is anywhere else. Whatever ends the grader, the next run finds
here what was done, and goes on from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.durable import write_durably
from autograder.errors import AutograderError
from autograder.grading.record import Record

__all__ = ["Journal", "JournalEntryDamaged"]

FORMAT = 1


class JournalEntryDamaged(AutograderError):
    """A journal file does not hold a record; it was changed by something else."""


class Journal:
    """The records of one assignment.

    Parameters
    ----------
    folder : pathlib.Path
        Where its files are, ``STUDENT.json``; need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, student: str) -> Path:
        """Return where a student's record is."""
        return self.folder / f"{student}.json"

    def write(self, record: Record) -> None:
        """Keep a record, in place of the student's earlier one.

        Raises
        ------
        OSError
            It could not be written; the earlier one is still there.
        """
        content = {"format": FORMAT, "record": record.to_dict()}
        write_durably(self.path(record.student), json.dumps(content) + "\n", mode=0o600)

    def read(self, student: str) -> Record | None:
        """Return a student's record, or None when there is none.

        Raises
        ------
        JournalEntryDamaged
            The file is there but holds no record of this student.
        """
        path = self.path(student)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            record = _record(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise JournalEntryDamaged(_damaged(path, error)) from error
        if record.student != student:
            raise JournalEntryDamaged(_damaged(path, f"it is {record.student}'s"))
        return record

    def records(self) -> Iterator[Record]:
        """Yield every record, in the order of the students' names.

        Raises
        ------
        JournalEntryDamaged
            At a file that holds none.
        """
        for path in sorted(self.folder.glob("*.json")):
            record = self.read(path.stem) if not path.name.startswith(".") else None
            if record is not None:
                yield record

    def sweep(self) -> None:
        """Remove what an interrupted write left behind."""
        for path in self.folder.glob(".*.json.*"):
            path.unlink(missing_ok=True)


def _record(content: dict[str, Any]) -> Record:
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']!r} is not {FORMAT}")
    return Record.from_dict(content["record"])


def _damaged(path: Path, why: object) -> str:
    return f"{path} is damaged ({why}): remove it, then grade again with --regrade."
