"""A graph as text, as an SVG image, and as plain data."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Edge, Graph, Node

BOX = (150, 62)
GAP = (46, 26)


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


def _places(graph: Graph) -> dict[int, tuple[float, float]]:
    """Put each node in the column after its last parent's, and rows in creation order."""
    column: dict[int, int] = {}
    for node in graph.nodes:
        column[node.id] = 1 + max((column[p] for p in node.parents), default=-1)
    rows: dict[int, int] = {}
    places = {}
    for node in graph.nodes:
        c = column[node.id]
        r = rows[c] = rows.get(c, -1) + 1
        places[node.id] = (20.0 + c * (BOX[0] + GAP[0]), 20.0 + r * (BOX[1] + GAP[1]))
    return places


def svg(graph: Graph) -> str:
    """Draw the graph from left to right: in each box the value, and below it the gradient."""
    places = _places(graph)
    width = max(x for x, _ in places.values()) + BOX[0] + 20
    height = max(y for _, y in places.values()) + BOX[1] + 20
    shapes = [_edge(edge, places) for edge in graph.edges]
    shapes += [_node(node, *places[node.id]) for node in graph.nodes]
    ends = ", ".join(graph[i].label for i in graph.inputs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" font-family="sans-serif" '
        f'font-size="12" fill="currentColor" stroke="none">'
        f"<title>Computational graph of {escape(ends)}</title>"
        f"<desc>{escape(text(graph))}</desc>{''.join(shapes)}</svg>"
    )


def _node(node: Node, x: float, y: float) -> str:
    width, height = BOX
    lines = (node.label, f"value {number(node.value)}", f"gradient {number(node.gradient)}")
    rows = "".join(
        f'<text x="{x + width / 2:g}" y="{y + 17 + 18 * i:g}" text-anchor="middle" '
        f'font-weight="{400 if i else 700}">{escape(line[:24])}</text>'
        for i, line in enumerate(lines)
    )
    return (
        f'<g role="group" aria-label="{escape(", ".join(lines))}"><rect x="{x:g}" y="{y:g}" '
        f'width="{width}" height="{height}" rx="8" fill="none" stroke="currentColor"/>{rows}</g>'
    )


def _edge(edge: Edge, places: dict[int, tuple[float, float]]) -> str:
    (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
    x0, y0, y1 = x0 + BOX[0], y0 + BOX[1] / 2, y1 + BOX[1] / 2
    local = _local(edge)
    said = f"local derivative {local}, contribution {number(edge.contribution)}"
    return (
        f'<path d="M{x0:g} {y0:g} L{x1:g} {y1:g}" fill="none" stroke="currentColor">'
        f"<title>{escape(said)}</title></path>"
        f'<path d="M{x1:g} {y1:g} l-7 -4 v8 z"/>'
        f'<text x="{(x0 + x1) / 2:g}" y="{(y0 + y1) / 2 - 4:g}" text-anchor="middle" '
        f'font-size="10">{escape(local[:12] if not isinstance(edge.local, str) else "")}</text>'
    )
