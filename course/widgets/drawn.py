"""A graph's boxes and wires as plain data: text, places, and paths for an SVG image."""

from __future__ import annotations

from typing import Any

from course.autodiff.graph import Graph

from .layout import BOX, Layout, Point
from .passes import local, short

LETTERS = 19
"""Of a label that fit into a box."""

LOCAL_LETTERS = 11
"""Of a local derivative that fit on a wire."""

TIP = 9.0


def boxes(graph: Graph, places: Layout) -> list[dict[str, Any]]:
    """Describe each value's box."""
    described = []
    for node in graph.nodes:
        full = node.label
        x, y = places.corners[node.id]
        described.append(
            {
                "id": node.id,
                "label": full if len(full) <= LETTERS else full[: LETTERS - 1] + "…",
                "full": full,
                "input": not node.parents,
                "x": round(x, 1),
                "y": round(y, 1),
                "width": BOX[0],
                "height": BOX[1],
                "value": short(node.value),
            }
        )
    return described


def wires(graph: Graph, places: Layout) -> list[dict[str, Any]]:
    """Describe each use of a value by an operation."""
    described = []
    for edge, route in zip(graph.edges, places.routes, strict=True):
        text = local(edge)
        fits = not isinstance(edge.local, str) and len(text) <= LOCAL_LETTERS
        (x0, y0), (x1, y1) = route[-2:]
        described.append(
            {
                "source": edge.source,
                "target": edge.target,
                "local": f"×{text}" if fits else "",
                "path": path(route),
                "back": f"M{route[0][0]:.1f} {route[0][1]:.1f}l{TIP} -5v10z",
                "forth": f"M{x1:.1f} {y1:.1f}l{-TIP} -4.5v9z",
                "label": [round((x0 + x1) / 2, 1), round((y0 + y1) / 2 - 5, 1)],
            }
        )
    return described


def path(route: tuple[Point, ...]) -> str:
    """Lead a smooth line through the points: a curve between layers, straight through one."""
    (x, y), *rest = route
    parts = [f"M{x:.1f} {y:.1f}"]
    for i, (u, v) in enumerate(rest):
        if i % 2:
            parts.append(f"H{u:.1f}")
        else:
            middle = (x + u) / 2
            parts.append(f"C{middle:.1f} {y:.1f} {middle:.1f} {v:.1f} {u:.1f} {v:.1f}")
        x, y = u, v
    return "".join(parts)
