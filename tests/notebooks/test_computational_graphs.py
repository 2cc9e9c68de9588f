"""Assignment 02 as its reader meets it: the numbers of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad
from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("02_computational_graphs")


class TestByHand:
    """L1, L2, L4: (x + y)z; L4: the shop."""

    def test_a_product_of_a_sum_gives_minus_12_and_minus_4_minus_4_3(
        self, solved: SimpleNamespace
    ) -> None:
        q, f, dz, dq, dx, dy = solved.by_hand(-2.0, 5.0, -4.0)
        assert (q, f) == (3.0, -12.0)
        assert (dz, dq, dx, dy) == (3.0, -4.0, -4.0, -4.0)

    def test_taking_apart_uses_the_product_once(self, solved: SimpleNamespace) -> None:
        p, s, n, e, f = solved.decompose(2.0, 0.5)
        assert (p, s, n) == (1.0, 1.5, -1.0)
        assert f == s * e == pytest.approx((2 * 0.5 + 0.5) * np.exp(-2 * 0.5))

    def test_two_apples_cost_220(self, solved: SimpleNamespace) -> None:
        apples, tax = solved.MulLayer(), solved.MulLayer()
        assert tax.forward(apples.forward(100, 2), 1.1) == pytest.approx(220)
        dapple_price, dtax = tax.backward(1.0)
        dapple, dapple_num = apples.backward(dapple_price)
        assert (dapple_price, dapple, dapple_num, dtax) == pytest.approx((1.1, 2.2, 110, 200))

    def test_with_three_oranges_it_is_715(self, solved: SimpleNamespace) -> None:
        assert solved.price == pytest.approx(715)
        apples = (solved.dapple, solved.dapple_num)
        oranges = (solved.dorange, solved.dorange_num)
        assert apples == pytest.approx((2.2, 110))
        assert oranges == pytest.approx((3.3, 165))
        assert solved.dtax == pytest.approx(650)

    def test_an_add_layer_hands_on_the_same_to_both(self, solved: SimpleNamespace) -> None:
        layer = solved.AddLayer()
        assert layer.forward(200.0, 450.0) == 650.0
        assert layer.backward(1.1) == (1.1, 1.1)


class TestTheAlgorithms:
    """L3: forward and backward over any graph; L1, L4: why with a table."""

    def test_the_shop_upside_down_is_put_in_order(self, solved: SimpleNamespace) -> None:
        order = solved.topological_sort(solved.shop)
        assert sorted(order) == sorted(solved.shop)
        for node, (_, parents) in solved.shop.items():
            assert all(order.index(parent) < order.index(node) for parent in parents)

    def test_the_two_passes_give_the_shop_s_numbers(self, solved: SimpleNamespace) -> None:
        order = solved.topological_sort(solved.shop)
        values = solved.forward(solved.shop, order, solved.functions, solved.prices)
        table = solved.backward(solved.shop, order, solved.slopes, values)
        assert values["price"] == pytest.approx(715)
        found = [table[key] for key in ("apple", "apple_num", "orange", "orange_num", "tax")]
        assert found == pytest.approx([2.2, 110, 3.3, 165, 650])

    def test_a_node_used_twice_gives_5_where_handing_on_early_gives_7(
        self, solved: SimpleNamespace
    ) -> None:
        order = ["a", "b", "c", "d"]
        values = solved.forward(solved.five, order, solved.functions, {"a": 1.0})
        assert solved.backward(solved.five, order, solved.slopes, values)["a"] == 5.0
        assert solved.too_early["a"] == 7.0

    def test_there_are_as_many_paths_as_the_gradient_says(self, solved: SimpleNamespace) -> None:
        assert solved.paths(lambda node: solved.five[node][1], "a", "d") == 5

    def test_forty_rungs_have_two_to_the_forty_paths_and_160_lines(
        self, solved: SimpleNamespace
    ) -> None:
        assert solved.paths(solved.ladder(40).get, "u0", "u40") == 2**40
        assert solved.by_table[-1] == 160

    def test_a_deep_chain_is_no_trouble(self, solved: SimpleNamespace) -> None:
        assert len(solved.values) == 20_001
        assert solved.slope == pytest.approx(np.prod(np.cos(list(solved.values.values())[:-1])))

    def test_ten_rounds_have_the_slope_that_trying_finds(self, solved: SimpleNamespace) -> None:
        assert solved.gradients["u0"] == pytest.approx(solved.by_trying, rel=1e-8)


class TestTwoLayers:
    """L3: a small network with sigmoids and the mean squared error, number by number."""

    def test_every_number_of_the_table_is_true(self, solved: SimpleNamespace) -> None:
        x, W, V, t = solved.x, solved.W, solved.V, solved.t
        dL_do, dL_dV, dL_dh, dL_dW = solved.two_layer_backward(x, W, V, t)
        delta = dL_do * solved.o * (1 - solved.o)
        found = [dL_do[0], delta[0], dL_dV[0, 0], delta[0] * V[0, 0], delta[1] * V[1, 0]]
        assert found == pytest.approx([-0.4169, -0.1013, -0.0699, -0.1013, 0.0584], abs=6e-5)
        assert (dL_dh[0], dL_dW[0, 0]) == pytest.approx((-0.0429, -0.0092), abs=6e-5)

    def test_the_gradients_are_the_engine_s(self, solved: SimpleNamespace) -> None:
        def loss(W, V):
            o = solved.sigmoid(V @ solved.sigmoid(W @ solved.x))
            return np.mean((o - solved.t) ** 2)

        _, dV, _, dW = solved.two_layer_backward(solved.x, solved.W, solved.V, solved.t)
        expected_W, expected_V = grad(loss, (0, 1))(solved.W, solved.V)
        np.testing.assert_allclose(dW, expected_W, rtol=1e-12)
        np.testing.assert_allclose(dV, expected_V, rtol=1e-12)


class TestSymbols:
    """L3: symbol to symbol, the derivative is more graph; L0: what a library records."""

    def test_a_cube_is_differentiated_three_times(self, solved: SimpleNamespace) -> None:
        graph, output, found = solved.cube, "f", []
        for _ in range(4):
            found.append(solved.value_of(graph, output, 2.0))
            if len(found) < 4:
                graph, gradients = solved.gradient_graph(graph, list(graph), output)
                output = gradients["x"]
        assert found == [8.0, 12.0, 12.0, 6.0]

    def test_the_old_graph_stays_in_the_new_one(self, solved: SimpleNamespace) -> None:
        bigger, _ = solved.gradient_graph(solved.cube, ["x", "s", "f"], "f")
        assert len(bigger) > len(solved.cube) == 3
        assert all(bigger[node] == made for node, made in solved.cube.items())

    def test_a_product_keeps_its_inputs_and_exp_its_output(self, solved: SimpleNamespace) -> None:
        record = [("input", []), ("input", []), ("mul", [0, 1]), ("exp", [2]), ("add", [2, 3])]
        assert set(solved.saved_values(record)) == {0, 1, 3}
