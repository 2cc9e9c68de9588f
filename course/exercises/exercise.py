"""What an exercise is: a forward in plain NumPy, probes, points, and the mistakes made in it.

Nobody types the right backward in: it is the engine's gradient of the forward. An author writes

>>> @exercise(points=1, returns=("dx", "dy"), read="2. The multiply gate swaps")
... def mul_backward(x, y):
...     return x * y

and adds what to try it on and what students get wrong:

>>> mul_backward.example(3.0, -4.0, upstream=2.0)
>>> @mul_backward.check("random numbers", weight=2)
... def _(rng):
...     yield rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
>>> mul_backward.mistake(
...     "not-swapped",
...     "Each input gets itself times upstream: swap them.",
...     lambda x, y, upstream: (upstream * x, upstream * y),
... )
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from course.exercises.case import Answer, Case, View, upstream_like

if TYPE_CHECKING:
    from course.checking.stub import Stub
    from course.exercises.working import Working

__all__ = ["Exercise", "Mistake", "Probes", "exercise", "program"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mistake:
    """A wrong way to write a stub that students are known to take.

    Attributes
    ----------
    name : str
        Its name in the catalogue, such as ``"not-swapped"``.
    sentence : str
        What was done, and what to do instead.
    stub
        The stub as such a student writes it: same arguments, wrong answer. Or None.
    rule
        Where writing the stub out would give the right one away: takes a `View`, returns the
        wrong answer, or None where the mistake changes nothing. Or None.
    twins : tuple of str
        Other mistakes that give the same numbers, so that no check can tell them apart.
    read : str
        Heading under which to read again, when it is not the exercise's own.
    """

    name: str
    sentence: str
    stub: Any = None
    rule: Callable[[View], Answer | None] | None = None
    twins: tuple[str, ...] = ()
    read: str = ""


@dataclass(frozen=True)
class Probes:
    """A group of probes: what one check of an exercise tries.

    Attributes
    ----------
    title : str
        What is tried, for the student to read.
    weight : int
        Share of the credit. 0 for an example whose answer stands in the text.
    draw
        Takes a random generator; yields tuples of inputs to the forward, or `Case` keywords.
    """

    title: str
    weight: int
    draw: Callable[[np.random.Generator], Iterator[Any]]


Driver = Callable[["Stub", Case], Any]


def _call(stub: Stub, case: Case) -> Any:
    """Call a function stub with the inputs, the upstream if it takes one, and what is given."""
    upstream = (case.upstream,) if case.exercise.upstream else ()
    return stub(*case.inputs, *upstream, **case.given)


class Exercise:
    """A graded exercise. Made by `exercise` or `program`, completed by its methods.

    Attributes
    ----------
    name : str
        The stub's name, and nbgrader's ``grade_id``.
    forward : callable
        What the stub differentiates, in plain NumPy.
    points : float
        The most it gives.
    returns : tuple of str, or callable
        Names of the gradients, in order; a callable takes the case.
    read : str
        Heading in the notebook under which it is explained.
    asks : str
        What the stub returns: the ``"gradients"`` of the forward's inputs, the ``"value"`` of the
        forward, or ``"both"``, the value first.
    upstream : bool
        Whether the stub is given an upstream gradient. If not it is 1: the forward is a loss.
    kind : str
        ``"function"`` or ``"class"``.
    wrt : tuple of int or None
        Which of the forward's inputs are asked for; None for all.
    inputs : callable or None
        Takes a case, returns its inputs' names, where the forward's parameters do not say them.
    engine : bool
        Whether the stub may call `course.autodiff`.
    tolerance : float
        Largest error allowed, relative to the largest entry of the right gradient.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        points: float,
        returns: tuple[str, ...] | Callable[[Case], tuple[str, ...]],
        read: str,
        asks: Literal["gradients", "value", "both"] = "gradients",
        upstream: bool = True,
        kind: str = "function",
        wrt: tuple[int, ...] | None = None,
        inputs: Callable[[Case], tuple[str, ...]] | None = None,
        engine: bool = False,
        tolerance: float = 1e-12,
    ) -> None:
        self.name = forward.__name__
        self.forward, self.points, self.returns, self.read = forward, points, returns, read
        self.asks, self.upstream = asks, upstream
        self.kind, self.wrt, self.engine, self.tolerance = kind, wrt, engine, tolerance
        self.assignment = sys.modules[forward.__module__].__dict__.get("ASSIGNMENT", "")
        self.drive: Driver = _call
        self.steps: Callable[[Working], Iterator[str]] | None = None
        self.inputs = inputs
        self.checks: list[Probes] = []
        self.mistakes: list[Mistake] = []
        self.conventions: list[Callable[..., Any]] = []
        self.mechanical_twins: list[tuple[str, str]] = []

    def __repr__(self) -> str:
        return f"<exercise {self.name} of {self.assignment}, {self.points:g} points>"

    def check(self, title: str, *, weight: int = 1) -> Callable[[F], F]:
        """Add a check: the decorated function takes a generator and yields its probes.

        A probe is a tuple of inputs, for which an upstream is drawn; or a dict with the keys
        ``inputs``, ``upstream`` and ``given`` of `Case`.
        """

        def add(draw: F) -> F:
            self.checks.append(Probes(title, weight, draw))
            return draw

        return add

    def mistake(
        self, name: str, sentence: str, stub: Any, *, twins: tuple[str, ...] = (), read: str = ""
    ) -> None:
        """Add a mistake: `stub` is the function or class as a student who makes it writes it."""
        self.mistakes.append(Mistake(name, sentence, stub, None, twins, read))

    def wrong_answer(
        self,
        name: str,
        sentence: str,
        rule: Callable[[View], Answer | None],
        *,
        twins: tuple[str, ...] = (),
        read: str = "",
    ) -> None:
        """Add a mistake by its answer: `rule` takes a `View` and returns the wrong gradients."""
        self.mistakes.append(Mistake(name, sentence, None, rule, twins, read))

    def twin(self, first: str, second: str) -> None:
        """Say that two mistakes give the same numbers here, so that the first name stands for both.

        An own mistake says this of itself with ``twins``; this is for two mechanical ones.
        """
        self.mechanical_twins.append((first, second))

    def same(self, first: str, second: str) -> bool:
        """Whether two mistakes are one, or documented twins."""
        pairs = [(mistake.name, twin) for mistake in self.mistakes for twin in mistake.twins]
        return first == second or not {(first, second), (second, first)}.isdisjoint(
            [*pairs, *self.mechanical_twins]
        )

    def convention(self, *forwards: Callable[..., Any]) -> None:
        """Accept the gradients of these forwards too, where the function has a kink."""
        self.conventions.extend(forwards)

    def example(self, *inputs: Any, upstream: Any = 1.0, **given: Any) -> None:
        """Add the example that stands in the text: shown first, and worth no credit."""

        def draw(rng: np.random.Generator) -> Iterator[Any]:
            yield {"inputs": inputs, "upstream": upstream, "given": given}

        self.checks.append(Probes("the example in the text", 0, draw))

    def driver(self, drive: Driver) -> None:
        """Say how the stub is called, when it is not ``stub(*inputs, upstream)``."""
        self.drive = drive

    def worked(self, steps: Callable[[Working], Iterator[str]]) -> None:
        """Say how a failing case is worked through, where it is not by upstream × local.

        `steps` takes a `Working` and yields lines of arithmetic that lead to the right answer.
        """
        self.steps = steps

    def input_names(self, case: Case) -> tuple[str, ...]:
        """Return the names of the forward's inputs, for a case."""
        if self.inputs is not None:
            return self.inputs(case)
        parameters = inspect.signature(self.forward).parameters
        return tuple(name for name in parameters if name not in case.given)

    def cases(self, seed: int) -> list[tuple[Probes, list[Case]]]:
        """Draw every probe from a seed: the same seed gives the same numbers.

        Parameters
        ----------
        seed : int
            Not negative.

        Returns
        -------
        list of (Probes, list of Case)
            In the order of the checks.
        """
        drawn = []
        for index, probes in enumerate(self.checks):
            rng = np.random.default_rng([seed, index])
            drawn.append((probes, [self._case(probe, rng) for probe in probes.draw(rng)]))
        return drawn

    def _case(self, probe: Any, rng: np.random.Generator) -> Case:
        fields = probe if isinstance(probe, dict) else {"inputs": probe}
        case = Case(self, **{"upstream": None, **fields})
        if "upstream" in fields or self.asks == "value":
            return case
        if not self.upstream:
            return Case(self, case.inputs, 1.0, case.given)
        return Case(self, case.inputs, upstream_like(case.out, rng), case.given)


def exercise(**facts: Any) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an exercise of the decorated forward, which carries the stub's name.

    Parameters
    ----------
    **facts
        As for `Exercise`: points, returns, read, and what differs from the usual.
    """
    return lambda forward: Exercise(forward, **facts)


def program(**facts: Any) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an exercise whose stub is not a backward: it must return what the decorated one does.

    Parameters
    ----------
    **facts
        As for `Exercise`.
    """
    return exercise(asks="value", upstream=False, **facts)
