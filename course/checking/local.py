"""Calling a stub in this process: what a student's own check does."""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import sysconfig
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from course.autodiff.reach import in_reach, out_of_reach
from course.checking.engines import engine_behind
from course.checking.stub import Reply, Request, StubError, StubMissing, StubRaised
from course.checking.values import ValuesError, plain

__all__ = ["ENGINE_IS_NOT_THE_ANSWER", "PRINTED", "LocalTransport", "engine_refused"]

ENGINE_IS_NOT_THE_ANSWER = (
    "the engine may not be used inside this stub: write the gradient yourself"
)
PRINTED = 4000
"""Characters of a stub's printed output that are kept."""

_LIBRARIES = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("purelib"),
    str(Path(__file__).parents[1]),  # this course, where it runs from a checkout
)


def engine_refused(stub: str, package: str) -> tuple[str, str]:
    """Return the kind and message of the error for a stub that uses another autodiff package."""
    return "EngineOutOfReachError", f"{stub} uses {package}: write the gradient yourself"


class LocalTransport:
    """Calls functions and classes of this process, each time on fresh copies of the arguments.

    Parameters
    ----------
    namespace : mapping of str
        Where the stubs are found by name.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._instances: dict[int, Any] = {}
        self._numbers = itertools.count()

    def send(self, request: Request) -> Reply:
        """Carry out a request; see `course.checking.stub.Transport`."""
        arguments = _copied(request.arguments)
        printed = io.StringIO()
        message = f"{request.name}: {ENGINE_IS_NOT_THE_ANSWER}"
        reach = contextlib.nullcontext() if request.engine else out_of_reach(message)
        start = time.perf_counter()
        try:
            with reach, contextlib.redirect_stdout(printed):
                # To find a method can be to run a property, which is a student's code too.
                target = self._target(request)
                if not request.engine and (package := engine_behind(target)):
                    raise StubRaised(*engine_refused(request.name, package))
                value = target(*arguments, **_copied(request.keywords))
        except StubError:
            raise
        except (Exception, SystemExit) as error:  # whatever a stub raises is its own answer
            raise StubRaised(type(error).__name__, str(error), _line(error)) from error
        seconds = time.perf_counter() - start
        if request.create:
            number = next(self._numbers)
            self._instances[number] = value
            value = number
        try:
            return Reply(plain(value), plain(arguments), printed.getvalue()[:PRINTED], seconds)
        except ValuesError as error:
            raise StubRaised("ValuesError", str(error)) from error

    def drop(self, instance: int) -> None:
        """Forget an instance."""
        self._instances.pop(instance, None)

    def _target(self, request: Request) -> Any:
        if request.instance is None:
            if request.name not in self._namespace:
                raise StubMissing(f"there is no {request.name} in the notebook")
            return self._namespace[request.name]
        try:
            return getattr(self._instances[request.instance], request.method)
        except AttributeError:
            raise StubMissing(f"class {request.name} has no method {request.method}") from None


def _copied(value: Any) -> Any:
    """Copy the containers and arrays of an argument; our callables keep the engine in reach."""
    if callable(value):
        return _reaching(value)
    if isinstance(value, tuple | list):
        return type(value)(_copied(part) for part in value)
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return value.copy() if hasattr(value, "copy") and hasattr(value, "dtype") else value


def _reaching(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        with in_reach():
            return function(*arguments, **keywords)

    return call


def _line(error: BaseException) -> str:
    """Return the innermost line of the student's own code that the exception passed through."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARIES)]
    return (own[-1].line or "").strip() if own else ""
