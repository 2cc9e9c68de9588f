"""Calling stubs: a request comes as a frame, the answer goes back as one."""

from __future__ import annotations

import linecache
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from course.autodiff.reach import out_of_reach
from course.checking.engines import engine_behind
from course.checking.local import ENGINE_IS_NOT_THE_ANSWER, engine_refused
from course.checking.stub import StubError, StubMissing, StubRaised
from course.checking.values import ValueLimits, ValuesError, type_name

from .frames import Wire
from .shell import CellShell

__all__ = ["Calls", "Channel"]

PRINTED_CHARACTERS = 4000
MESSAGE_CHARACTERS = 4000


class Channel:
    """The socket to the trusted side, for the one process it belongs to."""

    def __init__(self, connection: socket.socket, limits: ValueLimits) -> None:
        self.wire, self.limits = Wire(connection), limits
        self.process = os.getpid()
        self.lock = threading.RLock()

    def send(self, kind: str, payload: Any = None, limits: ValueLimits | None = None) -> None:
        """Write a frame; a process that a cell forked ends here instead."""
        if os.getpid() != self.process:
            os._exit(0)
        self.wire.send(kind, payload, limits=limits or self.limits)

    def receive(self) -> tuple[str, Any]:
        """Read a frame; callables in it call back."""
        return self.wire.receive(limits=self.limits, callback=self.callback)

    def callback(self, number: int) -> Callable[..., Any]:
        """Make the function that calls the trusted side's callable of that number."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            with self.lock:
                self.send(
                    "callback",
                    {"number": number, "arguments": list(arguments), "keywords": keywords},
                )
                kind, payload = self.receive()
            if kind == "raised":
                raise RuntimeError(f"{payload['kind']}: {payload['message']}")
            return payload

        return call


class Calls:
    """The stubs of one submission: its functions, and the instances of its classes."""

    def __init__(self, shell: CellShell, channel: Channel) -> None:
        self.shell, self.channel = shell, channel
        self.instances: dict[int, Any] = {}
        self.made = 0

    def call(self, request: dict[str, Any]) -> None:
        """Forget the instances that are done with, carry out a request and answer it."""
        for instance in request["dropped"]:
            self.instances.pop(instance, None)
        started = time.perf_counter()
        try:
            with self.shell.recorder.aside(PRINTED_CHARACTERS) as printed:
                value = self._value(request)
        except StubError as error:
            self._refuse(error)
            return
        except BaseException as error:  # SystemExit from a stub is an answer too
            self.channel.send("raised", self._failure(error))
            return
        reply = {
            "value": value,
            "arguments": request["arguments"],
            "printed": printed[0],
            "seconds": time.perf_counter() - started,
        }
        try:
            self.channel.send("replied", reply)
        except ValuesError as error:
            self._refuse(StubRaised("ValuesError", str(error)))

    def _target(self, request: dict[str, Any]) -> Any:
        """Find what a request is to call."""
        name, instance = request["name"], request["instance"]
        if instance is None:
            if name not in self.shell.user_ns:
                raise StubMissing
            return self.shell.user_ns[name]
        if not hasattr(self.instances.get(instance), request["method"]):
            raise StubMissing
        return getattr(self.instances[instance], request["method"])

    def _value(self, request: dict[str, Any]) -> Any:
        with ExitStack() as stack:
            if not request["engine"]:
                message = f"{request['name']}: {ENGINE_IS_NOT_THE_ANSWER}"
                stack.enter_context(out_of_reach(message))
            # To find a method can be to run a property, which is a student's code too.
            target = self._target(request)
            if not request["engine"] and (package := engine_behind(target)):
                raise StubRaised(*engine_refused(request["name"], package))
            value = target(*request["arguments"], **request["keywords"])
        if not request["create"]:
            return value
        self.made += 1
        self.instances[self.made] = value
        return self.made

    def _refuse(self, error: StubError) -> None:
        if isinstance(error, StubRaised):
            answer = {"kind": error.kind, "message": error.message, "line": error.line}
            self.channel.send("raised", answer)
        else:
            self.channel.send("missing")

    def _failure(self, error: BaseException) -> dict[str, str]:
        try:
            message = str(error)
        except Exception as failure:  # an exception's own __str__ is a student's code too
            message = f"its message cannot be read: {type_name(failure)}"
        return {
            "kind": type_name(error),
            "message": message[:MESSAGE_CHARACTERS],
            "line": self._line(error)[:MESSAGE_CHARACTERS],
        }

    def _line(self, error: BaseException) -> str:
        """Last line of the cells' own code that the error passed through."""
        line = ""
        for frame, number in traceback.walk_tb(error.__traceback__):
            file = frame.f_code.co_filename
            if file in self.shell.compile._filename_map:
                line = linecache.getline(file, number).strip()
        return line
