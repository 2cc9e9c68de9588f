"""The formats as nbgrader's plugins, so that ``nbgrader export --exporter`` writes them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins.export import ExportPlugin

from autograder.course_directory import CourseDirectory
from autograder.durable import write_durably
from autograder.export.formats import as_text
from autograder.export.scores import read_scores

__all__ = ["CanvasExport", "CsvExport", "MoodleExport"]


class _Export(ExportPlugin):
    """Writes one of the formats to ``--to``, for ``--assignment`` and ``--student`` if given."""

    format: str

    def export(self, gradebook: Any) -> None:
        """Write the file."""
        # nbgrader's application is the plugin's parent, and knows the course.
        course = CourseDirectory(self.parent.coursedir, self.parent.config)
        # A list given on the command line may hold numbers.
        assignments, students = map(str, self.assignment), map(str, self.student)
        scores = read_scores(course, gradebook, tuple(assignments), tuple(students))
        to = Path(self.to or f"{self.format}.csv")
        write_durably(to, as_text(self.format, scores))
        self.log.info("Wrote %s", to)


class CsvExport(_Export):
    """nbgrader's own columns, quoted, with a status, and no 0 for who has no grade."""

    format = "csv"


class CanvasExport(_Export):
    """For "Import" in the gradebook of Canvas."""

    format = "canvas"


class MoodleExport(_Export):
    """For "Import: CSV file" in the gradebook of Moodle."""

    format = "moodle"
