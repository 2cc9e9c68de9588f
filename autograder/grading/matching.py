"""Which submitted cell is which released one.

A cell is known by the name in its metadata; where that was lost, by its id, then by what it holds:
a stub by the function or class it defines, a locked cell by its text, an answer by its question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autograder.grading.released import PlainCell, Released, ReleasedCell
from autograder.grading.submission import SubmittedCell

__all__ = ["Match", "match_cells"]

Cells = tuple[SubmittedCell, ...]


@dataclass
class Match:
    """What was recognised.

    Attributes
    ----------
    names : dict of int to str
        Position of a submitted cell, and the released cell that it is.
    dropped : set of int
        Copies of locked cells and of answers, which say nothing new.
    stale : set of int
        Blank copies of stubs that were filled in elsewhere: shown, but not run over them.
    repeated, contested : list of str
        Released cells that were found more than once, and answers of which more than one differs.
    """

    names: dict[int, str] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    stale: set[int] = field(default_factory=set)
    repeated: list[str] = field(default_factory=list)
    contested: list[str] = field(default_factory=list)


def match_cells(submitted: Cells, released: Released) -> Match:
    """Recognise the released cells in a submission; each is found at most once."""
    match = Match()
    for find in (_by_name, _by_id, _by_content):
        for name, cell in released.cells.items():
            if name in match.names.values():
                continue
            free = [i for i in find(submitted, cell, released) if _is_free(i, match)]
            if free:
                _choose(free, submitted, cell, match)
    return match


def _is_free(index: int, match: Match) -> bool:
    return index not in match.names and index not in match.dropped | match.stale


def _by_name(submitted: Cells, cell: ReleasedCell, released: Released) -> Iterator[int]:
    return (i for i, each in enumerate(submitted) if each.grade_id == cell.name)


def _by_id(submitted: Cells, cell: ReleasedCell, released: Released) -> Iterator[int]:
    known = {named.name for named in released.cells.values()}
    ids = {cell_id for cell_id, each in released.layout.items() if each is cell}
    for i, each in enumerate(submitted):
        if each.cell_id in ids and each.grade_id not in known:
            yield i


def _by_content(submitted: Cells, cell: ReleasedCell, released: Released) -> Iterator[int]:
    if cell.is_manual:
        yield from _below_question(submitted, cell, released)
        return
    for i, each in enumerate(submitted):
        if cell.locked:
            found = each.source.strip() == cell.source.strip()
        else:
            found = each.kind == "code" and _defines(each, cell.exercise)
        if found:
            yield i


def _below_question(submitted: Cells, cell: ReleasedCell, released: Released) -> Iterator[int]:
    """Find an answer by the cell above it, or by being as it was released."""
    layout = list(released.layout.values())
    above = layout[max(0, layout.index(cell) - 1)]
    texts = {each.source.strip() for each in layout if isinstance(each, PlainCell)}
    for i, each in enumerate(submitted):
        if each.kind == "code" or each.grade_id or each.source.strip() in texts:
            continue
        under_question = i > 0 and submitted[i - 1].source.strip() == above.source.strip()
        if under_question or each.source.strip() == cell.source.strip():
            yield i


def _defines(cell: SubmittedCell, name: str) -> bool:
    """Whether a cell defines a function or class, also when it does not parse."""
    pattern = rf"^(?:def|class)\s+{re.escape(name)}\b"
    return re.search(pattern, cell.source, re.MULTILINE) is not None


def _choose(found: list[int], submitted: Cells, cell: ReleasedCell, match: Match) -> None:
    """Take one of the cells that could be a released one, and say what becomes of the others."""
    if cell.locked:
        best = _first(found, lambda i: submitted[i].source.strip() == cell.source.strip())
    else:
        written = [i for i in found if submitted[i].source.strip() != cell.source.strip()]
        defining = [i for i in written if _defines(submitted[i], cell.exercise)]
        best = (defining or written or found)[-1]
    match.names[best] = cell.name
    others = [i for i in found if i != best]
    texts = {submitted[best].source.strip(), cell.source.strip()}
    blank = [i for i in others if submitted[i].source.strip() == cell.source.strip()]
    if cell.kind == "markdown" or cell.locked:
        match.dropped.update(i for i in others if submitted[i].source.strip() in texts)
    elif submitted[best].source.strip() != cell.source.strip():
        match.stale.update(blank)
    if others:
        match.repeated.append(cell.name)
    if cell.is_manual and any(submitted[i].source.strip() not in texts for i in others):
        match.contested.append(cell.name)


def _first(found: list[int], wanted: Callable[[int], bool]) -> int:
    return next((i for i in found if wanted(i)), found[0])
