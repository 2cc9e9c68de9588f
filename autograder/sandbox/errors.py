"""What goes wrong with the sandbox itself, as opposed to the code inside it."""

from __future__ import annotations

__all__ = ["SandboxError"]


class SandboxError(RuntimeError):
    """The sandbox cannot be started or does not contain; the message says what to do."""
