"""The reversed network: its δ are those of the recursion, and wrong shapes are explained."""

from __future__ import annotations

import numpy as np
import pytest

from course.widgets import ReverseNetwork

RNG = np.random.default_rng(2)
PARAMS = [(RNG.normal(size=s), RNG.normal(size=s[1])) for s in ((2, 3), (3, 4), (4, 1))]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "ReLU"])
def test_each_delta_is_gain_times_what_arrives(activation: str) -> None:
    network = ReverseNetwork(PARAMS, [0.3, -0.8], [1.0], activation)
    deltas, shown = network.deltas(), network.shown
    for k in (1, 2):
        arrives = np.array(shown["weights"][k]) @ deltas[k]
        np.testing.assert_allclose(deltas[k - 1], shown["gains"][k - 1] * arrives)


def test_the_last_delta_is_the_loss_s_derivative() -> None:
    network = ReverseNetwork(PARAMS, [0.3, -0.8], [1.0])
    output = np.array(network.shown["values"][-1])
    np.testing.assert_allclose(network.deltas()[-1], 2 * (output - 1.0))


def test_the_weights_are_not_those_of_another_layer_when_moved_a_little() -> None:
    def loss(b1: np.ndarray) -> float:
        network = ReverseNetwork([(PARAMS[0][0], b1), *PARAMS[1:]], [0.3, -0.8], [1.0])
        return (network.shown["values"][-1][0] - 1.0) ** 2

    b1, h = PARAMS[0][1], 1e-6
    numerical = [(loss(b1 + h * e) - loss(b1 - h * e)) / (2 * h) for e in np.eye(3)]
    delta = ReverseNetwork(PARAMS, [0.3, -0.8], [1.0]).deltas()[0]
    np.testing.assert_allclose(delta, numerical, rtol=1e-5, atol=1e-9)


def test_each_unit_is_visited_once_on_the_way_back() -> None:
    steps = ReverseNetwork(PARAMS, [0.3, -0.8], [1.0]).shown["steps"]
    visited = [(s["layer"], s["unit"]) for s in steps if s["kind"] == "backward"]
    assert visited == [(3, None), *((2, j) for j in range(4)), *((1, j) for j in range(3))]


@pytest.mark.parametrize(
    ("params", "y", "sentence"),
    [
        ([(np.ones((3, 1)), np.ones(1))], [0.0], "W1 must have shape (2, units)"),
        ([(np.ones((2, 9)), np.ones(9))], [0.0], "Up to 5 units"),
        ([], [0.0], "From 1 to 5 layers"),
        ([(np.ones((2, 2)), np.ones(2))], [0.0], "y must have 2 numbers"),
        ([(np.full((2, 1), np.inf), np.ones(1))], [0.0], "not finite"),
    ],
)
def test_what_does_not_fit_is_explained(params: list, y: list, sentence: str) -> None:
    assert sentence in ReverseNetwork(params, [1.0, 2.0], y).message
