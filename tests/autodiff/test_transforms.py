"""grad, vjp, jvp, jacobian, hessian, hvp: what they take, what they give, how they nest."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course.autodiff import (
    grad,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from course.autodiff.errors import ArgumentError, GradientMismatchError

RNG = np.random.default_rng(0)
W, X, B = RNG.standard_normal((3, 4)), RNG.standard_normal((5, 3)), RNG.standard_normal(4)


def layer(W, b, x, xp=np):
    return xp.tanh(x @ W + b)


def loss(W, b, x=X, xp=np):
    return xp.sum(layer(W, b, x, xp) ** 2)


def test_grad_differentiates_by_the_first_argument_unless_told_otherwise():
    np.testing.assert_array_equal(grad(loss)(W, B), grad(loss, 0)(W, B))


def test_a_tuple_of_argnums_gives_a_tuple_of_gradients():
    dW, db = grad(loss, (0, 1))(W, B)
    assert dW.shape == W.shape
    np.testing.assert_array_equal(db, grad(loss, -1)(W, B))


def test_keyword_arguments_are_passed_on_and_not_differentiated():
    assert grad(loss)(W, B, x=2 * X).shape == W.shape


def test_value_and_grad_gives_what_the_function_and_its_gradient_give():
    value, gradient = value_and_grad(loss)(W, B)
    assert value == loss(W, B)
    np.testing.assert_array_equal(gradient, grad(loss)(W, B))


class Layer(NamedTuple):
    W: np.ndarray
    b: np.ndarray


def test_nested_arguments_give_gradients_nested_alike():
    params = {"layers": [Layer(W, B)], "scale": (2.0,)}

    def f(p):
        return p["scale"][0] * loss(p["layers"][0].W, p["layers"][0].b)

    gradient = grad(f)(params)
    assert isinstance(gradient["layers"][0], Layer)
    np.testing.assert_allclose(gradient["layers"][0].b, 2 * grad(loss, 1)(W, B), rtol=1e-15)
    assert gradient["scale"][0] == pytest.approx(loss(W, B))


def test_an_argument_that_plays_no_part_has_a_gradient_of_zeros():
    np.testing.assert_array_equal(grad(lambda x, y: np.sum(x), 1)(X, W), np.zeros_like(W))


def test_numbers_give_numbers():
    assert grad(lambda x: x**3)(2.0) == 12.0


def test_a_pullback_may_be_called_many_times():
    out, pullback = vjp(layer, W, B, X)
    first, second = pullback(np.ones_like(out)), pullback(np.ones_like(out))
    pullback(np.zeros_like(out))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_gradients_share_no_memory_with_anything():
    x, y = np.ones(3), np.ones(3)
    upstream = np.ones(3)
    dx, dy = vjp(lambda x, y: x + y, x, y)[1](upstream)
    dx[:] = 7.0
    assert dy.tolist() == upstream.tolist() == [1.0, 1.0, 1.0]
    grad(np.sum)(x)[:] = 3.0  # a view of one number would be read-only


def test_several_outputs_take_as_many_upstreams():
    out, pullback = vjp(lambda x: (x * x, {"s": np.sum(x)}), B)
    assert out[1]["s"] == np.sum(B)
    np.testing.assert_allclose(pullback((B, {"s": 2.0}))[0], 2 * B * B + 2.0)


def test_an_output_that_does_not_depend_on_the_inputs_pulls_back_zeros():
    out, pullback = vjp(lambda x: (np.ones(2), x), 3.0)
    np.testing.assert_array_equal(out[0], np.ones(2))
    assert pullback((np.ones(2), 5.0)) == (5.0,)


def test_upstream_of_another_shape_is_refused():
    _, pullback = vjp(layer, W, B, X)
    with pytest.raises(ArgumentError, match=r"shape \(4,\) where the outputs have \(5, 4\)"):
        pullback(np.ones(4))


def test_jvp_is_the_slope_in_a_direction():
    out, tangent = jvp(lambda x: x**3, (2.0,), (10.0,))
    assert (out, tangent) == (8.0, 120.0)


def test_a_tangent_of_another_shape_is_refused():
    with pytest.raises(ArgumentError, match="tangents has shape"):
        jvp(np.sum, (B,), (1.0,))


@pytest.mark.parametrize("shape", [(2, 3), (5, 3)], ids=["forward", "reverse"])
def test_jacobian_is_that_of_jax_whichever_way_it_runs(shape):
    A = RNG.standard_normal(shape)
    x = RNG.standard_normal(3) if shape[0] < 3 else RNG.standard_normal((3, 2))
    mine = jacobian(lambda x: np.tanh(A @ x))(x)
    theirs = jax.jacobian(lambda x: jnp.tanh(A @ x))(x)
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-14)


def test_jacobian_runs_forward_when_there_are_fewer_inputs():
    np.testing.assert_allclose(
        jacobian(lambda x: np.array([1.0, 2.0, 3.0]) * x)(2.0), [1.0, 2.0, 3.0]
    )


def test_jacobian_of_nests_is_a_nest_with_the_outputs_outside():
    nest = jacobian(lambda p: (p["x"] * 2.0, np.sum(p["y"])))({"x": B, "y": W})
    assert nest[0]["y"].shape == (4, 3, 4)
    np.testing.assert_array_equal(nest[1]["y"], np.ones_like(W))


def test_hessian_is_that_of_jax():
    mine = hessian(loss)(W, B)
    theirs = jax.hessian(lambda W: loss(W, B, xp=jnp))(W)
    np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-13)


def test_hvp_is_the_hessian_times_the_vector():
    v = RNG.standard_normal(W.shape)
    np.testing.assert_allclose(
        hvp(loss)(W, B, v), np.tensordot(hessian(loss)(W, B), v), rtol=1e-12, atol=1e-13
    )


def test_hvp_by_two_arguments_takes_a_pair():
    v = (RNG.standard_normal(W.shape), RNG.standard_normal(B.shape))
    blocks = hessian(loss, (0, 1))(W, B)
    expected = sum(np.tensordot(block, d, d.ndim) for block, d in zip(blocks[1], v, strict=True))
    np.testing.assert_allclose(hvp(loss, (0, 1))(W, B, v)[1], expected, rtol=1e-12, atol=1e-13)


def test_derivatives_nest_to_any_order():
    f, expected = np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos]
    for derivative in expected:
        f = grad(f)
        assert f(0.7) == pytest.approx(derivative(0.7), rel=1e-14)


@pytest.mark.parametrize("outer", ["reverse", "forward"])
@pytest.mark.parametrize("inner", ["reverse", "forward"])
def test_nested_derivatives_do_not_mistake_each_others_variables(outer, inner):
    # Siskind and Pearlmutter, Perturbation confusion (2005): d/dx x · d/dy (x + y) is 1, not 2.
    def d(f, mode):
        return grad(f) if mode == "reverse" else lambda x: jvp(f, (x,), (1.0,))[1]

    def f(x):
        return x * d(lambda y: x + y, inner)(2.0)

    assert d(f, outer)(1.0) == 1.0


def test_the_ways_to_mix_the_modes_agree():
    v = RNG.standard_normal(W.shape)
    along = grad(lambda W: jvp(lambda W: loss(W, B), (W,), (v,))[1])(W)
    over = jvp(grad(lambda W: loss(W, B)), (W,), (v,))[1]
    back = grad(lambda W: np.sum(grad(loss)(W, B) * v))(W)
    np.testing.assert_allclose(along, over, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(along, back, rtol=1e-12, atol=1e-13)


def test_a_gradient_inside_a_function_is_differentiated_like_anything_else():
    def step(x):
        return x - 0.1 * grad(lambda y: np.sum(np.exp(y) * y))(x)

    gradcheck(lambda x: np.sum(step(step(x)) ** 2), B)


def test_single_precision_stays_single():
    x = B.astype(np.float32)
    value, gradient = value_and_grad(lambda x: np.sum(x * 2.0))(x)
    assert value.dtype == gradient.dtype == np.float32


def test_a_number_in_double_precision_does_not_widen_a_single_variables_gradient():
    gradient = grad(lambda x: np.sum(x * B))(B.astype(np.float32))
    assert gradient.dtype == np.float32


def test_an_upstream_of_another_type_does_not_change_the_gradients_type():
    _, pullback = vjp(lambda x: x, B.astype(np.float32))
    assert pullback(np.ones(4))[0].dtype == np.float32
    assert pullback(np.ones(4, dtype=int))[0].dtype == np.float32


def test_options_that_are_none_are_as_good_as_not_given():
    x = np.array([1.0, 3.0])
    assert grad(lambda x: np.var(x, dtype=None, out=None))(x).tolist() == [-1.0, 1.0]
    assert grad(lambda x: np.sum(x, dtype=None, out=None))(x).tolist() == [1.0, 1.0]


def test_gradcheck_passes_a_right_rule_and_says_which_mode_and_order_is_off():
    from course.autodiff import primitive

    gradcheck(loss, W, B)
    wrong = primitive(lambda x: x * x, lambda g, x: g * x, higher_order=True, name="square")
    with pytest.raises(GradientMismatchError, match="reverse mode, derivative number 1"):
        gradcheck(lambda x: np.sum(wrong(x)), B)


def test_argnums_beyond_the_arguments_are_refused():
    with pytest.raises(ArgumentError, match="argnums=2"):
        grad(loss, 2)(W, B)
