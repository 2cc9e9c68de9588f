"""The sandbox of one worker: a zygote, and sessions forked from it."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from . import cgroup
from .canary import breaches
from .errors import SandboxError
from .launch import launch
from .limits import Limits
from .session import Session

__all__ = ["Sandbox"]

START_SECONDS = 60.0
STOP_SECONDS = 5.0


class Sandbox:
    """Where submissions run: everything loaded once, a child per submission.

    Use it as a context manager, in the thread that uses it: bubblewrap dies with that thread.

    Parameters
    ----------
    limits : Limits
        What each submission may use.
    unsafe : bool
        Run the children as plain processes of this user, without bubblewrap: only after the
        instructor has asked for it in so many words.
    hidden : sequence of Path
        Files and directories that no submission may see, wherever they lie: the course directory,
        the database. `prove` shows that they are not seen.

    Raises
    ------
    SandboxError
        On entering: the sandbox cannot be started here.
    """

    def __init__(
        self, limits: Limits | None = None, *, unsafe: bool = False, hidden: Sequence[Path] = ()
    ) -> None:
        self.limits, self.unsafe, self.hidden = limits or Limits(), unsafe, tuple(hidden)

    def __enter__(self) -> Sandbox:
        self._controllers = {} if self.unsafe else cgroup.controllers()
        cgroup.sweep(self._controllers)
        self._scratch = tempfile.mkdtemp(prefix="autograder-") if self.unsafe else None
        self._log = tempfile.TemporaryFile()
        self._control, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = launch(
                    self.limits,
                    theirs.fileno(),
                    self._log,
                    hidden=self.hidden,
                    scratch=self._scratch,
                )
            self._await_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def prove(self) -> None:
        """Show that a submission is contained; call it before the first one.

        Raises
        ------
        SandboxError
            Something that must be impossible is possible.
        """
        with self.start() as session:
            found = breaches(session, self.limits, self.hidden)
        if found:
            raise SandboxError(
                "the sandbox does not contain, so nothing was graded: a submission could "
                + "; ".join(found)
                + ". `autograder doctor` says what this machine lacks."
            )

    def start(self) -> Session:
        """Fork a child for a submission.

        Raises
        ------
        SandboxError
            The zygote is gone, or the child could not be shut in.
        """
        ours, theirs = socket.socketpair()
        status, told = socket.socketpair()
        if sys.platform == "linux":
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs, told:
            try:
                socket.send_fds(self._control, [self._order()], [theirs.fileno(), told.fileno()])
            except OSError as error:
                ours.close()
                status.close()
                raise SandboxError(f"the sandbox is gone ({error}): {self._complaint()}") from None
        group = None if self.unsafe else cgroup.Group(self.limits, self._controllers)
        return Session(self.limits, ours, status, group)

    def close(self) -> None:
        """End the zygote and all that it forked."""
        self._control.close()
        process = getattr(self, "_process", None)
        if process is not None:
            with suppress(Exception):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()
        self._log.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _await_ready(self) -> None:
        self._control.settimeout(START_SECONDS)
        started = time.monotonic()
        try:
            ready = self._control.recv(64)
        except TimeoutError:
            ready = b""
        if not ready:
            seconds = time.monotonic() - started
            raise SandboxError(
                f"the sandbox did not start ({seconds:.0f} s): {self._complaint()}\n"
                "`autograder doctor` says what this machine lacks."
            )
        self._control.settimeout(None)

    def _complaint(self) -> str:
        self._log.seek(0)
        text = self._log.read().decode(errors="replace").strip()
        return text[-2000:] or "it said nothing"

    def _order(self) -> bytes:
        limits = self.limits
        confinement = {
            "memory_bytes": limits.memory_bytes,
            "processes": limits.processes,
            "file_bytes": limits.file_bytes,
            "wall_seconds": limits.wall_seconds,
        }
        return json.dumps(
            {
                "confinement": None if self.unsafe else confinement,
                "watch_memory": "memory" not in self._controllers,
                "scratch": self._scratch or "/tmp",
                "limits": {
                    "array_bytes": limits.array_bytes,
                    "cell_bytes": limits.cell_values.array_bytes,
                    "cell_seconds": limits.cell_seconds,
                },
            }
        ).encode()
