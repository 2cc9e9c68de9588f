"""Shapes and layouts of all kinds: hypothesis looks for one that the engine gets wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.autodiff.cases import BINARY, NOT_IN_AUTOGRAD, UNARY, draw
from tests.autodiff.oracles import assert_same, by_autograd, by_jax, ours

seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
KNOWN_UNARY = sorted(set(UNARY) - NOT_IN_AUTOGRAD)
KNOWN_BINARY = sorted(set(BINARY) - NOT_IN_AUTOGRAD)


@st.composite
def layouts(draw_from: Any) -> Any:
    """Choose how an array lies in memory: each is a function that keeps values and shape."""
    return draw_from(
        st.sampled_from(
            [
                lambda x: x,
                np.asfortranarray,
                lambda x: np.flip(np.flip(x).copy()),  # negative strides
                lambda x: np.repeat(x, 2, axis=0)[::2] if x.ndim else x,  # gaps
                lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),  # read-only
            ]
        )
    )


def same_as_autograd(f: Any, *args: Any, seed: int) -> None:
    out = f(np, *args)
    upstream = np.random.default_rng(seed).standard_normal(np.shape(out))
    assert_same(ours(f, list(args), upstream), by_autograd(f, list(args), upstream))


@given(name=st.sampled_from(KNOWN_UNARY), shape=shapes, lay=layouts(), seed=seeds)
def test_functions_of_one_array_in_any_layout(name, shape, lay, seed):
    x = lay(np.asarray(draw(UNARY[name], shape, np.random.default_rng(seed))))
    same_as_autograd(lambda xp, x: getattr(xp, name)(x), x, seed=seed)


@given(
    name=st.sampled_from(KNOWN_BINARY),
    both=hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=3),
    lays=st.tuples(layouts(), layouts()),
    seed=seeds,
)
def test_functions_of_two_arrays_that_broadcast(name, both, lays, seed):
    rng = np.random.default_rng(seed)
    arrays = [
        lay(np.asarray(draw(BINARY[name], shape, rng)))
        for lay, shape in zip(lays, both.input_shapes, strict=True)
    ]
    same_as_autograd(lambda xp, x, y: getattr(xp, name)(x, y), *arrays, seed=seed)


@given(
    data=st.data(),
    name=st.sampled_from(["sum", "mean", "max", "min", "var", "std"]),
    shape=hnp.array_shapes(min_dims=1, max_dims=4, max_side=3),
    keepdims=st.booleans(),
    lay=layouts(),
    seed=seeds,
)
def test_reductions_over_any_axes(data, name, shape, keepdims, lay, seed):
    axis = data.draw(hnp.valid_tuple_axes(len(shape)) | st.integers(-len(shape), len(shape) - 1))
    x = lay(draw("spaced", shape, np.random.default_rng(seed)))
    if name == "std" and np.any(np.var(x, axis=axis) == 0):
        return  # the root has no derivative at 0
    same_as_autograd(lambda xp, x: getattr(xp, name)(x, axis=axis, keepdims=keepdims), x, seed=seed)


@given(data=st.data(), shape=hnp.array_shapes(max_dims=3, max_side=4), lay=layouts(), seed=seeds)
def test_basic_indices(data, shape, lay, seed):
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    x = lay(draw("real", shape, np.random.default_rng(seed)))
    same_as_autograd(lambda xp, x: x[index], x, seed=seed)


@given(data=st.data(), shape=hnp.array_shapes(max_dims=3, max_side=4), lay=layouts(), seed=seeds)
def test_lists_of_indices_that_may_repeat(data, shape, lay, seed):
    index = data.draw(hnp.integer_array_indices(shape))
    x = lay(draw("real", shape, np.random.default_rng(seed)))
    same_as_autograd(lambda xp, x: x[index], x, seed=seed)


@given(
    lead=hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=3, max_dims=2),
    sides=st.tuples(*[st.integers(1, 3)] * 3),
    lays=st.tuples(layouts(), layouts()),
    seed=seeds,
)
def test_matrix_products_of_stacks_that_broadcast(lead, sides, lays, seed):
    rng = np.random.default_rng(seed)
    m, k, n = sides
    x = lays[0](draw("real", (*lead.input_shapes[0], m, k), rng))
    y = lays[1](draw("real", (*lead.input_shapes[1], k, n), rng))
    same_as_autograd(lambda xp, x, y: xp.matmul(x, y), x, y, seed=seed)


@given(
    values=hnp.arrays(float, (2, 3), elements=st.sampled_from([0.0, 1.0])),
    name=st.sampled_from(["max", "min"]),
)
def test_ties_share_the_gradient_equally(values, name):
    def f(xp: Any, x: Any) -> Any:
        return getattr(xp, name)(x, axis=1)

    upstream = np.array([3.0, 5.0])
    mine = ours(f, [values], upstream)
    assert_same(mine, by_autograd(f, [values], upstream))
    np.testing.assert_allclose(mine[0].sum(axis=1), upstream)


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_a_number_wins_against_nan_and_gets_the_gradient(name):
    x, y = np.array([np.nan, 1.0]), np.array([2.0, np.nan])
    dx, dy = ours(lambda xp, x, y: getattr(xp, name)(x, y), [x, y], np.array([3.0, 5.0]))
    assert (dx.tolist(), dy.tolist()) == ([0.0, 5.0], [3.0, 0.0])


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_tie_between_two_arrays_is_shared_as_both_oracles_share_it(name):
    x, y, upstream = np.array([1.0, 2.0, -0.0]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 1, 3])

    def f(xp: Any, x: Any, y: Any) -> Any:
        return getattr(xp, name)(x, y)

    mine = ours(f, [x, y], upstream)
    assert_same(mine, by_autograd(f, [x, y], upstream))
    assert_same(mine, by_jax(f, [x, y], upstream))
