"""One probe of an exercise and the reference's answer to it, which is the engine's gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course.autodiff import vjp
from course.checking.compare import MATCHES, agree, as_arrays

if TYPE_CHECKING:
    from course.exercises.exercise import Exercise

__all__ = ["Answer", "Case", "View", "WrongForward", "as_floats", "expect", "upstream_like"]

Answer = tuple[NDArray[Any], ...]
"""One gradient for each label of a case, as arrays."""


class WrongForward(Exception):
    """A driver found that the stub's forward is wrong, so that its backward was not asked.

    Parameters
    ----------
    what : str
        The call, such as ``"forward(x)"``.
    yours, expected
        What it gave and what it should have given.
    """

    def __init__(self, what: str, yours: Any, expected: Any) -> None:
        super().__init__(f"{what} is wrong")
        self.what, self.yours, self.expected = what, yours, expected


def expect(what: str, yours: Any, expected: Any) -> None:
    """Raise `WrongForward` if a stub's forward is wrong: for drivers.

    Parameters
    ----------
    what : str
        The call, such as ``"forward(x)"``.
    yours, expected
        What it gave and what it should have given: a number or an array.
    """
    try:
        mine = np.asarray(yours)
    except ValueError:  # lists of several lengths
        raise WrongForward(what, yours, expected) from None
    # A complex number is wrong even if its real part is right.
    same = mine.dtype.kind in "biuf" and agree(mine, np.asarray(expected, dtype=float), MATCHES)
    if not same:
        raise WrongForward(what, yours, expected)


def as_floats(value: Any) -> Any:
    """Return whole numbers as floats, since the engine differentiates floats only."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iu" else value


@dataclass(frozen=True)
class Case:
    """One probe of an exercise, with the reference's answer to it.

    Attributes
    ----------
    exercise : Exercise
        Whose probe it is.
    inputs : tuple
        The forward's arguments: floats or arrays.
    upstream : float, ndarray, tuple of them, or None
        Gradient of the loss by the forward's output; same shape as that output. None where the
        exercise asks for the value only.
    given : dict
        Further keyword arguments of the forward, which are not differentiated.
    """

    exercise: Exercise
    inputs: tuple[Any, ...]
    upstream: Any
    given: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The reference as the engine has it, then as each convention has it."""
        others = (View(self, forward) for forward in self.exercise.conventions)
        return (self.engines_view, *others)

    @cached_property
    def engines_view(self) -> View:
        """The reference as the engine has it, which is all that most answers are held against."""
        return View(self, self.exercise.forward)

    @property
    def out(self) -> Any:
        """The forward's value."""
        return self.engines_view.out

    @property
    def shown(self) -> tuple[tuple[str, Any], ...]:
        """What a student is shown of the probe, by name: what is given, inputs, upstream."""
        given = ((name, value) for name, value in self.given.items() if not callable(value))
        inputs = zip(self.exercise.input_names(self), self.inputs, strict=False)
        upstream = [("upstream", self.upstream)] if self.exercise.upstream else []
        return (*given, *inputs, *upstream)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the gradients asked for, in order."""
        returns = self.exercise.returns
        return returns(self) if callable(returns) else returns

    @property
    def answer(self) -> Answer:
        """The right gradients, by the engine's own convention."""
        return self.engines_view.answer


class View:
    """A case under one convention: what one way to write the forward makes the right answer.

    Attributes
    ----------
    case : Case
    forward : callable
        The forward with what is given filled in.
    inputs : tuple
        The case's inputs, whole numbers as floats.
    out
        The forward's value.
    """

    def __init__(self, case: Case, forward: Callable[..., Any]) -> None:
        self.case = case
        self.forward: Callable[..., Any] = lambda *inputs: forward(*inputs, **case.given)
        if case.exercise.asks == "value":
            self.inputs, self.out = case.inputs, self.forward(*case.inputs)
        else:
            self.inputs = tuple(map(as_floats, case.inputs))
            self.out, self._pullback = vjp(self.forward, *self.inputs)

    def pull(self, upstream: Any) -> Answer:
        """Return what would be right for some upstream of the output's shape."""
        return self.asked(self._pullback(upstream))

    def asked(self, gradients: Any) -> Answer:
        """Return the answer that the exercise asks for, given the gradients of all inputs."""
        exercise = self.case.exercise
        chosen = gradients if exercise.wrt is None else [gradients[each] for each in exercise.wrt]
        arrays = tuple(np.asarray(gradient) for gradient in chosen)
        return (np.asarray(self.out), *arrays) if exercise.asks == "both" else arrays

    @cached_property
    def answer(self) -> Answer:
        """The right answer."""
        if self.case.exercise.asks == "value":
            return as_arrays(self.out, self.case.labels)
        return self.pull(self.case.upstream)

    @cached_property
    def local(self) -> Answer:
        """The answer for an upstream of ones: the local derivatives, summed where they meet."""
        return self.pull(_ones_like(self.out))


def upstream_like(out: Any, rng: np.random.Generator) -> Any:
    """Draw a gradient of the output's shape, away from 0 and from 1."""
    if isinstance(out, tuple | list):
        return tuple(upstream_like(part, rng) for part in out)
    shape = np.shape(out)
    drawn = rng.uniform(0.3, 3.0, shape) * rng.choice([-1.0, 1.0], shape)
    return drawn if shape else float(drawn)


def _ones_like(out: Any) -> Any:
    """Return an upstream of ones for an output."""
    if isinstance(out, tuple | list):
        return tuple(_ones_like(part) for part in out)
    return np.ones(np.shape(out)) if np.shape(out) else 1.0
