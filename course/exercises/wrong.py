"""Wrong answers that give no right one away: the engine's gradients, of or with something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.autodiff import vjp
from course.autodiff.reach import in_reach
from course.exercises.case import Answer, View, as_floats

__all__ = ["as_if", "but", "value_right"]


def as_if(forward: Callable[..., Any]) -> Callable[[View], Answer]:
    """Return the rule of a mistake that takes another function for the forward."""
    return lambda view: View(view.case, forward).answer


def but(forward: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """Return a stub that gets some gradients right.

    Parameters
    ----------
    forward
        Whose gradients the stub should return; the stub takes its arguments, then the upstream.
    change
        Takes the right gradients, then the stub's arguments, and returns the wrong answer.
    """

    def stub(*arguments: Any) -> Any:
        with in_reach():
            inputs = map(as_floats, arguments[:-1])
            gradients = vjp(forward, *inputs)[1](arguments[-1])
        return change(gradients, *arguments)

    return stub


def value_right(rule: Callable[[View], Answer]) -> Callable[[View], Answer]:
    """Return a rule for an exercise that asks for both: only the gradients are wrong."""
    return lambda view: (view.answer[0], *rule(view)[1:])
