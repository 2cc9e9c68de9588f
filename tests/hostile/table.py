"""All cases, with the students between them who do nothing but their homework."""

from __future__ import annotations

from autograder.demo.handed_in import Released
from tests.hostile import engines, escaping, exhausting, files, forging, lying, unlucky
from tests.hostile.case import Case, blank, notebook

__all__ = ["BLANK", "CASES", "CLASS", "HONEST", "Released"]

CASES: tuple[Case, ...] = (
    *forging.CASES,
    *lying.CASES,
    *engines.CASES,
    *exhausting.CASES,
    *escaping.CASES,
    *files.CASES,
    *unlucky.CASES,
)

HONEST = "honest"
BLANK = "blank"
EVERY = 9

_honest = Case(
    HONEST,
    "honest",
    "everything right",
    notebook(lambda right: right),
    "right",
    attacks=(),
)
_blank = Case(BLANK, "honest", "nothing done", blank(lambda made: made), "forger", attacks=())


def _class() -> dict[str, Case]:
    """Each case by its student's name, in the order in which they are graded."""
    order: list[Case] = []
    for index, case in enumerate((_blank, *CASES)):
        if index % EVERY == 0:
            order.append(_honest)
        order.append(case)
    return {f"{index:03}-{case.name}": case for index, case in enumerate((*order, _honest))}


CLASS = _class()
