"""Which values cross between a student's code and the checker, and as what bytes.

`pack` turns a value into a small tree that JSON can hold and a list of raw buffers; `unpack` turns
them back. Only numbers, strings, arrays, and lists, tuples and dicts of them cross; whatever else a
stub returns arrives as an `Opaque` that knows the name of its type. No code of the value runs on
either side: an array subclass is taken as its raw data, a subclass of ``float`` as its number, so
an object that lies about itself arrives as what it holds.

`unpack` reads bytes that a hostile process may have written. It checks every length, shape and
type before it allocates anything, and raises `ValuesError` at the first that does not fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Opaque", "ValueLimits", "ValuesError", "pack", "plain", "unpack", "writable"]

Buffer: TypeAlias = bytes | bytearray | memoryview

# Names, not dtype objects: what is not in this list never reaches np.dtype().
DTYPES = frozenset(
    ["bool", "float16", "float32", "float64", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
# A dtype works its name out anew each time it is asked.
NAMES = {np.dtype(name): name for name in DTYPES}
SMALL = 4096  # bytes of an array that are sooner copied than viewed
LONG_STRING = 1024  # characters; longer ones travel as buffers, so that headers stay small
INTEGER_BITS = 1024
NAME_CHARACTERS = 200
DIMENSIONS = 32


class ValuesError(ValueError):
    """A value is larger than allowed, or bytes do not describe a value; the message says which."""


@dataclass(frozen=True)
class Opaque:
    """What arrives in place of a value that does not cross, such as an object or a generator.

    Attributes
    ----------
    type_name : str
        Name of the value's type.
    """

    type_name: str


@dataclass(frozen=True)
class ValueLimits:
    """How large one value may be.

    Attributes
    ----------
    array_bytes : int
        Bytes in all its arrays and long strings together.
    items : int
        Elements of all its containers together.
    depth : int
        Containers within containers; what is deeper arrives as `Opaque`.
    """

    array_bytes: int = 64 * 2**20
    items: int = 100_000
    depth: int = 32


DEFAULT_LIMITS = ValueLimits()


def pack(
    value: Any,
    *,
    limits: ValueLimits = DEFAULT_LIMITS,
    callbacks: list[Callable[..., Any]] | None = None,
) -> tuple[Any, list[Buffer]]:
    """Turn a value into a tree for JSON and raw buffers.

    Parameters
    ----------
    value
        Anything; see the module's text for what crosses.
    limits : ValueLimits
        How large it may be.
    callbacks : list, optional
        Where callables in the value are put; each crosses as its index in this list. Without it
        a callable is `Opaque`.

    Returns
    -------
    tree
        Made of None, bool, int, float, str and lists, fit for ``json.dumps``.
    buffers : list of bytes-like
        What the tree refers to by index, in C order and native byte order.

    Raises
    ------
    ValuesError
        The value is larger than `limits`.
    """
    packer = _Packer(limits, callbacks)
    return packer.tree(value, ()), packer.buffers


def unpack(
    tree: Any,
    buffers: Sequence[Buffer],
    *,
    limits: ValueLimits = DEFAULT_LIMITS,
    callback: Callable[[int], Callable[..., Any]] | None = None,
) -> Any:
    """Turn a tree and buffers back into a value; the arrays are fresh, writable copies.

    Parameters
    ----------
    tree, buffers
        As `pack` gives them, or anything else at all.
    limits : ValueLimits
        How large the value may be.
    callback : callable, optional
        Gives the callable for an index. Without it a tree that names one is refused.

    Raises
    ------
    ValuesError
        They do not describe a value, or one larger than `limits`.
    """
    if sum(len(buffer) for buffer in buffers) > limits.array_bytes:
        raise ValuesError(f"more than {limits.array_bytes} bytes of arrays and strings")
    return _Unpacker(buffers, limits, callback).value(tree, 0)


def plain(value: Any, *, limits: ValueLimits = DEFAULT_LIMITS, callables: bool = False) -> Any:
    """Let a value through as if it had come from another process.

    Parameters
    ----------
    value
        Anything.
    limits : ValueLimits
        How large it may be.
    callables : bool
        Let callables through as they are instead of as `Opaque`.

    Returns
    -------
    value
        A copy that shares nothing with the one given, apart from the callables.

    Raises
    ------
    ValuesError
        The value is larger than `limits`.
    """
    callbacks: list[Callable[..., Any]] = []
    tree, buffers = pack(value, limits=limits, callbacks=callbacks if callables else None)
    return unpack(tree, buffers, limits=limits, callback=callbacks.__getitem__)


def type_name(value: object) -> str:
    """Name of a value's type, without asking a metaclass that may answer for it."""
    name: str = type.__dict__["__name__"].__get__(type(value))
    return name[:NAME_CHARACTERS]


def writable(text: str) -> str:
    """Return a text that can be written as UTF-8: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


class _Packer:
    """Writes one value; `buffers` grows as arrays are met."""

    def __init__(self, limits: ValueLimits, callbacks: list[Callable[..., Any]] | None) -> None:
        self.limits, self.callbacks = limits, callbacks
        self.buffers: list[Buffer] = []
        self.bytes = self.items = 0

    def tree(self, value: Any, above: tuple[int, ...]) -> Any:
        """Tree of a value; `above` holds the ids of the containers it is in, to see cycles."""
        # bool before int, NumPy's scalars before float: np.float64 is a subclass of float.
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic | np.ndarray):
            return self._array(value)
        if isinstance(value, int):
            number = int.__index__(value)
            return number if number.bit_length() <= INTEGER_BITS else ["opaque", "int"]
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, complex):
            number_ = complex.__complex__(value)
            return ["complex", number_.real, number_.imag]
        if isinstance(value, str):
            return self._string(str.__str__(value))
        if isinstance(value, list | tuple | dict):
            return self._container(value, above)
        if callable(value) and self.callbacks is not None:
            self.callbacks.append(value)
            return ["callback", len(self.callbacks) - 1]
        return ["opaque", type_name(value)]

    def _container(self, value: Any, above: tuple[int, ...]) -> Any:
        if len(above) >= self.limits.depth or id(value) in above:
            return ["opaque", type_name(value)]
        above = (*above, id(value))
        if isinstance(value, dict):
            pairs = list(dict.items(value))
            if not all(type(key) is str for key, _ in pairs):
                return ["opaque", type_name(value)]
            self._count(len(pairs))
            return ["dict", [[self._string(key), self.tree(item, above)] for key, item in pairs]]
        kind = "list" if isinstance(value, list) else "tuple"
        # The base class's iterator, so that a subclass's own is not run.
        base: Any = list if kind == "list" else tuple
        items = list(base.__iter__(value))
        self._count(len(items))
        return [kind, [self.tree(item, above) for item in items]]

    def _array(self, value: Any) -> Any:
        array = np.asarray(value)  # of a subclass: its data as a base array, asking it nothing
        dtype = NAMES.get(array.dtype) or array.dtype.name
        if dtype not in DTYPES:
            return ["opaque", f"array of {dtype}"[:NAME_CHARACTERS]]
        if array.nbytes > self.limits.array_bytes:
            raise ValuesError(
                f"an array of {array.nbytes} bytes; {self.limits.array_bytes} are allowed"
            )
        native = array if array.dtype.isnative else array.astype(dtype)
        if native.nbytes <= SMALL:
            return ["array", dtype, list(array.shape), self._buffer(native.tobytes())]
        flat = np.ascontiguousarray(native).reshape(-1)
        return ["array", dtype, list(array.shape), self._buffer(flat.view(np.uint8).data)]

    def _string(self, text: str) -> Any:
        if len(text) <= LONG_STRING:
            return text
        if len(text) > self.limits.array_bytes:  # it is no shorter in bytes
            raise ValuesError(f"a string of {len(text)} characters")
        return ["string", self._buffer(text.encode("utf-8", "replace"))]

    def _buffer(self, buffer: Buffer) -> int:
        self.bytes += len(buffer)
        if self.bytes > self.limits.array_bytes:
            raise ValuesError(f"more than {self.limits.array_bytes} bytes of arrays and strings")
        self.buffers.append(buffer)
        return len(self.buffers) - 1

    def _count(self, items: int) -> None:
        self.items += items
        if self.items > self.limits.items:
            raise ValuesError(f"more than {self.limits.items} items in lists, tuples and dicts")


class _Unpacker:
    """Reads one value from a tree that nobody vouches for."""

    def __init__(
        self,
        buffers: Sequence[Buffer],
        limits: ValueLimits,
        callback: Callable[[int], Callable[..., Any]] | None,
    ) -> None:
        self.buffers, self.limits, self.callback = buffers, limits, callback
        self.unread = set(range(len(buffers)))
        self.items = 0

    def value(self, tree: Any, depth: int) -> Any:
        if tree is None or type(tree) in (bool, float):
            return tree
        if type(tree) is int:
            if tree.bit_length() > INTEGER_BITS:
                raise ValuesError(f"an integer of more than {INTEGER_BITS} bits")
            return tree
        if type(tree) is str:
            if len(tree) > LONG_STRING:
                raise ValuesError(f"a string of {len(tree)} characters outside a buffer")
            return writable(tree)
        if type(tree) is not list or not tree or type(tree[0]) is not str:
            raise ValuesError("a node that is neither a number, a string nor a tagged list")
        return self._tagged(tree, depth)

    def _tagged(self, tree: list[Any], depth: int) -> Any:
        match tree:
            case ["array", str() as dtype, list() as shape, index]:
                return self._array(dtype, shape, index)
            case ["list", list() as items]:
                return self._children(items, depth)
            case ["tuple", list() as items]:
                return tuple(self._children(items, depth))
            case ["dict", list() as pairs]:
                return self._dict(pairs, depth)
            case ["string", index]:
                return self._string(index)
            case ["complex", float() as real, float() as imaginary]:
                return complex(real, imaginary)
            case ["opaque", str() as name] if len(name) <= NAME_CHARACTERS:
                return Opaque(writable(name))
            case ["callback", int() as number] if self.callback is not None and number >= 0:
                return self.callback(number)
        raise ValuesError(f"a node of an unknown form, tagged {tree[0][:20]!r}")

    def _children(self, items: list[Any], depth: int) -> list[Any]:
        self._descend(len(items), depth)
        return [self.value(item, depth + 1) for item in items]

    def _dict(self, pairs: list[Any], depth: int) -> dict[str, Any]:
        self._descend(len(pairs), depth)
        result: dict[str, Any] = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2:
                raise ValuesError("a dict whose item is not a pair")
            key = self.value(pair[0], depth + 1)
            if type(key) is not str or key in result:
                raise ValuesError("a dict with a key that is not a string, or is there twice")
            result[key] = self.value(pair[1], depth + 1)
        return result

    def _descend(self, items: int, depth: int) -> None:
        self.items += items
        if self.items > self.limits.items:
            raise ValuesError(f"more than {self.limits.items} items in lists, tuples and dicts")
        if depth >= self.limits.depth:
            raise ValuesError(f"containers nested deeper than {self.limits.depth}")

    def _array(self, dtype: str, shape: list[Any], index: Any) -> npt.NDArray[Any]:
        if dtype not in DTYPES:
            raise ValuesError(f"dtype {dtype[:20]!r} does not cross")
        if len(shape) > DIMENSIONS or not all(type(n) is int and n >= 0 for n in shape):
            raise ValuesError("a shape that is not up to 32 sizes")
        # A size of zero hides the others from a product; NumPy would still multiply them.
        if math.prod(max(n, 1) for n in shape) > self.limits.array_bytes:
            raise ValuesError("a shape with more elements than bytes are allowed")
        buffer = self._claim(index)
        kind = np.dtype(dtype)
        if math.prod(shape) * kind.itemsize != len(buffer):
            raise ValuesError(f"{len(buffer)} bytes for an array of {dtype} of another size")
        if dtype == "bool":
            # Bytes other than 0 and 1 in a bool array are undefined in NumPy.
            return np.frombuffer(buffer, np.uint8).reshape(shape).astype(bool)
        return np.frombuffer(buffer, kind).reshape(shape).copy()

    def _string(self, index: Any) -> str:
        try:
            return bytes(self._claim(index)).decode("utf-8")
        except UnicodeDecodeError:
            raise ValuesError("a string that is not UTF-8") from None

    def _claim(self, index: Any) -> Buffer:
        # Each buffer once: to name one a thousand times would be to ask for a thousand copies.
        if type(index) is not int or index not in self.unread:
            raise ValuesError("a buffer that is not there, or is used twice")
        self.unread.discard(index)
        return self.buffers[index]
