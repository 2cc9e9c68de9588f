"""Control groups: what one submission may use with all its processes together.

Memory and the number of processes are limited. Processor time is shared out evenly: to as many
processes as a submission may start, as much as to another one's single process.

A group is made below the one this process is in, or beside it, never higher, so that no limit set
on this process is left behind. Version 1 has a hierarchy per controller, version 2 one for all;
either is used where it is writable.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .leftovers import PREFIX, abandoned, mark
from .limits import Limits

__all__ = ["Controller", "Group", "controllers", "sweep"]

NAMES = ("memory", "pids", "cpu")
REMOVE_SECONDS = 2.0
EVENTS = {1: "memory.oom_control", 2: "memory.events"}  # by version
EVENTS_BYTES = 4096


@dataclass(frozen=True)
class Controller:
    """Where groups of one kind can be made.

    Attributes
    ----------
    name : str
        One of `NAMES`.
    version : int
        1 or 2.
    directory : Path
        The group to make ours in.
    """

    name: str
    version: int
    directory: Path


def controllers() -> dict[str, Controller]:
    """Give the controllers this process may use, by name; what is missing is not available."""
    found: dict[str, Controller] = {}
    try:
        membership = Path("/proc/self/cgroup").read_text().splitlines()
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except FileNotFoundError:
        return found
    for line in membership:
        _, names, own = line.split(":", 2)
        for mount_point, root, version, options in _hierarchies(mounts):
            for name in NAMES:
                if version == 1 and name in names.split(",") and name in options:
                    candidates = [_below(mount_point, root, own)]
                elif version == 2 and not names:
                    below = _below(mount_point, root, own)
                    candidates = [d for d in (below, below.parent) if _delegates(d, name)]
                else:
                    continue
                for directory in candidates:
                    if name not in found and os.access(directory, os.W_OK):
                        found[name] = Controller(name, version, directory)
    return found


class Group:
    """The control groups of one submission; on machines that have none, it limits nothing.

    Parameters
    ----------
    limits : Limits
    available : dict
        As from `controllers`.
    """

    def __init__(self, limits: Limits, available: dict[str, Controller]) -> None:
        name = mark()
        # The controllers of version 2 share a directory.
        self.paths = {c.directory / name: None for c in available.values()}
        self.memory: tuple[int, Path] | None = None
        self._events = -1
        for path in self.paths:
            path.mkdir()
        for controller in available.values():
            path = controller.directory / name
            if controller.name == "pids":
                _write(path / "pids.max", limits.processes)
            elif controller.name == "memory":
                self.memory = (controller.version, path)
                self._limit_memory(limits.memory_bytes)
                self._events = os.open(path / EVENTS[controller.version], os.O_RDONLY)

    def add(self, pid: int) -> None:
        """Put a process in; what it starts from then on is in too."""
        for path in self.paths:
            _write(path / "cgroup.procs", pid)

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed for memory here."""
        if self._events < 0:
            return False
        # Asked after every frame: a descriptor that stays is read ten times as fast as a path.
        told = os.pread(self._events, EVENTS_BYTES, 0)
        return re.search(rb"^oom_kill [1-9]", told, re.MULTILINE) is not None

    def remove(self) -> None:
        """Remove the groups, whose processes have all ended."""
        if self._events >= 0:
            os.close(self._events)
            self._events = -1
        for path in self.paths:
            _remove(path)

    def _limit_memory(self, most: int) -> None:
        assert self.memory is not None
        version, path = self.memory
        if version == 1:
            _write(path / "memory.limit_in_bytes", most)
            # Accounting of swap is a choice of the kernel's build, and may not be there.
            with suppress(FileNotFoundError):
                _write(path / "memory.memsw.limit_in_bytes", most)
        else:
            _write(path / "memory.max", most)
            _write(path / "memory.oom.group", 1)
            with suppress(FileNotFoundError):
                _write(path / "memory.swap.max", 0)


def sweep(available: dict[str, Controller]) -> None:
    """Remove the groups of graders that are no longer there."""
    for directory in {controller.directory for controller in available.values()}:
        for path in directory.glob(f"{PREFIX}*"):
            # One that still holds processes, which are about to end, is for the next sweep.
            if abandoned(path.name) and not (path / "cgroup.procs").read_text():
                _remove(path)


def _hierarchies(mounts: list[str]) -> Iterator[tuple[Path, str, int, list[str]]]:
    for line in mounts:
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            root, mount_point = fields.split()[3:5]
            yield Path(mount_point), root, 1 if kind == "cgroup" else 2, options.split(",")


def _below(mount_point: Path, root: str, own: str) -> Path:
    """Directory of the group `own` in a hierarchy of which `root` is mounted."""
    inside = Path(own)
    if inside.is_relative_to(root):
        return mount_point / inside.relative_to(root)
    return mount_point


def _delegates(directory: Path, name: str) -> bool:
    """Whether a group made in `directory` would have the controller."""
    control = directory / "cgroup.subtree_control"
    return control.exists() and name in control.read_text().split()


def _write(file: Path, value: int) -> None:
    # Not write_text: it would create a file that the kernel does not offer.
    with open(file, "r+") as control:
        control.write(str(value))


def _remove(path: Path) -> None:
    """Remove a group; the kernel may take a moment to let go of processes that have ended."""
    until = time.monotonic() + REMOVE_SECONDS
    while path.exists():
        try:
            path.rmdir()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
