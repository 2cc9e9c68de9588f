"""A student's stub as the checker sees it: something to call, wherever it lives.

An exercise drives a `Stub` with ordinary calls. Behind it is a `Transport`: `LocalTransport` calls
the function in this process (a student's notebook), the grader's calls it in a sandbox. Both give
back a `Reply` made of plain arrays, numbers, strings and containers, so that the rest of the
checker cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = [
    "Reply",
    "Request",
    "Stub",
    "StubError",
    "StubGone",
    "StubMissing",
    "StubObject",
    "StubRaised",
    "Transport",
]


class StubError(Exception):
    """A call did not come back with a value; the message is for the student."""


class StubMissing(StubError):
    """There is no function or class of that name."""


class StubRaised(StubError):
    """The stub raised an exception.

    Parameters
    ----------
    kind : str
        Name of the exception's class, such as ``"TypeError"``.
    message : str
        Its text.
    line : str
        The student's source line that raised it, or "" when it is not known.
    """

    def __init__(self, kind: str, message: str, line: str = "") -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind, self.message, self.line = kind, message, line


class StubGone(StubError):
    """The process that held the stub is no longer there.

    Parameters
    ----------
    status : str
        ``"crashed"``, ``"timeout"``, ``"memory"`` or ``"refused"``, as in a verdict.
    message : str
        What happened, in words.
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One thing to do with a stub.

    Attributes
    ----------
    name : str
        The stub's name.
    arguments, keywords
        What to pass: arrays, numbers, strings, None, callables; lists, tuples, dicts of them.
    create : bool
        Make an instance of the class `name` and keep it; the reply's value is its number.
    instance : int or None
        The instance to call a method of.
    method : str
        The method, when `instance` is given.
    engine : bool
        Whether `course.autodiff` may be used during the call.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    create: bool = False
    instance: int | None = None
    method: str = ""
    engine: bool = False


@dataclass(frozen=True)
class Reply:
    """What came back from a call.

    Attributes
    ----------
    value
        What the stub returned, as `course.checking.values` lets it through.
    arguments
        The positional arguments as they were after the call, to see what was changed in place.
    printed : str
        What the stub printed, cut to a few thousand characters.
    seconds : float
        Wall time of the call.
    """

    value: Any
    arguments: tuple[Any, ...]
    printed: str = ""
    seconds: float = 0.0


class Transport(Protocol):
    """How a request reaches the student's code."""

    def send(self, request: Request) -> Reply:
        """Carry out a request.

        Raises
        ------
        StubError
            `StubMissing`, `StubRaised` or `StubGone`.
        """
        ...

    def drop(self, instance: int) -> None:
        """Forget an instance made earlier; never raises for one that is already gone."""
        ...


class Stub:
    """A student's function or class, called by name through a transport.

    Calling it calls the function; `make` builds an instance of a class. Each reply is appended to
    `replies`, which is how the checker learns what was printed or changed in place.
    """

    def __init__(self, name: str, transport: Transport, *, engine: bool = False) -> None:
        self.name, self.transport, self.engine = name, transport, engine
        self.replies: list[tuple[Request, Reply]] = []

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function and return its value."""
        return self._send(Request(self.name, arguments, keywords, engine=self.engine))

    def make(self, *arguments: Any, **keywords: Any) -> StubObject:
        """Build an instance of the class."""
        number = self._send(
            Request(self.name, arguments, keywords, create=True, engine=self.engine)
        )
        return StubObject(self, number)

    def _send(self, request: Request) -> Any:
        reply = self.transport.send(request)
        self.replies.append((request, reply))
        return reply.value


class StubObject:
    """An instance of a student's class: every attribute is a method to call."""

    def __init__(self, stub: Stub, number: int) -> None:
        self._stub, self._number = stub, number

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*arguments: Any, **keywords: Any) -> Any:
            stub = self._stub
            return stub._send(
                Request(
                    stub.name,
                    arguments,
                    keywords,
                    instance=self._number,
                    method=method,
                    engine=stub.engine,
                )
            )

        return call

    def __del__(self) -> None:
        self._stub.transport.drop(self._number)
