"""The page: an nbconvert exporter that turns an autograded notebook into feedback."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from autograder.pages import PAGE_STYLE
from autograder.pages.code import python
from autograder.pages.outputs import Budget, shown_outputs
from autograder.pages.prose import markdown
from autograder.pages.templates import template

__all__ = ["FeedbackExporter"]

_HERE = Path(__file__).parent

SOURCE_CHARACTERS = 20_000
"""For one cell's source."""

PAGE_BYTES = 297_000
"""For all of a page, but for the sentences that say what is left out."""


@dataclass
class ShownCell:
    """A cell as the page shows it.

    Attributes
    ----------
    kind : str
        ``"markdown"``, ``"code"`` or ``"raw"``.
    body : Markup
        The source, rendered.
    name : str
        nbgrader's ``grade_id`` where the cell is graded or an answer, otherwise "".
    score, points : float or None
        For a graded cell; `score` is None while a person has still to read it.
    comment : Markup or None
        What the person who read it wrote.
    is_answer : bool
        Whether the student was to write here.
    outputs : list of Markup
    """

    kind: str
    body: Markup
    name: str = ""
    score: float | None = None
    points: float | None = None
    comment: Markup | None = None
    is_answer: bool = False
    outputs: list[Markup] = field(default_factory=list)


class FeedbackExporter(Exporter):
    """Export an autograded notebook, with grades in its metadata, as one self-contained page.

    The page runs no script and asks for nothing: everything in it that a student wrote is escaped
    or sanitised, and its content security policy forbids the rest.
    """

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(self, nb: Any, resources: Any = None, **named: Any) -> tuple[Any, Any]:
        """Export a notebook.

        Parameters
        ----------
        nb : nbformat.NotebookNode
        resources : dict
            ``resources["nbgrader"]`` says whose it is, and the score after the preprocessors.

        Returns
        -------
        str, dict
            The page, and the resources for nbgrader's writer.
        """
        nb, resources = super().from_notebook_node(nb, resources, **named)
        hidden = _instructors_parts(self.config)
        cells = [_shown_cell(cell, hidden) for cell in nb.cells]
        without_outputs = _page(cells, resources["nbgrader"])
        _show_outputs(nb.cells, cells, Budget(PAGE_BYTES - len(without_outputs.encode())))
        return _page(cells, resources["nbgrader"]), resources


def _page(cells: list[ShownCell], grades: Any) -> str:
    style = Markup(PAGE_STYLE + (_HERE / "feedback.css").read_text("utf-8"))
    page = template(_HERE / "feedback.html.j2", points=_points)
    return page.render(grades=grades, cells=cells, style=style)


def _show_outputs(cells: list[Any], shown: list[ShownCell], budget: Budget) -> None:
    """Give the cells their outputs; the verdicts first, whose room nothing else may take."""
    code = [pair for pair in zip(cells, shown, strict=True) if pair[0].cell_type == "code"]
    for verdicts in (True, False):
        for cell, each in code:
            if _is_check(cell) == verdicts:
                each.outputs = shown_outputs(cell, budget, is_check=verdicts)


def _is_check(cell: Any) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution")


def _instructors_parts(config: Any) -> re.Pattern[str]:
    """Match what an instructor marked as not for students: hidden tests and marking schemes.

    nbgrader leaves both out of the release and puts them back for grading.
    """
    tests, scheme = ClearHiddenTests(config=config), ClearMarkScheme(config=config)
    pairs = (
        (tests.begin_test_delimeter, tests.end_test_delimeter),
        (scheme.begin_mark_scheme_delimeter, scheme.end_mark_scheme_delimeter),
    )
    regions = (
        rf"^[^\n]*{re.escape(begin)}.*?(?:{re.escape(end)}[^\n]*\n?|\Z)" for begin, end in pairs
    )
    return re.compile("|".join(regions), re.DOTALL | re.MULTILINE)


def _points(value: float) -> str:
    return f"{round(value, 2):g}"


def _shown_cell(cell: Any, hidden: re.Pattern[str]) -> ShownCell:
    marks = cell.metadata.get("nbgrader", {})
    source = cell.source if marks.get("solution") else hidden.sub("", cell.source)
    shown = ShownCell(cell.cell_type, _body(cell, source))
    shown.is_answer = bool(marks.get("solution"))
    if marks.get("grade") or marks.get("task"):
        shown.points = marks.get("points")
        shown.score = None if marks.get("needs_manual_grade") else marks.get("score")
    if shown.is_answer or shown.points is not None:
        shown.name = marks["grade_id"]
    if marks.get("comment"):
        shown.comment = markdown(marks["comment"])
    return shown


def _body(cell: Any, source: str) -> Markup:
    if len(source) > SOURCE_CHARACTERS:
        source = f"{source[:SOURCE_CHARACTERS]}\n… {len(source) - SOURCE_CHARACTERS:,} more"
    if cell.cell_type == "markdown":
        return markdown(source, cell.get("attachments"))
    if cell.cell_type == "code":
        return python(source)
    return Markup("<pre>{}</pre>").format(source)
