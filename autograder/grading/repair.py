"""A submission put right from nbgrader's record of what was released.

What a student wrote is never thrown away: a locked cell that was written in gets its own text back,
and the student's text stays beside it as a plain cell, which is run like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from autograder.grading.matching import Match, match_cells
from autograder.grading.record import Note
from autograder.grading.released import PlainCell, Released, ReleasedCell
from autograder.grading.submission import SubmittedCell

__all__ = ["Repaired", "RepairedCell", "repair"]

_RUN_TAGS = {"skip-execution", "raises-exception"}


@dataclass(frozen=True)
class RepairedCell:
    """A cell to be run and shown.

    Attributes
    ----------
    kind, source : str
    released : ReleasedCell or None
        What nbgrader knows it as; None for a plain cell.
    cell_id : str
        Where it comes from; "" when that is not known.
    run : bool
        Whether it is run. Graded checks are not: they are answered from outside.
    attachments : dict
        Pictures in a Markdown cell.
    """

    kind: str
    source: str
    released: ReleasedCell | None = None
    cell_id: str = ""
    run: bool = False
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Repaired:
    """A submission ready to run.

    Attributes
    ----------
    cells : tuple of RepairedCell
    notes : tuple of Note
        What was put right, and what a person should know.
    unanswered : tuple of str
        Names of solution cells that are as they were released.
    """

    cells: tuple[RepairedCell, ...]
    notes: tuple[Note, ...]
    unanswered: tuple[str, ...]


def repair(submitted: tuple[SubmittedCell, ...], released: Released) -> Repaired:
    """Put a submission right.

    Parameters
    ----------
    submitted : tuple of SubmittedCell
    released : Released
        The truth about the released cells.
    """
    match = match_cells(submitted, released)
    cells: list[RepairedCell] = []
    for index, cell in enumerate(submitted):
        name = match.names.get(index)
        if name is not None:
            cells += _restored(cell, released.cells[name])
        elif index not in match.dropped:
            cells.append(_plain(cell, run=index not in match.stale))
    present = set(match.names.values())
    absent = [c for name, c in released.cells.items() if name not in present and not _is_stub(c)]
    for lost in absent:
        _insert(cells, lost, released)
    setup = _lost_setup(cells, released)
    cells[:0] = setup
    notes = (*_changes(submitted, match, released), *_losses(absent, setup, match, released))
    return Repaired(tuple(cells), notes, _unanswered(cells))


def _is_stub(cell: ReleasedCell) -> bool:
    """Whether it is a stub: an absent one is not put back, it would only hide the student's own."""
    return cell.solution and not cell.grade


def _restored(cell: SubmittedCell, released: ReleasedCell) -> list[RepairedCell]:
    """Give a cell its released type and, if it is locked, its released text."""
    kept = RepairedCell(
        released.kind,
        cell.source if not released.locked else released.source,
        released,
        cell.cell_id,
        run=released.kind == "code" and not released.is_check,
        attachments=cell.attachments if released.kind == "markdown" else {},
    )
    if not released.locked or _same(cell.source, released.source) or not cell.source.strip():
        return [kept]
    return [_plain(replace(cell, cell_id="")), kept]


def _plain(cell: SubmittedCell, *, run: bool = True) -> RepairedCell:
    return RepairedCell(
        cell.kind,
        cell.source,
        cell_id=cell.cell_id,
        run=run and cell.kind == "code",
        attachments=cell.attachments if cell.kind == "markdown" else {},
    )


def _insert(cells: list[RepairedCell], absent: ReleasedCell, released: Released) -> None:
    """Put a cell back behind the nearest released one before it that is still there."""
    before = list(released.layout.items())
    before = before[: [cell for _, cell in before].index(absent)]
    at = 0
    for cell_id, earlier in reversed(before):
        found = [i for i, cell in enumerate(cells) if _is_released_as(cell, cell_id, earlier)]
        if found:
            at = found[-1] + 1
            break
    new = RepairedCell(absent.kind, absent.source, absent)
    cells.insert(at, replace(new, run=absent.kind == "code" and not absent.is_check))


def _is_released_as(cell: RepairedCell, cell_id: str, released: ReleasedCell | PlainCell) -> bool:
    if isinstance(released, ReleasedCell):
        return cell.released is released
    return cell.released is None and (
        cell.cell_id == cell_id or _same(cell.source, released.source)
    )


def _lost_setup(cells: list[RepairedCell], released: Released) -> list[RepairedCell]:
    """Find the released imports that are gone; without them right code would fail."""
    return [
        RepairedCell(plain.kind, plain.source, cell_id=cell_id, run=True)
        for cell_id, plain in released.setup.items()
        if not any(_is_released_as(cell, cell_id, plain) and cell.run for cell in cells)
    ]


def _unanswered(cells: Iterable[RepairedCell]) -> tuple[str, ...]:
    return tuple(
        cell.released.name
        for cell in cells
        if cell.released and cell.released.solution and cell.source == cell.released.source
    )


def _changes(
    submitted: tuple[SubmittedCell, ...], match: Match, released: Released
) -> Iterable[Note]:
    """Tell what cells claimed or held that they were not released with."""
    pairs = [(submitted[index], released.cells[name]) for index, name in match.names.items()]
    changed = {
        "the type was changed back": [c.name for s, c in pairs if s.kind != c.kind],
        "the locked text was put back": [
            c.name for s, c in pairs if c.locked and not _same(s.source, c.source)
        ],
        "nbgrader's metadata was put back": [c.name for s, c in pairs if _stripped(s, c)],
        "edited points were put back": [c.name for s, c in pairs if _points_edited(s, c)],
        "cells were there more than once": match.repeated,
    }
    for what, names in changed.items():
        if names:
            yield Note("repaired", f"{what} ({_listed(names)}).")
    if match.contested:
        several = _listed(match.contested)
        text = f"more than one answer ({several}); the last one counts: look at both."
        yield Note("person", text)
    tags = sorted({tag for cell in submitted for tag in cell.tags} & _RUN_TAGS)
    if tags:
        yield Note("repaired", f"tags that change how cells are run were dropped ({tags[0]}).")
    order = [name for _, name in sorted(match.names.items())]
    if order != [name for name in released.cells if name in order]:
        yield Note("reported", "the cells are in another order than released.")


def _losses(
    absent: list[ReleasedCell], setup: list[RepairedCell], match: Match, released: Released
) -> Iterable[Note]:
    """Tell which released cells are gone."""
    if absent:
        yield Note(
            "repaired", f"deleted cells were put back ({_listed([c.name for c in absent])})."
        )
    if setup:
        yield Note("repaired", "the notebook's first code cell was gone; it is run all the same.")
    present = set(match.names.values())
    stubs = [cell for cell in released.cells.values() if _is_stub(cell)]
    if gone := [cell.name for cell in stubs if cell.name not in present]:
        yield Note("reported", f"cells of exercises are gone ({_listed(gone)}).")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _stripped(submitted: SubmittedCell, cell: ReleasedCell) -> bool:
    wanted = cell.metadata()["nbgrader"]
    keys = ("grade_id", "schema_version", "grade", "solution", "locked")
    return any(submitted.claims.get(key) != wanted[key] for key in keys)


def _points_edited(submitted: SubmittedCell, cell: ReleasedCell) -> bool:
    points = submitted.claims.get("points", cell.points)
    return cell.grade and not (isinstance(points, int | float) and points == cell.points)


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()
