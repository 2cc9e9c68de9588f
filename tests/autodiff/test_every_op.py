"""Every covered function and option, against both oracles, in both modes, to second order."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

from course.autodiff import gradcheck, jvp, vjp
from tests.autodiff.cases import BINARY, CASES, NOT_IN_AUTOGRAD, UNARY, Case, draw
from tests.autodiff.oracles import (
    assert_same,
    by_autograd,
    by_jax,
    ours,
    second_order,
    second_order_by_autograd,
    second_order_by_jax,
)


def named(name: str, domain: str, *shapes: tuple[int, ...]) -> Case:
    oracles = ("jax",) if name in NOT_IN_AUTOGRAD else ("autograd", "jax")
    return Case(name, lambda xp, *xs: getattr(xp, name)(*xs), shapes, domain, oracles)


ELEMENTWISE = [named(name, domain, (2, 3)) for name, domain in UNARY.items()] + [
    named(name, domain, (2, 3), (3,)) for name, domain in BINARY.items()
]
EVERY = ELEMENTWISE + CASES


def labelled(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.label)


def drawn(case: Case) -> tuple[list[Any], Any, list[Any]]:
    """Draw arguments, upstream and direction, from a seed of the case's own."""
    rng = np.random.default_rng(zlib.crc32(case.label.encode()))
    args = [draw(case.domain, shape, rng) for shape in case.shapes]
    upstream = rng.standard_normal(np.shape(case.f(np, *args)))
    return args, upstream, [rng.standard_normal(shape) for shape in case.shapes]


@labelled(EVERY)
def test_value_is_numpys_own(case):
    args, _, _ = drawn(case)
    value, _ = vjp(lambda *xs: case.f(np, *xs), *args)
    np.testing.assert_allclose(value, case.f(np, *args), rtol=1e-13, atol=1e-13)


@labelled(EVERY)
def test_gradients_have_their_arguments_shape_and_type(case):
    args, upstream, _ = drawn(case)
    for g, arg in zip(ours(case.f, args, upstream), args, strict=True):
        assert np.shape(g) == np.shape(arg)
        assert g.dtype == np.asarray(arg).dtype


@labelled([case for case in EVERY if "autograd" in case.oracles])
def test_gradient_is_that_of_autograd(case):
    args, upstream, _ = drawn(case)
    assert_same(ours(case.f, args, upstream), by_autograd(case.f, args, upstream))


@labelled([case for case in EVERY if "jax" in case.oracles])
def test_gradient_is_that_of_jax(case):
    args, upstream, _ = drawn(case)
    assert_same(ours(case.f, args, upstream), by_jax(case.f, args, upstream))


@labelled(EVERY)
def test_derivatives_of_first_and_second_order_in_both_modes_fit_differences(case):
    args, _, _ = drawn(case)
    gradcheck(lambda *xs: case.f(np, *xs), *args)


@labelled(EVERY)
def test_forward_mode_is_the_transpose_of_reverse_mode(case):
    args, upstream, direction = drawn(case)
    _, tangent = jvp(lambda *xs: case.f(np, *xs), args, direction)
    pulled = ours(case.f, args, upstream)
    forward = np.sum(np.real(tangent * upstream))
    reverse = sum(np.sum(g * d) for g, d in zip(pulled, direction, strict=True))
    size = sum(np.sum(np.abs(g * d)) for g, d in zip(pulled, direction, strict=True))
    assert abs(forward - reverse) <= 1e-12 * max(1.0, float(size))


@labelled([case for case in EVERY if "autograd" in case.oracles])
def test_second_derivative_is_that_of_autograd(case):
    args, upstream, direction = drawn(case)
    mine = second_order(case.f, args, upstream, direction)
    assert_same(mine, second_order_by_autograd(case.f, args, upstream, direction))


@labelled(ELEMENTWISE)
def test_second_derivative_is_that_of_jax(case):
    args, upstream, direction = drawn(case)
    mine = second_order(case.f, args, upstream, direction)
    assert_same(mine, second_order_by_jax(case.f, args, upstream, direction))
