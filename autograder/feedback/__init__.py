"""What a student gets back: the notebook as one HTML page, with verdicts, scores and comments.

``FeedbackExporter`` serves nbgrader's own command and formgrader as well, when
``GenerateFeedback.exporter_class`` names it.
"""

from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.write import FeedbackIncomplete, write_feedback

__all__ = ["FeedbackExporter", "FeedbackIncomplete", "write_feedback"]
