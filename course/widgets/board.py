"""What widgets with settings share: they compute a list of steps, and again when one is changed."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from traitlets import Dict, Int, observe

from course.autodiff.errors import AutodiffError

from .subjects import CannotShowError
from .widget import Widget

Control = dict[str, Any]


def choice(name: str, label: str, options: list[str]) -> Control:
    """Describe a setting that is one of several words."""
    return {"kind": "choice", "name": name, "label": label, "options": options}


def switch(name: str, label: str) -> Control:
    """Describe a setting that is on or off."""
    return {"kind": "switch", "name": name, "label": label}


def scale(name: str, label: str, low: float, high: float, step: float) -> Control:
    """Describe a setting that is a number on a slider."""
    return {"kind": "scale", "name": name, "label": label, "min": low, "max": high, "step": step}


class Board(Widget):
    """A widget of settings and steps. A subclass has `compute`, and a module that draws a step.

    Attributes
    ----------
    shown : dict
        Everything there is to see: ``title``, ``steps`` (each with what it ``says`` and whether it
        is ``"forward"`` or ``"backward"``), ``settings``, ``controls``, and the subclass's numbers.
    step : int
        Which of the steps is shown.
    asked : dict
        Settings that the front end wants to see.
    """

    shown = Dict().tag(sync=True)
    step = Int(0).tag(sync=True)
    # Without an echo: it would go out before the answer and hold it back.
    asked = Dict().tag(sync=True, echo_update=False)

    controls: tuple[Control, ...] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        try:
            self.shown = self._answer(settings, turn=0)
        except CannotShowError as error:
            self.message = str(error)
        except AutodiffError as error:
            self.message = f"The engine cannot follow this. {error}"

    def compute(self, *_: Any, **settings: Any) -> dict[str, Any]:
        """Compute what is shown at these settings: at least ``title`` and ``steps``."""
        raise NotImplementedError

    def describe(self) -> str:
        """Write down every step."""
        steps = [f"  {step['says']}" for step in self.shown.get("steps", [])]
        return "\n".join([self.shown.get("title", ""), *steps])

    @observe("asked")
    def _ask(self, change: Any) -> None:
        """Answer the front end: show the same at other settings."""
        turn = change.new["turn"]
        try:
            self.shown = self._answer(change.new["settings"], turn)
        except Exception as error:  # nobody would see the traceback of what a slider calls
            self.shown = {**self.shown, "turn": turn, "trouble": f"That cannot be shown. {error}"}

    def _answer(self, settings: dict[str, Any], turn: int) -> dict[str, Any]:
        require_engine()
        settings = settings | {c["name"]: fitted(c, settings[c["name"]]) for c in self.controls}
        with np.errstate(all="ignore"):  # each widget says itself what is not finite
            found = self.compute(**settings)
        always = {"controls": list(self.controls), "settings": settings}
        return {"steps": [], **found, **always, "turn": turn, "trouble": ""}


def require_engine() -> None:
    """Raise `CannotShowError` where a grader has put something empty in the engine's place."""
    if not isinstance(AutodiffError, type):
        raise CannotShowError("There is no engine here, so there are no numbers to show.")


def floats(name: str, given: Any) -> Any:
    """Return what was given as an array of floats.

    Raises
    ------
    CannotShowError
        It is none; `name` says what it should have been.
    """
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise CannotShowError(f"{name} must be numbers in rows of one length: {error}.") from error


def fitted(control: Control, value: Any) -> Any:
    """Return a setting in its control's type: what comes as JSON has 3 for 3.0.

    Raises
    ------
    CannotShowError
        It is not one that its control could have.
    """
    name = control["name"]
    if control["kind"] == "choice" and value not in control["options"]:
        raise CannotShowError(
            f"{name} cannot be {value!r}. It is one of {', '.join(control['options'])}."
        )
    if control["kind"] == "switch" and not isinstance(value, bool | np.bool_):
        raise CannotShowError(f"{name} cannot be {value!r}. It is True or False.")
    if control["kind"] == "scale":
        low, high = control["min"], control["max"]
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or math.isnan(value) or not low <= value <= high:
            raise CannotShowError(
                f"{name} cannot be {value!r}. It is a number from {low:g} to {high:g}."
            )
        if isinstance(control["step"], int) and value != int(value):
            raise CannotShowError(f"{name} cannot be {value!r}. It is a whole number.")
        return type(control["step"])(value)
    return value
