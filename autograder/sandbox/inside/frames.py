"""The one way in and out of the sandbox: frames over a socket.

A frame is a prefix (magic, length of the header, length of the body), a JSON header that holds the
frame's kind, its payload as `course.checking.values` packs it and the lengths of the payload's
buffers, and the buffers one after the other. Both sides use this file; `Wire.receive` is written
for the side that does not trust the other: it reads no more than the limits allow, waits no longer
than the deadline, and raises `FrameError` for whatever is not exactly a frame.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

from course.checking.values import Buffer, ValueLimits, ValuesError, pack, unpack

__all__ = ["ChannelClosed", "FrameError", "Wire", "encode"]

PREFIX = struct.Struct("!4sII")
MAGIC = b"bpf1"
HEADER_BYTES = 2 * 2**20
FOREVER = float("inf")
CHUNK = 2**16  # read at a time, and joined before it is written: most frames are far smaller


class FrameError(ValueError):
    """The other side sent something that is not a frame of this protocol."""


class ChannelClosed(ConnectionError):
    """The other side is no longer there."""


def encode(
    kind: str,
    payload: Any = None,
    *,
    limits: ValueLimits,
    callbacks: list[Callable[..., Any]] | None = None,
) -> list[Buffer]:
    """Make the bytes of one frame, in pieces of which all but the last ones are small.

    Raises
    ------
    ValuesError
        The payload is larger than `limits`.
    """
    tree, buffers = pack(payload, limits=limits, callbacks=callbacks)
    sizes = [len(buffer) for buffer in buffers]
    header = json.dumps({"kind": kind, "payload": tree, "sizes": sizes}).encode()
    if len(header) > HEADER_BYTES:
        raise ValuesError(f"a value of {len(header)} bytes besides its arrays; too many")
    body = sum(sizes)
    pieces = [PREFIX.pack(MAGIC, len(header), body), header, *buffers]
    return [b"".join(pieces)] if body <= CHUNK else pieces


class Wire:
    """One end of the socket, which nothing else may read or write.

    Parameters
    ----------
    channel : socket.socket
        Blocking.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._chunk = memoryview(bytearray(CHUNK))
        self._ahead = bytearray()  # read already, of the next frames

    def send(
        self,
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
        self.write(encode(kind, payload, limits=limits, callbacks=callbacks), deadline)

    def write(self, pieces: Iterable[Buffer], deadline: float = FOREVER) -> None:
        """Write what `encode` made; raises as `send` does."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                try:
                    rest = rest[self.channel.send(rest, _flags(deadline)) :]
                except BlockingIOError:
                    self._await(select.POLLOUT, deadline)
                except (BrokenPipeError, ConnectionResetError) as error:
                    raise ChannelClosed(str(error)) from None

    def receive(
        self,
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
        magic, header_bytes, body_bytes = PREFIX.unpack(self._read(PREFIX.size, deadline))
        if magic != MAGIC:
            raise FrameError("bytes that are not a frame")
        if header_bytes > HEADER_BYTES or body_bytes > limits.array_bytes:
            raise FrameError(f"a frame of {header_bytes} + {body_bytes} bytes; too large")
        kind, tree, sizes = _header(self._read(header_bytes, deadline))
        if sum(sizes) != body_bytes:
            raise FrameError("buffers that do not fill the frame")
        body = memoryview(self._read(body_bytes, deadline)) if body_bytes else memoryview(b"")
        buffers, start = [], 0
        for size in sizes:
            buffers.append(body[start : start + size])
            start += size
        try:
            return kind, unpack(tree, buffers, limits=limits, callback=callback)
        except ValuesError as error:
            raise FrameError(f"a payload with {error}") from None

    def _read(self, size: int, deadline: float) -> bytes | bytearray:
        """Read exactly `size` bytes; what comes with them is kept for the next time."""
        ahead = self._ahead
        while len(ahead) < size <= CHUNK:
            count = self._read_into(self._chunk, deadline)
            ahead += self._chunk[:count]
        if size <= len(ahead):
            data = bytes(memoryview(ahead)[:size])
            del ahead[:size]
            return data
        whole, filled = bytearray(size), len(ahead)
        whole[:filled] = ahead
        ahead.clear()
        view = memoryview(whole)
        while filled < size:
            filled += self._read_into(view[filled:], deadline)
        return whole

    def _read_into(self, room: memoryview, deadline: float) -> int:
        """Read what is there, and at least one byte."""
        while True:
            if time.monotonic() >= deadline:
                raise TimeoutError("the deadline has passed")
            try:
                count = self.channel.recv_into(room, 0, _flags(deadline))
            except BlockingIOError:
                self._await(select.POLLIN, deadline)
                continue
            except ConnectionResetError as error:
                raise ChannelClosed(str(error)) from None
            if count == 0:
                raise ChannelClosed("the other side closed the channel")
            return count

    def _await(self, event: int, deadline: float) -> None:
        """Wait until the socket can be used again."""
        poll = select.poll()
        poll.register(self.channel, event)
        remaining = deadline - time.monotonic()
        # Rounded up: a poll of 0 ms would be a busy wait.
        if remaining <= 0 or not poll.poll(1000 * remaining + 1):
            raise TimeoutError("the deadline has passed")


def _flags(deadline: float) -> int:
    """Let the call itself wait where there is no deadline, which spares a poll."""
    return 0 if deadline == FOREVER else socket.MSG_DONTWAIT


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
