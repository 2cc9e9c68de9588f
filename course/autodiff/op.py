"""What an op is: a forward on arrays, and beside it the rules of its derivative.

    class Tanh(Elementwise, of=np.tanh):
        "y = tanh x, dy = (1 - y²) dx"

        def local_x(d, out):
            return d * (1.0 - out * out)

A rule's own parameter names say what it needs from the forward pass: `out`, an argument, a
parameter such as `axis`; `x_shape`, the shape of `x`; or a name of the op's own, `share`, computed
at once by its ``kept_share``. Nothing else is kept for it, so an addition keeps nothing, and a ReLU
a mask and not the matrix product before it.

Rules are written in NumPy. On arrays they cost what hand-written code costs; on Tensors of an
outer level they are recorded in their turn, which is what makes a derivative differentiable.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from .errors import NotCoveredError

# An ndarray, a NumPy scalar, or a Tensor of a lower level: a rule cannot tell, and need not.
Array = Any
Shape = tuple[int, ...]
# keep(out, *args, *params) picks what the rule is called with later, after the upstream gradient.
Keep = Callable[..., tuple[Any, ...]]
Rule = tuple[Callable[..., Any], Keep]

OPS: dict[Any, type[Op]] = {}
"""Which op answers for which NumPy function. Filled by the op classes themselves."""

HANDLERS: dict[Any, Callable[..., Any]] = {}
"""NumPy functions that are no op of their own: made of other ops, or without derivative."""


class Op:
    """One differentiable operation. Subclasses are namespaces of functions, never instances.

    A subclass names the NumPy function it answers for with `of=` and defines

    - ``forward(*args, *, params)``: the value. Its leading parameters up to the last one that has
      a rule are the arguments (traced values may come there); the others are parameters.
    - ``vjp_<arg>(g, ...)``: the upstream gradient `g`, of the output's shape, pulled back to <arg>.
    - ``jvp_<arg>(t, ...)``: the tangent `t` of <arg> pushed forward to the output.

    They are plain functions: no `self`, and no `@staticmethod` above each of 300 lines.
    """

    name: ClassVar[str]
    forward: ClassVar[Callable[..., Any]]
    arguments: ClassVar[tuple[str, ...]]
    params: ClassVar[dict[str, Any]]
    positional: ClassVar[tuple[str, ...]]
    places: ClassVar[dict[str, int]]
    run: ClassVar[Callable[..., Any]]
    vjps: ClassVar[tuple[Rule | None, ...]]
    jvps: ClassVar[tuple[Rule | None, ...]]
    # Whether NumPy broadcasts the arguments against each other, so that gradients must be summed.
    broadcasts: ClassVar[bool] = False
    # How a graph writes it, for the ops that have a sign.
    sign: ClassVar[str | None] = None
    elementwise: ClassVar[bool] = False

    def __init_subclass__(cls, of: Any = None, also: tuple[Any, ...] = ()) -> None:
        if of is None and "forward" not in cls.__dict__:
            return  # a kind of op (Elementwise, Linear), not an op
        cls.name = getattr(of, "__name__", cls.__name__.lower())
        for attribute, function in list(cls.__dict__.items()):
            if callable(function) and not attribute.startswith("__"):
                setattr(cls, attribute, staticmethod(function))
        cls._read_signature(of)
        cls.places = {name: i for i, name in enumerate(cls.params)}
        cls.vjps = tuple(cls._rule("vjp", i) for i in range(len(cls.arguments)))
        cls.jvps = tuple(cls._rule("jvp", i) for i in range(len(cls.arguments)))
        for function in (of, *also):
            if function is not None:
                OPS[function] = cls

    @classmethod
    def _read_signature(cls, of: Any) -> None:
        code = cls.forward.__code__
        names = code.co_varnames[: code.co_argcount]
        keyword_only = code.co_varnames[len(names) : len(names) + code.co_kwonlyargcount]
        ruled = [i for i, name in enumerate(names) if cls._has_rule(name)]
        cls.arguments = names[: ruled[-1] + 1]
        cls.positional = names
        defaults = cls.forward.__defaults__ or ()
        required = dict.fromkeys(names[: len(names) - len(defaults)], REQUIRED)
        optional = dict(zip(names[len(required) :], defaults, strict=True))
        every = required | optional | (cls.forward.__kwdefaults__ or {})
        cls.params = {name: every[name] for name in (*names, *keyword_only)}
        given = ", ".join(cls.params)
        passed = ", ".join([*names, *(f"{name}={name}" for name in keyword_only)])
        cls.run = staticmethod(compiled(f"lambda {given}: op.forward({passed})", cls))

    @classmethod
    def _has_rule(cls, argument: str) -> bool:
        return hasattr(cls, f"vjp_{argument}")

    @classmethod
    def _rule(cls, kind: str, position: int) -> Rule | None:
        rule = getattr(cls, f"{kind}_{cls.arguments[position]}", None)
        return None if rule is None else (rule, cls._keeper(rule))

    @classmethod
    def _keeper(cls, rule: Callable[..., Any]) -> Keep:
        """Make the function that picks, of the forward's values, what `rule`'s parameters name.

        It is compiled from the names, as a named tuple is from its fields: it runs for every op.
        """
        given = ("out", *cls.params)
        sources = {name: name for name in given} | {
            f"{name}_shape": f"{name}.shape" for name in given
        }
        for attribute in dir(cls):
            if attribute.startswith("kept_"):
                function = getattr(cls, attribute)
                names = ", ".join(function.__code__.co_varnames[: function.__code__.co_argcount])
                sources[attribute[5:]] = f"op.{attribute}({names})"
        wanted = rule.__code__.co_varnames[1 : rule.__code__.co_argcount]
        picked = "".join(f"{sources[name]}, " for name in wanted)
        keep: Keep = compiled(f"lambda {', '.join(given)}: ({picked})", cls)
        return keep

    @classmethod
    def formula(cls) -> str:
        """Quote the op's formula, the first line of its docstring."""
        return (cls.__doc__ or cls.name).strip().splitlines()[0]

    @classmethod
    def label(cls, args: Any, traced: Callable[[Any], bool]) -> str:
        """Name the op, by its sign if it has one, with its constant operand: "+ 1", "1 /"."""
        if cls.sign is None or len(args) == 1:
            return cls.sign or cls.name
        shown = [
            "" if traced(arg) else f"{arg:.4g}" if np.ndim(arg) == 0 else "constant" for arg in args
        ]
        return f"{shown[0]} {cls.sign} {shown[1]}".strip()

    @classmethod
    def bind(cls, args: tuple[Any, ...], options: dict[str, Any]) -> list[Any]:
        """Sort a call of the NumPy function into arguments and parameters of `forward`.

        Raises
        ------
        NotCoveredError
            For an option that `forward` does not have.
        """
        if len(args) > len(cls.positional):
            raise NotCoveredError(
                f"np.{cls.name}: pass the options after {cls.positional[-1]!r} by keyword."
            )
        values = [*cls.params.values()]
        values[: len(args)] = args
        for option, value in options.items():
            if option in cls.places:
                values[cls.places[option]] = value
            elif not (value is None and option in ("out", "dtype")):
                cls.refuse_option(option)
        return values

    @classmethod
    def refuse_option(cls, option: str) -> None:
        """Say that `option` has no derivative here, and what has."""
        raise NotCoveredError(
            f"np.{cls.name}(…, {option}=…) cannot be differentiated here. "
            f"It takes: {', '.join(cls.params)}. Write it with these, or give your own rule "
            "with course.autodiff.primitive."
        )


REQUIRED = object()


def compiled(source: str, op: type[Op]) -> Any:
    """Compile a one-line function; those that do not mention their op are shared."""
    if "op." in source:
        return eval(source, {"op": op})
    return _shared(source)


@cache
def _shared(source: str) -> Any:
    return eval(source)


class Elementwise(Op):
    """A ufunc. Its Jacobian is diagonal, so it is its own transpose.

    One rule per argument serves both directions: ``local_x(d, ...)`` is d × ∂out/∂x, be `d` an
    upstream gradient on its way back or a tangent on its way forward. Arguments are called `x`,
    or `x` and `y`.
    """

    broadcasts = True
    elementwise = True

    @classmethod
    def _read_signature(cls, of: Any) -> None:
        if "forward" not in cls.__dict__:
            cls.forward = of
        cls.arguments = tuple(x for x in ("x", "y") if hasattr(cls, f"local_{x}"))
        cls.positional = cls.arguments
        cls.params = dict.fromkeys(cls.arguments, REQUIRED)
        cls.run = cls.forward

    @classmethod
    def _rule(cls, kind: str, position: int) -> Rule | None:
        rule = getattr(cls, f"local_{cls.arguments[position]}")
        return rule, cls._keeper(rule)


class Linear(Op):
    """An op that is linear in each argument: its jvp is its forward, applied to the tangent."""

    @classmethod
    def _rule(cls, kind: str, position: int) -> Rule | None:
        rule = super()._rule(kind, position)
        if kind == "vjp" or not cls._has_rule(cls.arguments[position]):
            return rule

        def push(t: Array, _out: Array, *env: Any) -> Array:
            return cls.run(*env[:position], t, *env[position + 1 :])

        return push, lambda *env: env


class Variadic(Op):
    """An op on any number of arrays. It has one rule, told which of them it is for.

    A subclass defines ``forward(*arrays, *, params)``, ``keep(position, *arrays, params)``, the
    tuple of what the rules need, and ``vjp(g, *kept)`` and ``jvp(t, *kept)``.
    """

    keep: ClassVar[Callable[..., tuple[Any, ...]]]
    vjp: ClassVar[Callable[..., Any]]
    jvp: ClassVar[Callable[..., Any]]

    @classmethod
    def _read_signature(cls, of: Any) -> None:
        code = cls.forward.__code__
        cls.arguments = cls.positional = ()
        cls.params = dict.fromkeys(code.co_varnames[: code.co_kwonlyargcount], REQUIRED)

    @classmethod
    def of_arity(cls, count: int) -> type[Op]:
        """Make the op for `count` arrays."""
        keepers = [cls._keeper_of(i, count) for i in range(count)]
        rules: dict[str, Any] = {
            "vjps": tuple((cls.vjp, keep) for keep in keepers),
            "jvps": tuple((cls.jvp, keep) for keep in keepers),
        }
        names = tuple(cls.params)

        def run(*env: Any) -> Array:
            return cls.forward(*env[:count], **dict(zip(names, env[count:], strict=True)))

        rules |= {"run": staticmethod(run), "__doc__": cls.__doc__}
        return type(cls.__name__, (cls,), rules)

    @classmethod
    def _keeper_of(cls, position: int, count: int) -> Keep:
        return lambda _out, *env: cls.keep(position, *env[:count], params=env[count:])
