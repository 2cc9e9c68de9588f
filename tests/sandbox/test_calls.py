"""Calling stubs in the sandbox: a `Transport` like the one in a student's notebook."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.sandbox import Limits, Sandbox, Session
from course.checking.stub import Request, Stub, StubGone, StubMissing, StubRaised
from course.checking.values import Opaque

STUBS = """
import numpy as np

def double(x, *, plus=0):
    print("doubling")
    return 2 * x + plus

def in_place(x):
    x *= 0
    return x

def numerical(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size)])

class Layer:
    def __init__(self, w):
        self.w = w
    def forward(self, x):
        self.x = x
        return self.w * x
    def backward(self, upstream):
        return self.w * upstream, self.x * upstream

class Holder:
    def __init__(self, f):
        self.f = f
    def use(self, x):
        return self.f(x)

def fails(x):
    y = x + 1
    raise ValueError(f"cannot {y}")

class Odd(Exception):
    def __str__(self):
        raise RuntimeError

def odd():
    raise Odd

def leaves():
    raise SystemExit(1)

def uses_engine(x):
    from course.autodiff import grad
    return grad(lambda t: t * t)(x)

def uses_another():
    import autograd
    return autograd.grad(lambda t: t * t)(3.0)

def object_array():
    return np.array([object()])

def huge():
    return np.zeros(10**7)

def figure():
    import matplotlib.pyplot as plt
    plt.plot([1])
    display("shown")
    return 1

not_callable = 3
"""


@pytest.fixture
def stubs(session: Session) -> Session:
    assert session.run_cell(STUBS, cell_id="stubs").status == "ok"
    return session


def call(session: Session, name: str, *arguments: Any, **how: Any) -> Any:
    return session.send(Request(name, arguments, **how)).value


def test_a_call_gives_the_value_the_arguments_and_what_was_printed(stubs: Session) -> None:
    reply = stubs.send(Request("double", (np.arange(3.0),), {"plus": 1}))
    assert reply.value.tolist() == [1.0, 3.0, 5.0]
    assert reply.arguments[0].tolist() == [0.0, 1.0, 2.0]
    assert reply.printed == "doubling\n"
    assert 0 < reply.seconds < 1


def test_an_argument_changed_in_place_is_seen_and_ours_is_not_changed(stubs: Session) -> None:
    ours = np.ones(3)
    reply = stubs.send(Request("in_place", (ours,)))
    assert reply.arguments[0].tolist() == [0, 0, 0]
    assert ours.tolist() == [1, 1, 1]


def test_what_a_stub_prints_is_not_put_into_the_next_cell(stubs: Session) -> None:
    call(stubs, "double", 1)
    assert stubs.run_cell("pass", cell_id="a").outputs == []


def test_printing_without_end_is_cut(stubs: Session) -> None:
    stubs.run_cell("def chatty():\n    print('x' * 10**6)", cell_id="a")
    assert len(stubs.send(Request("chatty")).printed) == 4000


def test_a_display_in_a_call_goes_nowhere(stubs: Session) -> None:
    assert stubs.send(Request("figure")).printed == ""


def test_a_stub_may_call_a_function_of_ours(stubs: Session) -> None:
    called = []

    def square(x: Any) -> Any:
        called.append(x)
        return float(x @ x)

    gradient = call(stubs, "numerical", square, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(gradient, [2, 4, 6], atol=1e-6)
    assert len(called) == 6


def test_an_error_of_ours_is_an_error_in_the_stub(stubs: Session) -> None:
    def picky(x: Any) -> Any:
        raise TypeError("a vector, please")

    with pytest.raises(StubRaised, match="TypeError: a vector, please"):
        call(stubs, "numerical", picky, np.ones(2))


def test_a_result_of_ours_that_is_too_large_is_an_error_in_the_stub(stubs: Session) -> None:
    with pytest.raises(StubRaised, match="ValuesError"):
        call(stubs, "numerical", lambda x: np.zeros(10**7), np.ones(2))


def test_an_object_may_call_a_function_that_it_was_made_with(stubs: Session) -> None:
    holder = Stub("Holder", stubs).make(abs)
    assert holder.use(-3) == 3


def test_a_class_keeps_its_state_between_calls(stubs: Session) -> None:
    layer = Stub("Layer", stubs).make(np.array([2.0, 3.0]))
    assert layer.forward(np.array([1.0, 1.0])).tolist() == [2.0, 3.0]
    dx, dw = layer.backward(np.array([1.0, 10.0]))
    assert (dx.tolist(), dw.tolist()) == ([2.0, 30.0], [1.0, 10.0])


def test_two_instances_do_not_share_state(stubs: Session) -> None:
    stub = Stub("Layer", stubs)
    one, two = stub.make(1.0), stub.make(10.0)
    assert (one.forward(1.0), two.forward(1.0)) == (1.0, 10.0)


def test_a_dropped_instance_is_missing(stubs: Session) -> None:
    number = call(stubs, "Layer", 1.0, create=True)
    stubs.drop(number)
    with pytest.raises(StubMissing):
        call(stubs, "Layer", 1.0, instance=number, method="forward")


def test_a_name_that_is_not_there_is_missing(stubs: Session) -> None:
    with pytest.raises(StubMissing, match="no_such"):
        call(stubs, "no_such")


def test_an_exception_comes_with_its_class_text_and_line(stubs: Session) -> None:
    with pytest.raises(StubRaised) as caught:
        call(stubs, "fails", 1)
    error = caught.value
    assert (error.kind, error.message) == ("ValueError", "cannot 2")
    assert error.line == 'raise ValueError(f"cannot {y}")'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("odd", "Odd"),
        ("leaves", "SystemExit"),
        ("not_callable", "TypeError"),
        ("double", "TypeError"),
        ("huge", "ValuesError"),
    ],
)
def test_whatever_is_raised_is_an_answer_and_not_the_end(
    stubs: Session, name: str, kind: str
) -> None:
    with pytest.raises(StubRaised) as caught:
        call(stubs, name)
    assert caught.value.kind == kind
    assert call(stubs, "double", 2) == 4


def test_what_does_not_cross_arrives_as_its_types_name(stubs: Session) -> None:
    assert call(stubs, "object_array") == Opaque("array of object")


def test_the_engine_is_out_of_reach_unless_the_exercise_says_so(stubs: Session) -> None:
    with pytest.raises(StubRaised) as caught:
        call(stubs, "uses_engine", 3.0)
    assert caught.value.kind == "EngineOutOfReachError"
    assert call(stubs, "uses_engine", 3.0, engine=True) == 6.0


def test_another_package_that_could_be_the_answer_is_named(stubs: Session) -> None:
    with pytest.raises(StubRaised, match="uses_another uses autograd") as caught:
        call(stubs, "uses_another")
    assert caught.value.kind == "EngineOutOfReachError"
    assert call(stubs, "uses_another", engine=True) == 6.0


def test_a_method_that_is_not_there_is_missing(stubs: Session) -> None:
    layer = Stub("Layer", stubs).make(2.0)
    with pytest.raises(StubMissing, match="no_such"):
        layer.no_such()


def test_a_call_that_takes_too_long_ends_the_process(stubs: Session) -> None:
    stubs.run_cell("def forever():\n    while True: pass", cell_id="a")
    started = time.monotonic()
    with pytest.raises(StubGone, match="forever did not return within 1 s") as caught:
        call(stubs, "forever")
    assert caught.value.status == "timeout"
    assert time.monotonic() - started < 3
    assert not stubs.alive


def test_after_the_end_every_use_says_how_it_ended(stubs: Session) -> None:
    stubs.run_cell("def dies():\n    import os\n    os._exit(7)", cell_id="a")
    uses: list[Callable[[], Any]] = [
        lambda: call(stubs, "dies"),
        lambda: call(stubs, "double", 1),
        lambda: stubs.run_cell("1", cell_id="b"),
    ]
    for use in uses:
        with pytest.raises(StubGone, match="exit code 7") as caught:
            use()
        assert caught.value.status == "crashed"
    stubs.drop(1)


def test_the_whole_submission_has_a_deadline() -> None:
    with Sandbox(Limits(wall_seconds=1.5)) as sandbox, sandbox.start() as session:
        with pytest.raises(StubGone, match=r"longer than 1.5 s") as caught:
            session.run_cell("import time; time.sleep(10)", cell_id="a")
        assert caught.value.status == "timeout"


def test_a_closed_session_says_so(sandbox: Sandbox) -> None:
    with sandbox.start() as session:
        pass
    with pytest.raises(StubGone, match="closed"):
        session.run_cell("1", cell_id="a")


def test_without_a_sandbox_calls_go_the_same_way() -> None:
    with Sandbox(Limits(), unsafe=True) as sandbox, sandbox.start() as session:
        session.run_cell(STUBS, cell_id="stubs")
        assert call(session, "double", 2) == 4
        layer = Stub("Layer", session).make(2.0)
        assert layer.forward(3.0) == 6.0
