"""The reversed network: the forward pass, and its mirror with an amplifier for each unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.autodiff import vjp

from .board import Board, choice, floats, scale
from .figure import BACKWARD, Table, tables
from .gradient_flow import ACTIVATIONS
from .passes import shown
from .subjects import CannotShowError
from .widget import module

WIDEST, DEEPEST, REACH = 5, 5, 4.0

Params = list[tuple[Any, Any]]


class ReverseNetwork(Board):
    """See the backward pass as a network that runs the other way, with gains σ′(z) (lecture 4).

    The network is that of assignment 05: a⁰ = x, zˡ = aˡ⁻¹Wˡ + bˡ, aˡ = σ(zˡ), no activation in the
    last layer, and the loss C = Σ(aᴸ − y)².

    Parameters
    ----------
    params : list of (W, b), optional
        Weights of shape (inputs, units) and biases (units,), up to 5 layers of 5 units.
    x, y : sequence of float, optional
        One example and its target.
    activation : str
        A key of `gradient_flow.ACTIVATIONS`.

    Examples
    --------
    >>> network = ReverseNetwork([(np.ones((1, 1)), np.zeros(1))] * 2, [0.0], [0.0])
    >>> [delta.tolist() for delta in network.deltas()]
    [[0.25], [1.0]]
    """

    _esm = module("reverse_network")

    def __init__(
        self,
        params: Params | None = None,
        x: Any = (0.5, -1.0),
        y: Any = (1.0, 0.0),
        activation: str = "sigmoid",
    ) -> None:
        self.params = params if params is not None else _example()
        self.y = y
        # as objects: what is no number is refused by its slider, with its name
        given = np.ravel(np.asarray(x, dtype=object))
        inputs = {f"x{i + 1}": value for i, value in enumerate(given)}
        self.controls = (
            *(scale(name, name, -REACH, REACH, 0.1) for name in inputs),
            choice("activation", "activation", list(ACTIVATIONS)),
        )
        super().__init__(activation=activation, **inputs)

    def deltas(self) -> list[Any]:
        """Return δˡ = ∂C/∂zˡ of each layer as the engine has it, first layer first."""
        return [np.array(layer) for layer in self.shown["deltas"]]

    def compute(self, activation: str, **inputs: float) -> dict[str, Any]:
        """Run the network, and the engine's pullback to every z."""
        x = np.array(list(inputs.values()))
        params, y = _checked(self.params, x, self.y)
        unit = ACTIVATIONS[activation]

        def layers(nudges: list[Any]) -> tuple[Any, ...]:
            a: Any = x
            outputs = []
            for k, ((W, b), nudge) in enumerate(zip(params, nudges, strict=True)):
                z = a @ W + b + nudge
                a = z if k == len(params) - 1 else unit.function(z)
                outputs.append(a)
            return np.sum((a - y) ** 2), *outputs

        nudges = [np.zeros_like(b) for _, b in params]
        (loss, *outputs), pullback = vjp(layers, nudges)
        (deltas,) = pullback((1.0, *(np.zeros_like(a) for a in outputs)))
        if not np.isfinite(loss):
            raise CannotShowError("A value in this network is not finite. Take smaller weights.")
        gains = [unit.slope(a) for a in outputs[:-1]]
        weights = [W for W, _ in params]
        return {
            "title": "A network, and below it the reversed network.",
            "steps": [
                *_forward(x, outputs, float(loss)),
                *_backward(outputs, y, weights, gains, deltas),
            ],
            "values": [x.tolist(), *(a.tolist() for a in outputs)],
            "weights": [W.tolist() for W in weights],
            "gains": [gain.tolist() for gain in gains],
            "deltas": [delta.tolist() for delta in deltas],
        }

    def picture(self) -> str:
        """Draw what each layer gives forward, and its δ."""
        values = [[[a] for a in layer] for layer in self.shown["values"]]
        deltas = [[[delta] for delta in layer] for layer in self.shown["deltas"]]
        forward = [Table(f"a{k}", rows) for k, rows in enumerate(values)]
        back = [Table(f"δ{k}", rows, BACKWARD) for k, rows in enumerate(deltas, start=1)]
        return tables(self.shown["title"], self.describe(), [], [forward, back])


def _example() -> Params:
    rng = np.random.default_rng(4)
    sizes = [(2, 3), (3, 2), (2, 2)]
    return [(rng.normal(size=size).round(1), rng.normal(size=size[1]).round(1)) for size in sizes]


def _checked(params: Params, x: Any, y: Any) -> tuple[Params, Any]:
    """Return parameters and target as arrays, if they fit each other and a picture."""
    try:
        layers = [(floats("W", W), floats("b", b)) for W, b in params]
    except (TypeError, ValueError) as error:
        raise CannotShowError("params must be a list of (W, b), one pair a layer.") from error
    if not 1 <= len(layers) <= DEEPEST:
        raise CannotShowError(f"From 1 to {DEEPEST} layers can be shown, not {len(layers)}.")
    width = len(x)
    for k, (W, b) in enumerate(layers, start=1):
        if W.ndim != 2 or W.shape[0] != width or b.shape != W.shape[1:]:
            raise CannotShowError(
                f"Layer {k} gets {width} values, so W{k} must have shape ({width}, units) and b{k} "
                f"(units,). They have {W.shape} and {b.shape}."
            )
        width = W.shape[1]
        if not 1 <= max(W.shape) <= WIDEST:
            raise CannotShowError(f"Up to {WIDEST} units a layer can be shown; W{k} is {W.shape}.")
    target = np.ravel(floats("y", y))
    if len(target) != width:
        raise CannotShowError(f"The last layer has {width} units, so y must have {width} numbers.")
    return layers, target


def _list(values: Any) -> str:
    return ", ".join(shown(float(f"{value:.4g}")) for value in values)


def _forward(x: Any, outputs: list[Any], loss: float) -> list[dict[str, Any]]:
    steps = [{"layer": 0, "says": f"Forward. In goes a0 = ({_list(x)})."}]
    for k, a in enumerate(outputs, start=1):
        end = f" The loss is {shown(float(f'{loss:.4g}'))}." if k == len(outputs) else ""
        steps.append({"layer": k, "says": f"Forward. Layer {k} gives a{k} = ({_list(a)}).{end}"})
    return [{"kind": "forward", "unit": None, **step} for step in steps]


def _backward(
    outputs: list[Any], y: Any, weights: list[Any], gains: list[Any], deltas: list[Any]
) -> list[dict[str, Any]]:
    """Write one step for the last layer, then one for each unit: gain × what arrives."""
    n = len(outputs)
    says = f"Backward. In goes δ{n} = 2(a{n} − y) = ({_list(deltas[-1])}), y being ({_list(y)})."
    steps: list[dict[str, Any]] = [{"kind": "backward", "layer": n, "unit": None, "says": says}]
    for k in range(n - 1, 0, -1):
        for j, row in enumerate(weights[k]):
            terms = " + ".join(
                f"{_list([w])} × {_list([d])}" for w, d in zip(row, deltas[k], strict=True)
            )
            arrives = float(row @ deltas[k])
            says = (
                f"Backward. At unit {j + 1} of layer {k} arrives {terms} = {_list([arrives])}; "
                f"gain σ′(z) = {_list([gains[k - 1][j]])} makes "
                f"δ = {_list([deltas[k - 1][j]])}."
            )
            steps.append({"kind": "backward", "layer": k, "unit": j, "says": says})
    return steps
