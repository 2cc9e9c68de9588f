"""One probe of an exercise and the reference's answer to it, which is the engine's gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from course.autodiff import vjp

if TYPE_CHECKING:
    from course.exercises.exercise import Exercise

__all__ = ["Answer", "Case", "View", "WrongForward", "upstream_like"]

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


def _floats(value: Any) -> Any:
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
    upstream : float, ndarray or tuple of them
        Gradient of the loss by the forward's output; same shape as that output.
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
        forwards = (self.exercise.forward, *self.exercise.conventions)
        return tuple(View(self, forward) for forward in forwards)

    @property
    def out(self) -> Any:
        """The forward's value."""
        return self.views[0].out

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the gradients asked for, in order."""
        returns = self.exercise.returns
        return returns(self) if callable(returns) else returns

    @property
    def answer(self) -> Answer:
        """The right gradients, by the engine's own convention."""
        return self.views[0].answer


class View:
    """A case under one convention: the engine's gradient of one way to write the forward.

    Attributes
    ----------
    case : Case
    out
        The forward's value.
    """

    def __init__(self, case: Case, forward: Callable[..., Any]) -> None:
        self.case = case
        self.forward = lambda *inputs: forward(*inputs, **case.given)
        self.inputs = tuple(map(_floats, case.inputs))
        self.out, self._pullback = vjp(self.forward, *self.inputs)

    def pull(self, upstream: Any) -> Answer:
        """Return the gradients asked for, for some upstream of the output's shape."""
        return self.wanted(self._pullback(upstream))

    def wanted(self, gradients: Any) -> Answer:
        """Return those of the inputs' gradients that the exercise asks for."""
        wrt = self.case.exercise.wrt
        chosen = gradients if wrt is None else [gradients[index] for index in wrt]
        return tuple(np.asarray(gradient) for gradient in chosen)

    @cached_property
    def answer(self) -> Answer:
        """The gradients for the case's upstream."""
        return self.pull(self.case.upstream)

    @cached_property
    def local(self) -> Answer:
        """The gradients for an upstream of ones: the local derivatives, summed where they meet."""
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
