"""Courseware that teaches backpropagation: engine, exercises, checks and widgets."""

from course.checking.check import CheckFailed, check

__all__ = ["CheckFailed", "check"]
