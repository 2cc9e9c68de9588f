"""Every worked number of the lectures."""

from __future__ import annotations

import numpy as np
import pytest

from course.autodiff import grad, name, trace, value_and_grad


def test_x_plus_y_times_z():
    graph = trace(lambda x, y, z: name(x + y, "q") * z, -2.0, 5.0, -4.0)
    assert graph["q"].value == 3.0
    assert graph.nodes[-1].value == -12.0
    assert [graph[n].gradient for n in "zqxy"] == [3.0, -4.0, -4.0, -4.0]


def test_the_apple_shop():
    value, (apple, number, tax) = value_and_grad(lambda a, n, t: a * n * t, (0, 1, 2))(
        100.0, 2.0, 1.1
    )
    assert value == pytest.approx(220.0)
    assert (apple, number, tax) == pytest.approx((2.2, 110.0, 200.0))


def test_the_price_of_the_apples_before_tax():
    graph = trace(lambda a, n, t: name(a * n, "price") * t, 100.0, 2.0, 1.1)
    assert graph["price"].gradient == pytest.approx(1.1)


def test_apples_and_oranges():
    def price(apple, apples, orange, oranges, tax):
        return (apple * apples + orange * oranges) * tax

    value, gradients = value_and_grad(price, (0, 1, 2, 3, 4))(100.0, 2.0, 150.0, 3.0, 1.1)
    assert value == pytest.approx(715.0)
    assert gradients == pytest.approx((2.2, 110.0, 3.3, 165.0, 650.0))


def test_the_sigmoid_neuron():
    def neuron(w0, x0, w1, x1, w2):
        return 1.0 / (1.0 + np.exp(-(w0 * x0 + w1 * x1 + w2)))

    value, gradients = value_and_grad(neuron, (0, 1, 2, 3, 4))(2.0, -1.0, -3.0, -2.0, -3.0)
    assert value == pytest.approx(0.731059, abs=5e-7)
    assert gradients == pytest.approx(
        (-0.196612, 0.393224, -0.393224, -0.589836, 0.196612), abs=5e-7
    )


def test_the_three_gates():
    def f(x, y, z, w):
        return 2.0 * (x * y + np.maximum(z, w))

    value, gradients = value_and_grad(f, (0, 1, 2, 3))(3.0, -4.0, 2.0, -1.0)
    assert value == -20.0
    assert gradients == (-8.0, 6.0, 2.0, 0.0)


def test_the_squared_length_of_a_matrix_product():
    def f(W, x):
        return np.sum(name(W @ x, "q") ** 2)

    graph = trace(f, np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4]))
    np.testing.assert_allclose(graph["q"].value, [0.22, 0.26])
    np.testing.assert_allclose(graph.nodes[-1].value, 0.116)
    np.testing.assert_allclose(graph["q"].gradient, [0.44, 0.52])
    np.testing.assert_allclose(graph["W"].gradient, [[0.088, 0.176], [0.104, 0.208]])
    np.testing.assert_allclose(graph["x"].gradient, [-0.112, 0.636])


@pytest.mark.parametrize(("depth", "bound"), [(5, 9.8e-4), (10, 9.5e-7)])
def test_a_chain_of_sigmoids_shrinks_by_at_least_a_quarter_each_time(depth, bound):
    def f(x):
        for _ in range(depth):
            x = 1.0 / (1.0 + np.exp(-x))
        return x

    assert 0.25**depth == pytest.approx(bound, rel=0.01)
    assert 0.0 < grad(f)(0.0) <= 0.25**depth


def test_a_node_reached_twice_counts_both_ways():
    # b = a + a, c = b + a, d = b + c: d = 5a; forgetting a visited set or `+=` gives 7 or 3.
    def f(a):
        b = a + a
        return b + (b + a)

    assert grad(f)(1.0) == 5.0


def test_the_five_layer_chain_is_a_product_of_its_parts():
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    def f(w, x):
        for i in range(5):
            x = sigmoid(w[i] * x)
        return x

    w, x = np.array([0.5, -1.2, 0.8, 1.5, -0.7]), 0.9
    a = [x]
    for i in range(5):
        a.append(sigmoid(w[i] * a[-1]))
    local = [out * (1 - out) for out in a[1:]]
    by_hand = [np.prod(local[i:]) * np.prod(w[i + 1 :]) * a[i] for i in range(5)]
    np.testing.assert_allclose(grad(f)(w, x), by_hand, rtol=1e-13)
