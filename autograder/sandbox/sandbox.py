"""The sandbox of one worker: a zygote, and sessions forked from it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from . import cgroup, leftovers
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
    engine : bool
        Whether submissions find the engine and the exercises, or something inert in their place.
        Without bubblewrap they always find them.

    Raises
    ------
    SandboxError
        On entering: the sandbox cannot be started here.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        unsafe: bool = False,
        hidden: Sequence[Path] = (),
        engine: bool = True,
    ) -> None:
        self.limits, self.unsafe, self.hidden = limits or Limits(), unsafe, tuple(hidden)
        self.engine = engine
        self._controllers = {} if unsafe else cgroup.controllers()
        self._open = ExitStack()
        self._scratch: Path | None = None

    def __enter__(self) -> Sandbox:
        leftovers.sweep_directories()
        cgroup.sweep(self._controllers)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
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

    @property
    def pid(self) -> int:
        """Number of the process that everything here ends with."""
        return self._process.pid

    def start(self) -> Session:
        """Fork a child for a submission.

        Raises
        ------
        SandboxError
            The zygote is gone, or the child could not be shut in.
        """
        group = None if self.unsafe else cgroup.Group(self.limits, self._controllers)
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
                if group is not None:
                    group.remove()
                raise SandboxError(f"the sandbox is gone ({error}): {self._complaint()}") from None
        return Session(self.limits, ours, status, group)

    def close(self) -> None:
        """End the zygote and all that it forked."""
        self._open.close()

    def _begin(self) -> None:
        if self.unsafe:
            self._scratch = Path(tempfile.gettempdir(), leftovers.mark())
            self._scratch.mkdir(mode=0o700)
            self._open.callback(shutil.rmtree, self._scratch, ignore_errors=True)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the rest, below
        self._open.callback(self._log.close)
        self._control, theirs = socket.socketpair()
        self._open.callback(self._control.close)
        with theirs:
            self._process = launch(
                self.limits,
                theirs.fileno(),
                self._log,
                hidden=self.hidden,
                scratch=self._scratch,
                engine=self.engine,
            )
        self._open.callback(_end, self._process, self._control)
        self._await_ready()

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
                "scratch": tempfile.mkdtemp(dir=self._scratch) if self._scratch else "/tmp",
                "limits": {
                    "array_bytes": limits.array_bytes,
                    "cell_bytes": limits.cell_values.array_bytes,
                    "cell_seconds": limits.cell_seconds,
                },
            }
        ).encode()


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    """End a zygote, which goes by itself once its control socket is closed."""
    control.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
