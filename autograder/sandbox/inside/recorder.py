"""What a cell puts out, kept as a notebook keeps it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Recorder", "Stream"]


class Recorder:
    """The outputs of the cell that runs, in order; streams that follow each other are one.

    What is written straight to the descriptors 1 and 2, by C code or another process, goes to two
    unlinked files and is taken from there before anything newer is recorded.

    Parameters
    ----------
    output_bytes : int
        What is kept of all cells together; the other side cuts and says so.
    """

    def __init__(self, output_bytes: int) -> None:
        self.room = output_bytes
        self.outputs: list[dict[str, Any]] = []
        self.files: dict[str, int] = {}
        self.clear_next = False
        self.process = os.getpid()
        self.lock = threading.RLock()

    def begin(self, directory: str) -> None:
        """Record this process, with the descriptors 1 and 2 going to files in `directory`."""
        self.process = os.getpid()
        for descriptor, name in ((1, "stdout"), (2, "stderr")):
            path = os.path.join(directory, f".{name}")
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.unlink(path)
            os.dup2(file, descriptor)
            self.files[name] = file

    def stream(self, name: str, text: str) -> None:
        """Record text on a stream."""
        with self.lock:
            self.drain()
            self._stream(name, text)

    def _stream(self, name: str, text: str) -> None:
        text = self._fit(text)
        if not text:
            return
        self._clear_if_asked()
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def output(self, output: dict[str, Any]) -> None:
        """Record an output that is not a stream."""
        with self.lock:
            self.drain()
            self._clear_if_asked()
            if self.room > 0:
                self.room -= _size(output)
                self.outputs.append(output)

    def clear(self, wait: bool) -> None:
        """Forget the outputs so far, now or when the next one comes."""
        with self.lock:
            self.drain()
            self.clear_next = True
            if not wait:
                self._clear_if_asked()

    def drain(self) -> None:
        """Record what has come to the descriptors since the last time."""
        for name, file in self.files.items():
            size = os.fstat(file).st_size
            if size:
                data = os.pread(file, min(size, max(self.room, 0) + 4), 0)
                os.ftruncate(file, 0)
                self._stream(name, data.decode(errors="replace"))

    def take(self) -> list[dict[str, Any]]:
        """Give the outputs of the cell that ended and start anew."""
        with self.lock:
            self.drain()
            outputs, self.outputs, self.clear_next = self.outputs, [], False
            for output in outputs:
                if output["output_type"] == "stream":
                    output["text"] = "".join(output["text"])
            return outputs

    @contextmanager
    def aside(self, characters: int) -> Iterator[list[str]]:
        """Collect what is printed in the block apart from the cells' outputs.

        Yields a list that holds, after the block, one string of `characters` at most.
        """
        kept, room = self.take(), self.room
        self.outputs, self.room = [], 4 * characters
        printed: list[str] = []
        try:
            yield printed
        finally:
            texts = [o["text"] for o in self.take() if o["output_type"] == "stream"]
            printed.append("".join(texts)[:characters])
            self.outputs, self.room = [_reopened(output) for output in kept], room

    def _fit(self, text: str) -> str:
        # One byte more than fits is kept, by which the other side sees that something is missing.
        text = text[: max(self.room + 1, 0)]
        self.room -= len(text)
        return text

    def _clear_if_asked(self) -> None:
        if self.clear_next:
            self.outputs, self.clear_next = [], False


def _reopened(output: dict[str, Any]) -> dict[str, Any]:
    if output["output_type"] == "stream":
        return {**output, "text": [output["text"]]}
    return output


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(item) for item in value.values())
    if isinstance(value, list):
        return sum(_size(item) for item in value)
    return 8


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of the cells."""

    encoding = "UTF-8"
    errors = "replace"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name, self.recorder = name, recorder

    def write(self, text: str) -> int:
        """Record `text`; from a process the cell forked, through the descriptor."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() == self.recorder.process:
            self.recorder.stream(self.name, text)
        else:
            os.write(self.fileno(), text.encode(errors="replace"))
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Say that nobody sits there."""
        return False

    def fileno(self) -> int:
        """Descriptor whose text is recorded as this stream's."""
        return 1 if self.name == "stdout" else 2
