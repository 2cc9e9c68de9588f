"""The affine layer Y = XW + b entry by entry: what is stretched forward is summed backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from course.autodiff import vjp

from .board import Board, scale
from .figure import BACKWARD, FORWARD, Table, tables
from .passes import shown
from .widget import module

SEED = 3


class BroadcastViewer(Board):
    """See which entries are multiplied and summed for each entry of db, dW and dX.

    Y = XW + b with one example a row; b is stretched over the rows. Given G = ∂L/∂Y, the gradients
    are db = Σₙ Gₙ, dW = XᵀG, dX = GWᵀ (lecture 2, vectorised operations).

    Parameters
    ----------
    examples, inputs, outputs : int
        From 1 to 5: X has shape (examples, inputs), W (inputs, outputs), b (outputs,), and G the
        shape of Y, (examples, outputs).

    Examples
    --------
    >>> BroadcastViewer(examples=3, inputs=2, outputs=4).shown["shapes"]["dW"]
    '(2, 4)'
    """

    _esm = module("broadcast_viewer")

    controls = (
        scale("examples", "examples", 1, 5, 1),
        scale("inputs", "inputs", 1, 5, 1),
        scale("outputs", "outputs", 1, 5, 1),
    )

    def __init__(self, examples: int = 3, inputs: int = 2, outputs: int = 4) -> None:
        super().__init__(examples=examples, inputs=inputs, outputs=outputs)

    def compute(self, examples: int, inputs: int, outputs: int) -> dict[str, Any]:
        """Draw small whole numbers, and let the engine pull G back."""
        rng = np.random.default_rng(SEED)
        n, d, m = int(examples), int(inputs), int(outputs)
        X, W, b, G = (
            rng.integers(-3, 4, size=size).astype(float) for size in ((n, d), (d, m), (m,), (n, m))
        )
        Y, pullback = vjp(lambda X, W, b: X @ W + b, X, W, b)
        dX, dW, db = pullback(G)
        arrays = {"X": X, "W": W, "b": b, "Y": Y, "G": G, "db": db, "dW": dW, "dX": dX}
        shapes = {name: str(array.shape) for name, array in arrays.items()}
        return {
            "title": "The affine layer Y = XW + b, and its gradients.",
            "steps": [
                *_forward(shapes, n),
                *(_bias(G, db, j) for j in range(m)),
                *(_weight(X, G, dW, i, j) for i, j in np.ndindex(d, m)),
                *(_input(W, G, dX, k, i) for k, i in np.ndindex(n, d)),
            ],
            "arrays": {name: np.atleast_2d(array).tolist() for name, array in arrays.items()},
            "shapes": shapes,
        }

    def picture(self) -> str:
        """Draw all arrays."""

        def table(name: str) -> Table:
            colour = BACKWARD if name in ("G", "dX", "dW", "db") else FORWARD
            title = f"{name} {self.shown['shapes'][name]}"
            return Table(title, self.shown["arrays"][name], colour)

        groups = [[table(name) for name in ("X", "W", "b", "Y", "G")]]
        groups += [[table(name) for name in ("dX", "dW", "db")]]
        return tables(self.shown["title"], self.describe(), [], groups)


def _forward(shapes: dict[str, str], n: int) -> list[dict[str, Any]]:
    product = (
        f"Forward. X {shapes['X']} times W {shapes['W']} has shape {shapes['Y']}. "
        f"b has shape {shapes['b']}: it is stretched, the same in each of the {n} rows."
    )
    back = f"Backward. G = ∂L/∂Y has the shape of Y, {shapes['G']}. Now each gradient from it."
    return [
        {"kind": "forward", "says": product, "used": {}, "makes": None},
        {"kind": "backward", "says": back, "used": {}, "makes": None},
    ]


def _sum(entry: str, rule: str, terms: list[str], result: float) -> str:
    return f"Backward. {entry} = {rule} = {' + '.join(terms)} = {shown(result)}."


def _step(
    array: str, place: tuple[int, int], says: str, used: dict[str, list[list[int]]]
) -> dict[str, Any]:
    return {"kind": "backward", "makes": array, "place": list(place), "says": says, "used": used}


def _bias(G: Any, db: Any, j: int) -> dict[str, Any]:
    terms = [shown(g) for g in G[:, j]]
    says = _sum(f"db[{j}]", f"sum over the examples n of G[n, {j}]", terms, db[j])
    return _step("db", (0, j), says, {"G": [[k, j] for k in range(len(G))]})


def _weight(X: Any, G: Any, dW: Any, i: int, j: int) -> dict[str, Any]:
    terms = [f"{shown(x)} × {shown(g)}" for x, g in zip(X[:, i], G[:, j], strict=True)]
    rule = f"sum over the examples n of X[n, {i}] × G[n, {j}]"
    used = {"X": [[k, i] for k in range(len(X))], "G": [[k, j] for k in range(len(G))]}
    return _step("dW", (i, j), _sum(f"dW[{i}, {j}]", rule, terms, dW[i, j]), used)


def _input(W: Any, G: Any, dX: Any, k: int, i: int) -> dict[str, Any]:
    terms = [f"{shown(g)} × {shown(w)}" for g, w in zip(G[k], W[i], strict=True)]
    rule = f"sum over the outputs j of G[{k}, j] × W[{i}, j]"
    outputs = range(len(W[i]))
    used = {"G": [[k, j] for j in outputs], "W": [[i, j] for j in outputs]}
    return _step("dX", (k, i), _sum(f"dX[{k}, {i}]", rule, terms, dX[k, i]), used)
