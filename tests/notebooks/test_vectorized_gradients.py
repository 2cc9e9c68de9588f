"""Assignment 04 as its reader meets it: the numbers of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad
from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("04_vectorized_gradients")


class TestTheSquaredLength:
    """L1: f = ‖Wx‖² for the slide's W and x."""

    W, x = np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4])

    def test_forward_gives_q_and_0_116(self, solved: SimpleNamespace) -> None:
        np.testing.assert_allclose(solved.affine_forward(self.x, self.W.T, 0.0), [0.22, 0.26])
        assert solved.squared_norm(self.W, self.x) == pytest.approx(0.116)

    def test_the_gradient_at_q_is_twice_q(self) -> None:
        gradient = grad(lambda q: np.sum(q**2))(self.W @ self.x)
        np.testing.assert_allclose(gradient, [0.44, 0.52])

    def test_backward_gives_the_slide_s_dW_and_dx(self, solved: SimpleNamespace) -> None:
        dW, dx = solved.squared_norm_backward(self.W, self.x, 1.0)
        np.testing.assert_allclose(dW, [[0.088, 0.176], [0.104, 0.208]])
        np.testing.assert_allclose(dx, [-0.112, 0.636])


class TestShapes:
    def test_a_product_with_a_matrix_has_that_matrix_for_its_jacobian(
        self, solved: SimpleNamespace
    ) -> None:
        W = np.array([[0.1, 0.5], [-0.3, 0.8], [0.0, 2.0]])
        table = solved.jacobian(lambda x: W @ x)(np.array([0.2, 0.4]))
        np.testing.assert_array_equal(table, W)

    def test_the_jacobian_of_relu_is_diagonal(self, solved: SimpleNamespace) -> None:
        x = np.array([0.5, -1.0, 2.0])
        table = solved.jacobian(lambda x: np.maximum(x, 0.0))(x)
        np.testing.assert_array_equal(table, np.diag(solved.relu_backward(x, np.ones(3))))

    def test_a_batch_of_100_through_4096_units_has_409600_squared_entries(self) -> None:
        assert (100 * 4096) ** 2 == 409_600**2 == 167_772_160_000

    def test_every_gradient_has_the_shape_of_its_variable(self, solved: SimpleNamespace) -> None:
        shapes = solved.layer_shapes((5, 3), (3, 2))
        X, W, upstream = np.ones((5, 3)), np.ones((3, 2)), np.ones((5, 2))
        gradients = dict(
            zip(("dX", "dW", "db"), solved.affine_backward(X, W, upstream), strict=True)
        )
        assert {key: part.shape for key, part in gradients.items()} == {
            key: shapes[key] for key in gradients
        }


class TestTheLosses:
    def test_logistic_regression_s_gradient_is_prediction_minus_label(
        self, solved: SimpleNamespace
    ) -> None:
        X, w, y = np.array([[2.0]]), np.array([0.5]), np.array([0.0])
        dw, db = solved.logistic_backward(X, w, 0.0, y)
        assert db == pytest.approx(0.731059, abs=1e-6)
        assert dw == pytest.approx(2 * 0.731059, abs=2e-6)

    def test_softmax_and_log_one_after_the_other_agree_with_both_at_once(
        self, solved: SimpleNamespace
    ) -> None:
        rng = np.random.default_rng(0)
        scores, y = rng.normal(size=(3, 4)), np.array([1, 0, 3])
        p = solved.softmax(scores)
        upstream = np.zeros_like(p)
        upstream[np.arange(3), y] = -1 / (3 * p[np.arange(3), y])
        _, dscores = solved.softmax_cross_entropy(scores, y)
        np.testing.assert_allclose(solved.softmax_backward(p, upstream), dscores, atol=1e-15)

    def test_scores_in_the_thousands_stay_finite(self, solved: SimpleNamespace) -> None:
        loss, dscores = solved.softmax_cross_entropy(np.array([[1000.0, 0.0]]), np.array([1]))
        assert loss == 1000.0
        assert dscores.tolist() == [[1.0, -1.0]]

    def test_the_hinge_takes_a_share_from_every_margin_that_counts(
        self, solved: SimpleNamespace
    ) -> None:
        loss, dscores = solved.svm_loss(np.array([[0.0, 0.5, 0.2, -2.0]]), np.array([0]))
        assert loss == pytest.approx(1.5 + 1.2)
        assert dscores.tolist() == [[-2.0, 1.0, 1.0, 0.0]]


class TestTheDigits:
    @pytest.mark.parametrize("loss", ["softmax_cross_entropy", "svm_loss"])
    def test_one_affine_layer_reads_more_than_nine_of_ten(
        self, solved: SimpleNamespace, loss: str
    ) -> None:
        assert solved.scored[loss] > 0.93
