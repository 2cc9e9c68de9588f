"""Scores for other programs: nbgrader's table, and what Canvas and Moodle import.

A format is a function from scores to rows. The command ``autograder export`` and nbgrader's
``nbgrader export --exporter=autograder.export.CanvasExport`` write the same.
"""

from autograder.export.formats import FORMATS, as_text
from autograder.export.plugins import CanvasExport, CsvExport, MoodleExport
from autograder.export.scores import Score, read_scores

__all__ = [
    "FORMATS",
    "CanvasExport",
    "CsvExport",
    "MoodleExport",
    "Score",
    "as_text",
    "read_scores",
]
