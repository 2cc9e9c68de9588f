"""The diagnosis panel: the check's verdict as a ladder of hints, and its numbers as a map."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import find
from course.widgets import DiagnosisPanel


def stub(name: str, function: Callable) -> Callable:
    function.__name__ = name
    return function


@pytest.fixture
def panel() -> DiagnosisPanel:
    """A ReLU that forgets upstream."""
    return DiagnosisPanel(stub("relu_backward", lambda x, upstream: (x > 0) * 1.0))


def test_the_ladder_is_mistake_then_where_to_read_then_numbers(panel: DiagnosisPanel) -> None:
    first, second, third = (step["says"] for step in panel.shown["steps"])
    assert "multiply it by the upstream gradient" in first
    assert "Read again: 2. Entry by entry" in second
    assert "upstream × local = -30 × 1 = -30; yours is 1." in third


def test_the_map_has_yours_what_is_right_and_the_error(panel: DiagnosisPanel) -> None:
    dx, x, upstream = panel.shown["maps"]
    assert (x["what"], upstream["what"], dx["what"]) == ("x", "upstream", "dx")
    assert dx["numbers"] == [[1.0, 0.0, 1.0]]
    assert dx["wanted"] == [[10.0, 0.0, -30.0]]
    assert dx["errors"] == [[-9.0, 0.0, 31.0]]


def test_a_stub_under_another_name_is_compared_with_the_exercise_that_is_given() -> None:
    def forgetful(x, upstream):
        return (x > 0) * 1.0

    panel = DiagnosisPanel(forgetful, exercise="relu_backward")
    assert "multiply it by the upstream gradient" in panel.shown["steps"][0]["says"]


def test_a_wrong_shape_has_no_error_map() -> None:
    def wrong_axis(x, W, upstream):
        return upstream @ W.T, x.T @ upstream, upstream.sum()

    maps = DiagnosisPanel(stub("affine_backward", wrong_axis)).shown["maps"]
    bias = next(each for each in maps if each["what"] == "db")
    assert bias["errors"] is None
    assert bias["numbers"] != bias["wanted"]


def test_what_is_right_has_nothing_to_repair() -> None:
    right = DiagnosisPanel(stub("relu_backward", lambda x, g: np.where(x > 0, g, 0.0)))
    assert len(right.shown["steps"]) == 1
    assert "Nothing to repair" in right.shown["steps"][0]["says"]


def test_a_mistake_that_is_not_known_is_said_to_be_so() -> None:
    odd = DiagnosisPanel(stub("relu_backward", lambda x, g: np.sin(17.3 * x + g)))
    assert "not a mistake I know" in odd.shown["steps"][0]["says"]


@pytest.mark.parametrize("back", [np.nan, np.inf, None, "dx"])
def test_whatever_comes_back_there_is_a_panel(back: object) -> None:
    panel = DiagnosisPanel(stub("relu_backward", lambda x, g: back))
    assert panel.shown["steps"][0]["says"].startswith("Hint 1. ")
    json.dumps(panel.state(), allow_nan=False)


def test_a_blank_stub_is_told_so() -> None:
    def blank(x, upstream):
        raise NotImplementedError

    says = [step["says"] for step in DiagnosisPanel(stub("relu_backward", blank)).shown["steps"]]
    assert says[0] == "Hint 1. This is not written yet."
    assert len(set(says)) == len(says) == 3


def test_a_verdict_is_shown_as_it_is() -> None:
    wrong = {"relu_backward": stub("relu_backward", lambda x, g: -np.where(x > 0, g, 0.0))}
    verdict = examine(find("relu_backward"), LocalTransport(wrong), 3)
    assert DiagnosisPanel(verdict).shown["checks"] == [
        {"title": check.title, "passed": check.passed} for check in verdict.checks
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [(3, "Give the function or class itself"), (np.sum, "no exercise is called 'sum'")],
)
def test_what_is_no_stub_is_explained(given: object, sentence: str) -> None:
    assert sentence in DiagnosisPanel(given).message
