"""The process that has everything loaded and forks a child for each submission.

It never runs a student's code itself, so each child starts from the same state. It has one thread
and no open connection but the control socket, so that a fork takes nothing along that would be
broken in the copy.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from typing import Any, NoReturn

import numpy as np

from . import contain
from .guard import guard
from .shell import CellShell, new_shell

__all__ = ["main"]

READY = b"ready"


def main() -> NoReturn:
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
            os._exit(0)  # without the seconds that unloading everything takes
        if os.fork() == 0:
            control.close()
            guard(shell, json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _load(modules: list[str], output_bytes: int) -> CellShell:
    """Import what submissions use, the shell first: the inline backend hooks into it."""
    shell = new_shell(output_bytes)
    for module in modules:
        importlib.import_module(module)
    _warm_up(shell)
    _draw_what_is_seen()
    sys.path.insert(0, "")
    return shell


def _warm_up(shell: CellShell) -> None:
    """Do once what is slow the first time, and leaves nothing in the shell."""
    np.random.seed()  # noqa: NPY002 - the global generator, which each child seeds anew
    pyplot = importlib.import_module("matplotlib.pyplot")
    shell.run_cell("pass", silent=True, store_history=False)
    figure, axes = pyplot.subplots()
    axes.set_title("$x$")
    formatter: Any = shell.display_formatter
    formatter.format(figure)
    pyplot.close(figure)
    try:
        raise ValueError
    except ValueError:
        shell.InteractiveTB.structured_traceback(*sys.exc_info())


def _draw_what_is_seen() -> None:
    """Show a cell's figures, which closes them, before pyplot draws those that are still open.

    In a kernel pyplot comes first and draws, for a window that is not there, each figure that is
    drawn again to be shown.
    """
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.uninstall_repl_displayhook()
    pyplot.install_repl_displayhook()


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
