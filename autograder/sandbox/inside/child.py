"""What one submission's process does: answer the trusted side's frames until it closes."""

from __future__ import annotations

import os
import socket
import time
import traceback
from typing import Any

from course.checking.values import ValueLimits, ValuesError, type_name

from .calls import Calls, Channel
from .frames import ChannelClosed
from .shell import CellShell

__all__ = ["serve"]

FAILURE_CHARACTERS = 4000


def serve(
    connection: socket.socket, shell: CellShell, scratch: str, limits: dict[str, Any]
) -> None:
    """Run cells and calls as they are asked for, until the other side is gone.

    What goes wrong here, and not in a cell or a stub, is sent as the frame ``"failed"``.
    """
    channel = Channel(connection, ValueLimits(array_bytes=limits["array_bytes"]))
    cell_values = ValueLimits(array_bytes=limits["cell_bytes"])
    calls = Calls(shell, channel)
    shell.begin(scratch)
    try:
        while True:
            kind, payload = channel.receive()
            if kind == "cell":
                ran = _run_cell(shell, payload["source"], limits["cell_seconds"])
                _send_outputs(channel, ran, cell_values)
            elif kind == "call":
                calls.call(payload)
    except ChannelClosed:
        return
    except BaseException:  # a cell has broken what this loop stands on: it ends, and says why
        channel.send("failed", traceback.format_exc()[-FAILURE_CHARACTERS:])


def _run_cell(shell: CellShell, source: str, seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        status = shell.run(source, seconds)
    except BaseException as error:  # the shell itself raised: a cell has changed its insides
        shell.recorder.output(_of_the_shell(error))
        status = "error"
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


def _of_the_shell(error: BaseException) -> dict[str, Any]:
    name = type_name(error)
    lines = [f"{name} in IPython"]
    return {"output_type": "error", "ename": name, "evalue": "", "traceback": lines}


def _send_outputs(channel: Channel, ran: dict[str, Any], limits: ValueLimits) -> None:
    try:
        channel.send("ran", ran, limits)
    except ValuesError as error:
        text = f"[outputs left out: {error}]\n"
        note = {"output_type": "stream", "name": "stderr", "text": text}
        channel.send("ran", {**ran, "outputs": [note]}, limits)
