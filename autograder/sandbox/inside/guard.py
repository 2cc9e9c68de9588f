"""Between the zygote and a submission: its namespaces are made here, and its end is awaited.

The guard is the submission's parent, outside its process namespace and so out of its sight. Where
the machine has no memory cgroup, it also adds up what the submission's processes use.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import time
from typing import Any, NoReturn

import numpy as np

from . import contain, linux
from .child import serve
from .shell import CellShell

__all__ = ["guard"]

LOWEST_CHANNEL = 200  # far from the numbers that a cell's own files get
WATCH_SECONDS = 0.1


def guard(shell: CellShell, order: dict[str, Any], channel: int, status: int) -> NoReturn:
    """Fork the submission, await its end and tell it; never returns.

    Tells ``"exit N"`` with N as from ``wait``, ``"memory"``, or ``"failed: …"``.

    Parameters
    ----------
    shell : CellShell
    order : dict
        What the trusted side asked for; see `autograder.sandbox.Sandbox`.
    channel, status : int
        Descriptors: of the submission's socket, and of ours to tell its end.
    """
    report = socket.socket(fileno=status)
    limits = contain.Confinement(**order["confinement"]) if order["confinement"] else None
    try:
        if limits:
            contain.leave_namespaces()
            linux.die_with_parent()
        pid = os.fork()
        if pid == 0:
            _submission(shell, order, limits, channel, report)
        os.close(channel)
        if limits and order["watch_memory"]:
            _watch_memory(pid, limits.memory_bytes, report)
        _, ended = os.waitpid(pid, 0)
        report.sendall(b"exit %d" % ended)
    except BaseException as error:  # whatever it was, it is for the trusted side, not the zygote
        report.sendall(b"failed: " + repr(error).encode())
    finally:
        os._exit(0)


def _submission(
    shell: CellShell,
    order: dict[str, Any],
    limits: contain.Confinement | None,
    descriptor: int,
    report: socket.socket,
) -> NoReturn:
    """Shut this process in, be let go by the trusted side, and serve it."""
    try:
        connection = _moved(descriptor)
        # A signal to its process group would reach us and the zygote, whatever the namespaces.
        os.setsid()
        if limits:
            linux.die_with_parent()
            contain.confine_files(limits)
            contain.confine_process(limits)
        else:
            os.chdir(order["scratch"])
        random.seed()
        np.random.seed()  # noqa: NPY002 - the global generator is what students use
    except BaseException as error:  # whatever it was, it is for the trusted side
        report.sendall(b"failed: " + repr(error).encode())
        os._exit(1)
    report.close()
    os.closerange(3, LOWEST_CHANNEL)
    code = 1
    try:
        # The kernel adds to these bytes who sent them; the number is for where it does not.
        connection.sendall(b"%d\n" % os.getpid())
        if connection.recv(1) == b"g":
            serve(connection, shell, order["scratch"], order["limits"])
        code = 0
    finally:
        # Without Python's own end: it would run what the cells registered for it.
        os._exit(code)


def _moved(descriptor: int) -> socket.socket:
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, LOWEST_CHANNEL)
    os.close(descriptor)
    return socket.socket(fileno=high)


def _watch_memory(pid: int, most: int, report: socket.socket) -> None:
    """End the submission when all its processes and files together use more than `most` bytes."""
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if _used() > most:
            report.sendall(b"memory ")
            os.kill(pid, linux.SIGKILL)
            return
        time.sleep(WATCH_SECONDS)


def _used() -> int:
    """Bytes of every process in /proc, which is the submission's own, and of its tmpfs."""
    if os.path.exists("/proc/self"):
        return 0  # the /proc of the zygote: the submission has not yet mounted its own
    disk = os.statvfs(contain.SCRATCH)
    total = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/smaps_rollup") as file:
                shares = [line.split() for line in file if line.startswith("Pss_Anon:")]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended in between
        total += sum(int(share[1]) * 1024 for share in shares)
    return total
