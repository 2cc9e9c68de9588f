"""The life of a submission's process, from its first word to the end of all it has started."""

from __future__ import annotations

import os
import signal
import socket
import struct
import time
from contextlib import suppress

from .cgroup import Group
from .errors import SandboxError

__all__ = ["Child"]

HELLO_SECONDS = 10.0
END_SECONDS = 10.0
CREDENTIALS = struct.Struct("3i")


class Child:
    """A process that the zygote has forked: let go once it is in its control groups, and ended.

    Parameters
    ----------
    channel : socket.socket
        Ours and the child's.
    status : socket.socket
        Ours and the guard's, who tells how the child ended; see `inside.guard`.
    group : Group or None
        Its control groups; None means that there is no sandbox.

    Attributes
    ----------
    pid : int
        Number of the process, as seen from here.

    Raises
    ------
    SandboxError
        It did not come up, or could not be shut in.
    """

    def __init__(self, channel: socket.socket, status: socket.socket, group: Group | None) -> None:
        self._channel, self._status, self._group = channel, status, group
        self.pid = self._handle = -1
        self._told = ""
        try:
            self.pid = self._hello()
            if group is not None:
                self._handle = os.pidfd_open(self.pid)
                group.add(self.pid)
            channel.sendall(b"g")
            channel.settimeout(None)
        except (OSError, ValueError) as error:
            self.end()
            raise SandboxError(
                f"a submission could not be started: {self._told or error}"
            ) from None

    def out_of_memory(self) -> bool:
        """Whether it, or something it started, was ended for the memory it used."""
        if self._told.startswith("memory"):
            return True
        return self._group is not None and self._group.out_of_memory()

    def told(self, seconds: float = END_SECONDS) -> str:
        """Wait until it has ended and say how; "" if it has not. All it started is gone by then."""
        deadline = time.monotonic() + seconds
        heard = b""
        with suppress(TimeoutError, ConnectionError):
            while self._status.fileno() >= 0:
                self._status.settimeout(max(deadline - time.monotonic(), 0.001))
                part = self._status.recv(4096)
                if not part:
                    break
                heard += part
        if heard:
            self._told = _in_words(heard.decode(errors="replace"))
        return self._told

    def end(self) -> None:
        """End it and everything it started, and wait until all of it is gone."""
        if self._status.fileno() < 0:
            return  # it has been ended, and its number may be another's by now
        # One that waits to be let go sees by this that it will not be.
        self._channel.close()
        self._kill()
        self.told()
        self._status.close()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self._group is not None:
            self._group.remove()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif self._group is None and self.pid > 0:
                os.killpg(self.pid, signal.SIGKILL)

    def _hello(self) -> int:
        """Process number of the child, from the kernel where there is a sandbox."""
        self._channel.settimeout(HELLO_SECONDS)
        data, ancillary, _, _ = self._channel.recvmsg(32, socket.CMSG_SPACE(CREDENTIALS.size))
        if self._group is None:
            return int(data)
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                return int(CREDENTIALS.unpack(content)[0])
        raise ValueError("the kernel did not say who it is")


def _in_words(told: str) -> str:
    """Say for people what the guard tells of an end; see `inside.guard`."""
    before, found, number = told.partition("exit ")
    if not found:
        return told
    code = os.waitstatus_to_exitcode(int(number))
    return before + (f"signal {-code}" if code < 0 else f"exit code {code}")
