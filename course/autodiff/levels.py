"""The two ways to follow a computation: a tape to run back along, or a tangent carried along.

Each transform opens a level of its own, with a number higher than every earlier one. A Tensor
belongs to one level, so the inner of two nested derivatives can never mistake the outer's
variables for its own (no perturbation confusion).
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import numpy as np

from .op import Array, Op, Shape
from .tensor import Tensor

_depths = count()
_new = object.__new__


class Level:
    """What a transform follows values with; `depth` orders nested transforms."""

    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = next(_depths)


class Tape(Level):
    """A Wengert list: one node per value, in creation order, which is a topological order.

    A node is a list of edges (parent's index, vjp rule, what the rule keeps, projection). It holds
    no Tensor, so there are no reference cycles and the memory goes when the tape does; and
    nothing recurses, however deep the graph is.
    """

    __slots__ = ("nodes",)

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Any] = []

    def variable(self, value: Array, edges: Any = ()) -> Tensor:
        """Put `value` on the tape as a node, of an input without edges to parents."""
        nodes = self.nodes
        tensor: Tensor = _new(Tensor)
        tensor.value = value
        tensor.level = self
        tensor.index = len(nodes)
        nodes.append(edges)
        return tensor

    def lift(self, op: type[Op], out: Array, args: Any, env: Any) -> Any:
        """Record that `op` made `out`; `env` is (out, *argument values, *parameters)."""
        edges = []
        for arg, rule, value in zip(args, op.vjps, env[1:], strict=False):
            if rule is not None and isinstance(arg, Tensor) and arg.level is self:
                pull, keep = rule
                same = value.dtype is out.dtype and not (op.broadcasts and value.shape != out.shape)
                projection = None if same else (value.shape, value.dtype)
                edges.append((arg.index, pull, keep(*env), projection))
        return self.variable(out, edges)

    def pull(self, seeds: list[tuple[int, Array]], inputs: int, *, consume: bool) -> list[Array]:
        """Run back from the seeds (node, upstream gradient) to the first `inputs` nodes.

        With `consume`, each node is dropped once it has been passed, and with it the arrays that
        were kept for its rules: the way back frees what the way forward held.
        """
        nodes = self.nodes
        gradients: list[Any] = [None] * len(nodes)
        for index, g in seeds:
            gradients[index] = g if gradients[index] is None else gradients[index] + g
        ours = set()  # nodes whose gradient is a buffer made here: only those may be added into
        for index in range(len(nodes) - 1, inputs - 1, -1):
            edges = nodes.pop() if consume else nodes[index]
            g = gradients[index]
            if g is None:
                continue
            gradients[index] = None
            for parent, pull, kept, projection in edges:
                if not kept:
                    part = pull(g)
                elif len(kept) == 1:  # a call with * costs as much as a small product
                    part = pull(g, kept[0])
                elif len(kept) == 2:
                    part = pull(g, kept[0], kept[1])
                else:
                    part = pull(g, *kept)
                if projection is not None:
                    part = project(part, *projection)
                held = gradients[parent]
                if held is None:
                    gradients[parent] = part
                elif parent in ours and part.__class__ is np.ndarray:
                    np.add(held, part, out=held)
                else:
                    total = gradients[parent] = held + part
                    if total.__class__ is np.ndarray:
                        ours.add(parent)
        return gradients[:inputs]


class Dual(Tensor):
    """A value with a tangent: the directional derivative so far."""

    __slots__ = ("tangent",)
    tangent: Any


class Forward(Level):
    """Carries tangents along: each op pushes those of its arguments forward to its output."""

    __slots__ = ()

    def variable(self, value: Array, tangent: Array) -> Dual:
        """Pair `value` with its `tangent`, of the same shape."""
        dual: Dual = _new(Dual)
        dual.value = value
        dual.level = self
        dual.tangent = tangent
        return dual

    def lift(self, op: type[Op], out: Array, args: Any, env: Any) -> Any:
        """Pair `out` with the sum of what its arguments' tangents become."""
        total: Any = None
        for arg, rule in zip(args, op.jvps, strict=True):
            if isinstance(arg, Dual) and arg.level is self and rule is not None:
                push, keep = rule
                part = push(arg.tangent, *keep(*env))
                total = part if total is None else total + part
        if total is None:
            return out
        if total.dtype.kind == "c" and out.dtype.kind != "c":
            total = np.real(total)
        if total.shape != out.shape:
            total = np.broadcast_to(total, out.shape)
        return self.variable(out, total)


def project(g: Array, shape: Shape, dtype: Any) -> Array:
    """Undo broadcasting and type promotion: the gradient has the variable's shape and dtype.

    A stretched axis used each element many times, so the gradients of its uses are summed; a real
    variable in a complex expression can only move along the real axis.
    """
    if g.shape != shape:
        added = g.ndim - len(shape)
        if added == 1 and g.shape[1:] == shape:  # a bias
            g = _ones(len(g)).dot(g) if _is_small_matrix(g) else np.add.reduce(g)
        elif not added and shape[:-1] == g.shape[:-1]:  # the maximum or sum of each row
            if _is_small_matrix(g):
                g = g.dot(_ones(g.shape[1])).reshape(shape)
            else:
                g = np.add.reduce(g, axis=-1, keepdims=True)
        else:
            stretched = [i for i, n in enumerate(shape, added) if n == 1 and g.shape[i] != 1]
            g = np.add.reduce(g, axis=(*range(added), *stretched), keepdims=True)
            g = g.reshape(shape) if added else g
    if g.dtype != dtype:
        if g.dtype.kind == "c" and dtype.kind != "c":
            g = np.real(g)
        g = g.astype(dtype) if g.dtype != dtype else g
    return g


def _is_small_matrix(g: Array) -> bool:
    """Whether a product with ones sums `g`: it takes a third of the time of `np.add.reduce`."""
    return (
        g.__class__ is np.ndarray and g.ndim == 2 and g.dtype.char == "d" and max(g.shape) <= 1024
    )


_ones = cache(np.ones)
