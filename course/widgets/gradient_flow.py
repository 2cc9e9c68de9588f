"""Gradient flow: what arrives at each layer of a deep network, and what its units do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course.autodiff import vjp

from .board import Board, choice, scale, switch
from .figure import bars
from .passes import minus, shown
from .widget import module

EXAMPLES, BINS, SEED = 64, 12, 0

FLAT = 0.05
"""A unit is saturated on an example if its slope there is below this share of the largest."""


class Activation(NamedTuple):
    """A unit's function of z, its slope written with its output h, and h's range if it has one."""

    function: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    steepest: float
    range: tuple[float, float] | None


ACTIVATIONS = {
    "sigmoid": Activation(
        lambda z: 1.0 / (1.0 + np.exp(-z)), lambda h: h * (1.0 - h), 0.25, (0.0, 1.0)
    ),
    "tanh": Activation(np.tanh, lambda h: 1.0 - h**2, 1.0, (-1.0, 1.0)),
    "ReLU": Activation(
        lambda z: np.maximum(z, 0.0), lambda h: np.where(h > 0, 1.0, 0.0), 1.0, None
    ),
    "leaky ReLU": Activation(
        lambda z: np.where(z > 0, z, 0.1 * z), lambda h: np.where(h > 0, 1.0, 0.1), 1.0, None
    ),
    "none": Activation(lambda z: z, lambda h: np.ones_like(h), 1.0, None),
}

# Standard deviation of the first weights, for a layer of as many inputs as outputs.
STARTS: dict[str, Callable[[int], float]] = {
    "Xavier": lambda width: width**-0.5,
    "He": lambda width: (2.0 / width) ** 0.5,
    "0.01": lambda width: 0.01,
    "1": lambda width: 1.0,
}


class GradientFlow(Board):
    """See where in a network of equal layers the gradient vanishes or explodes.

    Parameters
    ----------
    depth, width : int
    activation : str
        A key of `ACTIVATIONS`.
    start : str
        Standard deviation of the first weights: a key of `STARTS`.
    gain : float
        By which the first weights are multiplied besides.
    residual : bool
        Whether each layer adds its input to what it computes.
    normalised : bool
        Whether z is normalised over the batch, as in batch normalisation.

    Examples
    --------
    >>> flow = GradientFlow(depth=20, activation="sigmoid")
    >>> flow.shown["layers"][0]["norm"] < 1e-9 * flow.shown["layers"][-1]["norm"]
    True
    """

    _esm = module("gradient_flow")

    controls = (
        scale("depth", "depth", 1, 30, 1),
        scale("width", "width", 2, 64, 1),
        choice("activation", "activation", list(ACTIVATIONS)),
        choice("start", "first weights", list(STARTS)),
        scale("gain", "gain", 0.1, 5.0, 0.1),
        switch("residual", "residual"),
        switch("normalised", "normalised"),
    )

    def __init__(
        self,
        depth: int = 10,
        width: int = 32,
        activation: str = "tanh",
        start: str = "Xavier",
        gain: float = 1.0,
        residual: bool = False,
        normalised: bool = False,
    ) -> None:
        super().__init__(
            depth=depth,
            width=width,
            activation=activation,
            start=start,
            gain=gain,
            residual=residual,
            normalised=normalised,
        )

    def compute(self, **settings: Any) -> dict[str, Any]:
        """Run the network and the engine's backward pass; measure each layer."""
        unit = ACTIVATIONS[settings["activation"]]
        units, gradients, arriving = flow(**settings)
        measured = zip(units, gradients, arriving, strict=True)
        layers = [_measured(h, dW, dh, unit) for h, dW, dh in measured]
        depth = len(layers)
        steps = [
            {"kind": "backward", "layer": i, "says": _sentence(i, depth, layers[i], h=units[i])}
            for i in reversed(range(depth))
        ]
        title = f"Norm of the gradient of each weight matrix, {depth} layers."
        data = " ".join(f"Layer {i + 1}: {_norm(layer['norm'])}." for i, layer in enumerate(layers))
        return {
            "title": title,
            "steps": [{**step, "data": data} for step in steps],
            "layers": layers,
        }

    def picture(self) -> str:
        """Draw the norm of each layer's gradient."""
        norms = [layer["norm"] for layer in self.shown["layers"]]
        names = [str(i) for i in range(1, len(norms) + 1)]
        return bars(self.shown["title"], self.describe(), names, norms)


def flow(
    depth: int,
    width: int,
    activation: str,
    start: str,
    gain: float,
    residual: bool,
    normalised: bool,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Compute the units' outputs, and the gradients of weights and outputs, first layer first.

    The input and the upstream gradient are normal numbers, from one seed for all settings.

    Returns
    -------
    units : list of array, shape (64, width)
    gradients : list of array, shape (width, width)
    arriving : list of array, shape (64, width)
        Gradients of the layers' outputs: what comes back to each layer.
    """
    rng = np.random.default_rng(SEED)
    x, upstream = rng.normal(size=(2, EXAMPLES, int(width)))
    spread = gain * STARTS[start](int(width))
    weights = [spread * rng.normal(size=(int(width), int(width))) for _ in range(int(depth))]
    function = ACTIVATIONS[activation].function

    def run(weights: list[Any], nudges: list[Any]) -> tuple[Any, ...]:
        h: Any = x
        units = []
        for W, nudge in zip(weights, nudges, strict=True):
            z = h @ W
            if normalised:
                z = (z - np.mean(z, axis=0)) / np.sqrt(np.var(z, axis=0) + 1e-5)
            units.append(function(z))
            # nudged by 0: the gradient of the nudge is that of the layer's output
            h = (h + units[-1] if residual else units[-1]) + nudge
        return h, *units  # the units come along to be measured; nothing flows back from them

    none = [np.zeros_like(upstream) for _ in weights]
    (_, *units), pullback = vjp(run, weights, none)
    gradients, arriving = pullback((upstream, *none))
    return units, gradients, arriving


def _measured(h: Any, dW: Any, dh: Any, unit: Activation) -> dict[str, Any]:
    """Sum up one layer: gradients, histogram of outputs, share saturated, number of dead units."""
    is_finite = bool(np.isfinite(h).all())
    low, high = unit.range or (float(h.min()), float(h.max()))
    counts = (
        np.histogram(h, bins=BINS, range=(low, high if high > low else low + 1.0))[0]
        if is_finite
        else np.zeros(BINS)
    )
    return {
        "norm": _size(dW),
        "arrives": _size(dh),
        "low": low if is_finite else None,
        "high": high if is_finite else None,
        "counts": [int(count) for count in counts],
        # only a unit with two flat ends saturates; a ReLU that is off is off
        "saturated": float(np.mean(unit.slope(h) < FLAT * unit.steepest)) if unit.range else 0.0,
        # of a ReLU: 0 for every example, so no gradient ever gets through
        "dead": int(np.sum(np.all(h == 0.0, axis=0))),
    }


def _size(gradient: Any) -> float | None:
    norm = float(np.linalg.norm(gradient))
    return norm if np.isfinite(norm) else None  # JSON has no word for infinity


def _norm(norm: float | None) -> str:
    return "too large for a number" if norm is None else minus(f"{norm:.3g}")


def _sentence(i: int, depth: int, layer: dict[str, Any], h: Any) -> str:
    """Say what a layer's numbers are."""
    says = (
        f"Layer {i + 1} of {depth}: what comes back to it has norm {_norm(layer['arrives'])}, "
        f"the gradient of its weights {_norm(layer['norm'])}."
    )
    if layer["low"] is not None:
        says += (
            f" Its units give {shown(float(f'{h.min():.3g}'))} to {shown(float(f'{h.max():.3g}'))}."
        )
    if layer["saturated"]:
        says += f" {100 * layer['saturated']:.0f} % are saturated."
    if layer["dead"]:
        says += f" {layer['dead']} of {h.shape[1]} are dead."
    return says
