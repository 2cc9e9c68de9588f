"""What is graded: a module or two an assignment, each exercise in it found by its name.

A module names its assignment in ``ASSIGNMENT``; its exercises are the `Exercise` objects in it, in
the order in which they are written, modules in the order of their names. Nothing lists them a
second time. A module ``…_worked`` adds to the exercises of an assignment how a failing case of each
is worked through, where that does not follow from its forward.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import cache

from course.exercises.case import Case
from course.exercises.exercise import Exercise, Mistake, exercise, program

__all__ = [
    "Case",
    "Exercise",
    "Mistake",
    "UnknownExercise",
    "assignments",
    "exercise",
    "find",
    "load",
    "program",
]


class UnknownExercise(LookupError):
    """No exercise or assignment has that name."""


@cache
def _everything() -> dict[str, dict[str, Exercise]]:
    found: dict[str, dict[str, Exercise]] = {}
    for module in pkgutil.iter_modules(__path__):
        contents = vars(importlib.import_module(f"{__name__}.{module.name}"))
        if "ASSIGNMENT" in contents:
            exercises = (each for each in contents.values() if isinstance(each, Exercise))
            mine = found.setdefault(contents["ASSIGNMENT"], {})
            mine.update((each.name, each) for each in exercises)
    return dict(sorted(found.items()))


def assignments() -> tuple[str, ...]:
    """Return the names of all assignments that have exercises, in order."""
    return tuple(_everything())


def load(assignment: str) -> dict[str, Exercise]:
    """Return the exercises of an assignment by name, in the order of the notebook.

    Parameters
    ----------
    assignment : str
        Such as ``"03_gate_patterns"``.

    Raises
    ------
    UnknownExercise
        If there is no such assignment; the message names those there are.
    """
    try:
        return dict(_everything()[assignment])
    except KeyError:
        known = ", ".join(assignments())
        raise UnknownExercise(
            f"no assignment is called {assignment!r}; there are: {known}"
        ) from None


def find(name: str) -> Exercise:
    """Return the exercise whose stub has this name.

    Raises
    ------
    UnknownExercise
        If there is none; the message names the nearest.
    """
    by_name = {key: each for exercises in _everything().values() for key, each in exercises.items()}
    try:
        return by_name[name]
    except KeyError:
        near = difflib.get_close_matches(name, by_name, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownExercise(f"no exercise is called {name!r}{hint}") from None
