"""Running a stub on the probes and writing down what came back, without judging it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course.checking.compare import NotNumbers, agree, all_agree, as_arrays
from course.checking.stub import (
    Reply,
    Request,
    Stub,
    StubError,
    StubGone,
    StubMissing,
    StubRaised,
)
from course.exercises.case import WrongForward

if TYPE_CHECKING:
    from course.exercises.case import Answer, Case

__all__ = ["Observation", "Problem", "observe"]

Array = NDArray[Any]

ADVICE = {
    "truth value of an array": (
        "An `if` cannot choose for a whole array: choose entry by entry, with np.where or by"
        " multiplying with a comparison."
    ),
    "mismatch in its core dimension": (
        "In A @ B the last axis of A must be as long as the first of B."
    ),
    "could not be broadcast": (
        "Arrays meet entry by entry if their shapes, read from the right, are equal or 1."
    ),
}
"""What to say of NumPy's own errors, by words that are in them."""


@dataclass(frozen=True)
class Problem:
    """Why there are no numbers to compare.

    Attributes
    ----------
    mistake : str
        Its name, as in the catalogue.
    sentence : str
        For the student.
    kind : str
        Name of the exception's class, if the stub raised one.
    brief : str
        The sentence in few words, for where it is said of one check after the other.
    """

    mistake: str
    sentence: str
    kind: str = ""
    brief: str = ""


@dataclass(frozen=True)
class Observation:
    """What a stub did with one case.

    Attributes
    ----------
    case : Case
    answer : tuple of ndarray or None
        The arrays returned, however many; None if there were none.
    problem : Problem or None
        Why not.
    again : tuple of ndarray or None
        What a second, equal call returned, where one was made.
    changed : tuple of str
        Arguments that the stub changed in place.
    seconds : float
        Wall time of the calls.
    returned : tuple
        What each call returned, before the exercise's driver made an answer of it.
    """

    case: Case
    answer: Answer | None
    problem: Problem | None = None
    again: Answer | None = None
    changed: tuple[str, ...] = ()
    seconds: float = 0.0
    returned: tuple[Any, ...] = ()

    @cached_property
    def right(self) -> bool:
        """Whether the answer is right, by the engine's convention or another."""
        tolerance = self.case.exercise.tolerance
        if self.answer is None:
            return False
        if all_agree(self.answer, self.case.answer, tolerance):
            return True
        return any(all_agree(self.answer, view.answer, tolerance) for view in self.case.views)

    @cached_property
    def nearest(self) -> Answer:
        """The right answer under the convention that the stub comes nearest to."""
        answers = [view.answer for view in self.case.views]
        given = self.answer or ()
        return max(answers, key=lambda right: sum(map(self._agrees, given, right)))

    def wrong(self) -> tuple[str, ...]:
        """Return the labels of the gradients that are wrong."""
        labels = self.case.labels
        if self.answer is None or len(self.answer) != len(labels):
            return labels
        triples = zip(labels, self.answer, self.nearest, strict=True)
        return tuple(label for label, mine, right in triples if not self._agrees(mine, right))

    def part(self, answer: Answer | None, label: str) -> Array | None:
        """Return one gradient of an answer to this case, or None if it has none of that label."""
        if answer is None or label not in self.case.labels:
            return None
        index = self.case.labels.index(label)
        return answer[index] if index < len(answer) else None

    def _agrees(self, mine: Array, right: Array) -> bool:
        return agree(mine, right, self.case.exercise.tolerance)


def observe(stub: Stub, case: Case, *, repeat: bool) -> Observation:
    """Drive a stub through one case.

    Parameters
    ----------
    stub : Stub
    case : Case
    repeat : bool
        Whether to do it a second time, to see whether the answer stays.

    Raises
    ------
    StubGone
        If the process that held the stub is gone.
    """
    before = len(stub.replies)
    try:
        value = case.exercise.drive(stub, case)
        again = case.exercise.drive(stub, case) if repeat else None
    except WrongForward as wrong:
        return Observation(case, None, _wrong_forward(wrong))
    except (StubRaised, StubMissing) as error:
        return Observation(case, None, _raised(error, case))
    except NotNumbers as error:  # a driver says what it cannot read
        return Observation(case, None, Problem("not-numbers", _sentence(str(error))))
    except StubGone:
        raise
    except Exception as error:  # a driver met a value that its author did not think of
        return Observation(case, None, _unusable(error))
    replies = stub.replies[before:]
    seconds = sum(reply.seconds for _, reply in replies)
    changed = _changed(replies)
    try:
        answer = as_arrays(value, case.labels)
        second = None if again is None else as_arrays(again, case.labels)
    except NotNumbers as error:
        problem = _not_numbers(value, str(error), "".join(reply.printed for _, reply in replies))
        return Observation(case, None, problem, changed=changed, seconds=seconds)
    returned = tuple(reply.value for _, reply in replies)
    return Observation(case, answer, None, second, changed, seconds, returned)


def _wrong_forward(wrong: WrongForward) -> Problem:
    return Problem(
        "wrong-forward",
        f"{wrong.what} gives {_short(wrong.yours)} where {_short(wrong.expected)} is right,"
        f" so its backward was not tried.{_overflowed(wrong.yours)}",
    )


def _overflowed(value: Any) -> str:
    finite = not isinstance(value, np.ndarray | float) or np.isfinite(value).all()
    return "" if finite else " A number on the way is too large, as exp of a large input is."


def _unusable(error: Exception) -> Problem:
    why = f"{type(error).__name__}: {error}"[:300]
    return Problem(
        "not-numbers", f"Something that you return cannot be used as it is asked for ({why})."
    )


def _short(value: Any) -> str:
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return str(value)[:200]
    with np.printoptions(precision=6, threshold=6, suppress=True):
        return np.array2string(array, separator=", ").replace("\n", "")


def _raised(error: StubError, case: Case) -> Problem:
    if isinstance(error, StubMissing):
        return Problem("missing", f"{error}. Run the cell that defines it.")
    assert isinstance(error, StubRaised)
    if error.kind == "NotImplementedError":
        return Problem("blank", "This is not written yet.")
    if error.kind == "EngineOutOfReachError":
        return Problem("engine", f"{error.message}.")
    if error.kind == "TypeError" and "argument" in error.message:
        return Problem("arguments", f"It cannot be called as it is asked to: {error.message}.")
    at = f" at `{error.line}`" if error.line else ""
    advice = "".join(f" {say}" for words, say in ADVICE.items() if words in error.message)
    sentence = f"It raises {error}{at}.{advice}{_shapes(case)}"
    return Problem("raises", sentence, error.kind, f"It raises {error.kind}{at}.")


def _shapes(case: Case) -> str:
    arrays = [(name, value) for name, value in case.shown if isinstance(value, np.ndarray)]
    named = ", ".join(f"{name} {np.shape(value)}" for name, value in arrays)
    return f" The shapes were: {named}." if named else ""


def _not_numbers(value: Any, why: str, printed: str) -> Problem:
    if "EngineOutOfReach" in why:  # the name of what stands in for the engine in the grader
        return Problem("engine", "It asks the engine for its answer: write the gradient yourself.")
    if value is None and printed.strip():
        return Problem("prints", "You print the answer and return nothing: write `return`.")
    if value is None:
        return Problem("none", "You return nothing (None): the last line should be a `return`.")
    return Problem("not-numbers", _sentence(why))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _changed(replies: list[tuple[Request, Reply]]) -> tuple[str, ...]:
    """Name the arguments that are not what they were before the call."""
    names = []
    for request, reply in replies:
        pairs = zip(request.arguments, reply.arguments, strict=False)
        for index, (given, after) in enumerate(pairs):
            if not _unchanged(given, after):
                names.append(f"argument {index + 1} of {request.method or request.name}")
    return tuple(dict.fromkeys(names))


def _unchanged(given: Any, after: Any) -> bool:
    if callable(given):
        return True
    # What comes back is what the student's process says is there: of any type.
    if isinstance(given, tuple | list):
        return (
            isinstance(after, tuple | list)
            and len(given) == len(after)
            and all(map(_unchanged, given, after))
        )
    if isinstance(given, dict):
        return (
            isinstance(after, dict)
            and given.keys() == after.keys()
            and all(_unchanged(given[k], after[k]) for k in given)
        )
    if isinstance(given, np.ndarray | np.generic):
        return isinstance(after, np.ndarray | np.generic) and np.array_equal(
            given, after, equal_nan=given.dtype.kind in "fc"
        )
    return not isinstance(after, np.ndarray) and bool(given == after)
