"""Courseware that teaches backpropagation: engine, exercises, checks and widgets."""

from course.checking.check import CheckFailed, check
from course.progress import progress

__all__ = ["CheckFailed", "check", "progress"]
