"""07 Your own autodiff, sections 7 and 8: a tape of numbers, and one of symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from course.autodiff import grad, primitive, trace, vjp
from course.checking.compare import MATCHES, NotNumbers, agree
from course.checking.stub import Stub, StubObject
from course.exercises.case import Answer, Case, View, WrongForward
from course.exercises.exercise import exercise, program
from course.exercises.your_own_autodiff import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]

Step = tuple[str, tuple[int, ...]]
"""A gate's name and the entries it takes."""

Gates = dict[str, Callable[..., Any]]

GATES: Gates = {
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
}


def entries_of(
    leaves: Sequence[Any], steps: list[Step], gates: Gates, zeros: Sequence[Any] = ()
) -> list[Any]:
    """Return the value of every entry.

    `zeros` may hold a 0 for each step, added to what the step makes: the gradient of such a 0 is
    that of the entry.
    """
    entries, rest = list(leaves), iter(zeros)
    for gate, parents in steps:
        entries.append(gates[gate](*(entries[index] for index in parents)) + next(rest, 0.0))
    return entries


def _record(tape: StubObject, leaves: tuple[Any, ...], steps: list[Step]) -> list[int]:
    """Record a computation on a student's tape and return the number of every entry."""
    numbers = [_number("leaf", tape.leaf(float(value))) for value in leaves]
    for gate, parents in steps:
        numbers.append(_number(gate, getattr(tape, gate)(*(numbers[each] for each in parents))))
    return numbers


def _number(method: str, value: Any) -> int:
    if np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iu":
        return int(value)
    raise NotNumbers(f"`{method}` returns {value!r} where the number of the new entry is wanted")


def _expect_values(tape: StubObject, numbers: list[int], values: list[Any]) -> None:
    for number, value in zip(numbers, values, strict=True):
        yours = tape.value(number)
        if np.ndim(yours) or np.asarray(yours).dtype.kind not in "iuf":
            raise NotNumbers(f"`value({number})` is {yours!r}, not a number")
        if not agree(np.asarray(yours), np.asarray(value), MATCHES):
            raise WrongForward(f"value({number})", yours, value)


def _random_steps(rng: Rng, leaves: int, count: int, unary: tuple[str, ...]) -> list[Step]:
    """Draw steps that use earlier entries, some of them several times, some twice in one gate."""
    steps: list[Step] = []
    for index in range(leaves, leaves + count):
        gate = str(rng.choice(["add", "multiply", *unary]))
        newest, other = index - 1, int(rng.integers(0, index))
        steps.append((gate, (newest,) if gate in unary else (newest, other)))
    return steps


# --- a tape of numbers -----------------------------------------------------------------------


@exercise(
    points=4,
    returns=lambda case: tuple(f"gradients[{index}]" for index in range(len(case.inputs))),
    inputs=lambda case: tuple(f"leaf {index}" for index in range(case.given["leaves"])),
    kind="class",
    upstream=False,
    read="7. The tape behind it",
)
def Tape(*values, leaves, steps, end):
    return entries_of(values[:leaves], steps, GATES, values[leaves:])[end]


def _probe(leaves: tuple[float, ...], steps: list[Step], end: int) -> dict[str, Any]:
    zeros = (0.0,) * len(steps)
    given = {"leaves": len(leaves), "steps": steps, "end": end}
    return {"inputs": (*leaves, *zeros), "given": given}


@Tape.driver
def _(stub: Stub, case: Case) -> Any:
    count, steps, end = (case.given[key] for key in ("leaves", "steps", "end"))
    tape = stub.make()
    numbers = _record(tape, case.inputs[:count], steps)
    _expect_values(tape, numbers, entries_of(case.inputs[:count], steps, GATES))
    tape.gradients(numbers[-1])  # what an earlier call has left must not count
    gradients = tape.gradients(numbers[end])
    if not isinstance(gradients, list | np.ndarray) or len(gradients) != len(numbers):
        what = f"{len(gradients)} numbers" if isinstance(gradients, list) else repr(gradients)
        raise NotNumbers(
            f"`gradients` returns {what} where a list of {len(numbers)} is wanted, one an entry"
        )
    return tuple(gradients)


def _floats(rng: Rng, count: int) -> tuple[float, ...]:
    return tuple(float(x) for x in rng.uniform(0.3, 1.5, count) * rng.choice([-1.0, 1.0], count))


SHOP: list[Step] = [("add", (0, 1)), ("multiply", (3, 2))]
Tape.example(-2.0, 5.0, -4.0, 0.0, 0.0, upstream=1.0, leaves=3, steps=SHOP, end=4)


@Tape.check("every gate by itself")
def _(rng: Rng) -> Iterator[Any]:
    for gate in ("add", "multiply"):
        yield _probe(_floats(rng, 2), [(gate, (0, 1))], 2)
    yield _probe(_floats(rng, 1), [("tanh", (0,))], 1)


@Tape.check("entries that are used more than once", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    # b = a + a, c = b + a, d = b + c: 5a, and 7a for those who visit b too often
    yield _probe(_floats(rng, 1), [("add", (0, 0)), ("add", (1, 0)), ("add", (1, 2))], 3)
    yield _probe(_floats(rng, 1), [("multiply", (0, 0)), ("tanh", (1,)), ("multiply", (1, 2))], 3)
    steps = [("multiply", (0, 1)), ("tanh", (2,)), ("multiply", (3, 0)), ("add", (4, 3))]
    yield _probe(_floats(rng, 2), steps, 5)
    for _ in range(2):
        yield _probe(_floats(rng, 3), _random_steps(rng, 3, 8, ("tanh",)), 10)


@Tape.check("from an entry in the middle")
def _(rng: Rng) -> Iterator[Any]:
    yield _probe(_floats(rng, 2), [("multiply", (0, 1)), ("add", (2, 0)), ("tanh", (3,))], 2)
    yield _probe(_floats(rng, 3), _random_steps(rng, 3, 8, ("tanh",)), 7)


def _gradients(view: View, gates: Gates, end: int) -> Answer:
    """Return the gradient of every entry, by the engine with these gates."""
    count, steps = view.case.given["leaves"], view.case.given["steps"]

    def entry(*values):
        return entries_of(values[:count], steps, gates, values[count:])[end]

    return tuple(np.asarray(part) for part in vjp(entry, *view.inputs)[1](1.0))


def _of_gates(**gates: Callable[..., Any]) -> Callable[[View], Answer]:
    """Return a rule that gives the gradients as they are when some gates are differentiated so."""
    return lambda view: _gradients(view, {**GATES, **gates}, view.case.given["end"])


def _wrong(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    return primitive(forward, backward, higher_order=True)


Tape.wrong_answer(
    "not-swapped",
    "multiply records the wrong local gradients: by the first entry it is the second's value.",
    _of_gates(multiply=_wrong(lambda a, b: a * b, lambda u, a, b: (u * a, u * b))),
)
Tape.wrong_answer(
    "tanh-slope",
    "tanh records 1 − x² of what goes in: the local gradient is 1 − out² of what comes out.",
    _of_gates(tanh=_wrong(np.tanh, lambda u, x: u * (1 - x * x))),
)
Tape.wrong_answer(
    "sigmoid-slope",
    "tanh records out(1 − out), the slope of the sigmoid: that of tanh is 1 − out².",
    _of_gates(tanh=_wrong(np.tanh, lambda u, x: u * np.tanh(x) * (1 - np.tanh(x)))),
)
Tape.wrong_answer(
    "locals-only",
    "You pass on the local gradients alone: multiply each by the gradient that the entry has.",
    lambda view: _passed_on(view, lambda gradient, local: local),
)
Tape.wrong_answer(
    "gradients-only",
    "You pass gradients on as they are: multiply each by the local gradient.",
    lambda view: _passed_on(view, lambda gradient, local: gradient),
)
Tape.wrong_answer(
    "added-to-locals",
    "You add gradient and local gradient: the chain rule multiplies them.",
    lambda view: _passed_on(view, lambda gradient, local: gradient + local),
)
Tape.wrong_answer(
    "from-the-last",
    "You start at the last entry of the tape: start at the entry that you are given.",
    lambda view: _from_last(view),
)
Tape.wrong_answer(
    "accumulates",
    "A second call adds to what the first has left: start each call with zeros.",
    lambda view: tuple(
        mine + last for mine, last in zip(view.answer, _from_last(view), strict=True)
    ),
)
Tape.wrong_answer(
    "forward-order",
    "You go through the tape in the order of recording: go from the end to the beginning.",
    lambda view: _one_step_back(view),
)


def _from_last(view: View) -> Answer:
    return _gradients(view, GATES, len(view.inputs) - 1)


def _locals(view: View, entry: int) -> list[tuple[int, Any]]:
    """Return (parent, local gradient) of an entry, as the engine has them; none for a leaf."""
    leaves, steps = view.case.given["leaves"], view.case.given["steps"]
    if entry < leaves:
        return []
    gate, parents = steps[entry - leaves]
    entries = entries_of(view.inputs[:leaves], steps, GATES)
    _, pullback = vjp(GATES[gate], *(np.float64(entries[each]) for each in parents))
    return list(zip(parents, pullback(1.0), strict=True))


def _passed_on(view: View, part: Callable[[Any, Any], Any]) -> Answer:
    """Return the gradients when `part` of gradient and local gradient is passed to a parent."""
    gradients = [np.float64(0.0)] * len(view.inputs)
    end = view.case.given["end"]
    gradients[end] = np.float64(1.0)
    for entry in range(end, -1, -1):
        for parent, local in _locals(view, entry):
            gradients[parent] = gradients[parent] + part(gradients[entry], local)
    return tuple(np.asarray(gradient) for gradient in gradients)


def _one_step_back(view: View) -> Answer:
    """Return what arrives if only the parents of the end get anything."""
    gradients = [0.0] * len(view.inputs)
    end = view.case.given["end"]
    gradients[end] = 1.0
    for parent, local in _locals(view, end):
        gradients[parent] += float(local)
    return tuple(np.asarray(gradient) for gradient in gradients)


# --- a tape of symbols -----------------------------------------------------------------------


@program(
    points=4,
    returns=("∂f/∂x", "∂²f/∂x²", "∂²f/∂x∂y", "f"),
    kind="class",
    tolerance=1e-10,
    read="8. The derivative is more graph",
)
def SymbolTape(x, y, steps):
    return _derivatives(x, y, steps, GATES)


def _derivatives(x: Any, y: Any, steps: list[Step], gates: Gates) -> tuple[Any, ...]:
    """Return ∂f/∂x, ∂²f/∂x², ∂²f/∂x∂y and f of the last entry."""

    def f(x: Any, y: Any) -> Any:
        return entries_of((x, y), steps, gates)[-1]

    slope = grad(f)
    return slope(x, y), grad(slope)(x, y), grad(slope, 1)(x, y), f(x, y)


@SymbolTape.driver
def _(stub: Stub, case: Case) -> Any:
    (x, y), steps = case.inputs, case.given["steps"]
    tape = stub.make()
    numbers = _record(tape, (x, y), steps)
    _expect_values(tape, numbers, entries_of((x, y), steps, GATES))

    def derivative(end: int, start: int) -> int:
        return _number("derivative", tape.derivative(end, start))

    first = derivative(numbers[-1], numbers[0])
    second, mixed = derivative(first, numbers[0]), derivative(first, numbers[1])
    return tuple(tape.value(each) for each in (first, second, mixed, numbers[-1]))


SymbolTape.example(2.0, 3.0, steps=[("multiply", (0, 0)), ("multiply", (2, 1))])


@SymbolTape.check("every gate by itself")
def _(rng: Rng) -> Iterator[Any]:
    for gate in ("add", "multiply"):
        yield _xy(rng, (gate, (0, 1)))
    for gate in ("sin", "cos"):
        yield _xy(rng, (gate, (0,)))


@SymbolTape.check("entries that are used more than once", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    yield _xy(rng, ("multiply", (0, 0)), ("multiply", (2, 0)), ("multiply", (3, 1)))
    yield _xy(rng, ("multiply", (0, 1)), ("sin", (2,)), ("multiply", (3, 2)))
    yield _xy(rng, ("cos", (0,)), ("multiply", (2, 1)), ("add", (3, 0)), ("sin", (4,)))
    for _ in range(2):
        yield _xy(rng, ("multiply", (0, 1)), *_random_steps(rng, 3, 4, ("sin", "cos")))


def _xy(rng: Rng, *steps: Step) -> dict[str, Any]:
    return {"inputs": _floats(rng, 2), "given": {"steps": list(steps)}}


def _symbols(**gates: Callable[..., Any]) -> Callable[[View], Answer]:
    """Return a rule that gives the derivatives when some gates are differentiated so."""

    def rule(view: View) -> Answer:
        (x, y), steps = view.inputs, view.case.given["steps"]
        *slopes, value = _derivatives(x, y, steps, {**GATES, **gates})
        return tuple(np.asarray(each) for each in (*slopes, value))

    return rule


def _constant_slope(view: View) -> Answer:
    first, _, _, value = view.answer
    return first, np.asarray(0.0), np.asarray(0.0), value


def _last_path(view: View) -> Answer:
    (x, y), steps = view.inputs, view.case.given["steps"]
    graph = trace(lambda x, y: entries_of((x, y), steps, GATES)[-1], x, y)
    return np.asarray(graph.gradients(keep="last")[0]), *view.answer[1:]


SymbolTape.wrong_answer(
    "number-recorded",
    "You record the derivative as a plain number: such a leaf does not depend on anything, so its"
    " own derivative is 0. Record how it is made.",
    _constant_slope,
)
SymbolTape.wrong_answer(
    "one-path",
    "Only one path counts: if an entry has a gradient already, record the sum of both.",
    _last_path,
)
SymbolTape.wrong_answer(
    "not-swapped",
    "multiply gives each entry its own value back: it gets the value of the other one.",
    _symbols(multiply=_wrong(lambda a, b: a * b, lambda u, a, b: (u * a, u * b))),
)
SymbolTape.wrong_answer(
    "cos-sign",
    "The minus is missing: the derivative of cos is −sin.",
    _symbols(cos=_wrong(np.cos, lambda u, x: u * np.sin(x))),
)
SymbolTape.wrong_answer(
    "sin-sign",
    "There is a minus too many: the derivative of sin is cos, without a sign.",
    _symbols(sin=_wrong(np.sin, lambda u, x: -u * np.cos(x))),
)
