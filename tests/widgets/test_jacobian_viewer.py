"""The Jacobian viewer: its table is the engine's, and wrong functions are explained."""

from __future__ import annotations

import numpy as np
import pytest

from course.widgets import JacobianViewer


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def test_relu_s_is_diagonal_with_a_one_where_it_is_on() -> None:
    shown = JacobianViewer(x=[-1.0, 2.0, 0.5]).shown
    assert shown["jacobian"] == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert shown["title"] == "Jacobian of 3 × 3 entries, 7 of them 0."


def test_softmax_s_is_full_and_as_worked_out_by_hand() -> None:
    x = np.array([0.2, -1.0, 0.7])
    s = softmax(x)
    table = np.array(JacobianViewer(softmax, x).shown["jacobian"])
    np.testing.assert_allclose(table, np.diag(s) - np.outer(s, s))


def test_dx_is_upstream_times_the_table() -> None:
    shown = JacobianViewer(softmax, [0.2, -1.0, 0.7], upstream=[3.0, 0.0, -1.0]).shown
    np.testing.assert_allclose(shown["dx"], np.array([3.0, 0.0, -1.0]) @ shown["jacobian"])


def test_each_row_says_what_its_output_depends_on() -> None:
    steps = JacobianViewer(x=[-1.0, 2.0]).shown["steps"]
    assert "does not change with any input" in steps[0]["says"]
    assert "depends on x[1]" in steps[1]["says"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"x": [[1.0]]}, "x must be a vector"),
        ({"x": np.zeros(17)}, "1 to 16 numbers"),
        ({"f": np.sum, "x": [1.0]}, "must return a vector"),
        ({"f": np.sqrt, "x": [0.0]}, "not finite"),
        ({"f": lambda x: np.array([x[0]]), "x": [1.0]}, "The engine cannot follow this"),
        ({"x": [1.0, 2.0], "upstream": [1.0]}, "upstream"),
    ],
)
def test_what_cannot_be_shown_is_explained(arguments: dict, sentence: str) -> None:
    assert sentence in JacobianViewer(**arguments).message
