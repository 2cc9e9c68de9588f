"""Assignment 05 as its reader meets it: the rules of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad
from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("05_multilayer_perceptrons")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class TestRegions:
    def test_an_and_unit_needs_all_inputs_and_an_or_unit_one(self, solved: SimpleNamespace) -> None:
        for kind, fires in (("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])):
            w, b = solved.gate_unit(kind, 2)
            assert (solved.corners @ w + b > 0).tolist() == fires

    def test_a_line_a_triangle_and_two_triangles(self, solved: SimpleNamespace) -> None:
        points = np.array([[0.2, 0.2], [0.9, 0.9], [0.1, 0.95], [-0.3, -0.3]])
        inside = {
            title: solved.decision_region(points, polygons).tolist()
            for title, polygons in solved.regions.items()
        }
        assert inside == {
            "one layer": [0, 1, 1, 0],
            "two layers": [1, 0, 0, 0],
            "three layers": [1, 1, 1, 0],
        }


class TestForward:
    def test_a_bias_unit_of_1_is_a_bias_written_apart(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(0)
        X, W1, W2 = (rng.normal(size=size) for size in [(4, 3), (4, 5), (6, 2)])
        kept = solved.forward_pass(X, [(W1[1:], W1[0]), (W2[1:], W2[0])])
        np.testing.assert_allclose(solved.mlp_forward(X, W1, W2), kept[-1], rtol=1e-13)

    def test_the_output_is_f_of_W_of_f_of_W_x(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(1)
        W1, W2, x = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=2)
        columns = W2 @ sigmoid(W1 @ x)  # as the lectures write it
        rows = solved.forward_pass(x[np.newaxis], [(W1.T, np.zeros(3)), (W2.T, np.zeros(4))])
        np.testing.assert_allclose(rows[-1][0], columns, rtol=1e-13)

    def test_the_shape_table_counts_2778_parameters(self, solved: SimpleNamespace) -> None:
        assert solved.total == 64 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10 == 2778


class TestDeltas:
    z, y, W = np.array([0.3, -1.2]), np.array([1.0, 0.2]), np.array([[2.0, -1.0], [0.5, 3.0]])

    def test_the_right_sign_is_2_times_a_minus_y(self, solved: SimpleNamespace) -> None:
        a = sigmoid(self.z)
        delta_a, delta_z = solved.output_delta(self.z, self.y)
        np.testing.assert_allclose(delta_a, 2 * (a - self.y))
        np.testing.assert_allclose(delta_z, 2 * (a - self.y) * a * (1 - a))

    def test_the_traced_unit_has_both_deltas(self, solved: SimpleNamespace) -> None:
        graph = solved.trace(lambda z: solved.error_of_one_unit(z, 0.0), 1.0)
        delta_a, delta_z = solved.output_delta(np.array([1.0]), np.array([0.0]))
        assert graph["a"].gradient == pytest.approx(delta_a[0]) == pytest.approx(1.462117)
        assert graph.gradients()[0] == pytest.approx(delta_z[0])

    def test_both_conventions_give_the_same_gradient_of_the_weights(
        self, solved: SimpleNamespace
    ) -> None:
        z1 = np.array([0.7, -0.4])
        h = sigmoid(z1)
        delta_a, delta_z = solved.output_delta(h @ self.W, self.y)
        by_a = solved.hidden_gradient(delta_a, self.W, h @ self.W) * h * (1 - h)
        by_z = solved.delta_backward(delta_z[np.newaxis], self.W, z1[np.newaxis])[0]
        np.testing.assert_allclose(by_a, by_z)
        right = grad(lambda z1: np.sum((sigmoid(sigmoid(z1) @ self.W) - self.y) ** 2))(z1)
        np.testing.assert_allclose(by_z, right)

    def test_delta_times_a_transposed_is_the_transpose_of_ours(
        self, solved: SimpleNamespace
    ) -> None:
        delta, a = np.array([[0.5], [-2.0]]), np.array([[1.0], [3.0], [0.2]])  # columns
        dW, _ = solved.layer_gradients(delta.T, a.T)
        np.testing.assert_allclose(dW, (delta @ a.T).T)

    def test_the_reversed_network_is_linear(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(2)
        weights, gains = [rng.normal(size=(3, 2))], [rng.uniform(size=(4, 3))]
        delta = rng.normal(size=(4, 2))
        once, twice = (
            solved.reversed_network(factor * delta, weights, gains)[0] for factor in (1, 2)
        )
        np.testing.assert_allclose(twice, 2 * once)


class TestTheWholePass:
    def test_it_is_the_pass_with_g_of_the_lecture(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(3)
        W1, W2 = rng.normal(size=(3, 2)), rng.normal(size=(4, 3))  # outputs × inputs
        b1, b2, x, lam = rng.normal(size=3), rng.normal(size=4), rng.normal(size=2), 0.3
        h = np.tanh(W1 @ x + b1)
        scores = W2 @ h + b2
        g = np.exp(scores) / np.exp(scores).sum() - np.eye(4)[1]
        db2, dW2 = g, np.outer(g, h) + lam * W2
        g = (W2.T @ g) * (1 - h**2)
        db1, dW1 = g, np.outer(g, x) + lam * W1
        _, gradients = solved.mlp_backward(
            x[np.newaxis], np.array([1]), [(W1.T, b1), (W2.T, b2)], lam
        )
        for (dW, db), (right_dW, right_db) in zip(gradients, [(dW1, db1), (dW2, db2)], strict=True):
            np.testing.assert_allclose(dW, right_dW.T, rtol=1e-12)
            np.testing.assert_allclose(db, right_db, rtol=1e-12)

    def test_the_digits_are_read_to_more_than_95_percent_in_less_than_20_seconds(
        self, solved: SimpleNamespace
    ) -> None:
        assert solved.test_accuracy > 0.96
        assert solved.history[10][1] > 0.95
        assert solved.seconds < 20

    def test_the_accuracy_is_that_of_the_network_on_digits_it_has_not_seen(
        self, solved: SimpleNamespace
    ) -> None:
        W1, b1, W2, b2 = solved.flat
        scores = np.tanh(solved.test_images @ W1 + b1) @ W2 + b2
        right = np.argmax(scores, axis=1) == solved.test_labels
        assert right.mean() == solved.test_accuracy
        assert len(right) == 360
