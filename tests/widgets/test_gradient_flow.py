"""Gradient flow: the measured layers are those of assignment 06."""

from __future__ import annotations

import numpy as np
import pytest

from course.autodiff import grad
from course.widgets import GradientFlow
from course.widgets.gradient_flow import ACTIVATIONS, flow


def norms(**settings) -> np.ndarray:
    return np.array([layer["norm"] for layer in GradientFlow(**settings).shown["layers"]])


def arriving(**settings) -> np.ndarray:
    return np.array([layer["arrives"] for layer in GradientFlow(**settings).shown["layers"]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_slope_from_the_output_is_the_engine_s_derivative(name: str) -> None:
    unit = ACTIVATIONS[name]
    for z in (-2.0, -0.3, 0.4, 3.0):
        assert unit.slope(unit.function(z)) == pytest.approx(grad(unit.function)(z))


def test_the_norms_are_those_of_the_backward_pass_written_by_hand() -> None:
    rng = np.random.default_rng(0)
    x, upstream = rng.normal(size=(2, 64, 8))
    weights = [8**-0.5 * rng.normal(size=(8, 8)) for _ in range(3)]
    h = [x]
    for W in weights:
        h.append(np.tanh(h[-1] @ W))
    expected, dh = [], upstream
    for i in (2, 1, 0):
        dz = dh * (1 - h[i + 1] ** 2)
        expected.insert(0, np.linalg.norm(h[i].T @ dz))
        dh = dz @ weights[i].T
    assert norms(depth=3, width=8) == pytest.approx(expected)


def test_small_weights_let_it_vanish_and_large_ones_let_it_explode() -> None:
    small, large = arriving(depth=20, gain=0.3), arriving(depth=20, gain=4.0)
    assert small[0] < 1e-6 * small[-1]
    assert large[0] > 1e3 * large[-1]


def test_what_comes_back_to_the_last_layer_is_the_upstream_gradient() -> None:
    upstream = np.random.default_rng(0).normal(size=(2, 64, 8))[1]
    assert arriving(depth=3, width=8)[-1] == pytest.approx(np.linalg.norm(upstream))


def test_a_residual_path_brings_it_to_the_first_layer() -> None:
    assert norms(depth=20, gain=0.3, residual=True)[0] > 1.0


def test_normalised_layers_do_not_care_for_the_gain() -> None:
    units = [
        flow(8, 16, "tanh", "Xavier", gain, residual=False, normalised=True)[0]
        for gain in (0.5, 4.0)
    ]
    np.testing.assert_allclose(*units, atol=1e-3)


def test_he_keeps_the_level_under_relu() -> None:
    level = norms(depth=20, width=64, activation="ReLU", start="He")
    assert 0.1 < level[0] / level[-1] < 10


def test_large_weights_saturate_tanh() -> None:
    layers = GradientFlow(depth=4, gain=5.0).shown["layers"]
    assert all(layer["saturated"] > 0.3 for layer in layers)
    assert "% are saturated" in GradientFlow(depth=4, gain=5.0).shown["steps"][0]["says"]


def test_a_dead_unit_is_0_for_every_example() -> None:
    shown = GradientFlow(depth=20, width=16, activation="ReLU").shown
    units, _, _ = flow(20, 16, "ReLU", "Xavier", 1.0, residual=False, normalised=False)
    assert shown["layers"][-1]["dead"] == np.sum(~np.any(units[-1], axis=0)) > 0
    assert "are dead" in shown["steps"][0]["says"]


def test_what_is_too_large_for_a_number_is_said() -> None:
    shown = GradientFlow(depth=30, width=64, activation="none", start="1", gain=5.0).shown
    assert shown["layers"][0]["norm"] > 1e40
    assert all(sum(layer["counts"]) == 64 * 64 for layer in shown["layers"])
