"""Making a graph: a tape that remembers more than it needs for the gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dispatch import plain
from .graph import Edge, Graph, Node
from .levels import Tape, project
from .op import Op
from .reach import require_reach
from .tensor import Tensor
from .transforms import differentiable, followed, lower, matching
from .tree import flatten


class _Recorder(Tape):
    """A tape that also notes which op made each value, from what, and what it is called."""

    __slots__ = ("labels", "names", "ops", "rules", "values")

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[int, str] = {}
        self.ops: list[str] = []
        self.labels: list[str] = []
        self.values: list[Any] = []
        self.rules: list[list[Any]] = []

    def enter(self, value: Any) -> Tensor:
        """Put an input on the tape."""
        self._note("input", "input", value, [])
        return self.variable(value)

    def lift(self, op: type[Op], out: Any, args: Any, env: Any) -> Any:
        used = [rule for arg, rule in zip(args, op.vjps, strict=True) if self._follows(arg, rule)]
        self._note(
            op.name, op.label(args, self._traces), out, [_local(op, out, r, env) for r in used]
        )
        return super().lift(op, out, args, env)

    def _traces(self, arg: Any) -> bool:
        return isinstance(arg, Tensor) and arg.level is self

    def _follows(self, arg: Any, rule: Any) -> bool:
        return rule is not None and self._traces(arg)

    def _note(self, op: str, label: str, value: Any, locals_: list[Any]) -> None:
        self.ops.append(op)
        self.labels.append(label)
        self.values.append(plain(value))
        self.rules.append(locals_)


def _local(op: type[Op], out: Any, rule: Any, env: Any) -> Any:
    if not op.elementwise:
        return op.formula()
    local, keep = rule
    return plain(local(np.ones(out.shape, dtype=out.dtype)[()], *keep(*env)))


def trace(f: Callable[..., Any], *primals: Any, upstream: Any = None) -> Graph:
    """Compute f(*primals) and keep its graph, with a gradient at every value.

    Parameters
    ----------
    f
        A function written in NumPy. Its parameters' names become the inputs' names.
    *primals
        As for `vjp`.
    upstream
        Gradient of the final quantity by f's value; ones if not given.

    Returns
    -------
    Graph
        Of the values that the output depends on, and all inputs.
    """
    require_reach()
    leaves, rebuild = flatten(primals)
    tape = _Recorder()
    inputs = [tape.enter(differentiable(leaf)) for leaf in leaves]
    tape.names.update(enumerate(input_names(f, primals)))
    ends, _ = flatten(followed(f, *rebuild(iter(inputs))))
    ends = [end for end in ends if isinstance(end, Tensor) and end.level is tape]
    seeds = [np.ones_like(plain(lower(end, tape)))[()] for end in ends]
    if upstream is not None:
        seeds = matching(upstream, ends)
    return _graph(tape, len(inputs), [end.index for end in ends], seeds)


def first_nan(f: Callable[..., Any], args: Any, options: Any) -> str:
    """Run `f` again and say which operation made the first NaN."""
    leaves, rebuild = flatten(args)
    tape = _Recorder()
    arrays = [np.asarray(plain(leaf)) for leaf in leaves]
    entered = [
        tape.enter(a[()]) if a.dtype.kind in "fc" else leaf
        for a, leaf in zip(arrays, leaves, strict=True)
    ]
    f(*rebuild(iter(entered)), **options)
    for op, value in zip(tape.ops, tape.values, strict=True):
        if np.isnan(value).any():
            return f"An {op} already is NaN." if op == "input" else f"It came from np.{op}."
    return "It came from a constant."


def name(value: Any, name: str) -> Any:
    """Call a traced value `name` in the graphs made of it; return the value itself."""
    below = value
    while isinstance(below, Tensor):
        if isinstance(below.level, _Recorder):
            below.level.names[below.index] = name
        below = below.value
    return value


def input_names(f: Callable[..., Any], primals: tuple[Any, ...]) -> list[str]:
    """Name each leaf of the arguments: "x", or "params['W']", "layers[0]" inside a nest."""
    while hasattr(f, "__wrapped__"):
        f = f.__wrapped__  # grad(f) has f's parameters
    code = getattr(f, "__code__", None)
    known = code.co_varnames[: code.co_argcount] if code is not None else ()
    names: list[str] = []
    for i, primal in enumerate(primals):
        names += _leaf_names(known[i] if i < len(known) else f"x{i}", primal)
    return names


def _leaf_names(prefix: str, tree: Any) -> list[str]:
    if isinstance(tree, dict):
        branches: Any = tree.items()
    elif isinstance(tree, list | tuple):
        branches = enumerate(tree)
    else:
        return [prefix]
    return [n for key, branch in branches for n in _leaf_names(f"{prefix}[{key!r}]", branch)]


def _graph(tape: _Recorder, inputs: int, outputs: list[int], upstream: list[Any]) -> Graph:
    needed = set(range(inputs)) | set(outputs)
    for index in range(len(tape.nodes) - 1, -1, -1):
        if index in needed:
            needed.update(edge[0] for edge in tape.nodes[index])
    nodes, edges = [], []
    for index in sorted(needed):
        node = Node(
            index,
            tape.ops[index],
            tape.names.get(index),
            tape.labels[index],
            tape.values[index],
        )
        node.parents = tuple(edge[0] for edge in tape.nodes[index])
        nodes.append(node)
        for (parent, pull, kept, projection), local in zip(
            tape.nodes[index], tape.rules[index], strict=True
        ):
            edges.append(Edge(parent, index, local, _rule(pull, kept, projection)))
    return Graph(nodes, edges, list(range(inputs)), outputs, upstream)


def _rule(pull: Any, kept: Any, projection: Any) -> Callable[[Any], Any]:
    def rule(g: Any) -> Any:
        part = pull(g, *kept)
        return plain(part if projection is None else project(part, *projection))

    return rule
