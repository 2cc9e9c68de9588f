"""What one submission may use."""

from __future__ import annotations

from dataclasses import dataclass

from course.checking.values import ValueLimits

__all__ = ["Limits"]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use, from its first cell to its last call.

    Attributes
    ----------
    wall_seconds, cell_seconds, call_seconds : float
        Wall time of the whole submission, of one cell and of one call.
    memory_bytes : int
        Memory of all its processes together, files in its tmpfs included.
    processes : int
        Processes and threads at once.
    file_bytes : int
        Everything it may write to disk, which is a tmpfs.
    output_bytes, output_lines : int
        What is kept of its cells' outputs.
    array_bytes : int
        Arrays and long strings in one reply of a stub.
    """

    wall_seconds: float = 60.0
    cell_seconds: float = 20.0
    call_seconds: float = 5.0
    memory_bytes: int = 2048 * MIB
    processes: int = 64
    file_bytes: int = 128 * MIB
    output_bytes: int = 8 * MIB
    output_lines: int = 20_000
    array_bytes: int = 64 * MIB

    @property
    def call_values(self) -> ValueLimits:
        """How large the values of one call may be."""
        return ValueLimits(array_bytes=self.array_bytes)

    @property
    def cell_values(self) -> ValueLimits:
        """How large the outputs of one cell may be as they cross, before they are cut."""
        return ValueLimits(array_bytes=2 * self.output_bytes + MIB)
