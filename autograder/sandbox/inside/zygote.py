"""The process that has everything loaded and forks a child for each submission.

It never runs a student's code itself, so each child starts from the same state. It has one thread
and no open connection but the control socket, so that a fork takes nothing along that would be
broken in the copy.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import io
import json
import os
import random
import socket
import sys
from typing import Any, NoReturn

import numpy as np

from . import contain, linux
from .child import serve
from .shell import CellShell, new_shell

__all__ = ["main"]

LOWEST_CHANNEL = 200  # far from the numbers that a cell's own files get
READY = b"ready"
FAILED = b"!"


def main() -> None:
    """Load, say so, and fork on every order until the trusted side is gone."""
    setup: dict[str, Any] = json.loads(sys.argv[1])
    if setup["contained"]:
        contain.drop_root()
    control = socket.socket(fileno=setup["control"])
    shell = _load(setup["preload"], setup["output_bytes"])
    _require_one_thread()
    gc.collect()
    gc.freeze()
    control.sendall(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
        _reap()
        if not message:
            return
        if os.fork() == 0:
            control.close()
            _guard(shell, json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _load(modules: list[str], output_bytes: int) -> CellShell:
    """Import what submissions use, the shell first: the inline backend hooks into it."""
    shell = new_shell(output_bytes)
    for module in modules:
        importlib.import_module(module)
    if "matplotlib.pyplot" in modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        # The first figure loads fonts and the renderer.
        figure, axes = pyplot.subplots()
        axes.set_title("$x$")
        figure.savefig(io.BytesIO(), format="png")
        pyplot.close(figure)
    sys.path.insert(0, "")
    return shell


def _require_one_thread() -> None:
    tasks = "/proc/self/task"
    threads = len(os.listdir(tasks)) if os.path.isdir(tasks) else 1
    if threads != 1:
        raise RuntimeError(f"{threads} threads before the fork; a preloaded module starts them")


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # there is no child


def _guard(shell: CellShell, order: dict[str, Any], channel: int, status: int) -> NoReturn:
    """Stand between the zygote and the submission: make its namespaces, await and tell its end."""
    report = socket.socket(fileno=status)
    confinement = contain.Confinement(**order["confinement"]) if order["confinement"] else None
    try:
        if confinement:
            contain.leave_namespaces()
            linux.die_with_parent()
        pid = os.fork()
        if pid == 0:
            _submission(shell, order, confinement, channel, report)
        os.close(channel)
        _, ended = os.waitpid(pid, 0)
        report.sendall(b"%d" % ended)
    except (
        BaseException
    ) as error:  # whatever it was, it must reach the trusted side, not the zygote
        report.sendall(FAILED + repr(error).encode())
    finally:
        os._exit(0)


def _submission(
    shell: CellShell,
    order: dict[str, Any],
    confinement: contain.Confinement | None,
    descriptor: int,
    report: socket.socket,
) -> NoReturn:
    """Shut this process in, be let go by the trusted side, and serve it."""
    code = 1
    try:
        connection = _moved(descriptor)
        if confinement:
            linux.die_with_parent()
            contain.confine_files(confinement)
            contain.confine_process(confinement)
        else:
            os.setsid()
            os.chdir(order["scratch"])
        report.close()
        os.closerange(3, LOWEST_CHANNEL)
        random.seed()
        np.random.seed()  # noqa: NPY002 - the global generator is what students use
        # The kernel adds to these bytes who sent them; the number is for where it does not.
        connection.sendall(b"%d\n" % os.getpid())
        if connection.recv(1) == b"g":
            serve(connection, shell, order["scratch"], order["limits"])
        code = 0
    except BaseException as error:  # told if it can still be told, and in any case the end
        if report.fileno() >= 0:
            report.sendall(FAILED + repr(error).encode())
    finally:
        os._exit(code)


def _moved(descriptor: int) -> socket.socket:
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, LOWEST_CHANNEL)
    os.close(descriptor)
    return socket.socket(fileno=high)
