"""The Jacobian of a small function as an image, and the product that is needed of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.autodiff import jacobian, vjp

from .board import Board, floats
from .figure import BACKWARD, Table, tables
from .passes import shown
from .subjects import CannotShowError
from .widget import module

LARGEST = 16

POINT = (-2.0, -0.5, 0.3, 1.0, -1.2, 2.5, 0.8, -0.1)


def relu(x: Any) -> Any:
    """Cut off what is below 0."""
    return np.maximum(x, 0.0)


class JacobianViewer(Board):
    """See which output depends on which input: row j has the derivatives of output j.

    Parameters
    ----------
    f : callable, optional
        From a vector to a vector, written in NumPy; ReLU if not given.
    x : sequence of float, optional
        Up to 16 numbers.
    upstream : sequence of float, optional
        ∂L/∂y, one number for each output; 1, 2, 3, … if not given, so that they can be told apart.

    Examples
    --------
    >>> viewer = JacobianViewer(x=[-1.0, 2.0])
    >>> viewer.shown["jacobian"]
    [[0.0, 0.0], [0.0, 1.0]]
    """

    _esm = module("jacobian_viewer")

    def __init__(
        self, f: Callable[[Any], Any] = relu, x: Any = POINT, upstream: Any = None
    ) -> None:
        self.f, self.x, self.upstream = f, x, upstream
        super().__init__()

    def compute(self) -> dict[str, Any]:
        """Let the engine compute the Jacobian, and the product without it."""
        x = floats("x", self.x)
        if x.ndim != 1 or not 1 <= x.size <= LARGEST:
            raise CannotShowError(
                f"x must be a vector of 1 to {LARGEST} numbers; it has shape {x.shape}."
            )
        y, pullback = vjp(self.f, x)
        if np.ndim(y) != 1 or not 1 <= np.size(y) <= LARGEST:
            raise CannotShowError(
                f"The function must return a vector of 1 to {LARGEST} numbers; "
                f"it returned shape {np.shape(y)}."
            )
        given = np.arange(1.0, len(y) + 1) if self.upstream is None else self.upstream
        upstream = floats("upstream", given)
        table = np.asarray(jacobian(self.f)(x))
        if not all(np.isfinite(each).all() for each in (x, y, table, upstream)):
            raise CannotShowError(
                "A number here is not finite. Take an x where f has a value and a derivative, and "
                "a finite upstream."
            )
        (dx,) = pullback(upstream)
        zeros = int(np.sum(table == 0.0))
        rows = [_row(j, row, y[j]) for j, row in enumerate(table)]
        columns = [_column(i, table[:, i], upstream, dx[i]) for i in range(x.size)]
        size = f"{len(y)} × {x.size}"
        return {
            "title": f"Jacobian of {size} entries, {zeros} of them 0.",
            "steps": [*rows, *columns],
            "x": x.tolist(),
            "y": y.tolist(),
            "upstream": upstream.tolist(),
            "jacobian": table.tolist(),
            "dx": dx.tolist(),
        }

    def picture(self) -> str:
        """Draw the Jacobian as an image, with what is around it."""
        x, y, upstream, dx = (self.shown[key] for key in ("x", "y", "upstream", "dx"))
        groups = [
            [Table("x", [x])],
            [
                Table("y", [[value] for value in y]),
                Table("upstream", [[value] for value in upstream], BACKWARD),
                Table("∂y/∂x", self.shown["jacobian"], shaded=True),
            ],
            [Table("dx", [dx], BACKWARD)],
        ]
        return tables(self.shown["title"], self.describe(), [], groups)


def _numbers(values: Any) -> str:
    return ", ".join(shown(float(f"{value:.3g}")) for value in values)


def _row(j: int, row: Any, output: float) -> dict[str, Any]:
    """Say on which inputs an output depends."""
    depends = [f"x[{i}]" for i in np.flatnonzero(row)]
    on = f"depends on {', '.join(depends)}" if depends else "does not change with any input"
    says = f"Row {j}: y[{j}] = {_numbers([output])} {on}. Its derivatives: {_numbers(row)}."
    return {"kind": "forward", "row": j, "says": says}


def _column(i: int, column: Any, upstream: Any, result: float) -> dict[str, Any]:
    """Say what one entry of the gradient is made of."""
    terms = [
        f"{_numbers([g])} × {_numbers([d])}"
        for g, d in zip(upstream, column, strict=True)
        if d != 0.0
    ]
    made = f"{' + '.join(terms)} = {_numbers([result])}" if terms else "0, as the whole column is 0"
    says = f"Backward. Column {i}: dx[{i}] = Σ upstream × derivative = {made}."
    return {"kind": "backward", "column": i, "says": says}
