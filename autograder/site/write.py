"""Writing the site: built beside its place, and put there when it is whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from autograder.errors import NothingDone
from autograder.pages import PAGE_STYLE
from autograder.pages.policy import script_source
from autograder.pages.prose import markdown
from autograder.site.assignment import Assignment, released
from autograder.site.page import assignment_page
from autograder.site.run import run
from autograder.site.template import SITE_STYLE, template

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory
    from autograder.site.lite import Lite

__all__ = ["write_site"]

OURS = '<meta name="generator" content="autograder site">'
"""By which a site is known to be one, and may be replaced."""


def write_site(
    course: CourseDirectory,
    to: Path,
    *,
    title: str = "",
    lite: Lite | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write a course's site.

    Parameters
    ----------
    course : CourseDirectory
        What is released in it is published; its sources are never opened.
    to : pathlib.Path
        A folder, which is made, or replaced if it is such a site.
    title : str
        Of the course; its id when not given.
    lite : Lite or None
        How the notebooks run in the browser, if they shall.
    told : callable
        Called with a line for each thing that is done.

    Returns
    -------
    list of Path
        The pages, the first of them the start.

    Raises
    ------
    NothingDone
        Nothing is released, a notebook does not run, the folder cannot be written, or something
        is missing for notebooks that run in the browser.
    """
    to = to.resolve()
    assignments = released(course)
    _refuse_what_is_no_site(to)
    if lite is not None:
        lite.check()
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
        try:
            _write_pages(assignments, new, title or course.course_id, lite is not None, told)
            if lite is not None:
                lite.build([each.path for each in assignments], new / "lite")
                told("lite: built")
            new.chmod(0o755)
            _put(new, to)
        finally:
            shutil.rmtree(new, ignore_errors=True)  # there is nothing left of it when all went well
    except OSError as error:
        raise NothingDone(f"{to} cannot be written: {error}.") from error
    return [to / "index.html", *(to / each.file for each in assignments)]


def _refuse_what_is_no_site(to: Path) -> None:
    """Leave a folder alone that holds anything else."""
    index = to / "index.html"
    is_empty = not to.exists() or (to.is_dir() and not any(to.iterdir()))
    if not is_empty and not (index.is_file() and OURS in index.read_text("utf-8", "replace")):
        raise NothingDone(f"{to} holds something else: name a new folder, or an old site.")


def _put(new: Path, to: Path) -> None:
    """Move the new site to its place; the old one goes when the new one is there."""
    old = new.with_name(f"{new.name}-old")
    if to.exists():
        to.rename(old)
    new.rename(to)
    shutil.rmtree(old, ignore_errors=True)


def _write_pages(
    assignments: list[Assignment],
    to: Path,
    title: str,
    lite: bool,
    told: Callable[[str], None],
) -> None:
    for i, assignment in enumerate(assignments):
        ran = run(assignment.read(), assignment.name)
        page = assignment_page(
            assignment,
            ran,
            course=title,
            before=assignments[i - 1] if i else None,
            after=assignments[i + 1] if i + 1 < len(assignments) else None,
            lite=lite,
        )
        (to / assignment.file).write_text(page, encoding="utf-8")
        notebook = to / "notebooks" / assignment.name / assignment.path.name
        notebook.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(assignment.path, notebook)
        told(f"{assignment.name}: {len(page.encode()) / 1000:.0f} KB")
    (to / "index.html").write_text(_index(assignments, title, lite), encoding="utf-8")


def _index(assignments: list[Assignment], title: str, lite: bool) -> str:
    return template("index.html.j2").render(
        course=title,
        assignments=assignments,
        intros={each.name: markdown(each.intro) for each in assignments},
        lite=lite,
        style=Markup(PAGE_STYLE + SITE_STYLE),
        script_source=script_source(""),
    )
