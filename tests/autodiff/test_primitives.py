"""A student's own forward and backward, as an operation of the engine."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from course.autodiff import grad, gradcheck, hvp, jvp, primitive, swap, trace, value_and_grad, vjp
from course.autodiff.errors import ArgumentError, FirstOrderOnlyError, PrimitiveError

X, Y = np.array([1.0, -2.0, 3.0]), np.array([0.5, 4.0, -1.0])


class MulLayer:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class Copy:
    def forward(self, x):
        return x * 1.0, x * 1.0

    def backward(self, douts):
        return douts[0] + douts[1]


def with_cache(x, y):
    return x * y, (x, y)


mul_of_functions = primitive(lambda x, y: x * y, lambda g, x, y: (g * y, g * x), name="mul")
mul_of_cache = primitive(with_cache, lambda g, cache: (g * cache[1], g * cache[0]), cached=True)
mul_of_class = primitive(MulLayer)


@pytest.mark.parametrize("mul", [mul_of_functions, mul_of_cache, mul_of_class])
def test_each_form_of_a_primitive_differentiates_by_its_own_backward(mul):
    value, (dx, dy) = value_and_grad(lambda x, y: np.sum(mul(np.sin(x), y)), (0, 1))(X, Y)
    assert value == np.sum(np.sin(X) * Y)
    np.testing.assert_array_equal(dx, Y * np.cos(X))
    np.testing.assert_array_equal(dy, np.sin(X))


def test_a_primitive_of_plain_arrays_is_just_its_forward():
    np.testing.assert_array_equal(mul_of_class(X, Y), X * Y)


def test_each_use_of_a_class_has_an_object_of_its_own():
    np.testing.assert_array_equal(grad(lambda x: np.sum(mul_of_class(mul_of_class(x, x), x)))(X),
                                  3 * X**2)  # fmt: skip


def test_a_constant_input_gets_no_gradient_but_may_be_there():
    np.testing.assert_array_equal(grad(lambda x: np.sum(mul_of_class(x, Y)))(X), Y)


def test_several_outputs_give_as_many_upstreams():
    copy = primitive(Copy)

    def f(x):
        a, b = copy(x)
        return np.sum(a * 2.0) + np.sum(b * X)

    np.testing.assert_array_equal(grad(f)(X), 2.0 + X)


def test_the_backward_runs_once_however_many_inputs_there_are():
    calls = []

    def backward(g, x, y):
        calls.append(1)
        return g * y, g * x

    grad(lambda x, y: np.sum(primitive(lambda x, y: x * y, backward)(x, y)), (0, 1))(X, Y)
    assert len(calls) == 1


def mutating(g, x, y):
    x *= 0.0
    return g * y, g * x


def using_up(g, x, y):
    g *= y
    return g, g * x


@pytest.mark.parametrize(
    ("backward", "message"),
    [
        (lambda g, x, y: g * y, "one gradient per input, 2 in all"),
        (lambda g, x, y: (g * y, g * x, g), "returned 3 arrays"),
        (lambda g, x, y: None, "one gradient per input"),
        (lambda g, x, y: (g * y, None), r"input 1 is None.*return missing"),
        (lambda g, x, y: (g * y, np.sum(g * x)), r"input 1 has shape \(\), .* input has \(3,\)"),
        (lambda g, x, y: (g * y, (g * x).astype(int)), "input 1 has type int64"),
        (lambda g, x, y: (g * y, (g * x).astype(np.float32)), "input 1 is float32"),
        (mutating, "backward has changed its argument 1"),
        (using_up, "backward has changed its argument 0"),
    ],
)  # fmt: skip
def test_a_backward_that_breaks_its_contract_is_told_how(backward, message):
    broken = primitive(lambda x, y: x * y, backward, name="broken")
    with pytest.raises(PrimitiveError, match=f"broken: .*{message}"):
        grad(lambda x, y: np.sum(broken(x, y)), (0, 1))(X.copy(), Y.copy())


def overwriting(x):
    x += 1.0
    return x


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda x: None, "return missing"),
        (lambda x: np.floor(x).astype(int), "floating point"),
        (overwriting, "forward has changed its argument 0"),
    ],
)
def test_a_forward_that_breaks_its_contract_is_told_how(forward, message):
    broken = primitive(forward, lambda g, x: g, name="broken")
    with pytest.raises(PrimitiveError, match=message):
        grad(lambda x: np.sum(broken(x)))(X.copy())


def test_a_cache_that_is_not_there_is_asked_for():
    broken = primitive(lambda x: x * 2.0, lambda g, cache: g, cached=True, name="broken")
    with pytest.raises(PrimitiveError, match=r"must return \(out, cache\)"):
        broken(X)


@pytest.mark.parametrize(
    "twice",
    [
        lambda f, x: grad(grad(f))(x),
        lambda f, x: hvp(f)(x, 1.0),
        lambda f, x: jvp(f, (x,), (1.0,)),
    ],
    ids=["grad of grad", "hvp", "forward mode"],
)
def test_a_backward_in_raw_numpy_is_first_order_only_and_says_so(twice):
    cube = primitive(lambda x: x**3, lambda g, x: g * 3 * x**2, name="cube")
    assert grad(cube)(2.0) == 12.0
    with pytest.raises(FirstOrderOnlyError, match=r"cube.*higher_order=True"):
        twice(cube, 2.0)


class Cube:
    def forward(self, x):
        self.square = x * x
        return self.square * x

    def backward(self, dout):
        return dout * 3.0 * self.square


@pytest.mark.parametrize(
    "cube",
    [
        primitive(lambda x: x**3, lambda g, x: g * 3.0 * x**2, higher_order=True),
        primitive(Cube, higher_order=True),
    ],
    ids=["functions", "class"],
)
def test_a_higher_order_primitive_is_differentiated_by_its_own_lines_again(cube):
    assert grad(grad(cube))(2.0) == pytest.approx(12.0)
    assert grad(grad(grad(cube)))(2.0) == pytest.approx(6.0)
    assert hvp(cube)(2.0, 10.0) == pytest.approx(120.0)
    gradcheck(lambda x: np.sum(cube(np.sin(x))), X)


def test_a_wrong_rule_stays_wrong_when_differentiated_again():
    wrong = primitive(lambda x: x**3, lambda g, x: g * x**2, higher_order=True)
    assert grad(grad(wrong))(3.0) == pytest.approx(6.0)  # of x², not of 3x²


def test_a_swapped_in_primitive_takes_the_place_of_function_operator_and_method():
    tripled = primitive(lambda x, y: x * y, lambda g, x, y: (3.0 * g * y, 3.0 * g * x))
    functions = [lambda x: np.multiply(x, 2.0), lambda x: x * 2.0, lambda x: 2.0 * x]
    for f in functions:
        with swap(np.multiply, tripled):
            assert grad(f)(5.0) == 6.0
        assert grad(f)(5.0) == 2.0


def test_a_swap_inside_the_traced_function_holds_from_there():
    def f(x):
        with swap(np.multiply, mul_of_class):
            return x * x

    assert "MulLayer" in [node.op for node in trace(f, 3.0).nodes]
    assert grad(f)(3.0) == 6.0


def test_swaps_nest_and_end_with_their_block():
    wrong = primitive(lambda x: np.exp(x), lambda g, x: g, name="wrong")
    with swap(np.multiply, mul_of_class):
        with swap(np.exp, wrong):
            assert grad(lambda x: np.exp(x) * 2.0)(1.0) == 2.0
        assert grad(lambda x: np.exp(x))(0.0) == 1.0
    assert grad(lambda x: x * x)(3.0) == 6.0


def test_the_students_multiplication_serves_second_derivatives_too():
    mul = primitive(lambda x, y: x * y, lambda g, x, y: (g * y, g * x), higher_order=True)
    with swap(np.multiply, mul):
        assert grad(grad(lambda x: x * x * x))(2.0) == pytest.approx(12.0)


def test_a_swap_ends_with_its_block_when_an_error_leaves_it():
    def fail():
        with swap(np.exp, primitive(lambda x: np.exp(x), lambda g, x: 0.0 * g)):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert grad(np.exp)(0.0) == 1.0


def test_a_swap_in_one_thread_is_not_seen_in_another():
    wrong = primitive(lambda x: np.exp(x), lambda g, x: 0.0 * g)
    seen = []
    with swap(np.exp, wrong):
        other = threading.Thread(target=lambda: seen.append(grad(np.exp)(0.0)))
        other.start()
        other.join()
        assert grad(np.exp)(0.0) == 0.0
    assert seen == [1.0]


def test_a_swapped_reduction_refuses_options_it_cannot_honour():
    total = primitive(lambda x: np.sum(x), lambda g, x: g * np.ones_like(x), name="total")
    with swap(np.sum, total):
        np.testing.assert_array_equal(grad(np.sum)(X), np.ones(3))
        with pytest.raises(PrimitiveError, match="axis=0"):
            grad(lambda x: np.sum(x, axis=0))(X)


def test_only_covered_functions_and_primitives_can_be_swapped():
    with pytest.raises(ArgumentError, match="primitive"), swap(np.exp, lambda x: x):
        pass
    with pytest.raises(ArgumentError, match="covers"), swap(np.sort, mul_of_class):
        pass


def test_a_backward_without_forward_is_refused():
    with pytest.raises(ArgumentError, match=r"primitive\(MulLayer\)"):
        primitive(lambda x: x)


def test_a_primitive_appears_in_a_trace_under_its_name():
    graph = trace(lambda x, y: mul_of_functions(x, y), 2.0, 3.0)
    assert graph.nodes[-1].op == "mul"
    assert [e.contribution for e in graph.edges] == [3.0, 2.0]


def test_a_pullback_of_a_primitive_may_be_called_with_different_upstreams():
    _, pullback = vjp(mul_of_class, X, Y)
    np.testing.assert_array_equal(pullback(np.ones(3))[0], Y)
    np.testing.assert_array_equal(pullback(2 * np.ones(3))[0], 2 * Y)
