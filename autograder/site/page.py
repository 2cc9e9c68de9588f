"""An assignment as a page: prose, code, what the code shows, and widgets that step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from markupsafe import Markup

from autograder.pages import PAGE_STYLE
from autograder.pages.code import python
from autograder.pages.outputs import Budget, shown_outputs
from autograder.pages.policy import script_source
from autograder.pages.prose import markdown
from autograder.site.assignment import Assignment
from autograder.site.run import Ran, is_check
from autograder.site.template import SITE_STYLE, template
from course.widgets.page import Still, data, script, still_of_model
from course.widgets.widget import styles

__all__ = ["assignment_page"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

PAGE_BYTES = 20_000_000
"""For the outputs of a page. They are the course's own: this only stops what runs away."""

_HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass
class ShownCell:
    """A cell as the page shows it.

    Attributes
    ----------
    kind : str
        ``"prose"``, ``"code"``, ``"stub"``, ``"check"`` or ``"question"``.
    body : Markup
    points : float or None
        What a stub's check or a question gives.
    outputs : list of Markup
    is_waiting : bool
        Whether it has outputs only when the reader has written something.
    """

    kind: str
    body: Markup
    points: float | None = None
    outputs: list[Markup] = field(default_factory=list)
    is_waiting: bool = False


@dataclass
class Sections:
    """The second-level headings of a page, each with the id that leads to it."""

    listed: list[tuple[str, str]] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def anchored(self, html: Markup) -> Markup:
        """Return prose with an id on each heading."""
        return Markup(_HEADING.sub(self._anchor, html))

    def _anchor(self, heading: re.Match[str]) -> str:
        level, inner = heading.groups()
        text = unescape(_TAG.sub("", inner)).strip()
        name = base = re.sub(r"[^\w]+", "-", text.lower()).strip("-")
        count = 1
        while name in self._taken:
            count += 1
            name = f"{base}-{count}"
        self._taken.add(name)
        if level == "2":
            self.listed.append((name, text))
        return f'<h{level} id="{name}">{inner}</h{level}>'


def assignment_page(
    assignment: Assignment,
    ran: Ran,
    *,
    course: str,
    before: Assignment | None,
    after: Assignment | None,
    lite: bool,
) -> str:
    """Return an assignment's page.

    Parameters
    ----------
    assignment : Assignment
    ran : Ran
        Its notebook, run.
    course : str
        Title of the course.
    before, after : Assignment or None
        Its neighbours.
    lite : bool
        Whether the notebooks also run on this site.
    """
    sections = Sections()
    widgets: dict[str, Still] = {}
    cells = list(_cells(ran, sections, widgets))
    program = f"\n{script([widget.module for widget in widgets.values()])}\n" if widgets else ""
    return template("assignment.html.j2").render(
        assignment=assignment,
        course=course,
        before=before,
        after=after,
        lite=lite,
        cells=cells,
        sections=sections.listed,
        style=Markup(PAGE_STYLE + SITE_STYLE + (styles() if widgets else "")),
        data=Markup(data(widgets)) if widgets else "",
        script=Markup(program),
        script_source=script_source(program),
    )


def _cells(ran: Ran, sections: Sections, widgets: dict[str, Still]) -> Iterator[ShownCell]:
    checks = [cell.metadata.nbgrader for cell in ran.cells if is_check(cell)]
    points = {check.grade_id: check.points for check in checks}
    budget = Budget(PAGE_BYTES)
    for cell in ran.cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            body = sections.anchored(markdown(cell.source))
            kind = "question" if marks.get("solution") else "prose"
            yield ShownCell(kind, body, points=marks.get("points"))
        elif is_check(cell):
            yield ShownCell("check", python(cell.source))
        elif marks.get("solution"):
            name = marks["grade_id"].removesuffix("-stub")
            yield ShownCell("stub", python(cell.source), points=points.get(name))
        elif cell.cell_type == "code":
            outputs = [
                html for output in cell.outputs for html in _output(output, ran, widgets, budget)
            ]
            is_waiting = cell.id in ran.waiting
            yield ShownCell("code", python(cell.source), outputs=outputs, is_waiting=is_waiting)


def _output(output: Any, ran: Ran, widgets: dict[str, Still], budget: Budget) -> Iterator[Markup]:
    """Show one output: a widget as itself, over the picture that it leaves where nothing runs."""
    shown = shown_outputs({"outputs": [output]}, budget, is_check=False)
    view = output.get("data", {}).get(WIDGET_VIEW)
    widget = still_of_model(ran.models[view["model_id"]]) if view else None
    if widget is None:
        yield from shown
        return
    place = f"widget-{len(widgets) + 1}"
    widgets[place] = widget
    picture = Markup("").join(shown)
    yield Markup('<div id="{}" class="bp-still">{}</div>').format(place, picture)
