"""The same derivative from the engine, from HIPS autograd and from JAX in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import numpy as np

from course.autodiff import grad, vjp

F = Callable[..., Any]
# Relative to the largest number of the gradient: what rounding in another order can do.
TOLERANCE = 1e-12


def ours(f: F, args: list[Any], upstream: Any) -> list[Any]:
    return list(vjp(lambda *xs: f(np, *xs), *args)[1](upstream))


def by_autograd(f: F, args: list[Any], upstream: Any) -> list[Any]:
    def one(i: int) -> Any:
        pull, _ = autograd.make_vjp(lambda x: f(anp, *args[:i], x, *args[i + 1 :]))(args[i])
        return pull(upstream)

    return [one(i) for i in range(len(args))]


def by_jax(f: F, args: list[Any], upstream: Any) -> list[Any]:
    out, pull = jax.vjp(lambda *xs: f(jnp, *xs), *map(jnp.asarray, args))
    return [np.asarray(g) for g in pull(jnp.asarray(upstream, out.dtype))]


def second_order(f: F, args: list[Any], upstream: Any, direction: list[Any]) -> list[Any]:
    """Gradient of (gradient of upstream · f) · direction, by the engine."""

    def slope(*xs: Any) -> Any:
        pulled = grad(lambda *ys: np.sum(f(np, *ys) * upstream), tuple(range(len(args))))(*xs)
        return sum(np.sum(g * d) for g, d in zip(pulled, direction, strict=True))

    return list(grad(slope, tuple(range(len(args))))(*args))


def second_order_by_autograd(
    f: F, args: list[Any], upstream: Any, direction: list[Any]
) -> list[Any]:
    every = tuple(range(len(args)))

    def slope(*xs: Any) -> Any:
        pulled = autograd.grad(lambda *ys: anp.sum(f(anp, *ys) * upstream), every)(*xs)
        return sum(anp.sum(g * d) for g, d in zip(pulled, direction, strict=True))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # autograd warns where a second derivative is 0
        return list(autograd.grad(slope, every)(*args))


def second_order_by_jax(f: F, args: list[Any], upstream: Any, direction: list[Any]) -> list[Any]:
    every = tuple(range(len(args)))
    slope = jax.grad(lambda *ys: jnp.sum(f(jnp, *ys) * upstream), every)
    return [np.asarray(g) for g in jax.vjp(slope, *args)[1](tuple(map(jnp.asarray, direction)))]


def assert_same(mine: list[Any], theirs: list[Any], tolerance: float = TOLERANCE) -> None:
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        b = np.asarray(b)
        assert np.shape(a) == b.shape
        scale = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)
