"""Running a student's code where it can do no harm; see `Sandbox`."""

from .errors import SandboxError
from .limits import Limits
from .sandbox import Sandbox
from .session import CellRun, Session

__all__ = ["CellRun", "Limits", "Sandbox", "SandboxError", "Session"]
