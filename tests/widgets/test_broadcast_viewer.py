"""The broadcast viewer: every entry's sum is the right one, and is made of the marked entries."""

from __future__ import annotations

import numpy as np
import pytest

from course.widgets import BroadcastViewer


@pytest.fixture
def shown() -> dict:
    return BroadcastViewer(examples=4, inputs=2, outputs=3).shown


@pytest.fixture
def arrays(shown: dict) -> dict:
    return {name: np.array(rows) for name, rows in shown["arrays"].items()}


def test_the_gradients_are_the_products_of_the_lecture(arrays: dict) -> None:
    np.testing.assert_array_equal(arrays["dW"], arrays["X"].T @ arrays["G"])
    np.testing.assert_array_equal(arrays["dX"], arrays["G"] @ arrays["W"].T)
    np.testing.assert_array_equal(arrays["db"][0], arrays["G"].sum(axis=0))
    np.testing.assert_array_equal(arrays["Y"], arrays["X"] @ arrays["W"] + arrays["b"])


def test_each_gradient_has_the_shape_of_its_variable(shown: dict) -> None:
    for name in "XWb":
        assert shown["shapes"][f"d{name}"] == shown["shapes"][name]


def test_each_entry_is_the_sum_of_products_of_the_marked_entries(shown: dict, arrays: dict) -> None:
    for step in shown["steps"]:
        if step["makes"]:
            marked = [arrays[name][tuple(np.transpose(at))] for name, at in step["used"].items()]
            made = arrays[step["makes"]][tuple(step["place"])]
            assert np.sum(np.prod(marked, axis=0)) == made, step["says"]


def test_every_entry_of_every_gradient_has_its_step(shown: dict) -> None:
    made = [(s["makes"], *s["place"]) for s in shown["steps"] if s["makes"]]
    assert len(made) == len(set(made)) == 3 + 2 * 3 + 4 * 2


def test_the_sum_over_the_examples_is_written_out(shown: dict) -> None:
    assert "db[0] = sum over the examples n of G[n, 0] = " in shown["steps"][2]["says"]
