"""Gradient descent on the loss of a straight line: rate, momentum, batch, sum against mean."""

from __future__ import annotations

from typing import Any

import contourpy  # which comes with matplotlib
import numpy as np

from course.autodiff import value_and_grad

from .board import Board, choice, scale
from .figure import Plane, plane
from .passes import shown
from .widget import module

STEPS, SEED, EXAMPLES = 40, 1, 16

W_RANGE, B_RANGE = (-3.0, 5.0), (-4.0, 4.0)
"""The part of the surface that is drawn."""

LEVELS = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0, 22.0)
"""Mean losses at which a contour is drawn, above the smallest."""

DIVERGED = 1e6
"""A loss above this many times the first is not followed any further."""

RNG = np.random.default_rng(SEED)
X = RNG.uniform(-1.5, 1.5, EXAMPLES)
Y = 1.5 * X - 0.5 + 0.4 * RNG.normal(size=EXAMPLES)


class Descent(Board):
    """See where descent goes: θ ← θ + v, v ← momentum · v − rate · gradient.

    The loss is (wxₙ + b − yₙ)², summed or averaged over 16 examples of a noisy straight line.

    Parameters
    ----------
    rate, momentum : float
    batch : str
        How many examples each gradient is made of: "16" is all of them.
    reduction : str
        "mean" or "sum" over the examples.
    w, b : float
        Where to start.

    Examples
    --------
    >>> Descent(rate=0.1, reduction="sum").shown["diverged"]
    True
    >>> Descent(rate=0.1, reduction="mean").shown["diverged"]
    False
    """

    _esm = module("descent")

    controls = (
        scale("rate", "learning rate", 0.01, 1.5, 0.01),
        scale("momentum", "momentum", 0.0, 0.95, 0.05),
        choice("batch", "batch size", ["1", "4", "16"]),
        choice("reduction", "loss", ["mean", "sum"]),
        scale("w", "start w", *W_RANGE, 0.1),
        scale("b", "start b", *B_RANGE, 0.1),
    )

    def __init__(
        self,
        rate: float = 0.1,
        momentum: float = 0.0,
        batch: str = "16",
        reduction: str = "mean",
        w: float = -2.0,
        b: float = 3.0,
    ) -> None:
        super().__init__(rate=rate, momentum=momentum, batch=batch, reduction=reduction, w=w, b=b)

    def compute(
        self, rate: float, momentum: float, batch: str, reduction: str, w: float, b: float
    ) -> dict[str, Any]:
        """Go down by the engine's gradients."""
        path = descend(np.array([w, b]), rate, momentum, int(batch), reduction)
        diverged = path[-1]["loss"] > path[0]["loss"]
        steps = [
            {"kind": "backward" if i else "forward", "says": _sentence(i, point, path)}
            for i, point in enumerate(path)
        ]
        return {
            "title": f"Loss of a line by w and b: its {reduction} over {EXAMPLES} examples.",
            "steps": steps,
            "path": path,
            "diverged": diverged,
            "pace": 300,
            "window": [*W_RANGE, *B_RANGE],
            "contours": contours(),
        }

    def picture(self) -> str:
        """Draw the whole path."""
        path = [(point["w"], point["b"]) for point in self.shown["path"]]
        window = (*W_RANGE, *B_RANGE)
        drawn = Plane(window, lines=self.shown["contours"], path=path, discs=path[-1:])
        return plane(self.shown["title"], self.describe(), drawn)


def loss(theta: Any, x: Any, y: Any, reduction: str) -> Any:
    """Compute the squared error of the line wx + b, θ = (w, b)."""
    errors = (theta[0] * x + theta[1] - y) ** 2
    return np.mean(errors) if reduction == "mean" else np.sum(errors)


def descend(
    theta: Any, rate: float, momentum: float, batch: int, reduction: str
) -> list[dict[str, Any]]:
    """Take 40 steps, or fewer if the loss explodes.

    Returns
    -------
    list of dict
        Of each point: ``w``, ``b``; the ``loss`` of all examples; the ``gradient`` of the batch
        that the next step takes.
    """
    rng = np.random.default_rng(SEED)
    slope = value_and_grad(lambda theta, x, y: loss(theta, x, y, reduction))
    velocity = np.zeros(2)
    path: list[dict[str, Any]] = []
    for _ in range(STEPS + 1):
        chosen = rng.permutation(EXAMPLES)[:batch]
        _, gradient = slope(theta, X[chosen], Y[chosen])
        whole = float(loss(theta, X, Y, reduction))
        point = {"w": float(theta[0]), "b": float(theta[1]), "loss": whole}
        path.append({**point, "gradient": gradient.tolist()})
        if whole > DIVERGED * path[0]["loss"]:
            break
        velocity = momentum * velocity - rate * gradient
        theta = theta + velocity
    return path


def contours() -> list[list[list[float]]]:
    """Compute lines of equal loss inside the window, as lists of points (w, b).

    Sum and mean have the same lines: they differ by a factor.
    """
    ws, bs = np.linspace(*W_RANGE, 60), np.linspace(*B_RANGE, 60)
    surface = np.mean((ws[None, :, None] * X + bs[:, None, None] - Y) ** 2, axis=-1)
    found = contourpy.contour_generator(ws, bs, surface)
    lines: list[Any] = [line for level in LEVELS for line in found.lines(surface.min() + level)]
    return [np.round(line, 3).tolist() for line in lines]


def _sentence(i: int, point: dict[str, Any], path: list[dict[str, Any]]) -> str:
    """Say where a step has led, and whether up or down."""
    w, b, loss, dw, db = (
        shown(float(f"{value:.4g}"))
        for value in (point["w"], point["b"], point["loss"], *point["gradient"])
    )
    where = f"w = {w}, b = {b}, loss {loss}, gradient ({dw}, {db})."
    if i == 0:
        return f"Start: {where}"
    change = "lower than at the start"
    if point["loss"] > path[0]["loss"]:
        diverges = path[-1]["loss"] > path[0]["loss"]
        change = "above that of the start" + (": it diverges" if diverges else "")
    elif point["loss"] > path[i - 1]["loss"]:
        change = "up in this step, still not above the start"
    return f"Step {i}: {where} The loss is {change}."
