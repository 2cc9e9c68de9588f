"""What a submission must not be able to do, tried from where a submission runs.

Each attempt says what it could do, or nothing. None of them changes anything where it succeeds, so
that a sandbox that contains nothing does not harm the machine that tests it.
"""

from __future__ import annotations

import _thread
import ctypes
import errno
import mmap
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from . import linux

__all__ = ["attempt_all"]

WRITABLE = ("/tmp", "/dev/shm")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
SOCKETS = {
    "AF_NETLINK": socket.SOCK_RAW,
    "AF_PACKET": socket.SOCK_RAW,
    "AF_VSOCK": socket.SOCK_STREAM,
    "AF_ALG": socket.SOCK_SEQPACKET,
}


def attempt_all(bait: dict[str, Any]) -> list[str]:
    """Try everything.

    Parameters
    ----------
    bait : dict
        What the trusted side has laid out: see `autograder.sandbox.canary`.

    Returns
    -------
    list of str
        What could be done; empty if everything failed, as it must.
    """
    return [done for attempt in ATTEMPTS for done in attempt(bait)]


def _see_files(bait: dict[str, Any]) -> Iterator[str]:
    for path in bait["files"]:
        try:
            seen = bool(os.listdir(path) if os.path.isdir(path) else Path(path).read_bytes())
        except OSError:
            seen = False
        if seen:
            yield f"read {path}"


def _write_files(bait: dict[str, Any]) -> Iterator[str]:
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split()[4] for line in file]
    for path in (*bait["files"], *mounts, *bait["read_only"]):
        if path.startswith((*WRITABLE, "/proc", "/dev/pts")) or path in DEVICES:
            continue
        if os.access(path, os.W_OK):
            yield f"write to {path}"


def _reach_network(bait: dict[str, Any]) -> Iterator[str]:
    for family, address in (
        (socket.AF_INET, ("127.0.0.1", bait["port"])),
        (socket.AF_UNIX, bait["abstract_socket"]),
    ):
        if _succeeds(partial(_connect, family, address)):
            yield f"connect to {address!r} outside"
    for name, kind in SOCKETS.items():
        if _succeeds(partial(socket.socket, getattr(socket, name), kind)):
            yield f"open a socket of {name}"


def _raise_privileges(bait: dict[str, Any]) -> Iterator[str]:
    if os.getuid() == 0 or _succeeds(lambda: os.setuid(0)):
        yield "be root"
    if _succeeds(lambda: linux.unshare(linux.CLONE_NEWUSER)):
        yield "make a user namespace"
    # Of a directory that is not there: whoever may mount is told that, whoever may not is not.
    if _error(lambda: linux.mount("tmpfs", "/nowhere/at/all", 0)) != errno.EPERM:
        yield "mount file systems"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0, 0, 0, 0) == 0:
        yield "trace processes"
    if _succeeds(lambda: os.memfd_create("memory")):
        yield "have files outside its tmpfs"


def _take_more(bait: dict[str, Any]) -> Iterator[str]:
    if _succeeds(lambda: mmap.mmap(-1, bait["memory_bytes"])):
        yield f"map {bait['memory_bytes']} bytes of memory"
    disk = os.statvfs("/tmp")
    if disk.f_blocks * disk.f_frsize > bait["file_bytes"]:
        yield f"write more than {bait['file_bytes']} bytes"
    with tempfile.TemporaryFile() as file:
        if _succeeds(lambda: os.truncate(file.fileno(), bait["file_bytes"] + 1)):
            yield f"make a file of more than {bait['file_bytes']} bytes"
    if _threads(bait["processes"]) >= bait["processes"]:
        yield f"have more than {bait['processes']} threads"


def _inherit(bait: dict[str, Any]) -> Iterator[str]:
    names = [name for name in bait["environment"] if name in os.environ]
    if names:
        yield f"see the environment: {', '.join(names)}"
    sockets = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue  # the listing's own
        sockets += target.startswith("socket:")
        if not target.startswith(("socket:", "/tmp/", "/dev/null", "/proc/")):
            yield f"use the open file {target}"
    if sockets > 1:
        yield f"use {sockets} open sockets"


def _connect(family: int, address: Any) -> None:
    with socket.socket(family) as connection:
        connection.connect(address)


def _threads(most: int) -> int:
    """How many threads can be started, up to `most`, besides this one."""
    release = threading.Event()
    started = 0
    try:
        for _ in range(most):
            _thread.start_new_thread(release.wait, ())
            started += 1
    except RuntimeError:
        pass  # the limit
    finally:
        release.set()
    return started


def _succeeds(action: Callable[[], Any]) -> bool:
    return _error(action) is None


def _error(action: Callable[[], Any]) -> int | None:
    """Error number that an action failed with, None if it did not."""
    try:
        action()
    except MemoryError:
        return errno.ENOMEM
    except OSError as error:
        return error.errno or errno.EPERM
    return None


ATTEMPTS = (_see_files, _write_files, _reach_network, _raise_privileges, _take_more, _inherit)
