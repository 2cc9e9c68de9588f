"""The gate explorer: one gate, its inputs and its upstream gradient to drag."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from traitlets import Float, Unicode

from course.autodiff import trace
from course.autodiff.graph import Graph

from .widget import Widget, module


class Gate(NamedTuple):
    """A gate as the engine computes it, and how many inputs and outputs it has."""

    function: Callable[..., Any]
    inputs: int
    outputs: int


GATES = {
    "add": Gate(lambda x, y: x + y, 2, 1),
    "mul": Gate(lambda x, y: x * y, 2, 1),
    "max": Gate(np.maximum, 2, 1),
    "copy": Gate(lambda x: (x * 1.0, x * 1.0), 1, 2),
    "sigmoid": Gate(lambda x: 1.0 / (1.0 + np.exp(-x)), 1, 1),
}


class GateExplorer(Widget):
    """See what one gate does to a gradient.

    Parameters
    ----------
    gate : str
        One of "add", "mul", "max", "copy", "sigmoid".
    x, y : float
        What goes in; gates with one input leave y alone.
    upstream, upstream2 : float
        What comes back from the right; only copy has two outputs.

    Examples
    --------
    >>> GateExplorer("mul", x=3.0, y=-4.0, upstream=2.0).gradients()
    (-8.0, 6.0)
    """

    _esm = module("gate_explorer")

    gate = Unicode("mul").tag(sync=True)
    x = Float(3.0).tag(sync=True)
    y = Float(-4.0).tag(sync=True)
    upstream = Float(2.0).tag(sync=True)
    upstream2 = Float(-1.0).tag(sync=True)

    def __init__(
        self,
        gate: str = "mul",
        x: float = 3.0,
        y: float = -4.0,
        upstream: float = 2.0,
        upstream2: float = -1.0,
    ) -> None:
        given = {"x": x, "y": y, "upstream": upstream, "upstream2": upstream2}
        super().__init__(message=_wrong(gate, given))
        if not self.message:
            self.set_trait("gate", gate)
            for name, value in given.items():
                self.set_trait(name, float(value))

    def graph(self) -> Graph:
        """Trace the gate at its present inputs."""
        function, inputs, outputs = GATES[self.gate]
        upstream = (self.upstream, self.upstream2) if outputs == 2 else self.upstream
        return trace(function, *(self.x, self.y)[:inputs], upstream=upstream)

    def gradients(self) -> tuple[float, ...]:
        """Compute the inputs' gradients, by the engine."""
        graph = self.graph()
        return tuple(float(graph[i].gradient) for i in graph.inputs)

    def describe(self) -> str:
        """Write the gate's graph as a table."""
        return f"Gate {self.gate}\n{self.graph().text()}"

    def picture(self) -> str:
        """Draw the gate's graph."""
        return self.graph().svg()


def _wrong(gate: str, given: dict[str, float]) -> str:
    """Say what is wrong with the arguments, or nothing."""
    if gate not in GATES:
        return f"There is no gate {gate!r}. There are {', '.join(GATES)}."
    for name, value in given.items():
        if not np.isfinite(value):
            return f"{name} must be a finite number: a gate has no gradient at {value}."
    return ""
