"""The instructor's side: build, grade, feedback, report and export."""
