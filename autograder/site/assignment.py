"""A released assignment as the site knows it."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import nbformat

from autograder.errors import NothingDone
from autograder.source import notebook_name

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory

__all__ = ["Assignment", "released"]


@dataclass(frozen=True)
class Assignment:
    """One assignment.

    Attributes
    ----------
    name : str
        As nbgrader calls it, ``03_gate_patterns``.
    path : pathlib.Path
        The released notebook.
    title : str
        Its first heading.
    intro : str
        Markdown, what stands below that heading.
    """

    name: str
    path: Path
    title: str
    intro: str

    @property
    def file(self) -> str:
        """Name of its page; an assignment may have more notebooks than the one named as it is."""
        is_only = self.path.stem == notebook_name(self.name)
        return f"{self.name}.html" if is_only else f"{self.name}-{self.path.stem}.html"

    @property
    def page(self) -> str:
        """Where its page is, from the site's root."""
        return quote(self.file)

    @property
    def download(self) -> str:
        """Where its notebook is."""
        return f"notebooks/{quote(self.name)}/{quote(self.path.name)}"

    @property
    def lite(self) -> str:
        """Where it runs in the browser."""
        return f"lite/lab/index.html?path={quote(self.path.name)}"

    def read(self) -> nbformat.NotebookNode:
        """Return the notebook."""
        return nbformat.read(self.path, as_version=4)


def released(course: CourseDirectory) -> list[Assignment]:
    """Return what a course has released, in the order of its names.

    Raises
    ------
    NothingDone
        Nothing is released, or a notebook does not begin with a heading.
    """
    paths = [Path(path) for path in sorted(glob.glob(str(course.release("*") / "*.ipynb")))]
    if not paths:
        raise NothingDone(
            f"nothing is released in {course.root}: run `autograder build` or `autograder init`."
        )
    return [_assignment(path) for path in paths]


def _assignment(path: Path) -> Assignment:
    cells = nbformat.read(path, as_version=4).cells
    first = cells[0].source if cells else ""
    heading = re.match(r"# (.+)\n?", first)
    if heading is None:
        raise NothingDone(f"{path} does not begin with a heading, `# Title`: give it one.")
    return Assignment(path.parent.name, path, heading[1].strip(), first[heading.end() :].strip())
