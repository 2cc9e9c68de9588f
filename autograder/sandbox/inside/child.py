"""What one submission's process does: answer the trusted side's frames until it closes."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from course.checking.values import ValueLimits, ValuesError

from .calls import Calls, Channel
from .frames import ChannelClosed
from .shell import CellShell

__all__ = ["serve"]


def serve(
    connection: socket.socket, shell: CellShell, scratch: str, limits: dict[str, Any]
) -> None:
    """Run cells and calls as they are asked for, until the other side is gone."""
    channel = Channel(connection, ValueLimits(array_bytes=limits["array_bytes"]))
    cell_values = ValueLimits(array_bytes=limits["cell_bytes"])
    calls = Calls(shell, channel)
    shell.begin(scratch)
    while True:
        try:
            kind, payload = channel.receive()
        except ChannelClosed:
            return
        if kind == "cell":
            ran = _run_cell(shell, payload["source"], limits["cell_seconds"])
            _send_outputs(channel, ran, cell_values)
        elif kind == "call":
            calls.call(payload)
        elif kind == "drop":
            calls.drop(payload)


def _run_cell(shell: CellShell, source: str, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    status = shell.run(source, seconds)
    seconds = time.perf_counter() - started
    if os.getpid() != shell.recorder.process:
        # A cell forked, and this is the copy: the original answers.
        os._exit(0)
    return {
        "status": status,
        "outputs": shell.recorder.take(),
        "execution_count": shell.execution_count - 1,
        "seconds": seconds,
    }


def _send_outputs(channel: Channel, ran: dict[str, Any], limits: ValueLimits) -> None:
    try:
        channel.send("ran", ran, limits)
    except ValuesError as error:
        text = f"[outputs left out: {error}]\n"
        note = {"output_type": "stream", "name": "stderr", "text": text}
        channel.send("ran", {**ran, "outputs": [note]}, limits)
