"""Decision regions: trained by the right gradients, and drawn where the network decides."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path

from course.widgets import DecisionRegions
from course.widgets.decision_regions import TASKS, cross_entropy, examples, logits, trained


def last(*settings) -> dict:
    return DecisionRegions(*settings).shown["frames"][-1]


def test_the_first_gradient_is_p_minus_y_carried_back() -> None:
    x, inside = examples("triangle")
    (W1, b1, W2, b2), _, (dW1, _, dW2, db2) = trained(x, inside, 3, 1.0)[0]
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    delta = (1 / (1 + np.exp(-(h @ W2 + b2))) - inside) / len(x)
    np.testing.assert_allclose(dW2, h.T @ delta)
    np.testing.assert_allclose(db2, delta.sum(axis=0))
    np.testing.assert_allclose(dW1, x.T @ ((delta @ W2.T) * h * (1 - h)))


def test_the_loss_is_the_cross_entropy() -> None:
    x, inside = examples("disc")
    params = trained(x, inside, 4, 1.0)[-1][0]
    p = 1 / (1 + np.exp(-logits(params, x)))
    expected = -np.mean(inside * np.log(p) + (1 - inside) * np.log(1 - p))
    assert cross_entropy(params, x, inside) == pytest.approx(expected)


def test_a_perceptron_has_a_half_space_and_no_more() -> None:
    assert last("half-plane", 0, 1.0)["right"] == 1.0
    assert last("checkers", 0, 1.0)["right"] < 0.75


def test_three_units_make_a_triangle() -> None:
    frame = last("triangle", 3, 1.0)
    assert frame["right"] > 0.95
    assert len(frame["lines"]) == 3


@pytest.mark.parametrize("task", TASKS)
def test_with_twelve_units_every_region_is_learned(task: str) -> None:
    assert last(task, 12, 2.0)["right"] > 0.95


def test_what_is_drawn_is_where_the_network_says_inside() -> None:
    x, inside = examples("triangle")
    params = trained(x, inside, 3, 1.0)[-1][0]
    (outline,) = last("triangle", 3, 1.0)["region"]
    clear = np.abs(logits(params, x)[:, 0]) > 1.0
    drawn = Path(outline).contains_points(x)
    np.testing.assert_array_equal(drawn[clear], logits(params, x)[clear, 0] > 0)


def test_each_frame_says_loss_and_gradients() -> None:
    shown = DecisionRegions().shown
    assert len(shown["frames"]) == len(shown["steps"]) == 31
    assert "gradient norms by layer" in shown["steps"][0]["says"]


def test_a_region_that_is_nowhere_is_no_error() -> None:
    assert DecisionRegions("two triangles", hidden=0).message == ""
