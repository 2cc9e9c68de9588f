"""Assignment 01 as its reader meets it: the numbers of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad
from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("01_chain_rule")


class TestTheChainRule:
    """L4 cases 1 and 2, L3's vector rule, L2's five ways to write it."""

    def test_changes_travel_in_proportion_to_both_slopes(self, solved: SimpleNamespace) -> None:
        slope = solved.chain(2.0, lambda x: 3 * x, lambda x: 3.0, lambda y: 2 * y)
        assert slope == 36.0
        dx = 1e-6
        assert ((3 * (2 + dx)) ** 2 - 36) / dx == pytest.approx(slope, rel=1e-5)

    def test_two_paths_add_up_to_the_slope_of_the_whole(self, solved: SimpleNamespace) -> None:
        slope = solved.multi_path_chain(
            2.0,
            *(lambda s: 3 * s, lambda s: 3.0),
            *(lambda s: s**2, lambda s: 2 * s),
            lambda x, y: (y, x),
        )
        assert slope == 12.0 + 24.0 == 9 * 2.0**2

    def test_a_gradient_goes_back_through_the_transpose(self, solved: SimpleNamespace) -> None:
        jacobian, upstream = solved.jacobian, solved.dz_dy
        by_sums = [sum(upstream[j] * jacobian[j, i] for j in range(2)) for i in range(3)]
        assert solved.vjp_from_jacobian(jacobian, upstream).tolist() == by_sums == [14, 25, 36]

    def test_five_views_give_one_answer(self, solved: SimpleNamespace) -> None:
        by_graph = grad(lambda x: solved.five_views(x[0], x[1]))(np.array([1.0, 0.5]))
        views = [solved.by_scalars, solved.by_vectors, solved.by_jacobian, by_graph]
        for view in [*views, solved.by_tensors[0]]:
            assert list(view) == [19.0, 3.0]


class TestTheNeuron:
    """L0: loss derivative, activation derivative, linear derivative; L4: the input in front."""

    def test_the_slope_by_a_weight_is_the_input_in_front_of_it(
        self, solved: SimpleNamespace
    ) -> None:
        w, h = np.array([2.0, -3.0, 0.5]), np.array([-1.0, -2.0, 4.0])
        dz_dw, dz_dh, dz_db = solved.linear_local_gradients(w, h, -3.0)
        assert dz_dw.tolist() == h.tolist()
        assert dz_dh.tolist() == w.tolist()
        assert dz_db == 1.0

    def test_three_derivatives_multiply_to_the_gradient(self, solved: SimpleNamespace) -> None:
        w, x = np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, 1.0])
        dL_da, da_dz, dz_dw, dL_dw, dL_db = solved.neuron_gradient(w, 0.5, x, 0.0)
        assert dL_da == pytest.approx(2 * 0.731059, abs=1e-6)
        assert da_dz == pytest.approx(0.196612, abs=1e-6)
        assert dL_dw == pytest.approx(dL_da * da_dz * dz_dw, rel=1e-14)
        assert dL_db == pytest.approx(dL_da * da_dz, rel=1e-14)
        assert dL_dw[0] == pytest.approx(0.28747, abs=1e-5)

    def test_the_loss_s_slope_is_positive_where_the_answer_is_too_large(
        self, solved: SimpleNamespace
    ) -> None:
        too_large, *_ = solved.neuron_gradient(np.array([1.0]), 0.0, np.array([1.0]), 0.0)
        too_small, *_ = solved.neuron_gradient(np.array([1.0]), 0.0, np.array([1.0]), 1.0)
        assert too_small < 0 < too_large

    def test_the_gradient_of_a_sum_is_the_sum_of_the_gradients(
        self, solved: SimpleNamespace
    ) -> None:
        x, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 6.0, 9.0])
        w = np.array([2.0])
        one_by_one = [
            solved.batch_gradient(w, 1.0, x[[n]], y[[n]], mean=False)[0] for n in range(3)
        ]
        whole, _ = solved.batch_gradient(w, 1.0, x, y, mean=False)
        mean, _ = solved.batch_gradient(w, 1.0, x, y, mean=True)
        assert whole == sum(one_by_one) == -14.0
        assert mean == pytest.approx(whole / 3)


class TestTheNumericalGradient:
    """L1: slow, approximate, easy; so derive, then check."""

    def test_both_sides_are_nearer_than_one(self, solved: SimpleNamespace) -> None:
        assert np.abs(solved.two_sided - np.e).min() < 1e-10
        assert np.abs(solved.one_sided - np.e).min() > 1e-10

    def test_a_check_tells_the_right_formula_from_three_wrong_ones(
        self, solved: SimpleNamespace
    ) -> None:
        errors = [
            solved.gradient_check(claim, solved.by_trying, solved.points)
            for claim in solved.claims.values()
        ]
        assert errors[0] < 1e-8
        assert min(errors[1:]) > 1e-3


class TestGradientDescent:
    """L4: θ¹ = θ⁰ − η∇L(θ⁰); L2: the outline and its four choices; L0: four steps."""

    def test_a_step_goes_against_the_gradient(self, solved: SimpleNamespace) -> None:
        moved = solved.gradient_descent_step({"w": 1.0, "b": 0.0}, {"w": 4.0, "b": -2.0}, 0.1)
        assert moved == {"w": 0.6, "b": 0.2}

    @pytest.mark.parametrize(("rate", "factor"), [(0.1, 0.8), (0.5, 0.0), (0.9, -0.8), (1.1, -1.2)])
    def test_on_a_parabola_each_step_multiplies_by_1_minus_2_rate(
        self, solved: SimpleNamespace, rate: float, factor: float
    ) -> None:
        path = solved.gradient_descent(
            lambda theta, x, y: 2 * theta, np.array([1.0]), [(0, 0)], lambda epoch: rate, 20
        )
        assert path[:, 0] == pytest.approx(factor ** np.arange(21), abs=1e-12)

    def test_the_step_s_gradient_is_the_numerical_one(self, solved: SimpleNamespace) -> None:
        error = solved.gradient_check(solved.in_the_step, solved.by_stepping, solved.starts)
        assert error < 1e-6

    def test_mini_batches_get_farther_in_the_same_epochs(self, solved: SimpleNamespace) -> None:
        assert solved.histories[20][-1] < 0.08 < 0.11 < solved.histories[200][-1]

    def test_the_neuron_learns_the_hidden_rule(self, solved: SimpleNamespace) -> None:
        w = solved.w
        assert w[0] / w[1] == pytest.approx(2.0 / -1.0, rel=0.15)
        assert w[0] / w[2] == pytest.approx(2.0 / 0.5, rel=0.2)
        assert np.mean((solved.x @ w + solved.b > 0) == (solved.y > 0.5)) > 0.92
