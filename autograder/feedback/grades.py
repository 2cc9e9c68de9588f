"""Grades and comments from the gradebook into the notebook's metadata."""

from __future__ import annotations

from typing import Any

from nbgrader.api import BaseCell, Comment, Grade, Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["ReadGrades"]


class ReadGrades(NbGraderPreprocessor):
    """Do what nbgrader's ``GetGrades`` does, with two queries instead of two for each cell.

    It also says which answers a person has still to read, so that these show no score rather
    than 0, and it passes over cells that the gradebook does not know.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        Open; one for the whole class, since opening takes longer than reading.
    """

    def __init__(self, gradebook: Gradebook, **named: Any) -> None:
        super().__init__(**named)
        self._gradebook = gradebook

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Put grades and comments into a notebook.

        Parameters
        ----------
        nb : nbformat.NotebookNode
        resources : dict
            ``resources["nbgrader"]`` says whose it is; gets ``score``, ``max_score`` and
            ``late_penalty``.
        """
        whose = resources["nbgrader"]
        notebook = self._gradebook.find_submission_notebook(
            whose["notebook"], whose["assignment"], whose["student"]
        )
        penalty = notebook.late_submission_penalty or 0.0
        whose["score"] = max(0.0, notebook.score - penalty)
        whose["max_score"], whose["late_penalty"] = notebook.max_score, penalty
        grades = _grades(self._gradebook, notebook.id)
        comments = _comments(self._gradebook, notebook.id)
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader")
            if marks and "grade_id" in marks:
                marks.update(grades.get(marks["grade_id"], {}))
                if comment := comments.get(marks["grade_id"]):
                    marks["comment"] = comment
        return nb, resources


def _grades(gradebook: Any, notebook: str) -> dict[str, dict[str, Any]]:
    rows = (
        gradebook.db.query(BaseCell.name, Grade.score, Grade.max_score, Grade.needs_manual_grade)
        .join(Grade, Grade.cell_id == BaseCell.id)
        .filter(Grade.notebook_id == notebook)
    )
    return {
        name: {"score": score, "points": most, "needs_manual_grade": bool(unread)}
        for name, score, most, unread in rows
    }


def _comments(gradebook: Any, notebook: str) -> dict[str, str]:
    rows = (
        gradebook.db.query(BaseCell.name, Comment.comment)
        .join(Comment, Comment.cell_id == BaseCell.id)
        .filter(Comment.notebook_id == notebook)
    )
    return {name: comment for name, comment in rows if comment}
