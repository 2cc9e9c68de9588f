"""Assignment 03 as its reader meets it: the numbers of the lectures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.notebooks.reading import assignment

ASSIGNMENT = assignment("03_gate_patterns")

NEURON = (2.0, -1.0, -3.0, -2.0, -3.0)  # w0, x0, w1, x1, w2
NEURON_GRADIENTS = (-0.196612, 0.393224, -0.393224, -0.589836, 0.196612)


class TestTheNumbersOfTheLectures:
    def test_the_neuron_gives_0_731059(self, solved: SimpleNamespace) -> None:
        assert solved.neuron(*NEURON) == pytest.approx(0.731059, abs=1e-6)

    def test_the_neuron_s_five_gradients_gate_by_gate(self, solved: SimpleNamespace) -> None:
        gradients = solved.neuron_backward(*NEURON, 1.0)
        assert gradients == pytest.approx(NEURON_GRADIENTS, abs=2e-6)

    def test_the_slides_are_rounded_to_one_digit(self, solved: SimpleNamespace) -> None:
        dw0, dx0, _, _, dw2 = solved.neuron_backward(*NEURON, 1.0)
        assert (dw2, dx0, dw0) == pytest.approx((0.2, 0.4, -0.2), abs=0.01)
        assert (dw2, dx0, dw0) != pytest.approx((0.2, 0.4, -0.2), abs=0.003)

    def test_the_small_gates_carry_the_gradient_to_0_196612(self, solved: SimpleNamespace) -> None:
        at_sum = solved.reciprocal_backward(1.0 + np.exp(-1.0), 1.0)
        at_exp = solved.exp_backward(-1.0, at_sum)  # + 1 passes the gradient on
        assert at_sum == pytest.approx(-0.534447, abs=1e-6)
        assert solved.scale_backward(1.0, -1.0, at_exp) == pytest.approx(0.196612, abs=1e-6)

    def test_the_sigmoid_s_slope_from_its_output(self, solved: SimpleNamespace) -> None:
        assert solved.sigmoid_backward(0.731059, 1.0) == pytest.approx(0.196612, abs=1e-6)
        gate = solved.Sigmoid()
        assert gate.forward(1.0) == pytest.approx(0.731059, abs=1e-6)
        assert gate.backward(1.0) == pytest.approx(0.196612, abs=1e-6)

    def test_the_circuit_gives_minus_20_and_8_6_2_0(self, solved: SimpleNamespace) -> None:
        graph = solved.Graph(solved.circuit_steps)
        assert graph.forward(x=3.0, y=-4.0, z=2.0, w=-1.0) == -20.0
        assert solved.circuit_backward(3.0, -4.0, 2.0, -1.0, 1.0) == (-8.0, 6.0, 2.0, 0.0)
        gradients = graph.backward(1.0)
        assert [gradients[key] for key in "xyzw"] == [-8.0, 6.0, 2.0, 0.0]

    def test_add_distributes_max_routes_and_multiply_swaps(self, solved: SimpleNamespace) -> None:
        assert solved.add_backward(3.0, -4.0, 2.0) == (2.0, 2.0)
        assert solved.max_backward(2.0, -1.0, 2.0) == (2.0, 0.0)
        assert solved.mul_backward(3.0, -4.0, 2.0) == (-8.0, 6.0)
        gate = solved.MulGate()
        assert gate.forward(3.0, -4.0) == -12.0
        assert gate.backward(2.0) == (-8.0, 6.0)

    def test_the_parts_of_a_tie_add_up_to_upstream(self, solved: SimpleNamespace) -> None:
        assert sum(solved.max_backward(1.5, 1.5, 0.7)) == 0.7

    def test_gradients_add_where_a_value_branches(self, solved: SimpleNamespace) -> None:
        graph = solved.Graph(solved.branch_steps)
        graph.forward(x=3.0, y=-4.0, z=2.0)
        assert graph.backward(1.0)["x"] == -4.0 + 2.0
        assert solved.Copy().backward([-4.0, 2.0]) == -4.0 + 2.0

    def test_a_name_that_enters_one_gate_twice_collects_both_parts(
        self, solved: SimpleNamespace
    ) -> None:
        square = solved.Graph([("f", solved.gates["mul"], ["x", "x"])])
        square.forward(x=3.0)
        assert square.backward(1.0)["x"] == 6.0

    def test_caffe_s_loop_equals_the_line_of_numpy(self, solved: SimpleNamespace) -> None:
        data, diff = solved.top_data, solved.top_diff
        looped = solved.caffe_sigmoid_backward(data, diff, True)
        np.testing.assert_allclose(looped, diff * data * (1 - data), rtol=1e-14)
        assert not solved.caffe_sigmoid_backward(data, diff, False).any()

    def test_the_gates_together_learn_the_logical_or(self, solved: SimpleNamespace) -> None:
        assert np.round(solved.answers).tolist() == [0.0, 1.0, 1.0, 1.0]
