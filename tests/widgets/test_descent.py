"""Descent: each step is the rule's, and what the settings do is what the lectures say."""

from __future__ import annotations

import numpy as np
import pytest

from course.widgets import Descent
from course.widgets.descent import EXAMPLES, X, Y


def path(**settings) -> list[dict]:
    return Descent(**settings).shown["path"]


def gradient_by_hand(point: dict) -> np.ndarray:
    errors = point["w"] * X + point["b"] - Y
    return np.array([np.mean(2 * errors * X), np.mean(2 * errors)])


def test_a_step_goes_the_rate_times_the_gradient_back() -> None:
    first, second, *_ = path(rate=0.1)
    step = -0.1 * gradient_by_hand(first)
    assert [second["w"] - first["w"], second["b"] - first["b"]] == pytest.approx(step)


def test_momentum_keeps_a_part_of_the_last_step() -> None:
    places = np.array([[p["w"], p["b"]] for p in path(rate=0.05, momentum=0.9)[:3]])
    second = path(rate=0.05, momentum=0.9)[1]
    expected = 0.9 * (places[1] - places[0]) - 0.05 * gradient_by_hand(second)
    np.testing.assert_allclose(places[2] - places[1], expected)


def test_it_arrives_at_the_least_squares_line() -> None:
    end = path(rate=0.3)[-1]
    assert [end["w"], end["b"]] == pytest.approx(np.polyfit(X, Y, 1), abs=1e-3)


def test_the_sum_is_the_mean_at_as_many_times_the_rate() -> None:
    mean, summed = path(rate=0.8), path(rate=0.8 / EXAMPLES, reduction="sum")
    assert [p["w"] for p in mean] == pytest.approx([p["w"] for p in summed])


def test_a_rate_that_is_too_large_diverges_and_it_is_said() -> None:
    shown = Descent(rate=0.1, reduction="sum").shown
    assert shown["diverged"]
    assert "it diverges" in shown["steps"][-1]["says"]
    assert len(shown["steps"]) < 41


def test_small_batches_wander_and_the_whole_batch_does_not() -> None:
    def climbs(batch: str) -> int:
        losses = [p["loss"] for p in path(batch=batch)]
        return int(np.sum(np.diff(losses) > 0))

    assert climbs("16") == 0
    assert climbs("1") > 3


def test_the_surface_s_lines_have_equal_loss() -> None:
    for line in Descent().shown["contours"]:
        losses = [np.mean((w * X + b - Y) ** 2) for w, b in line]
        np.testing.assert_allclose(losses, losses[0], rtol=0.02, atol=0.02)


def test_a_start_outside_of_the_picture_is_refused() -> None:
    assert "w cannot be 50" in Descent(w=50).message
