"""A hand-written forward and backward, as an operation of the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from . import dispatch
from .dispatch import plain
from .errors import ArgumentError, FirstOrderOnlyError, PrimitiveError
from .op import OPS, Op
from .tensor import Tensor


class Primitive:
    """An operation with a backward of its own; made by `primitive`, called like a function."""

    def __init__(
        self, start: Callable[[], tuple[Any, Any]], name: str, *, cached: bool, higher_order: bool
    ) -> None:
        self.start = start
        self.name = name
        self.cached = cached
        self.higher_order = higher_order

    def __call__(self, *inputs: Any) -> Any:
        """Compute the forward, and record the backward if an input is traced."""
        application = Application(self)
        if any(isinstance(x, Tensor) for x in inputs):
            return application.unpack(dispatch.apply(application, inputs))
        return application.unpack(application.run(*inputs))

    def __repr__(self) -> str:
        return f"primitive {self.name}"


def primitive(
    forward: Any,
    backward: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    cached: bool = False,
    higher_order: bool = False,
) -> Primitive:
    """Make an operation out of a forward and a backward that somebody wrote.

    Parameters
    ----------
    forward, backward
        One of three forms:

        - two functions: ``forward(*inputs) -> out``, ``backward(upstream, *inputs) -> gradients``;
        - with ``cached=True``, two functions that hand over what was saved:
          ``forward(*inputs) -> (out, cache)``, ``backward(upstream, cache) -> gradients``;
        - a class (and no `backward`): each use makes a new object and calls its
          ``forward(*inputs) -> out`` and later its ``backward(upstream) -> gradients``.

        `gradients` is one array per input, in their order and of their shapes: a tuple, or the
        array itself if there is one input. If `out` is a tuple of arrays, so is `upstream`.
    name
        What errors and graphs call it; by default the forward's name.
    higher_order
        By default, forward and backward get plain arrays, and differentiating twice is an error,
        because nobody saw what the backward computed. With True they get traced values where
        needed, so a backward written in NumPy can be differentiated again.

    Raises
    ------
    PrimitiveError
        When it is used and forward or backward returns the wrong number of arrays, wrong shapes
        or types, or has changed its inputs.
    """
    if backward is None:
        if not isinstance(forward, type):
            raise ArgumentError(
                "primitive needs a forward and a backward function, or a class with both methods: "
                "primitive(forward, backward) or primitive(MulLayer)."
            )

        def start() -> tuple[Any, Any]:
            layer = forward()
            return layer.forward, lambda upstream, *_inputs: layer.backward(upstream)
    else:

        def start() -> tuple[Any, Any]:
            return forward, backward

    return Primitive(start, name or forward.__name__, cached=cached, higher_order=higher_order)


class Application:
    """One use of a primitive: to the tape, an op whose rules all share one call of backward."""

    broadcasts = False
    elementwise = False

    def __init__(self, made_from: Primitive, replaced: type[Op] | None = None) -> None:
        self.primitive = made_from
        self.name = made_from.name
        self.replaced = replaced
        self.forward, self.backward = made_from.start()
        self.inputs: list[Any] = []
        self.cache: Any = None
        self.shapes: list[tuple[int, ...]] | None = None
        self.latest: tuple[Any, list[Any]] | None = None
        self.nested = False
        self.out_shape: tuple[int, ...] = ()
        self.vjps: tuple[Any, ...] = ()
        self.jvps: tuple[Any, ...] = ()

    def formula(self) -> str:
        """Say what stands behind this operation."""
        return f"{self.name}: a hand-written backward"

    def label(self, _args: Any, _traced: Any) -> str:
        """Name it in a graph."""
        return self.name

    def run(self, *env: Any) -> Any:
        """Call the forward and check what it did."""
        values = [*env]
        if self.replaced is not None:
            arguments = len(self.replaced.arguments)
            values = [*env[:arguments]]
            self._refuse_params(self.replaced, env[arguments:])
        self.inputs = values
        count = len(values)
        self.vjps = tuple((self._puller(i), _nothing) for i in range(count))
        self.jvps = tuple((self._pusher(i), _nothing) for i in range(count))
        self.nested = any(isinstance(x, Tensor) for x in values)
        if self.nested and not self.primitive.higher_order:
            return self._pack(self.primitive(*values))
        out = self._watched(self.forward, values, "forward")
        if self.primitive.cached:
            if not isinstance(out, tuple) or len(out) != 2:
                raise PrimitiveError(f"{self.name}: forward must return (out, cache).")
            out, self.cache = out
        return self._pack(out)

    def unpack(self, out: Any) -> Any:
        """Turn the one packed array back into the tuple that forward returned, if it did."""
        if self.shapes is None:
            return out
        parts, start = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape))
            parts.append(np.reshape(out[start : start + size], shape))
            start += size
        return tuple(parts)

    def _pack(self, out: Any) -> Any:
        if not isinstance(out, tuple):
            packed = self._checked(out, "forward's output")
            self.out_shape = packed.shape
            return packed
        parts = [self._checked(o, f"forward's output {i}") for i, o in enumerate(out)]
        self.shapes = [part.shape for part in parts]
        packed = np.concatenate([np.ravel(part) for part in parts])
        self.out_shape = packed.shape
        return packed

    def _checked(self, value: Any, what: str) -> Any:
        if isinstance(value, Tensor):
            return value
        if value is None:
            raise PrimitiveError(f"{self.name}: {what} is None. Is there a return missing?")
        array = np.array(value)[()]
        if array.dtype.kind not in "fc":
            raise PrimitiveError(
                f"{self.name}: {what} has type {array.dtype}. It must be floating point: "
                "integers would cut the fractions off."
            )
        return array

    def _puller(self, position: int) -> Callable[[Any], Any]:
        def pull(g: Any) -> Any:
            if self.latest is None or self.latest[0] is not g:
                self.latest = (g, self._gradients(g))
            return self.latest[1][position]

        return pull

    def _pusher(self, position: int) -> Callable[[Any], Any]:
        # The backward is linear in upstream; the transpose of a linear map is its vjp. So the
        # tangent is pulled back through the backward.
        def push(t: Any) -> Any:
            if not self.primitive.higher_order:
                raise FirstOrderOnlyError(
                    f"{self.name} has only a backward in raw NumPy, so it has no forward mode. "
                    "Use grad or vjp, or make it with primitive(…, higher_order=True) if its "
                    "backward is written in NumPy functions without in-place changes."
                )
            from .transforms import vjp  # here, because transforms are built on what is below

            example = np.zeros(self.out_shape)[()]
            return vjp(lambda u: self._gradients(u)[position], example)[1](t)[0]

        return push

    def _gradients(self, g: Any) -> list[Any]:
        if not self.primitive.higher_order and (self.nested or isinstance(g, Tensor)):
            raise FirstOrderOnlyError(
                f"The backward of {self.name} is raw NumPy, so it can be used once but not be "
                "differentiated itself. Write it with NumPy functions on whatever it is given, "
                "without in-place changes, and use primitive(…, higher_order=True)."
            )
        upstream = self.unpack(g)
        saved = (self.cache,) if self.primitive.cached else tuple(self.inputs)
        result = self._watched(self.backward, [upstream, *saved], "backward")
        count = len(self.inputs)
        if count == 1 and not isinstance(result, tuple | list):
            result = (result,)
        if not isinstance(result, tuple | list) or len(result) != count:
            got = f"{len(result)} arrays" if isinstance(result, tuple | list) else repr(result)
            raise PrimitiveError(
                f"{self.name}: backward must return one gradient per input, {count} in all, as a "
                f"tuple; it returned {got}."
            )
        return [self._fitting(part, i) for i, part in enumerate(result)]

    def _fitting(self, part: Any, position: int) -> Any:
        what = f"the gradient of input {position}"
        part = self._checked(part, what)
        wanted = np.asarray(plain(self.inputs[position]))
        if part.shape != wanted.shape:
            raise PrimitiveError(
                f"{self.name}: {what} has shape {part.shape}, but the input has {wanted.shape}. "
                "A gradient has the shape of its variable: sum over axes that were broadcast."
            )
        if wanted.dtype.kind in "fc" and part.dtype != wanted.dtype:
            raise PrimitiveError(
                f"{self.name}: {what} is {part.dtype}, but the input is {wanted.dtype}."
            )
        return part

    def _watched(self, function: Callable[..., Any], values: list[Any], which: str) -> Any:
        """Call `function` on copies, and report it if it has changed one of them."""
        copies = [x.copy() if isinstance(x, np.ndarray) else x for x in values]
        result = function(*copies)
        for position, (value, copy) in enumerate(zip(values, copies, strict=True)):
            if isinstance(value, np.ndarray) and value.tobytes() != copy.tobytes():
                raise PrimitiveError(
                    f"{self.name}: {which} has changed its argument {position} in place. Others "
                    "still need it: work on a copy (x.copy()) or build a new array."
                )
        return result

    def _refuse_params(self, op: type[Op], params: Any) -> None:
        names = [*op.params][len(op.arguments) :]
        for option, value in zip(names, params, strict=True):
            default = op.params[option]
            if value is not default and value != default:
                raise PrimitiveError(
                    f"{self.name} stands in for np.{op.name}, which was called with "
                    f"{option}={value!r}; a swapped-in operation takes arrays only."
                )


def _nothing(*_env: Any) -> tuple[()]:
    return ()


_swaps: ContextVar[dict[type[Op], Primitive] | None] = ContextVar("swaps", default=None)
_lock = threading.Lock()
_open = 0


@contextmanager
def swap(function: Any, replacement: Primitive) -> Iterator[None]:
    """Let `replacement` take the place of a NumPy function, and of its operator, in the block.

    Parameters
    ----------
    function
        A NumPy function the engine has an op for, such as ``np.multiply`` (then ``*`` too).
    replacement
        Made by `primitive`. Only traced values go to it, and only in this thread.

    Raises
    ------
    ArgumentError
        If there is no such op, or `replacement` was not made by `primitive`.
    """
    global _open
    op = OPS.get(function)
    if op is None or not isinstance(replacement, Primitive):
        raise ArgumentError(
            f"swap({function!r}, {replacement!r}): the first must be a NumPy function that the "
            "engine covers, the second made by primitive(forward, backward)."
        )
    token = _swaps.set({**(_swaps.get() or {}), op: replacement})
    with _lock:
        _open += 1
        dispatch.swapped = _replacement
    try:
        yield
    finally:
        _swaps.reset(token)
        with _lock:
            _open -= 1
            if not _open:
                dispatch.swapped = None


def _replacement(op: Any) -> Any:
    replacement = (_swaps.get() or {}).get(op)
    return op if replacement is None else Application(replacement, op)
