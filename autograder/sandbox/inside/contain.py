"""How a submission's process is shut in: namespaces, mounts, limits and capabilities of its own.

The zygote already lives in bubblewrap's sandbox: no network, a read-only system, an unprivileged
user. That sandbox is shared by all submissions of a run, so each gets, inside a user namespace of
its own, everything again that one submission could use to reach the next.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

from . import linux, seccomp

__all__ = ["Confinement", "confine_files", "confine_process", "drop_root", "leave_namespaces"]

NOBODY = 65534
SCRATCH = "/tmp"
HOME, WORK, SHARED_MEMORY = f"{SCRATCH}/home", f"{SCRATCH}/work", f"{SCRATCH}/.shm"
DESCRIPTORS = 256


@dataclass(frozen=True)
class Confinement:
    """What a child is told of its limits; see `autograder.sandbox.Limits`."""

    memory_bytes: int
    processes: int
    file_bytes: int
    wall_seconds: float


def drop_root() -> None:
    """Become nobody, when bubblewrap was started by root; mounts /proc while that is possible.

    Root keeps its uid in bubblewrap, since only root may be able to read the Python installation's
    path, and a process whose uid outside is 0 escapes RLIMIT_NPROC. So it is given up here.
    """
    if os.getuid() != 0:
        return
    linux.mount("proc", "/proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.drop_bounding_set()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # Changing the uid made /proc/self root's; the zygote's children must write their uid_map there.
    linux.set_dumpable(True)


def leave_namespaces() -> None:
    """Give this process, and as process 1 its first child, namespaces of their own."""
    uid, gid = os.getuid(), os.getgid()
    linux.unshare(
        linux.CLONE_NEWUSER
        | linux.CLONE_NEWNS
        | linux.CLONE_NEWPID
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
        | linux.CLONE_NEWNET
        | linux.CLONE_NEWCGROUP
    )
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    linux.make_mounts_private()


def confine_files(limits: Confinement) -> None:
    """Mount a /proc of its own and one tmpfs that is all it can write to.

    HOME, the working directory and /dev/shm are in that tmpfs, so that one size caps them all.
    """
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("proc", "/proc", flags | linux.MS_NOEXEC)
    inodes = max(1024, limits.file_bytes // 16384)
    linux.mount("tmpfs", SCRATCH, flags, f"size={limits.file_bytes},nr_inodes={inodes},mode=700")
    for directory in (HOME, WORK, SHARED_MEMORY):
        os.mkdir(directory, 0o700)
    linux.bind(SHARED_MEMORY, "/dev/shm")
    linux.mount("devpts", "/dev/pts", linux.MS_NOSUID | linux.MS_NOEXEC, "newinstance,ptmxmode=666")
    os.chdir(WORK)


def confine_process(limits: Confinement) -> None:
    """Set the resource limits, give up all capabilities and filter system calls, for good."""
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_CPU, int(limits.wall_seconds * limits.processes) + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 1024),
    ):
        resource.setrlimit(what, (value, value))
    linux.drop_capabilities()
    linux.forbid_new_privileges()
    seccomp.install()
