"""The smallest failing case, worked through: arithmetic that a student can follow."""

from __future__ import annotations

import numpy as np

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import exercise, find


@exercise(points=1, returns=("dW", "dx"), read="nowhere")
def squared_length(W, x):
    return np.sum((W @ x) ** 2)


squared_length.example(np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4]), upstream=1.0)


def worked(asked, stub) -> tuple[str, ...]:
    return examine(asked, LocalTransport({asked.name: stub}), 0).checks[0].worked


def test_entry_by_entry_it_is_upstream_times_local() -> None:
    lines = worked(find("mul_backward"), lambda x, y, upstream: (upstream * x, upstream * x))
    assert lines == ("dx = upstream × local = 2 × -4 = -8; yours is 6.",)


def test_elsewhere_it_is_a_nudge_of_the_worst_entry() -> None:
    def stub(W, x, upstream):
        q = W @ x
        return np.outer(q, x) * upstream, 2 * W.T @ q * upstream  # the 2 is missing in dW

    (line,) = worked(squared_length, stub)
    assert line.startswith("dW[1, 1] = 0.208: move W[1, 1] by h = 1e-05")
    assert "and upstream · output moves by 0.208 × h; yours is 0.104." in line


def test_where_there_is_no_upstream_it_is_the_result_that_moves() -> None:
    def chain_gradients(w, x, y):
        return np.zeros_like(w)

    (line,) = worked(find("chain_gradients"), chain_gradients)
    assert line.startswith(
        "dw[4] = 0.195439: move w[4] by h = 1e-05, and the result moves by 0.195"
    )


def test_a_wrong_number_of_values_is_not_worked_through() -> None:
    assert worked(find("mul_backward"), lambda x, y, upstream: upstream) == ()
