"""What a case of the hostile class is, and the ways to build its submission.

A case hands in the solved notebook with one change. Code in it may name what an attacker could know
of the machine beforehand: the fields of `Ground`, written ``@course@``, ``@port@`` and so on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.demo.handed_in import Released, answered, as_file, inserted, solved

NOTEBOOK = "gate_patterns.ipynb"

Expectation = Literal["forger", "vandal", "evades", "right", "listed"]
"""What must come of a case.

forger
    On the exercises that it attacks no more than a blank notebook, on the others full marks.
vandal
    The same, but what it does to its own other exercises is its own loss.
evades
    Full marks, though they are not deserved: what the grader is known not to notice.
right
    Full marks.
listed
    No score, and a reason for the instructor.
"""


@dataclass(frozen=True)
class Ground:
    """What lies around the grader, as an attacker may have learned it.

    Attributes
    ----------
    course : str
        The course directory.
    canary : str
        A file outside it.
    port : int
        A server that listens on 127.0.0.1.
    abstract, socket : str
        Names of Unix sockets that listen: an abstract one, and one with a path.
    pid : int
        Of the grader.
    nap : str
        Seconds for ``sleep``, with digits by which such a process is known again.
    """

    course: str
    canary: str
    port: int
    abstract: str
    socket: str
    pid: int
    nap: str


HandIn = Callable[[Released, Ground, Path], None]


@dataclass(frozen=True)
class Case:
    """One submission of the hostile class.

    Attributes
    ----------
    name : str
        The student's.
    kind : str
        Kind of attack.
    what : str
        What it does.
    hand_in : callable
        Puts the submission into its folder.
    expect : str
        See `Expectation`.
    attacks : tuple of str
        The exercises it wants points for.
    there : bool
        Whether nbgrader, which contains nothing, may be let loose on it.
    """

    name: str
    kind: str
    what: str
    hand_in: HandIn
    expect: Expectation = "forger"
    attacks: tuple[str, ...] = ("mul_backward",)
    there: bool = True


ZEROS = """
def mul_backward(x, y, upstream):
    return np.zeros_like(x), np.zeros_like(y)
"""


def stub(code: str, exercise: str = "mul_backward") -> HandIn:
    """Hand in a right notebook in which one stub is this code."""
    return notebook(without_pictures, **{exercise: code})


def cell(code: str, **answers: str) -> HandIn:
    """Hand in a notebook with a cell of one's own in front of all stubs, and a wrong stub."""
    return notebook(
        lambda right: inserted(without_pictures(right), code, before="add_backward-stub"),
        **(answers or {"mul_backward": ZEROS}),
    )


def right_with_cell(code: str) -> HandIn:
    """Hand in a right notebook with a cell of one's own."""
    return notebook(
        lambda right: inserted(without_pictures(right), code, before="add_backward-stub")
    )


def notebook(change: Callable[[dict[str, Any]], Any], **answers: str) -> HandIn:
    """Hand in a right notebook with some answers changed, and then anything at all."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        changed = change(answered(solved(released), **answers))
        text = as_file(changed).decode()
        for name, value in asdict(ground).items():
            text = text.replace(f"@{name}@", str(value))
        (folder / NOTEBOOK).write_text(text)

    return hand_in


def without_pictures(made: dict[str, Any]) -> dict[str, Any]:
    """Leave out the cells that only show something, as students do; it also saves time."""
    first = next(index for index, each in enumerate(made["cells"]) if claims(each))
    kept = [each for index, each in enumerate(made["cells"]) if index < first or claims(each)]
    return {**made, "cells": kept}


def blank(change: Callable[[dict[str, Any]], Any]) -> HandIn:
    """Hand in the notebook as it was released, with one change."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        (folder / NOTEBOOK).write_bytes(as_file(change(copy.deepcopy(released.blank))))

    return hand_in


def file(content: bytes | Callable[[bytes], bytes], name: str = NOTEBOOK) -> HandIn:
    """Hand in a file of these bytes, or of what is made of a right notebook's."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        made = content if isinstance(content, bytes) else content(as_file(solved(released)))
        (folder / name).write_bytes(made)

    return hand_in


def claims(cell: dict[str, Any]) -> dict[str, Any]:
    """What a cell says of itself to nbgrader."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def is_check(cell: dict[str, Any]) -> bool:
    """Whether a cell is a graded check."""
    return bool(claims(cell).get("grade")) and not claims(cell).get("solution")
