"""Comparing a derivative with what the function itself does under small steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import ArgumentError, GradientMismatchError
from .reach import require_reach
from .transforms import differentiable, jvp, vjp
from .tree import flatten

# Central difference of fourth order: (8 (f₁ - f₋₁) - (f₂ - f₋₂)) / 12h. With h = 1e-4 its own
# error, h⁴ f⁽⁵⁾/30, and the rounding error, about 1e-16/h, are both near 1e-12.
STEP = 1e-4
WEIGHTS = ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0))


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: tuple[str, ...] = ("reverse", "forward"),
    tolerance: float = 1e-6,
    seed: int = 0,
) -> None:
    """Check f's derivatives at `args` against differences, in random directions.

    Parameters
    ----------
    f
        A function of arrays, written in NumPy; any output.
    *args
        Where to check. All of them are varied.
    order
        How many times to differentiate: 2 checks the derivative's derivative too.
    modes
        "reverse" checks `vjp`, "forward" checks `jvp`.
    tolerance
        Largest difference allowed, relative to the derivative, or absolute where that is below 1.
    seed
        Of the directions.

    Raises
    ------
    GradientMismatchError
        If a derivative is off; says which, in which mode and order, and by how much.
    """
    require_reach()
    unknown = set(modes) - {"reverse", "forward"}
    if unknown or order < 1:
        raise ArgumentError(
            f"order={order}, modes={modes}: order is 1 or more, and modes are "
            "'reverse' and 'forward'."
        )
    rng = np.random.default_rng(seed)
    for mode in modes:
        _check(f, args, mode, 1, order, tolerance, rng)


def _check(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    mode: str,
    nth: int,
    order: int,
    tolerance: float,
    rng: np.random.Generator,
) -> None:
    direction = _like(args, rng)
    out = f(*args)
    upstream = _like(out, rng)
    numerical = _inner(upstream, _difference(f, args, direction))

    def derivative(*at: Any) -> Any:
        if mode == "reverse":
            return vjp(f, *at)[1](upstream)
        return jvp(f, at, direction)[1]

    exact = derivative(*args)
    ours = _inner(exact, direction if mode == "reverse" else upstream)
    if not abs(ours - numerical) <= tolerance * max(1.0, abs(numerical)):
        raise GradientMismatchError(
            f"{mode} mode, derivative number {nth} of {getattr(f, '__name__', 'f')}: in a random "
            f"direction the derivative is {ours:.10g}, but differences say {numerical:.10g}. "
            "Check the rule of each operation in it, or whether f is smooth here."
        )
    if nth < order:
        _check(derivative, args, mode, nth + 1, order, tolerance, rng)


def _difference(f: Callable[..., Any], args: tuple[Any, ...], direction: Any) -> Any:
    total: list[Any] | None = None
    for k, weight in WEIGHTS:
        leaves, rebuild = flatten(f(*_moved(args, direction, k * STEP)))
        parts = [weight / (12 * STEP) * np.asarray(leaf) for leaf in leaves]
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    return rebuild(iter(total or []))


def _moved(args: tuple[Any, ...], direction: Any, step: float) -> Any:
    leaves, rebuild = flatten(args)
    ways, _ = flatten(direction)
    return rebuild(iter([differentiable(x) + step * w for x, w in zip(leaves, ways, strict=True)]))


def _like(tree: Any, rng: np.random.Generator) -> Any:
    leaves, rebuild = flatten(tree)
    return rebuild(iter([_normal(np.asarray(leaf), rng) for leaf in leaves]))


def _normal(leaf: Any, rng: np.random.Generator) -> Any:
    real = rng.standard_normal(leaf.shape)
    return real + 1j * rng.standard_normal(leaf.shape) if leaf.dtype.kind == "c" else real


def _inner(a: Any, b: Any) -> float:
    pairs = zip(flatten(a)[0], flatten(b)[0], strict=True)
    return float(sum(np.sum(np.real(x * y)) for x, y in pairs))
