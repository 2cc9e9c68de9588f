"""The autograded notebook: the repaired cells, what they put out, and the verdicts in the checks.

formgrader and nbgrader's feedback read it, so it is valid for both, whatever was handed in.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from autograder.grading.record import Record
from autograder.grading.repair import RepairedCell
from autograder.grading.run import CellOutcome
from autograder.source import KERNELSPEC
from course.checking.check import failure
from course.checking.render import as_html, as_text
from course.checking.verdict import Verdict

__all__ = ["autograded_notebook"]

_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def autograded_notebook(
    record: Record,
    cells: tuple[RepairedCell, ...],
    outcomes: Mapping[int, CellOutcome],
) -> str:
    """Return the notebook's text.

    Parameters
    ----------
    record : Record
    cells : tuple of RepairedCell
    outcomes : mapping of int to CellOutcome
        By position, what the cells that ran put out.

    Returns
    -------
    str
        nbformat 4.5.
    """
    from nbformat.validator import validate

    verdicts = {verdict.exercise: verdict for verdict in record.verdicts}
    made = [_notes_cell(record)] if record.notes or not record.sandboxed else []
    for index, cell in enumerate(cells):
        made.append(_cell(cell, outcomes.get(index), verdicts))
    seen: Counter[str] = Counter()
    for index, new in enumerate(made):
        wanted = new["id"] if _CELL_ID.fullmatch(new["id"]) else f"cell-{index}"
        seen[wanted] += 1
        new["id"] = wanted if seen[wanted] == 1 else f"cell-{index}-{seen[wanted]}"
    facts = {
        "metadata": {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    validate({"cells": made, **facts})
    return _text(made, facts)


def _text(cells: list[dict[str, Any]], facts: dict[str, Any]) -> str:
    """Write a notebook with a line for each cell.

    nbformat's writer copies, validates once more and indents, which takes as long as to run some
    notebooks.
    """
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in cells)
    return f'{{"cells": [\n{lines}\n],\n{json.dumps(facts)[1:]}\n'


def _cell(
    cell: RepairedCell, outcome: CellOutcome | None, verdicts: Mapping[str, Verdict]
) -> dict[str, Any]:
    new: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell.released.name if cell.released else cell.cell_id,
        "metadata": cell.released.metadata() if cell.released else {},
        "source": cell.source,
    }
    if cell.kind == "code":
        new["execution_count"] = outcome.execution_count if outcome else None
        new["outputs"] = outcome.outputs if outcome else []
        if cell.released and (verdict := verdicts.get(cell.released.name)):
            new["outputs"] = _verdict_outputs(verdict)
    elif cell.attachments and cell.kind == "markdown":
        new["attachments"] = cell.attachments
    return new


def _verdict_outputs(verdict: Verdict) -> list[dict[str, Any]]:
    """Show a verdict as the student's own check shows it."""
    shown = {
        "output_type": "display_data",
        "data": {"text/plain": as_text(verdict), "text/html": as_html(verdict)},
        "metadata": {},
    }
    if verdict.passed:
        return [shown]
    error = failure(verdict)
    raised = {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": error._render_traceback_(),
    }
    return [shown, raised]


def _notes_cell(record: Record) -> dict[str, Any]:
    """Tell, at the top, what was repaired and what somebody has to look at."""
    lines = [f"- {html.escape(note.text)}" for note in record.notes]
    if not record.sandboxed:
        lines.insert(0, "- Graded **without a sandbox**.")
    return {
        "cell_type": "markdown",
        "id": "autograder-notes",
        "metadata": {},
        "source": "\n".join(["**Notes of the autograder**", "", *lines]),
    }
