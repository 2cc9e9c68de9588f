"""An assignment as its reader meets it: its cells, its run, and what each of them must have."""

from __future__ import annotations

import doctest
import re
import runpy
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jupytext
import matplotlib.pyplot
from nbclient import NotebookClient

from autograder.feedback.exporter import PAGE_BYTES, FeedbackExporter
from course.exercises import load

ROOT = Path(__file__).parents[2]

WIDGET = "application/vnd.jupyter.widget-view+json"


def facts(cell: Any) -> dict[str, Any]:
    """Return a cell's nbgrader metadata."""
    known: dict[str, Any] = cell.metadata.get("nbgrader", {})
    return known


class Assignment:
    """A source in `solutions/`, read, run as a script, and run as a notebook, each once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.source = ROOT / "solutions" / f"{name}.py"
        self.exercises = load(name)

    @cached_property
    def cells(self) -> list[Any]:
        return list(jupytext.read(self.source).cells)

    @cached_property
    def solved(self) -> SimpleNamespace:
        """The names that the notebook leaves behind when it runs as a script."""
        matplotlib.use("agg")
        names = runpy.run_path(str(self.source))
        matplotlib.pyplot.close("all")
        return SimpleNamespace(**names)

    @cached_property
    def executed(self) -> Any:
        """The notebook after a run in a fresh kernel."""
        notebook = jupytext.read(self.source)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        return notebook

    @cached_property
    def outputs(self) -> list[Any]:
        """What a reader sees below the cells of `executed`."""
        return [output for cell in self.executed.cells for output in cell.get("outputs", [])]

    @cached_property
    def printed(self) -> str:
        return "".join(output.text for output in self.outputs if output.output_type == "stream")

    def images(self, kind: str) -> int:
        """Count the outputs of a kind, such as ``"image/png"``, other than widgets."""
        shown = (output.get("data", {}) for output in self.outputs)
        return sum(kind in data and WIDGET not in data for data in shown)

    def headings(self, before: int | None = None) -> list[str]:
        """Return the second-level headings, of all cells or of those before a position."""
        prose = (cell.source for cell in self.cells[:before] if cell.cell_type == "markdown")
        return re.findall(r"^## (.+)$", "\n".join(prose), flags=re.MULTILINE)

    def position(self, grade_id: str) -> int:
        return [facts(cell).get("grade_id") for cell in self.cells].index(grade_id)

    def stubs(self) -> list[Any]:
        return [
            cell for cell in self.cells if cell.cell_type == "code" and facts(cell).get("solution")
        ]

    def readme_section(self) -> str:
        """Return the assignment's part of `solutions/README.md`."""
        readme = (ROOT / "solutions" / "README.md").read_text(encoding="utf-8")
        parts = re.split(r"^## (?=\d\d )", readme, flags=re.MULTILINE)
        return next(part for part in parts if part.startswith(self.name[:2]))

    def doctests(self, name: str) -> doctest.TestResults:
        """Run the examples in a stub's docstring on the solution."""
        finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
        stub = getattr(self.solved, name)
        for test in finder.find(stub, name, module=False, globs=vars(self.solved)):
            runner.run(test)
        return runner.summarize(verbose=False)


@cache
def assignment(name: str) -> Assignment:
    """Return the assignment of this name, the same for all who ask."""
    return Assignment(name)


def headings_hold_their_exercises(assignment: Assignment) -> None:
    """Every exercise stands under the heading that its check points to, in the same order."""
    for exercise in assignment.exercises.values():
        position = assignment.position(exercise.name)
        assert assignment.headings(position)[-1] == exercise.read, exercise


def stubs_and_checks_are_pairs(assignment: Assignment) -> None:
    """Every exercise has a stub, its check right below, and both in the exercises' order."""
    cells = assignment.cells
    pairs = []
    for stub in assignment.stubs():
        check = cells[assignment.position(facts(stub)["grade_id"]) + 1]
        pairs.append((facts(stub)["grade_id"], facts(check).get("grade_id"), check.source))
    assert pairs == [(f"{name}-stub", name, f"check({name})") for name in assignment.exercises]


def stubs_have_hints_and_examples(assignment: Assignment) -> None:
    """What is left of a stub without its solution has a hint and an example."""
    for stub in assignment.stubs():
        left = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", stub.source, flags=re.S)
        assert left != stub.source
        assert "Hint: " in left, left
        assert ">>> " in left, left


def prose_is_short(assignment: Assignment) -> None:
    """No cell of prose has more than 90 words, formulas, drawings and tables aside."""
    for cell in assignment.cells:
        if cell.cell_type == "markdown" and not facts(cell):
            text = re.sub(r"\$\$.*?\$\$|```.*?```", "", cell.source, flags=re.S)
            text = re.sub(r"^\|.*$", "", text, flags=re.M)
            assert len(text.split()) <= 90, text


def pictures_are_explained(assignment: Assignment) -> None:
    """The cell after a picture says what to see in it."""
    drawn = [
        index
        for index, cell in enumerate(assignment.cells)
        if cell.cell_type == "code"
        and not facts(cell)
        and re.search(r"^(trace\(|figure, |plot_\w+|picture$)", cell.source, re.M)
    ]
    assert len(drawn) >= 3
    for index in drawn:
        assert assignment.cells[index + 1].source.startswith("**What to see.**"), index


def pictures_have_words(assignment: Assignment) -> None:
    """What a screen reader says in a picture's place is a sentence, and no other picture's."""
    metadata = [output.get("metadata", {}) for output in assignment.outputs]
    said = [kinds[kind]["alt"] for kinds in metadata for kind in kinds if kind.startswith("image/")]
    assert len(said) == assignment.images("image/png") + assignment.images("image/svg+xml")
    assert all(len(alt) > 40 and alt.endswith(".") for alt in said)
    assert len(set(said)) == len(said)


def outputs_fit_on_the_page_of_feedback(assignment: Assignment) -> None:
    """Who has solved all of it gets every picture back, and some of his own."""
    whose: dict[str, Any] = {"assignment": assignment.name, "student": "ada"}
    whose |= {"score": 1.0, "max_score": 1.0, "late_penalty": 0.0}
    page, _ = FeedbackExporter().from_notebook_node(assignment.executed, {"nbgrader": whose})
    shown = page.count("<img ")
    assert shown >= assignment.images("image/png") + assignment.images("image/svg+xml")
    assert "left out here" not in page
    assert len(page.encode()) < PAGE_BYTES - 40_000


def question_is_marked(assignment: Assignment) -> None:
    """The one written question gives three points, and its marking hint is in the solution."""
    (cell,) = (
        cell
        for cell in assignment.cells
        if cell.cell_type == "markdown" and facts(cell).get("grade")
    )
    assert facts(cell)["points"] == 3
    assert cell.source.startswith("### BEGIN SOLUTION")
    assert cell.source.endswith("### END SOLUTION")
    assert "For the grader" in cell.source


def readme_names_its_cells(assignment: Assignment) -> None:
    """The table in the readme names every graded cell and no other."""
    graded = {facts(cell)["grade_id"] for cell in assignment.cells if facts(cell).get("grade")}
    assert set(re.findall(r"`(\w+)`", assignment.readme_section())) == graded
