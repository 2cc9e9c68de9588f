"""The report as one HTML page that asks for nothing from outside."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from autograder.course_directory import CourseDirectory
from autograder.durable import write_durably
from autograder.pages.policy import script_source
from autograder.pages.templates import template
from autograder.report.data import report_data
from autograder.report.outcome import OUTCOMES
from autograder.report.plots import histogram, outcome_bar

__all__ = ["render", "write_report"]

_HERE = Path(__file__).parent


def write_report(course: CourseDirectory, assignment: str | None) -> Path:
    """Write the report on an assignment, or on the whole course.

    Parameters
    ----------
    course : CourseDirectory
    assignment : str or None
        None for the whole course.

    Returns
    -------
    Path
        ``reports/ASSIGNMENT.html``, or ``reports/course.html``.

    Raises
    ------
    NothingDone
        Nothing has been graded yet.
    """
    data = report_data(course, assignment)
    path = course.root / "reports" / f"{assignment or 'course'}.html"
    write_durably(path, render(data, _feedback_links(course, data)))
    return path


def render(data: Mapping[str, Any], feedback: Mapping[tuple[str, str], str] | None = None) -> str:
    """Turn `report_data` into the page.

    Parameters
    ----------
    data : mapping
    feedback : mapping, optional
        (student, assignment) to the address of the feedback, where there is some.
    """
    script = (_HERE / "report.js").read_text("utf-8")
    page = template(_HERE / "report.html.j2", percent=_percent, code_in=_code_in)
    return page.render(
        data,
        feedback=feedback or {},
        outcomes=OUTCOMES,
        histogram=histogram,
        outcome_bar=outcome_bar,
        style=Markup((_HERE / "report.css").read_text("utf-8")),
        script=Markup(script),
        script_source=script_source(script),
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _code_in(sentence: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


def _feedback_links(course: CourseDirectory, data: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    links = {}
    for row in data["students"]:
        for assignment in row["scores"]:
            folder = course.feedback(row["student"], assignment)
            page = next(iter(sorted(folder.glob("*.html"))), None)
            if page is not None:
                link = os.path.relpath(page, course.root / "reports")
                links[row["student"], assignment] = quote(link)
    return links
