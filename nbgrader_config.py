"""The repository is an nbgrader course: what students open is released into ``notebooks/``."""

c = get_config()  # noqa: F821 -- nbgrader defines it when it reads this file

c.CourseDirectory.course_id = "backprop"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "notebooks"
# The feedback that `nbgrader generate_feedback` and formgrader write names mistakes too.
c.GenerateFeedback.exporter_class = "autograder.feedback.FeedbackExporter"

# What a student wrote must not act in the browser of the person who reads it in formgrader.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": "autograder.pages.sanitise.sanitise"}
