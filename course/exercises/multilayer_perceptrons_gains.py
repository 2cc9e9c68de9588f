"""05 Multi-layer perceptrons, section 9: the backward pass as a network with gains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import exercise
from course.exercises.multilayer_perceptrons import ASSIGNMENT, Rng, slope

__all__ = ["ASSIGNMENT"]


@exercise(
    points=2,
    returns=lambda case: tuple(f"delta{k + 1}" for k in range(len(case.inputs))),
    inputs=lambda case: (),
    read="9. The reversed network",
)
def reversed_network(*moves, weights, gains):
    # How far the last z moves if every z is moved a little: linear, and backwards it is δ.
    moved = moves[0]
    for move, W, gain in zip(moves[1:], weights, gains, strict=True):
        moved = (moved * gain) @ W + move
    return moved


@reversed_network.driver
def _(stub: Stub, case: Case) -> Any:
    deltas = stub(case.upstream, case.given["weights"], case.given["gains"])
    return tuple(deltas) if isinstance(deltas, list) else deltas


def _reversed(rng: Rng, n: int, *sizes: int) -> dict[str, Any]:
    return {
        "inputs": tuple(np.zeros((n, size)) for size in sizes),
        "given": {
            "weights": [rng.normal(size=pair) for pair in pairwise(sizes)],
            "gains": [slope(rng.normal(size=(n, size)) * 2) for size in sizes[:-1]],
        },
    }


reversed_network.example(
    np.zeros((1, 2)),
    np.zeros((1, 1)),
    upstream=np.array([[2.0]]),
    weights=[np.array([[1.0], [-3.0]])],
    gains=[np.array([[0.25, 0.5]])],
)


@reversed_network.check("two layers")
def _(rng: Rng) -> Iterator[Any]:
    yield _reversed(rng, 2, 3, 4)
    yield _reversed(rng, 3, 4, 2)


@reversed_network.check("three layers and more", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _reversed(rng, 3, 3, 3, 3)
    yield _reversed(rng, 2, 2, 5, 3, 4)


def _backwards(step: Callable[[Any, Any, Any, Any], Any]) -> Callable[..., Any]:
    """Return a stub; `step` takes δ of the later layer, W, the gain, and δ of the output."""

    def stub(delta, weights, gains):
        deltas = [delta]
        for W, gain in zip(weights[::-1], gains[::-1], strict=True):
            deltas.append(step(deltas[-1], W, gain, delta))
        return deltas[::-1]

    return stub


reversed_network.twin("over-c", "size-for-n")
reversed_network.mistake(
    "gain-missing",
    "The gains are missing: each reversed unit multiplies what arrives by σ′(z).",
    _backwards(lambda later, W, gain, last: later @ W.T),
)
reversed_network.mistake(
    "weights-not-transposed",
    "The weights need to be transposed: now the signal runs from the later layer to the earlier.",
    _backwards(lambda later, W, gain, last: (later @ W) * gain),
)
reversed_network.mistake(
    "output-error-everywhere",
    "Every layer gets the δ of the output: it must get the δ of the layer right behind it.",
    _backwards(lambda later, W, gain, last: (last @ W.T) * gain),
)
reversed_network.mistake(
    "gain-added",
    "You add the gain: a reversed unit is an amplifier, it multiplies.",
    _backwards(lambda later, W, gain, last: later @ W.T + gain),
)
reversed_network.mistake(
    "gain-squared",
    "You multiply by the gain twice: once for each unit.",
    _backwards(lambda later, W, gain, last: (later @ W.T) * gain**2),
)
reversed_network.wrong_answer(
    "last-first",
    "Your list starts with the last layer, in the order in which you find them: turn it round.",
    lambda view: view.answer[::-1],
)
