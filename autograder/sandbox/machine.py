"""What this machine gives a sandbox, for ``autograder doctor``."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import cgroup
from .errors import SandboxError
from .inside.seccomp import ARCHITECTURES
from .launch import bubblewrap

__all__ = ["Fact", "facts"]

WAYS = (
    "grade on a Linux machine or in a Linux container, "
    "or give --scheduler the address of a Dask cluster of Linux workers"
)
SPARE = {
    "memory": "a submission's memory is limited per process by the kernel, and for all its "
    "processes together by adding them up ten times a second: what is taken and given back "
    "in between is not seen",
    "pids": "processes are limited per user namespace (RLIMIT_NPROC) alone",
    "cpu": "a submission with many processes slows those that are graded beside it, until its "
    "time is up",
}
LANDLOCK_CREATE_RULESET, LANDLOCK_VERSION = 444, 1


@dataclass(frozen=True)
class Fact:
    """One thing that a machine has or lacks.

    Attributes
    ----------
    name : str
    present : bool
    needed : bool
        Whether nothing can be graded without it.
    detail : str
        Which one it is, or what to do or what is weaker without it.
    """

    name: str
    present: bool
    needed: bool
    detail: str


def facts() -> list[Fact]:
    """Look at everything the sandbox uses on this machine."""
    if sys.platform != "linux":
        return [Fact("Linux", False, True, f"this is {sys.platform}: {WAYS}")]
    return [
        Fact("Linux", True, True, platform.release()),
        *_bubblewrap_and_namespaces(),
        _seccomp(),
        *_control_groups(),
        _landlock(),
    ]


def _bubblewrap_and_namespaces() -> list[Fact]:
    try:
        path = bubblewrap()
    except SandboxError as error:
        return [
            Fact("bubblewrap", False, True, str(error)),
            Fact("namespaces", False, True, "not tried, without bubblewrap"),
        ]
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return [Fact("bubblewrap", True, True, version.stdout.strip()), _namespaces(path)]


def _namespaces(path: str) -> Fact:
    """Try the namespaces that the sandbox needs, as this user."""
    command = [path, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    command += ["--ro-bind", "/", "/", "--proc", "/proc", "--", sys.executable, "-I", "-c", ""]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode == 0:
        return Fact("namespaces", True, True, "user, mount, process, network and IPC")
    return Fact(
        "namespaces",
        False,
        True,
        f"{tried.stderr.strip()}; let users make user namespaces "
        "(sysctl user.max_user_namespaces and, on Debian and Ubuntu, "
        "kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0; "
        "in a container, start it with --security-opt seccomp=unconfined "
        "--security-opt systempaths=unconfined)",
    )


def _seccomp() -> Fact:
    known = platform.machine() in ARCHITECTURES
    built = "\nSeccomp:" in Path("/proc/self/status").read_text()
    if known and built:
        return Fact("seccomp", True, True, f"filter for {platform.machine()}")
    reason = "a kernel without it" if known else f"no filter for {platform.machine()}"
    return Fact("seccomp", False, True, f"{reason}; {WAYS}")


def _control_groups() -> list[Fact]:
    available = cgroup.controllers()
    found = []
    for name, spare in SPARE.items():
        controller = available.get(name)
        if controller is None:
            detail = f"none that can be written to: {spare}"
        else:
            detail = f"version {controller.version}"
        found.append(Fact(f"{name} cgroup", controller is not None, False, detail))
    return found


def _landlock() -> Fact:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_VERSION)
    if version > 0:
        return Fact("Landlock", True, False, f"version {version}; the mounts do its work here")
    reason = os.strerror(ctypes.get_errno())
    return Fact("Landlock", False, False, f"{reason}; not used: the mounts do its work here")
