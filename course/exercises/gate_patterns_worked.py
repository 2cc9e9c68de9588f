"""03 Gate patterns: how a failing case of a copy and of a graph is worked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.exercises.gate_patterns_classes import Copy
from course.exercises.gate_patterns_graph import GATES, Graph, run
from course.exercises.working import Where, Working, added, arrived, names, number, row


@Copy.worked
def _(working: Working) -> Iterator[str]:
    if not working.yours:
        return
    where = working.worst("dx")
    upstreams = [np.asarray(each)[where] for each in working.case.upstream]
    yield f"Gradients that come back, one from each copy: {row(upstreams)}; they add."
    yield working.line("dx", added(upstreams), where)


@Graph.worked
def _(working: Working) -> Iterator[str]:
    steps, inputs = working.case.given["steps"], working.case.given["names"]
    known = run(steps, inputs, working.case.inputs[: len(inputs)])
    # The one nearest to the end: what is before it follows.
    label = working.wrong[-1]
    where = working.worst(label)
    made = [
        f"{output} ({gate} of {names(takes)}) = {_at(known[output], where)}"
        for output, gate, takes in steps
    ]
    yield f"Values{' at that entry' if where else ''}: {'; '.join(made)}."
    if not working.yours:  # its forward is wrong already
        return
    upstreams = dict(working.right) | {f"d{steps[-1][0]}": working.case.upstream}
    uses: list[tuple[str, Any, Any]] = []
    for output, gate, takes in steps:
        values = [np.asarray(known[each], dtype=float) for each in takes]
        slopes = vjp(GATES[gate], *values)[1](np.ones_like(known[output], dtype=float))
        uses += [
            (output, np.asarray(upstreams[f"d{output}"])[where], np.asarray(slope)[where])
            for each, slope in zip(takes, slopes, strict=True)
            if f"d{each}" == label
        ]
    yield f"{label[1:]} gets upstream × slope from each of its uses."
    yield working.line(label, arrived(uses), where)


def _at(value: Any, where: Where) -> str:
    return number(np.asarray(value)[where])
