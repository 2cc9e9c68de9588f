"""What a reader may answer when asked for the next gradient: the right number, and known slips."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from course.autodiff.graph import Edge, Node

SLIPS = {
    "no upstream": "That is the local derivative alone: multiply it by the upstream gradient.",
    "no local": "That is the upstream gradient alone: multiply it by the local derivative.",
    "sign": "The size is right, the sign is not.",
    "not added": "That is the part that comes along this line: add what {source} has already.",
    "only the old part": "That is what {source} has already: add the part that comes now.",
    "added": "You added upstream and local: multiply them.",
    "divided": "You divided by the local derivative: multiply by it.",
    "own value": "You multiplied the upstream by the value of {source} itself: "
    "the local derivative of {target} by {source} is another number.",
    "output": "You multiplied the upstream by the value of {target}: "
    "the local derivative is another number.",
}
"""What is said to a wrong answer, by the name of the slip; of those that fit the first is said."""


class Flow(NamedTuple):
    """What runs back along one line in one step: from `target` to `source`."""

    source: Node
    target: Node
    edge: Edge
    upstream: Any
    part: Any
    before: Any
    """Gradient that the source had, None for none."""
    total: Any


def question(flow: Flow) -> dict[str, Any]:
    """Ask for the gradient of the source after one step of the backward pass.

    For an array, its entry with the largest part is asked for.

    Returns
    -------
    dict
        ``text`` of the question, ``right`` answer, and ``slips``: pairs of number and name.
    """
    part = np.asarray(flow.part, dtype=float)
    so_far = np.zeros_like(part) if flow.before is None else np.asarray(flow.before, dtype=float)
    at = np.unravel_index(int(np.abs(part).argmax()), part.shape)
    right = float(so_far[at] + part[at])
    entry = f"[{', '.join(map(str, at))}]" if at else ""
    slips = {name: float(so_far[at]) + number for name, number in _slips(flow, at).items()}
    slips["sign"] = -right
    if flow.before is not None:
        slips |= {"not added": float(part[at]), "only the old part": float(so_far[at])}
    return {
        "text": f"The gradient of {flow.source.label}{entry} after this step?",
        "right": _brief(right),
        "slips": [
            [_brief(slips[name]), name]
            for name in SLIPS
            if name in slips and np.isfinite(slips[name])
        ],
    }


def _slips(flow: Flow, at: Any) -> dict[str, float]:
    """Compute what the slips make of this line's part; entry by entry, where that has a meaning."""
    shape = np.shape(flow.part)
    if isinstance(flow.edge.local, str) or np.shape(flow.target.value) != shape:
        return {}
    up, slope, x, y = (
        float(np.broadcast_to(np.asarray(value, dtype=float), shape)[at])
        for value in (flow.upstream, flow.edge.local, flow.source.value, flow.target.value)
    )
    slips = {"no upstream": slope, "no local": up, "added": up + slope}
    slips |= {"own value": up * x, "output": up * y}
    return slips | ({"divided": up / slope} if slope else {})


def _brief(value: float) -> float:
    """Leave out the digits that no answer is compared with: they would only be sent."""
    return float(f"{value:.6g}")
