"""The one way in and out of the sandbox: frames over a socket.

A frame is a prefix (magic, length of the header, length of the body), a JSON header that holds the
frame's kind, its payload as `course.checking.values` packs it and the lengths of the payload's
buffers, and the buffers one after the other. Both sides use this file; `receive` is written for the
side that does not trust the other: it reads no more than the limits allow, waits no longer than the
deadline, and raises `FrameError` for whatever is not exactly a frame.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from course.checking.values import ValueLimits, ValuesError, pack, unpack

__all__ = ["ChannelClosed", "FrameError", "receive", "send"]

PREFIX = struct.Struct("!4sII")
MAGIC = b"bpf1"
HEADER_BYTES = 2 * 2**20
FOREVER = float("inf")


class FrameError(ValueError):
    """The other side sent something that is not a frame of this protocol."""


class ChannelClosed(ConnectionError):
    """The other side is no longer there."""


def send(
    channel: socket.socket,
    kind: str,
    payload: Any = None,
    *,
    limits: ValueLimits,
    callbacks: list[Callable[..., Any]] | None = None,
    deadline: float = FOREVER,
) -> None:
    """Write one frame.

    Raises
    ------
    ValuesError
        The payload is larger than `limits`; nothing was written.
    TimeoutError
        The other side did not read until `deadline` (of `time.monotonic`).
    ChannelClosed
        The other side is gone.
    """
    tree, buffers = pack(payload, limits=limits, callbacks=callbacks)
    sizes = [len(buffer) for buffer in buffers]
    header = json.dumps({"kind": kind, "payload": tree, "sizes": sizes}).encode()
    if len(header) > HEADER_BYTES:
        raise ValuesError(f"a value of {len(header)} bytes besides its arrays; too many")
    try:
        _patience(channel, deadline)
        channel.sendall(PREFIX.pack(MAGIC, len(header), sum(sizes)) + header)
        for buffer in buffers:
            _patience(channel, deadline)
            channel.sendall(buffer)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ChannelClosed(str(error)) from None


def receive(
    channel: socket.socket,
    *,
    limits: ValueLimits,
    callback: Callable[[int], Callable[..., Any]] | None = None,
    deadline: float = FOREVER,
) -> tuple[str, Any]:
    """Read one frame.

    Returns
    -------
    kind : str
    payload
        As `course.checking.values.unpack` gives it.

    Raises
    ------
    FrameError
        What came is not a frame, or a larger one than `limits` allow.
    TimeoutError
        The frame was not complete at `deadline` (of `time.monotonic`).
    ChannelClosed
        The other side is gone.
    """
    magic, header_bytes, body_bytes = PREFIX.unpack(_read(channel, PREFIX.size, deadline))
    if magic != MAGIC:
        raise FrameError("bytes that are not a frame")
    if header_bytes > HEADER_BYTES or body_bytes > limits.array_bytes:
        raise FrameError(f"a frame of {header_bytes} + {body_bytes} bytes; too large")
    kind, tree, sizes = _header(_read(channel, header_bytes, deadline))
    if sum(sizes) != body_bytes:
        raise FrameError("buffers that do not fill the frame")
    body = memoryview(_read(channel, body_bytes, deadline))
    buffers, start = [], 0
    for size in sizes:
        buffers.append(body[start : start + size])
        start += size
    try:
        return kind, unpack(tree, buffers, limits=limits, callback=callback)
    except ValuesError as error:
        raise FrameError(f"a payload with {error}") from None


def _header(raw: bytes | bytearray) -> tuple[str, Any, list[int]]:
    try:
        header = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a header that is not JSON ({type(error).__name__})") from None
    match header:
        case {"kind": str() as kind, "payload": tree, "sizes": list() as sizes} if all(
            type(size) is int and size >= 0 for size in sizes
        ):
            return kind, tree, sizes
    raise FrameError("a header without kind, payload and sizes")


def _read(channel: socket.socket, size: int, deadline: float) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        _patience(channel, deadline)
        try:
            count = channel.recv_into(view[filled:])
        except ConnectionResetError as error:
            raise ChannelClosed(str(error)) from None
        if count == 0:
            raise ChannelClosed("the other side closed the channel")
        filled += count
    return data


def _patience(channel: socket.socket, deadline: float) -> None:
    """Let the next operation on `channel` wait until `deadline` at most."""
    if deadline == FOREVER:
        channel.settimeout(None)
        return
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the deadline has passed")
    channel.settimeout(remaining)
