"""Decision regions of a perceptron with one hidden layer, while it is trained."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import contourpy  # which comes with matplotlib
import numpy as np

from course.autodiff import value_and_grad

from .board import Board, choice, scale
from .figure import Plane, plane
from .passes import shown
from .widget import module

FRAMES, STEPS_A_FRAME, MOMENTUM = 30, 10, 0.9

EXAMPLES, SEED, REACH, FINENESS = 200, 0, 2.0, 41


def _triangle(x: Any, y: Any) -> Any:
    """Three half-spaces, intersected."""
    return (y > -1.0) & (y < 1.2 - 1.6 * x) & (y < 1.2 + 1.6 * x)


# What is to be told apart; from half-spaces to polyhedra to unions of them (lecture 1).
TASKS: dict[str, Callable[[Any, Any], Any]] = {
    "half-plane": lambda x, y: x + 0.7 * y > 0.2,
    "triangle": _triangle,
    "two triangles": lambda x, y: (
        _triangle(1.5 * x + 1.5, 0.8 * y) | _triangle(1.5 * x - 1.5, 0.8 * y)
    ),
    "checkers": lambda x, y: x * y > 0,
    "disc": lambda x, y: x**2 + y**2 < 1.4,
}

Network = tuple[Any, Any, Any, Any]


class DecisionRegions(Board):
    """See what a network of sigmoid units takes for inside, and what its gradients are meanwhile.

    p = σ(σ(xW₁ + b₁)W₂ + b₂), trained on the cross-entropy by gradient descent with momentum 0.9,
    all examples in each step. Each hidden unit is a line: one side of it is a half-space.

    Parameters
    ----------
    task : str
        What is inside: a key of `TASKS`.
    hidden : int
        Number of hidden units; 0 is a single perceptron.
    rate : float

    Examples
    --------
    >>> DecisionRegions("half-plane", hidden=0).shown["frames"][-1]["right"] > 0.95
    True
    """

    _esm = module("decision_regions")

    controls = (
        choice("task", "inside is", list(TASKS)),
        scale("hidden", "hidden units", 0, 12, 1),
        scale("rate", "learning rate", 0.1, 3.0, 0.1),
    )

    def __init__(self, task: str = "triangle", hidden: int = 3, rate: float = 1.0) -> None:
        super().__init__(task=task, hidden=hidden, rate=rate)

    def compute(self, task: str, hidden: int, rate: float) -> dict[str, Any]:
        """Train, and keep 31 frames of it."""
        x, inside = examples(task)
        frames = [
            _frame(params, loss, gradient, x, inside)
            for params, loss, gradient in trained(x, inside, int(hidden), rate)
        ]
        units = f"{int(hidden)} hidden units" if hidden else "a single perceptron"
        steps = [{"kind": "forward", "says": _sentence(i, frame)} for i, frame in enumerate(frames)]
        return {
            "title": f"Region that {units} take for the {task}.",
            "steps": steps,
            "frames": frames,
            "points": np.round(x, 3).tolist(),
            "inside": inside.ravel().tolist(),
            "reach": REACH,
            "pace": 250,
        }

    def picture(self) -> str:
        """Draw the region at the end of the training."""
        drawn = Plane(
            (-REACH, REACH, -REACH, REACH),
            regions=self.shown["frames"][-1]["region"],
            discs=self._points(inside=True),
            crosses=self._points(inside=False),
        )
        return plane(self.shown["title"], self.describe(), drawn)

    def _points(self, *, inside: bool) -> list[list[float]]:
        marked = zip(self.shown["points"], self.shown["inside"], strict=True)
        return [point for point, is_inside in marked if bool(is_inside) is inside]


def examples(task: str) -> tuple[Any, Any]:
    """Draw points, shape (200, 2), and whether each is inside, shape (200, 1), as 0.0 or 1.0."""
    x = np.random.default_rng(SEED).uniform(-REACH, REACH, size=(EXAMPLES, 2))
    return x, TASKS[task](x[:, :1], x[:, 1:]).astype(float)


def logits(params: Network, x: Any) -> Any:
    """Compute what goes into the last sigmoid; a network without hidden units has no W₁."""
    W1, b1, W2, b2 = params
    h = 1.0 / (1.0 + np.exp(-(x @ W1 + b1))) if W1.size else x
    return h @ W2 + b2


def cross_entropy(params: Network, x: Any, inside: Any) -> Any:
    """Compute the mean of log(1 + exp(s)) − ts, which is the cross-entropy of σ(s)."""
    s = logits(params, x)
    return np.mean(np.logaddexp(0.0, s) - inside * s)


def trained(x: Any, inside: Any, hidden: int, rate: float) -> list[tuple[Network, float, Network]]:
    """Train; return parameters, loss and gradient, before the first step and after every tenth."""
    rng = np.random.default_rng(SEED)
    params: Network = (
        2.0 * rng.normal(size=(2, hidden)),
        rng.normal(size=hidden),
        rng.normal(size=(hidden or 2, 1)),
        np.zeros(1),
    )
    velocity = [np.zeros_like(p) for p in params]
    slope = value_and_grad(cross_entropy)
    kept = []
    for i in range(FRAMES * STEPS_A_FRAME + 1):
        loss, gradient = slope(params, x, inside)
        if i % STEPS_A_FRAME == 0:
            kept.append((params, float(loss), gradient))
        velocity = [MOMENTUM * v - rate * g for v, g in zip(velocity, gradient, strict=True)]
        W1, b1, W2, b2 = (p + v for p, v in zip(params, velocity, strict=True))
        params = W1, b1, W2, b2
    return kept


def _frame(params: Network, loss: float, gradient: Network, x: Any, inside: Any) -> dict[str, Any]:
    """Describe one moment: the border of the region, the units' lines, loss and gradients."""
    W1, b1, _, _ = params
    return {
        "loss": loss,
        "right": float(np.mean((logits(params, x) > 0) == (inside > 0.5))),
        "gradients": [
            float(np.sqrt(np.sum(dW**2) + np.sum(db**2)))
            for dW, db in (gradient[:2], gradient[2:])
            if dW.size
        ],
        "region": _region(params),
        "lines": [[*map(float, W1[:, k]), float(b1[k])] for k in range(W1.shape[1])],
    }


def _region(params: Network) -> list[list[list[float]]]:
    """Trace where p > ½, as closed curves: outlines and holes."""
    ticks = np.linspace(-REACH, REACH, FINENESS)
    x, y = np.meshgrid(ticks, ticks)
    heights = logits(params, np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    found = contourpy.contour_generator(
        ticks, ticks, heights, fill_type=contourpy.FillType.OuterOffset
    )
    top = max(float(heights.max()), 0.0) + 1.0
    filled: Any = found.filled(0.0, top)
    outlines, offsets = filled
    curves: list[Any] = [
        points[start:end]
        for points, ends in zip(outlines, offsets, strict=True)
        for start, end in pairwise(ends)
    ]
    return [np.round(curve, 2).tolist() for curve in curves]


def _sentence(i: int, frame: dict[str, Any]) -> str:
    gradients = " and ".join(f"{norm:.2g}" for norm in frame["gradients"])
    layers = "norms by layer" if len(frame["gradients"]) > 1 else "norm"
    loss = shown(float(f"{frame['loss']:.3g}"))
    return (
        f"After {i * STEPS_A_FRAME} steps: loss {loss}, {100 * frame['right']:.0f} % right, "
        f"gradient {layers} {gradients}."
    )
