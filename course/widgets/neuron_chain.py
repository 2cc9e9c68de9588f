"""The chain of sigmoid neurons, one a layer, with each gradient written out as a product."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.autodiff import name, trace
from course.autodiff.graph import Graph

from .board import Board, scale
from .figure import bars
from .passes import shown
from .widget import module


class NeuronChain(Board):
    """See why the first layer of a deep chain gets next to no gradient.

    Layer i computes zᵢ = wᵢhᵢ₋₁ and hᵢ = σ(zᵢ), h₀ = x, and the loss is L = (hₙ − y)² (lecture 0,
    five layers with one neuron each).

    Parameters
    ----------
    layers : int
        From 1 to 10.
    weight : float
        The weight of every layer.
    x, y : float
        What goes in, and what should come out.

    Examples
    --------
    >>> round(NeuronChain(layers=5).shown["gradients"][0], 6)
    0.000641
    """

    _esm = module("neuron_chain")

    controls = (
        scale("layers", "layers", 1, 10, 1),
        scale("weight", "weight", -8.0, 8.0, 0.1),
        scale("x", "x", -4.0, 4.0, 0.1),
        scale("y", "y", 0.0, 1.0, 0.05),
    )

    def __init__(
        self, layers: int = 5, weight: float = 1.0, x: float = 1.0, y: float = 0.0
    ) -> None:
        super().__init__(layers=layers, weight=weight, x=x, y=y)

    def compute(self, layers: int, weight: float, x: float, y: float) -> dict[str, Any]:
        """Trace the chain; write each step forward and back in words."""
        n = layers
        graph = traced(np.full(n, weight), x, y)
        h = [x, *(float(graph[f"h{i}"].value) for i in range(1, n + 1))]
        slopes = [each * (1.0 - each) for each in h[1:]]
        loss = float(graph[graph.outputs[0]].value)
        gradients = [float(graph[i].gradient) for i in graph.inputs]
        start = float(graph[f"h{n}"].gradient)
        steps = [_step("forward", 0, f"Forward. In goes x = {shown(x)}.")]
        for i in range(1, n + 1):
            made = f"h{i} = σ({shown(weight)} × {shown(h[i - 1])}) = {shown(h[i])}"
            steps.append(_step("forward", i, f"Forward. {made}."))
        steps.append(_step("forward", n + 1, f"Forward. L = (h{n} − y)² = {shown(loss)}."))
        said = f"Backward. ∂L/∂h{n} = 2 × ({shown(h[n])} − {shown(y)}) = {shown(start)}."
        steps.append(_step("backward", n + 1, said))
        for i in range(n, 0, -1):
            said = _product(i, n, weight, slopes, h, start, gradients[i - 1])
            steps.append(_step("backward", i, said))
        return {
            "title": f"Chain of {n} sigmoid neurons.",
            "steps": steps,
            "h": h,
            "loss": loss,
            "factors": [weight * slope for slope in slopes],
            "upstream": [float(graph[f"h{i}"].gradient) for i in range(1, n + 1)],
            "gradients": gradients,
        }

    def picture(self) -> str:
        """Draw the size of each weight's gradient."""
        sizes = [abs(gradient) for gradient in self.shown["gradients"]]
        names = [f"w{i}" for i in range(1, len(sizes) + 1)]
        return bars(f"{self.shown['title']} |∂L/∂w|", self.describe(), names, sizes)


def traced(weights: Any, x: float, y: float) -> Graph:
    """Trace the loss of a chain by its weights."""

    def loss(w: list[Any]) -> Any:
        h: Any = x
        for i, weight in enumerate(w, start=1):
            h = name(1.0 / (1.0 + np.exp(-(weight * h))), f"h{i}")
        return (h - y) ** 2

    return trace(loss, [float(w) for w in weights])


def _step(kind: str, place: int, says: str) -> dict[str, Any]:
    return {"kind": kind, "place": place, "says": says}


def _product(
    i: int, n: int, weight: float, slopes: list[float], h: list[float], start: float, result: float
) -> str:
    """Write ∂L/∂wᵢ as its product: the loss, each layer behind, the layer itself."""
    behind = range(n, i, -1)
    signs = [f"2(h{n} − y)", *(f"w{k}σ′(z{k})" for k in behind), f"σ′(z{i})", f"h{i - 1}"]
    numbers = [start, *(weight * slopes[k - 1] for k in behind), slopes[i - 1], h[i - 1]]
    product = " × ".join(shown(float(f"{each:.4g}")) for each in numbers)
    return f"Backward. ∂L/∂w{i} = {' · '.join(signs)} = {product} = {shown(result)}."
