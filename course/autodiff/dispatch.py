"""From a NumPy call to an op: which op it is, with which arguments, and which level records it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import InPlaceError, NotCoveredError
from .op import HANDLERS, OPS, Op

# Set by `primitives.swap` while any thread has an op swapped for another; `None` costs one look.
swapped: Callable[[type[Op]], type[Op]] | None = None

SHORT: dict[Any, Callable[..., Any]] = {}
"""For a NumPy function, the short way to apply its op. Filled by `fast`."""


class Traced:
    """A value, and the level that follows it; `tensor.Tensor` gives it the ways of an array.

    Attributes
    ----------
    value
        The value one level down: an ndarray or NumPy scalar, or, where a derivative is being
        differentiated, the Tensor of the transform outside.
    level
        The `Tape` or `Forward` that follows it.
    index
        Its place on the tape.
    """

    __slots__ = ("index", "level", "value")
    value: Any
    level: Any
    index: int


def apply(op: Any, args: Any, params: Any = ()) -> Any:
    """Run `op` (an Op, or a primitive's Application) on arguments of which one is traced.

    The innermost transform among the arguments records; for it, the values of the outer ones are
    constants, whose own levels record in turn when `forward` runs on them.
    """
    if swapped is not None:
        op = swapped(op)
    level: Any = None
    for arg in args:
        if isinstance(arg, Traced) and (level is None or arg.level.depth > level.depth):
            level = arg.level
    values = [arg.value if isinstance(arg, Traced) and arg.level is level else arg for arg in args]
    out = op.run(*values, *params)
    return level.lift(op, out, args, (out, *values, *params))


def call(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Do what NumPy's `function` does, on arguments of which one at least is traced."""
    op = OPS.get(function)
    if op is not None:
        values = op.bind(args, options)
        short = SHORT.get(function)
        if short is not None:
            return short(*values)
        count = len(op.arguments)
        return run(op, values[:count], values[count:])
    name = f"{getattr(function, '__module__', 'numpy')}.{function.__name__}"
    handler = HANDLERS.get(function)
    if handler is not None:
        return handler(*args, **_known(name, handler.__code__, args, options))
    raise NotCoveredError(
        f"{name} has no derivative here. Write it with covered functions (see the README of "
        "course.autodiff), give your own rule with course.autodiff.primitive, or, if it is a "
        "constant, call it on t.value."
    )


def _known(name: str, code: Any, args: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Check a call of a composite against its parameters; NumPy's own function may have more."""
    named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    many_args, many_options = code.co_flags & 0x04, code.co_flags & 0x08
    if len(args) > code.co_argcount and not many_args:
        last = named[code.co_argcount - 1]
        raise NotCoveredError(f"{name}: pass the options after {last!r} by keyword.")
    if many_options:
        return options
    known = {n: v for n, v in options.items() if n in named}
    for option in options.keys() - known.keys():
        if options[option] is not None or option not in ("out", "dtype"):
            raise NotCoveredError(
                f"{name}(…, {option}=…) cannot be differentiated here. "
                f"It takes: {', '.join(named)}."
            )
    return known


def run(op: type[Op], args: Any, params: Any = ()) -> Any:
    """Apply `op` if an argument is traced, else just compute its value."""
    traced = any(isinstance(arg, Traced) for arg in args)
    return apply(op, args, params) if traced else op.run(*args, *params)


def plain(value: Any) -> Any:
    """Return the array below every level, for what has no derivative anyway."""
    while isinstance(value, Traced):
        value = value.value
    return value


def unusual_ufunc(ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Do what a ufunc does with options or by a method; refuse what cannot be followed."""
    if options.get("out") is not None or method == "at":
        raise InPlaceError(
            f"np.{ufunc.__name__} was to write into an existing array (out=, a += t with a plain "
            "array a, or ufunc.at). That cannot be followed: write a new value, a = a + t."
        )
    options = {n: v for n, v in options.items() if v is not None or n == "axis"}
    if method == "__call__" and not options and ufunc in HANDLERS:
        return HANDLERS[ufunc](*inputs)
    key = (ufunc, method)
    if key in HANDLERS:
        return HANDLERS[key](*inputs, **options)
    shown = ", ".join(f"{name}=…" for name in options)
    raise NotCoveredError(
        f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method}(…{shown and ', '}"
        f"{shown}) has no derivative here. Write it without the options, with covered "
        "functions (see the README of course.autodiff), or with course.autodiff.primitive."
    )
