"""What can stop a command: a small family, each message one line that says what to do.

A command that raises one of these prints its message and ends with its `exit_status`; anything
else that escapes is a defect of ours and shows its traceback.
"""

from __future__ import annotations

__all__ = [
    "AuthorError",
    "AutograderError",
    "GradebookLocked",
    "NothingDone",
    "StaleNotebook",
    "Stopped",
]


class AutograderError(Exception):
    """Base of the family."""

    exit_status = 2


class NothingDone(AutograderError):
    """The command could not begin: wrong name, no course, no sandbox, no database."""


class AuthorError(AutograderError):
    """An assignment's source has mistakes; the message has one line, with file and line, for each.

    Parameters
    ----------
    problems : list of str
        ``"solutions/03_gate_patterns.py:41: check cell …"``.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StaleNotebook(AutograderError):
    """A released notebook is not what its source builds."""

    exit_status = 1


class GradebookLocked(NothingDone):
    """Another program kept the gradebook locked for longer than we wait."""


class Stopped(AutograderError):
    """Grading ended before its end; what was done is in the journal, and the next run goes on."""

    exit_status = 1
