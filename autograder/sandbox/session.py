"""One submission's process, seen from outside."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from course.checking.stub import Reply, Request, StubError, StubGone, StubMissing, StubRaised
from course.checking.values import ValuesError

from .allowance import call_sparingly
from .cgroup import Group
from .child import Child
from .inside.frames import ChannelClosed, FrameError, Wire
from .limits import Limits
from .outputs import Notebook

__all__ = ["CellRun", "Session"]

LOST_SECONDS = 1.0  # from a closed channel to the end of the process that closed it
GRACE_SECONDS = 2.0  # from the child's own interrupt of a cell to our end to it
CALLBACKS = 100_000


@dataclass(frozen=True)
class CellRun:
    """What became of a cell.

    Attributes
    ----------
    status : str
        ``"ok"``, ``"error"`` or ``"timeout"``.
    outputs : list of dict
        As nbformat 4 has them. A later cell that updates a display changes it here too.
    execution_count : int
    seconds : float
        Wall time, measured outside.
    """

    status: str
    outputs: list[dict[str, Any]]
    execution_count: int
    seconds: float


class Session:
    """A submission's process: run its cells, then call its stubs; a `Transport`.

    Made by `Sandbox.start`; a context manager, on whose exit nothing of the submission is left.
    Once the process is gone, every use raises the `StubGone` that says how.

    Attributes
    ----------
    alive : bool
    """

    def __init__(
        self, limits: Limits, channel: socket.socket, status: socket.socket, group: Group | None
    ) -> None:
        self.limits = limits
        self._started = time.monotonic()
        self._child = Child(channel, status, group)
        self._wire = Wire(channel)
        self._end: StubGone | None = None
        # Functions of ours that were given to the stubs, by number. An object made with one may
        # call it later, so they stay until the session ends.
        self._callbacks: list[Callable[..., Any]] = []
        self._notebook = Notebook(limits)
        self._dropped: list[int] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Number of the process, as seen from here."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process can still be used."""
        return self._end is None

    def run_cell(self, source: str, *, cell_id: str) -> CellRun:
        """Run a cell, as a notebook would.

        Parameters
        ----------
        source : str
        cell_id : str
            For messages.

        Raises
        ------
        StubGone
            The process ended, did not stop at the cell's limit, or sent what it may not.
        """
        self._require_alive()
        started = time.monotonic()
        seconds = self.limits.cell_seconds + GRACE_SECONDS
        what = f"cell {cell_id} did not end within {self.limits.cell_seconds:g} s"
        deadline = self._deadline(seconds)
        self._send("cell", {"source": source}, deadline, what)
        kind, payload = self._receive(deadline, what, cell=True)
        try:
            if kind != "ran":
                raise FrameError(f"a frame {kind[:20]!r} in answer to a cell")
            status, outputs, count = self._notebook.accept(payload)
        except FrameError as error:
            self._refuse(error)
        return CellRun(status, outputs, count, time.monotonic() - started)

    def send(self, request: Request) -> Reply:
        """Carry out a request; see `course.checking.stub.Transport`."""
        self._require_alive()
        started = time.monotonic()
        deadline = self._deadline(self.limits.call_seconds)
        what = f"{request.name} did not return within {self.limits.call_seconds:g} s"
        payload = {**_payload(request), "dropped": self._dropped}
        self._dropped = []
        self._send("call", payload, deadline, what)
        try:
            answer = self._answer(request, deadline, what)
        except FrameError as error:
            self._refuse(error)
        if isinstance(answer, StubError):
            raise answer
        value, arguments, printed = answer
        return Reply(value, arguments, printed, time.monotonic() - started)

    def drop(self, instance: int) -> None:
        """Forget an instance made earlier; the process is told with the next request."""
        self._dropped.append(instance)

    def close(self) -> None:
        """End the process and everything it started, and wait until they are gone."""
        if self._end is None:
            self._end = StubGone("crashed", "the session was closed")
        self._child.end()

    def _answer(
        self, request: Request, deadline: float, what: str
    ) -> tuple[Any, tuple[Any, ...], str] | StubError:
        """Answer calls back until the call itself is answered: value, arguments, printed."""
        for _ in range(CALLBACKS + 1):
            kind, payload = self._receive(deadline, what)
            match kind:
                case "replied":
                    return _reply(payload)
                case "raised":
                    return _raised(payload)
                case "missing":
                    return StubMissing(f"there is no {request.method or request.name}")
                case "callback":
                    self._call_back(payload, deadline, what)
                case _:
                    raise FrameError(f"a frame {kind[:20]!r} in answer to a call")
        raise FrameError(f"more than {CALLBACKS} calls back in one call")

    def _call_back(self, payload: Any, deadline: float, what: str) -> None:
        match payload:
            case {"number": int(number), "arguments": list(arguments), "keywords": dict(keywords)}:
                pass
            case _:
                raise FrameError("a call back without number, arguments and keywords")
        if type(number) is not int or not 0 <= number < len(self._callbacks):
            raise FrameError("a call back of a function that was not given")
        try:
            value = call_sparingly(self._callbacks[number], arguments, keywords)
            answer: tuple[str, Any] = ("returned", value)
        except Exception as error:  # our function on a student's arguments: the student is told
            answer = ("raised", {"kind": type(error).__name__, "message": str(error)[:4000]})
        try:
            self._send(*answer, deadline, what)
        except ValuesError as error:  # its result is too large to cross
            answer = ("raised", {"kind": "ValuesError", "message": str(error)})
            self._send(*answer, deadline, what)

    def _send(self, kind: str, payload: Any, deadline: float, what: str) -> None:
        try:
            self._wire.send(
                kind,
                payload,
                limits=self.limits.call_values,
                callbacks=self._callbacks,
                deadline=deadline,
            )
        except TimeoutError:
            self._gone("timeout", what)
        except ChannelClosed:
            self._lost()

    def _receive(self, deadline: float, what: str, *, cell: bool = False) -> tuple[str, Any]:
        values = self.limits.cell_values if cell else self.limits.call_values
        try:
            kind, payload = self._wire.receive(limits=values, deadline=deadline)
        except TimeoutError:
            self._gone("timeout", what)
        except ChannelClosed:
            self._lost()
        except FrameError as error:
            self._refuse(error)
        if self._child.out_of_memory():
            self._out_of_memory()
        if kind == "failed":
            self._gone("crashed", f"the process gave up: {str(payload)[:4000]}")
        return kind, payload

    def _deadline(self, seconds: float) -> float:
        return min(time.monotonic() + seconds, self._started + self.limits.wall_seconds)

    def _require_alive(self) -> None:
        if self._end is not None:
            raise self._end

    def _refuse(self, error: FrameError) -> NoReturn:
        self._gone("refused", f"the process sent {error}")

    def _lost(self) -> NoReturn:
        told = self._child.told(LOST_SECONDS)
        if self._child.out_of_memory():
            self._out_of_memory()
        self._gone("crashed", f"the process ended: {told or 'it closed its channel'}")

    def _out_of_memory(self) -> NoReturn:
        most = self.limits.memory_bytes // 2**20
        self._gone("memory", f"the submission used more than {most} MiB of memory")

    def _gone(self, status: str, message: str) -> NoReturn:
        if status == "timeout" and time.monotonic() >= self._started + self.limits.wall_seconds:
            message = f"the submission took longer than {self.limits.wall_seconds:g} s"
        # A student chose some of its words; it is printed on the instructor's terminal.
        line = "".join(each if each.isprintable() else " " for each in message[:1000])
        self._end = StubGone(status, line)
        self.close()
        raise self._end


def _payload(request: Request) -> dict[str, Any]:
    return {
        "name": request.name,
        "arguments": request.arguments,
        "keywords": request.keywords,
        "create": request.create,
        "instance": request.instance,
        "method": request.method,
        "engine": request.engine,
    }


def _reply(payload: Any) -> tuple[Any, tuple[Any, ...], str]:
    match payload:
        case {"value": value, "arguments": tuple() as arguments, "printed": str() as printed}:
            return value, arguments, printed[:4000]
    raise FrameError("a reply without value, arguments and printed")


def _raised(payload: Any) -> StubRaised:
    match payload:
        case {"kind": str() as kind, "message": str() as message, "line": str() as line}:
            return StubRaised(kind[:200], message[:4000], line[:4000])
    raise FrameError("an exception without kind, message and line")
