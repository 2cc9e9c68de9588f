"""The transforms: functions of functions. None of them keeps or changes any state."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .dispatch import plain
from .errors import ArgumentError, AutodiffError, IntegerInputError, NotANumberError, NotScalarError
from .levels import Dual, Forward, Tape
from .reach import require_reach
from .tensor import Tensor
from .tree import flatten, map_leaves

Argnums = int | tuple[int, ...]
Pullback = Callable[[Any], tuple[Any, ...]]


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Pullback]:
    """Compute f(*primals) and the function that pulls an upstream gradient back through it.

    Parameters
    ----------
    f
        A function of arrays (or nested lists, tuples, dicts of arrays), written in NumPy.
    *primals
        Floating-point arrays or numbers, of any shape.

    Returns
    -------
    out
        f's value: an array, or a nest of arrays.
    pullback
        ``pullback(upstream)``, for `upstream` of the shape (and nesting) of `out`, is the tuple of
        upstream · ∂out/∂primal, one of each primal's shape. It may be called many times.

    Raises
    ------
    IntegerInputError
        If a primal is not of floating point.
    ArgumentError
        From the pullback, if `upstream` does not have the shape of `out`.
    """
    require_reach()
    tape = Tape()
    inputs, leaves = traced(tape, primals)
    ends, rebuild_out = flatten(followed(f, *inputs))

    def pullback(upstream: Any) -> tuple[Any, ...]:
        require_reach()
        gradients = _pull(tape, ends, leaves, matching(upstream, ends), consume=False)
        rest = iter(gradients)
        return tuple(map_leaves(lambda _: next(rest), primal) for primal in primals)

    return rebuild_out(iter([lower(end, tape) for end in ends])), pullback


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Compute f(*primals) and its derivative in the direction of `tangents`, in one forward pass.

    Parameters
    ----------
    f
        As for `vjp`.
    primals, tangents
        Tuples of arguments; each tangent has its primal's shape and nesting.

    Returns
    -------
    out, tangent
        f's value and Σ ∂out/∂primal · tangent, of one shape.

    Raises
    ------
    IntegerInputError
        If a primal is not of floating point.
    ArgumentError
        If a tangent does not have its primal's shape.
    """
    require_reach()
    leaves, rebuild = flatten(tuple(primals))
    level = Forward()
    values = [differentiable(leaf) for leaf in leaves]
    directions = matching(tuple(tangents), values, "tangents", "primals")
    duals = [level.variable(v, t) for v, t in zip(values, directions, strict=True)]
    out, rebuild_out = flatten(followed(f, *rebuild(iter(duals))))
    pushed = [
        end.tangent if isinstance(end, Dual) and end.level is level else _zeros(end) for end in out
    ]
    lowered = [lower(end, level) for end in out]
    return rebuild_out(iter(lowered)), rebuild_out(iter(pushed))


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """Make the function that returns f's value and its gradient.

    Parameters
    ----------
    f
        A function whose value is one floating-point number.
    argnums
        Which positional argument to differentiate by; a tuple gives a tuple of gradients. An
        argument may be a nested list, tuple or dict of arrays, and its gradient then is too.

    Raises
    ------
    NotScalarError
        If f's value is not a single number.
    NotANumberError
        If it is NaN.
    IntegerInputError
        If an argument to differentiate by is not of floating point.
    """

    @wraps(f)
    def value_and_gradient(*args: Any, **options: Any) -> tuple[Any, Any]:
        require_reach()
        inputs = [*args]
        tape, leaves = Tape(), []
        places = chosen(argnums, len(args))
        for i in places:
            inputs[i], more = traced(tape, args[i])
            leaves += more
        out = followed(f, *inputs, **options)
        del inputs  # what nobody else holds is freed on the way back
        value = lower(out, tape)
        _require_number(value, f, args, options)
        upstream = [np.asarray(plain(value)).dtype.type(1)]
        following = iter(_pull(tape, [out], leaves, upstream, consume=True)).__next__
        gradients = [map_leaves(lambda _: following(), args[i]) for i in places]
        return value, gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return value_and_gradient


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Make the function that returns the gradient of `f`; see `value_and_grad`."""
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return gradient


def traced(tape: Tape, tree: Any) -> tuple[Any, list[Any]]:
    """Put the leaves of `tree` on the tape: return the same nest of Tensors, and the values."""
    leaves: list[Any] = []
    note, variable = leaves.append, tape.variable

    def enter(leaf: Any) -> Tensor:
        if leaf.__class__ is not np.ndarray or leaf.dtype.char != "d":  # the commonest case
            leaf = differentiable(leaf)
        note(leaf)
        return variable(leaf)

    return map_leaves(enter, tree), leaves


def followed(f: Callable[..., Any], *inputs: Any, **options: Any) -> Any:
    """Call `f` on traced values.

    NumPy hides some of our errors behind a ValueError of its own, and Python knows what a Tensor
    has no attribute for, but not what to write instead.
    """
    try:
        return f(*inputs, **options)
    except AttributeError as error:
        if isinstance(error.obj, Tensor):
            raise AttributeError(
                f"A traced value has no attribute {error.name!r}. If ndarray has it, use the "
                f"function np.{error.name}(t) if there is one, or t.value for a constant."
            ) from error
        raise
    except ValueError as error:
        if isinstance(error.__cause__, AutodiffError):
            raise error.__cause__ from None
        raise


def differentiable(value: Any) -> Any:
    """Check that `value` can vary continuously, and make it an array or NumPy scalar."""
    if isinstance(value, Tensor):
        return value
    array = np.float64(value) if value.__class__ is float else value
    if not isinstance(array, np.ndarray | np.generic):
        array = np.asarray(value)[()]
    if array.dtype.kind in "fc":
        return array
    raise IntegerInputError(
        f"Cannot differentiate by {value!r}: its type is {array.dtype}, and a derivative needs "
        "values that vary continuously. Pass 2.0 for 2, or x.astype(float) for an array x."
    )


def lower(value: Any, level: Any) -> Any:
    """Take `value` one level down, if it belongs to `level`; constants already are there."""
    return value.value if isinstance(value, Tensor) and value.level is level else value


def matching(
    given: Any, needed: list[Any], name: str = "upstream", to: str = "outputs"
) -> list[Any]:
    """Check that the nest `given` has the shapes of the leaves `needed`, and flatten it."""
    parts, _ = flatten(given)
    if len(parts) != len(needed):
        raise ArgumentError(
            f"{name} has {len(parts)} array(s), but there are {len(needed)} {to}. "
            "Pass one for each, nested in the same way."
        )
    for part, need in zip(parts, needed, strict=True):
        if np.shape(part) != np.shape(need):
            raise ArgumentError(
                f"{name} has shape {np.shape(part)} where the {to} have {np.shape(need)}. "
                "They must be the same: one number for each number."
            )
    return [_of_type(part, need) for part, need in zip(parts, needed, strict=True)]


def _of_type(part: Any, need: Any) -> Any:
    # Whole numbers and other precisions become what the value is, so that gradients are too.
    if isinstance(part, Tensor):
        return part
    array, wanted = np.asarray(part), np.asarray(plain(need)).dtype
    cast = wanted.kind in "fc" and array.dtype.kind in "iubf"
    return (array.astype(wanted, copy=False) if cast else array)[()]


def _pull(tape: Tape, ends: Any, leaves: Any, upstream: Any, *, consume: bool) -> list[Any]:
    seeds = [
        (end.index, u)
        for end, u in zip(ends, upstream, strict=True)
        if isinstance(end, Tensor) and end.level is tape
    ]
    gradients = tape.pull(seeds, len(leaves), consume=consume)
    return _own(gradients, leaves, upstream)


def _own(gradients: list[Any], leaves: list[Any], upstream: list[Any]) -> list[Any]:
    """Give the caller arrays that share memory with nothing: a view may be read-only."""
    seen = {id(u) for u in upstream}
    for i, g in enumerate(gradients):
        if g is None:
            gradients[i] = _zeros(leaves[i])
        elif g.__class__ is np.ndarray and (g.base is not None or id(g) in seen):
            gradients[i] = g.copy()
        seen.add(id(g))
    return gradients


def _zeros(value: Any) -> Any:
    return np.zeros_like(np.asarray(plain(value)))[()]


def chosen(argnums: Argnums, count: int) -> tuple[int, ...]:
    """Name the places of the arguments to differentiate by, counted from the left."""
    places = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in places:
        if not -count <= i < count:
            raise ArgumentError(
                f"argnums={argnums}, but the call has {count} positional argument(s)."
            )
    return tuple([i % count for i in places])


def _require_number(value: Any, f: Any, args: Any, options: Any) -> None:
    number = plain(value)
    called = getattr(f, "__name__", "the function")
    if getattr(number, "shape", None) != () and not isinstance(number, int | float | complex):
        shape = getattr(number, "shape", None)
        what = f"a {type(number).__name__}" if shape is None else f"an array of shape {shape}"
        raise NotScalarError(
            f"grad needs a function whose value is one number; {called} returned {what}. "
            "Sum or average it (np.sum, np.mean), or use vjp or jacobian."
        )
    if isinstance(number, complex | np.complexfloating):
        raise NotScalarError(
            f"grad needs a function whose value is one real number; {called} returned {number}. "
            "Take np.real, np.imag or np.abs of it, or use vjp."
        )
    if number != number:
        from .tracing import first_nan  # here, because traces are made with transforms

        raise NotANumberError(
            f"{called} returned NaN, so its gradient means nothing. {first_nan(f, args, options)} "
            "Keep its argument where it is defined: np.log(np.maximum(x, 1e-12)), for example."
        )
