"""The chain of neurons: its numbers are those of the lecture's five layers."""

from __future__ import annotations

import numpy as np
import pytest

from course.widgets import NeuronChain


def test_the_gradients_are_the_products_worked_out_by_hand() -> None:
    shown = NeuronChain(layers=5, weight=1.5, x=0.5, y=1.0).shown
    h = [0.5]
    for _ in range(5):
        h.append(1 / (1 + np.exp(-1.5 * h[-1])))
    slopes = [a * (1 - a) for a in h[1:]]
    expected = [
        2 * (h[5] - 1.0) * np.prod([1.5 * s for s in slopes[i + 1 :]]) * slopes[i] * h[i]
        for i in range(5)
    ]
    assert shown["gradients"] == pytest.approx(expected)
    assert shown["factors"] == pytest.approx([1.5 * s for s in slopes])


def test_the_first_layer_s_product_is_written_out() -> None:
    says = NeuronChain(layers=3).shown["steps"][-1]["says"]
    assert "∂L/∂w1 = 2(h3 − y) · w3σ′(z3) · w2σ′(z2) · σ′(z1) · h0 = " in says


def test_at_weights_of_one_every_factor_is_below_a_quarter() -> None:
    assert max(NeuronChain(layers=10).shown["factors"]) < 0.25


def test_there_is_a_step_for_each_value_and_each_gradient() -> None:
    steps = NeuronChain(layers=4).shown["steps"]
    assert [s["place"] for s in steps if s["kind"] == "forward"] == [0, 1, 2, 3, 4, 5]
    assert [s["place"] for s in steps if s["kind"] == "backward"] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"layers": 0}, "from 1 to 10"),
        ({"layers": 2.5}, "whole number"),
        ({"weight": float("nan")}, "weight cannot be nan"),
    ],
)
def test_a_setting_that_cannot_be_is_called_by_its_name(settings: dict, sentence: str) -> None:
    assert sentence in NeuronChain(**settings).message
