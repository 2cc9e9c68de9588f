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
from course.checking.values import ValueLimits, ValuesError, type_name

from . import frames
from .shell import CellShell

__all__ = ["Calls", "Channel"]

PRINTED_CHARACTERS = 4000
MESSAGE_CHARACTERS = 4000
ENGINE_MESSAGE = "course.autodiff is out of reach while your own gradient is being checked"


class Channel:
    """The socket to the trusted side, for the one process it belongs to."""

    def __init__(self, connection: socket.socket, limits: ValueLimits) -> None:
        self.connection, self.limits = connection, limits
        self.process = os.getpid()
        self.lock = threading.RLock()

    def send(self, kind: str, payload: Any = None, limits: ValueLimits | None = None) -> None:
        """Write a frame; a process that a cell forked ends here instead."""
        if os.getpid() != self.process:
            os._exit(0)
        frames.send(self.connection, kind, payload, limits=limits or self.limits)

    def receive(self) -> tuple[str, Any]:
        """Read a frame; callables in it call back."""
        return frames.receive(self.connection, limits=self.limits, callback=self.callback)

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
        """Carry out a request and answer it."""
        name, instance = request["name"], request["instance"]
        known = self.instances if instance is not None else self.shell.user_ns
        if (name if instance is None else instance) not in known:
            self.channel.send("missing")
            return
        started = time.perf_counter()
        try:
            with self.shell.recorder.aside(PRINTED_CHARACTERS) as printed:
                value = self._value(request)
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
            self.channel.send("raised", {"kind": "ValuesError", "message": str(error), "line": ""})

    def drop(self, instance: int) -> None:
        """Forget an instance."""
        self.instances.pop(instance, None)

    def _value(self, request: dict[str, Any]) -> Any:
        if request["instance"] is None:
            target = self.shell.user_ns[request["name"]]
        else:
            target = getattr(self.instances[request["instance"]], request["method"])
        with ExitStack() as stack:
            if not request["engine"]:
                stack.enter_context(out_of_reach(ENGINE_MESSAGE))
            value = target(*request["arguments"], **request["keywords"])
        if not request["create"]:
            return value
        self.made += 1
        self.instances[self.made] = value
        return self.made

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
