"""Assignment 06 as its reader meets it: the numbers of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad, vjp
from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("06_vanishing_gradients")


class TestTheFiveNeurons:
    """L0: one neuron a layer, dL/dw1 to dL/dw5 as products of at most 0.25 each."""

    def test_each_gradient_is_the_product_that_the_text_writes_out(
        self, solved: SimpleNamespace
    ) -> None:
        w, x, y = np.array([0.9, -0.4, 0.7, 1.0, -0.8]), 0.6, 0.2
        h = [x]
        for weight in w:
            h.append(solved.sigmoid(weight * h[-1]))
        slopes = [out * (1 - out) for out in h[1:]]
        start = 2 * (h[5] - y)
        dw5 = start * slopes[4] * h[4]
        dw1 = start * w[4] * slopes[4] * w[3] * slopes[3] * w[2] * slopes[2] * w[1] * slopes[1]
        dw = solved.chain_gradients(w, x, y)
        assert dw[4] == pytest.approx(dw5, rel=1e-13)
        assert dw[0] == pytest.approx(dw1 * slopes[0] * x, rel=1e-13)

    def test_five_slopes_are_at_most_9_8e_4_and_ten_at_most_9_5e_7(
        self, solved: SimpleNamespace
    ) -> None:
        assert pytest.approx(9.8e-4, rel=0.005) == 0.25**5
        assert pytest.approx(9.5e-7, rel=0.005) == 0.25**10
        rng = np.random.default_rng(0)
        for _ in range(200):
            factors = np.abs(solved.local_factors(rng.uniform(-1, 1, 10), rng.normal()))
            assert factors.max() <= 0.25
            assert np.prod(factors[:5]) <= 0.25**5
            assert np.prod(factors) <= 0.25**10

    def test_a_factor_of_one_quarter_needs_z_to_be_0(self, solved: SimpleNamespace) -> None:
        assert solved.local_factors(np.array([1.0]), 0.0)[0] == 0.25
        assert solved.local_factors(np.array([4.0]), 0.0)[0] == 1.0
        assert solved.local_factors(np.array([4.0]), 1.0)[0] < 0.08


class TestDepth:
    @pytest.mark.parametrize(("s", "first"), [(0.5, 1e-6), (4.0, 1e6)])
    def test_below_1_it_shrinks_and_above_1_it_explodes(
        self, solved: SimpleNamespace, s: float, first: float
    ) -> None:
        weights = [s * W for W in solved.thirty]
        norm = solved.gradient_norms(solved.examples, weights, solved.upstream)[0]
        assert (norm < first) == (s < 1)

    def test_ten_sigmoid_layers_stand_still_where_two_learn(self, solved: SimpleNamespace) -> None:
        lines = [line for line in ASSIGNMENT.printed.splitlines() if "step 400" in line]
        losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
        assert losses[0] < 0.06
        assert losses[1] > 0.24


class TestTheRemedies:
    def test_relu_passes_all_of_the_gradient_where_it_is_on(self, solved: SimpleNamespace) -> None:
        assert solved.leaky_relu_backward(3.0, 0.0, 7.0) == 7.0
        assert solved.leaky_relu_backward(-3.0, 0.0, 7.0) == 0.0

    def test_xavier_keeps_the_gradient_s_size_through_tanh(self, solved: SimpleNamespace) -> None:
        weights = [solved.xavier(*shape, seed) for seed, shape in enumerate(solved.shapes)]
        norms = solved.gradient_along(solved.layers["tanh"], weights, solved.start, solved.end)
        assert 1 / 20 < norms[0] / norms[-1] < 20

    def test_he_keeps_it_through_relu_and_a_missing_2_loses_33000(
        self, solved: SimpleNamespace
    ) -> None:
        weights = [solved.he(64, 64, seed) for seed in range(30)]
        relu, start, end = solved.layers["ReLU"], solved.start, solved.end
        kept = solved.gradient_along(relu, weights, start, end)[0]
        lost = solved.gradient_along(relu, [W / np.sqrt(2) for W in weights], start, end)[0]
        assert 0.2 < kept / np.linalg.norm(end) < 5
        assert kept / lost == pytest.approx(2**15, rel=1e-9)
        assert pytest.approx(33_000, rel=0.01) == 2**15

    def test_a_residual_path_brings_upstream_back_as_it_is(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(0)
        x, W1, W2, g = (rng.normal(size=shape) for shape in [(3, 4), (4, 2), (2, 4), (3, 4)])
        dx, _, _ = solved.residual_backward(x, W1, 0 * W2, g)
        np.testing.assert_array_equal(dx, g)

    def test_normalisation_is_differentiated_through_mean_and_variance(
        self, solved: SimpleNamespace
    ) -> None:
        rng = np.random.default_rng(1)
        x, g = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
        dx, _, dbeta = solved.batch_norm_backward(x, np.ones(2), g)
        np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-14)
        _, pullback = vjp(lambda x: (x - np.mean(x, 0)) / np.sqrt(np.var(x, 0) + 1e-5), x)
        np.testing.assert_allclose(dx, pullback(g)[0], rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(dbeta, g.sum(axis=0))

    def test_clipping_keeps_the_direction(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(2)
        gradients = [rng.normal(size=5), rng.normal(size=(2, 3))]
        clipped = solved.clip_by_norm(gradients, 0.7)
        before, after = (np.concatenate([g.ravel() for g in each]) for each in (gradients, clipped))
        assert np.linalg.norm(after) == pytest.approx(0.7)
        assert before @ after == pytest.approx(np.linalg.norm(before) * 0.7)

    def test_clipping_walks_down_the_cliff_that_the_plain_step_jumps_off(
        self, solved: SimpleNamespace
    ) -> None:
        slope = grad(lambda w: (w**20 - 0.5) ** 2)(1.15)
        assert slope == pytest.approx(9000, rel=0.02)
        assert solved.cliff[True][-1] == pytest.approx(0.5 ** (1 / 20), abs=3e-3)
        assert abs(solved.cliff[False][-1]) == 3.0

    def test_all_together_train_more_than_twenty_layers(self, solved: SimpleNamespace) -> None:
        answer, _ = solved.run_forward(solved.parameters, solved.points)
        assert np.mean((answer > 0.5) == (solved.outside > 0.5)) > 0.95
