"""Marks on what a grader makes outside its process, so that a later one can tell it was abandoned.

A mark names the process namespace, the process and when it began: a number that is used again, or
that means another process in another container, is not mistaken for it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

__all__ = ["PREFIX", "abandoned", "mark", "sweep_directories"]

PREFIX = "autograder-"


def mark() -> str:
    """Make a new name for something of this process."""
    pid = os.getpid()
    return f"{PREFIX}{_namespace()}-{pid}-{_birth(pid)}-{secrets.token_hex(4)}"


def abandoned(name: str) -> bool:
    """Whether the process that made the name, in this process namespace, is no longer there."""
    parts = name.removeprefix(PREFIX).split("-")
    if not name.startswith(PREFIX) or len(parts) != 4 or not parts[1].isdigit():
        return False
    namespace, pid, birth, _ = parts
    return namespace == _namespace() and _birth(int(pid)) != birth


def sweep_directories() -> None:
    """Remove the temporary directories of graders that are no longer there."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if abandoned(path.name):
            # What another user left is not ours to remove.
            shutil.rmtree(path, ignore_errors=True)


def _namespace() -> str:
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except FileNotFoundError:
        return "0"  # no Linux


def _birth(pid: int) -> str:
    """When a process began, in ticks since the machine did; "" if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[19]
