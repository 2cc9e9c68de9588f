"""A graph as text, as an SVG image, and as plain data."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Edge, Graph, Node

BOX = (150, 62)
GAP = (70, 26)
MARGIN = 20


def number(value: Any) -> str:
    """Write a value in at most about 20 characters: the number, or what kind of array it is."""
    array = np.asarray(value)
    if array.size == 1 and array.dtype.kind in "fiub":
        return f"{array.reshape(())[()]:.6g}"
    if array.size <= 4 and array.ndim == 1 and array.dtype.kind == "f":
        return "[" + " ".join(f"{v:.3g}" for v in array) + "]"
    return "array " + "×".join(map(str, array.shape)) if array.ndim else f"{array[()]:.4g}"


def text(graph: Graph) -> str:
    """Write one line per value: id, name, operation, value, gradient; then its edges."""
    rows = [("id", "name", "operation", "value", "gradient")]
    for node in graph.nodes:
        parents = ", ".join(f"#{p}" for p in node.parents)
        made = f"{node.operation} ({parents})" if node.parents else node.op
        name = node.name or ""
        rows.append((f"#{node.id}", name, made, number(node.value), number(node.gradient)))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines += ["", "edges: local derivative → contribution"]
    lines += [
        f"#{e.source} → #{e.target}: {_local(e)} → {number(e.contribution)}" for e in graph.edges
    ]
    return "\n".join(lines)


def words(graph: Graph) -> str:
    """Say what the drawing shows, in a sentence for each value: its alternative text."""
    labels = {node.id: node.label for node in graph.nodes}
    sentences = ["A computational graph."]
    for node in graph.nodes:
        made = f" of {', '.join(labels[p] for p in node.parents)}" if node.parents else ""
        numbers = f"value {number(node.value)}, gradient {number(node.gradient)}"
        sentences.append(f"{_heading(node)}{made}: {numbers}.")
    return " ".join(sentences)


def _local(edge: Edge) -> str:
    return edge.local if isinstance(edge.local, str) else number(edge.local)


def to_dict(graph: Graph) -> dict[str, Any]:
    """Convert to dicts, lists, numbers and strings."""
    return {
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "nodes": [
            {
                "id": node.id,
                "op": node.op,
                "name": node.name,
                "operation": node.operation,
                "label": node.label,
                "parents": list(node.parents),
                "shape": list(np.shape(node.value)),
                "value": np.asarray(node.value).tolist(),
                "gradient": np.asarray(node.gradient).tolist(),
            }
            for node in graph.nodes
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "local": edge.local
                if isinstance(edge.local, str)
                else np.asarray(edge.local).tolist(),
                "contribution": np.asarray(edge.contribution).tolist(),
            }
            for edge in graph.edges
        ],
    }


def _columns(graph: Graph) -> dict[int, int]:
    """Put each operation after its last parent, and each input right before its first use."""
    column: dict[int, int] = {}
    for node in graph.nodes:
        column[node.id] = 1 + max((column[p] for p in node.parents), default=-1)
    for node in graph.nodes:
        if not node.parents:
            uses = [column[e.target] for e in graph.edges if e.source == node.id]
            column[node.id] = min(uses, default=1) - 1
    return column


def _places(graph: Graph) -> dict[int, tuple[float, float]]:
    """Find the corner of each box: in its column, as near as can be to the rows of its parents."""
    column = _columns(graph)
    row: dict[int, float] = {}
    taken: dict[int, float] = {}
    for node in sorted(graph.nodes, key=lambda n: (column[n.id], not n.parents, n.id)):
        c = column[node.id]
        above = [row[p] for p in node.parents]
        row[node.id] = max(taken.get(c, 0.0), sum(above) / len(above) if above else 0.0)
        taken[c] = row[node.id] + 1.0
    width, height = BOX[0] + GAP[0], BOX[1] + GAP[1]
    return {
        node.id: (MARGIN + column[node.id] * width, MARGIN + row[node.id] * height)
        for node in graph.nodes
    }


def svg(graph: Graph) -> str:
    """Draw the graph from left to right: in each box the value, and below it the gradient.

    Black on white whatever the page's theme is; the arrows run with the values, and the number on
    each is its local derivative. Title and description say the same in words.
    """
    places = _places(graph)
    width = max(x for x, _ in places.values()) + BOX[0] + MARGIN
    height = max(y for _, y in places.values()) + BOX[1] + MARGIN
    shapes = [_edge(edge, places) for edge in graph.edges]
    shapes += [_node(node, *places[node.id]) for node in graph.nodes]
    ends = ", ".join(graph[i].label for i in graph.inputs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" font-family="sans-serif" '
        f'font-size="12" fill="#111">'
        f"<title>Computational graph of {escape(ends)}</title>"
        f"<desc>{escape(text(graph))}</desc>"
        f'<path d="M0 0h{width:g}v{height:g}H0z" fill="#fff"/>{"".join(shapes)}</svg>'
    )


def _node(node: Node, x: float, y: float) -> str:
    width, height = BOX
    lines = (_heading(node), f"value {number(node.value)}", f"gradient {number(node.gradient)}")
    rows = "".join(
        f'<text x="{x + width / 2:g}" y="{y + 17 + 18 * i:g}" text-anchor="middle" '
        f'font-weight="{400 if i else 700}">{escape(line[:24])}</text>'
        for i, line in enumerate(lines)
    )
    return (
        f'<g><rect x="{x:g}" y="{y:g}" width="{width}" height="{height}" rx="8" fill="#fff" '
        f'stroke="#111"/>{rows}</g>'
    )


def _heading(node: Node) -> str:
    """Write how a value was made behind its name, unless the name says it: q = +, but p = xy."""
    says_it = node.name is None or not node.name.isidentifier()
    return node.label if says_it or not node.parents else f"{node.name} = {node.operation}"


def _edge(edge: Edge, places: dict[int, tuple[float, float]]) -> str:
    (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
    x0, y0, y1 = x0 + BOX[0], y0 + BOX[1] / 2, y1 + BOX[1] / 2
    local = _local(edge)
    said = f"local derivative {local}, contribution {number(edge.contribution)}"
    shown = "" if isinstance(edge.local, str) or len(local) > 10 else local
    bend = GAP[0] / 2
    return (
        f'<path d="M{x0:g} {y0:g} C{x0 + bend:g} {y0:g} {x1 - bend:g} {y1:g} {x1 - 7:g} {y1:g}" '
        f'fill="none" stroke="#111"><title>{escape(said)}</title></path>'
        f'<path d="M{x1:g} {y1:g} l-8 -4 v8 z"/>'
        f'<text x="{x1 - bend:g}" y="{(y0 + 2 * y1) / 3 - 5:g}" text-anchor="middle" '
        f'font-size="10" stroke="#fff" stroke-width="3" paint-order="stroke">{escape(shown)}</text>'
    )
