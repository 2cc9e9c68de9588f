"""The instructor's report on an assignment or a course: as data, and as one HTML page."""

from autograder.report.data import report_data
from autograder.report.page import write_report

__all__ = ["report_data", "write_report"]
