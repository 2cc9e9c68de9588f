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


def shown(asked, stub) -> tuple[str, ...]:
    checks = examine(asked, LocalTransport({asked.name: stub}), 0).checks
    return next(check.worked for check in checks if check.comparisons)


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


def test_a_program_is_worked_through_by_the_steps_of_its_exercise() -> None:
    def gradient_descent_step(theta, gradient, rate):
        return {key: theta[key] + rate * gradient[key] for key in theta}

    assert worked(find("gradient_descent_step"), gradient_descent_step) == (
        "w = old − rate × gradient = 1 − 0.1 × 4 = 0.6; yours is 1.4.",
        "b = old − rate × gradient = 0 − 0.1 × (-2) = 0.2; yours is -0.2.",
    )


def test_a_graph_is_worked_through_where_its_mistake_begins() -> None:
    def backward(graph, order, slopes, values):
        table = dict.fromkeys(graph, 0.0) | {order[-1]: 1.0}
        for node in reversed(order):
            op, parents = graph[node]
            if parents:
                locals_ = slopes[op](*(values[each] for each in parents))
                for parent, slope in zip(parents, locals_, strict=True):
                    table[parent] = table[node] * slope  # the += is missing
        return table

    assert shown(find("backward"), backward) == (
        "x is used 3 times, by s, s and t: each use sends back upstream × slope.",
        "x = 1 × (-0.397) (from s) + 1 × (-0.397) (from s) + 1 × (-1) (from t) = -1.794;"
        " yours is -0.397.",
    )


def test_an_order_is_worked_through_from_the_names_that_came_back() -> None:
    said, _, right, _ = shown(find("topological_sort"), lambda graph: [*graph][::-1])[:4]
    assert said == "You return f, q, z, y and x: 5 names, for 5 nodes."
    assert right == (
        "An order that is right: x, y and z, with no parents; q, after x and y; f, after q and z."
    )


def test_a_made_up_name_in_an_order_is_cut_short() -> None:
    lines = shown(find("topological_sort"), lambda graph: ["<b>" * 999] * 2)
    assert "More than once in it: <b><b><b><b><b><b><b, 2 times." in lines
    assert max(map(len, lines)) < 200


def test_something_else_than_an_order_is_shown_one_that_is_right() -> None:
    for answer in (np.array(3.0), float("nan"), 10**400):
        lines = shown(find("topological_sort"), lambda graph, answer=answer: answer)
        assert lines[0].startswith("An order that is right: x, y and z, with no parents;")


def test_a_unit_is_worked_through_with_the_weights_that_came_back() -> None:
    lines = shown(find("gate_unit"), lambda kind, n: (np.ones(n), -2.0))
    assert (
        lines[0] == "On the row (1, 1) your sum is 1 × 1 + 1 × 1 + (-2) = 0: not above 0, no fire."
    )


def test_a_program_that_raises_is_shown_how_the_right_answer_comes_about() -> None:
    lines = shown(find("affine_forward"), lambda X, W, b: X @ W.T + b)
    assert lines[-1] == "Y[0, 0] = 1 × 1 + 2 × 0 + 0.5 = 1.5."


def test_two_numbers_that_look_the_same_are_given_more_digits() -> None:
    (*_, line) = shown(find("affine_forward"), lambda X, W, b: X @ W + b * [1 + 1e-6, 1, 1])
    assert line == "Y[0, 0] = 1 × 1 + 2 × 0 + 0.5 = 1.5; yours is 1.500001."


def test_a_gradient_of_the_wrong_shape_is_worked_through_at_its_first_entry() -> None:
    (line,) = worked(find("relu_backward"), lambda x, upstream: upstream[:1])
    assert line == "dx[0] = upstream × local = 10 × 1 = 10; yours has shape (1,), not (3,)."


def test_a_stub_that_is_not_written_yet_is_not_worked_through() -> None:
    def sgd(*arguments):
        raise NotImplementedError

    verdict = examine(find("sgd"), LocalTransport({"sgd": sgd}), 0)
    assert not any(check.worked for check in verdict.checks)
