"""The protocol, with a peer that sends whatever it likes."""

from __future__ import annotations

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.inside.frames import (
    HEADER_BYTES,
    MAGIC,
    PREFIX,
    ChannelClosed,
    FrameError,
    Wire,
)
from course.checking.values import ValueLimits, ValuesError

LIMITS = ValueLimits(array_bytes=2**20)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    left, right = socket.socketpair()
    with left, right:
        yield left, right


def frame(header: Any, body: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(raw), len(body)) + raw + body


def received(data: bytes, limits: ValueLimits = LIMITS) -> tuple[str, Any]:
    """What `receive` makes of bytes after which the peer closes."""
    left, right = socket.socketpair()
    with left, right:
        writer = threading.Thread(target=_write_and_close, args=(right, data))
        writer.start()
        try:
            return Wire(left).receive(limits=limits, deadline=time.monotonic() + 5)
        finally:
            left.close()
            writer.join()


def _write_and_close(channel: socket.socket, data: bytes) -> None:
    try:
        channel.sendall(data)
    except OSError:
        pass  # the reader has seen enough
    finally:
        channel.close()


def test_what_is_sent_arrives(pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    Wire(left).send("call", {"x": np.arange(3), "name": "f" * 2000}, limits=LIMITS)
    kind, payload = Wire(right).receive(limits=LIMITS)
    assert kind == "call"
    assert payload["x"].tolist() == [0, 1, 2]
    assert payload["name"] == "f" * 2000


def test_a_value_that_is_too_large_is_not_begun(pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    with pytest.raises(ValuesError):
        Wire(left).send("call", np.zeros(2**20), limits=LIMITS)
    Wire(left).send("next", limits=LIMITS)
    assert Wire(right).receive(limits=LIMITS) == ("next", None)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((FrameError, ChannelClosed)):
        received(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_frame_with_any_byte_changed_is_a_frame_or_refused(data: st.DataObject) -> None:
    tree = ["list", [["array", "float64", [2], 0], "text", ["string", 1], 1.5]]
    good = frame({"kind": "replied", "payload": tree, "sizes": [16, 3]}, bytes(16) + b"abc")
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + data.draw(st.binary(max_size=4)) + good[at + 1 :]
    try:
        kind, _ = received(bad)
    except (FrameError, ChannelClosed):
        return
    assert isinstance(kind, str)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        {"kind": "a", "payload": None},
        {"kind": 1, "payload": None, "sizes": []},
        {"kind": "a", "payload": None, "sizes": [-1, 1]},
        {"kind": "a", "payload": None, "sizes": [True]},
        {"kind": "a", "payload": None, "sizes": [1]},
        {"kind": "a", "payload": None, "sizes": "no"},
        {"kind": "a", "payload": {}, "sizes": []},
        {"kind": "a", "payload": ["array", "float64", [2**40], 0], "sizes": []},
    ],
)
def test_headers_that_are_none_are_refused(header: Any) -> None:
    with pytest.raises(FrameError):
        received(frame(header))


@pytest.mark.parametrize("sizes", [(HEADER_BYTES + 1, 0), (2**32 - 1, 0), (10, 2**32 - 1)])
def test_a_frame_that_says_it_is_huge_is_refused_before_it_is_read(sizes: tuple[int, int]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FrameError, match="too large"):
            received(PREFIX.pack(MAGIC, *sizes))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_the_worst_header_costs_bounded_memory() -> None:
    worst = b'{"kind":"a","sizes":[],"payload":[' + b"[]," * (HEADER_BYTES // 3 - 20) + b"[]]}"
    tracemalloc.start()
    try:
        with pytest.raises(FrameError):
            received(frame(worst))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20


def test_a_frame_in_drops_ends_at_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    left, right = pair
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            right.send(b"b")

    dripping = threading.Thread(target=drip)
    started = time.monotonic()
    right.sendall(PREFIX.pack(MAGIC, 1000, 0))
    dripping.start()
    try:
        with pytest.raises(TimeoutError):
            Wire(left).receive(limits=LIMITS, deadline=started + 0.3)
        assert time.monotonic() - started < 1
    finally:
        stop.set()
        dripping.join()


def test_a_peer_that_does_not_read_ends_at_the_deadline(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    left, _ = pair
    with pytest.raises(TimeoutError):
        Wire(left).send("a", np.zeros(10**5), limits=LIMITS, deadline=time.monotonic() + 0.2)


def test_a_peer_that_is_gone_is_said_to_be_gone(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    left, right = pair
    right.close()
    with pytest.raises(ChannelClosed):
        Wire(left).receive(limits=LIMITS)
    with pytest.raises(ChannelClosed):
        Wire(left).send("a", limits=LIMITS)
