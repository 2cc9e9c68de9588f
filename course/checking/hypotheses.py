"""What a stub would have returned, had a given mistake been made in it.

A `Hypothesis` predicts an answer for each case. A mistake is named when its predictions are what
the student returned, on every case, and differ from the right answer on at least one. An
exercise's own mistakes predict by running the wrong stub; the mechanical ones, which are the same
for every backward, transform the right answer and are written here once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from course.autodiff import trace, vjp
from course.checking.compare import NotNumbers, all_agree, as_arrays
from course.checking.local import LocalTransport
from course.checking.stub import Stub, StubError, StubRaised

if TYPE_CHECKING:
    from course.exercises.case import Answer, Case, View
    from course.exercises.exercise import Exercise, Mistake

__all__ = [
    "MECHANICAL",
    "Hypothesis",
    "Mechanical",
    "mechanical_hypotheses",
    "mechanical_mistakes",
    "mistakes_of",
    "own_hypotheses",
    "run_mistake",
]

Array = NDArray[Any]


@dataclass(frozen=True)
class Hypothesis:
    """A mistake, and what it predicts.

    Attributes
    ----------
    mistake, sentence, read : str
        As for a `Finding`; `sentence` may name the gradient as ``{which}``.
    predictions : tuple
        For each case the answer predicted, the exception where the mistake raises one, or None
        where it changes nothing.
    twins : tuple of str
        Mistakes that predict the same.
    whole : bool
        Whether it speaks of all gradients together, and never of one.
    """

    mistake: str
    sentence: str
    predictions: tuple[Answer | StubRaised | None, ...]
    twins: tuple[str, ...] = ()
    read: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Mechanical:
    """A mistake that is the same everywhere: how it changes the right answer.

    `whole` is as for `Hypothesis`; `backward` says that it can only be made in a gradient.
    """

    name: str
    sentence: str
    rule: Callable[[View], Answer | None]
    whole: bool = False
    backward: bool = True


MECHANICAL: list[Mechanical] = []
"""Every mechanical mistake that predicts an answer, in the order in which they are tried."""


def _mechanical(
    name: str, sentence: str, *, whole: bool = False, backward: bool = True
) -> Callable[..., Any]:
    def add(rule: Callable[[View], Answer | None]) -> Callable[[View], Answer | None]:
        MECHANICAL.append(Mechanical(name, sentence, rule, whole, backward))
        return rule

    return add


def own_hypotheses(exercise: Exercise, cases: Sequence[Case]) -> Iterator[Hypothesis]:
    """Yield what the exercise's own mistakes predict, by running their wrong stubs."""
    for mistake in exercise.mistakes:
        predictions = tuple(run_mistake(mistake, case) for case in cases)
        yield Hypothesis(mistake.name, mistake.sentence, predictions, mistake.twins, mistake.read)


def run_mistake(mistake: Mistake, case: Case) -> Answer | StubRaised | None:
    """Return what a mistake answers to a case, or raises there; None if it gives no numbers."""
    if mistake.rule is not None:
        return mistake.rule(case.views[0])
    name = case.exercise.name
    stub = Stub(name, LocalTransport({name: mistake.stub}), engine=case.exercise.engine)
    try:
        with np.errstate(all="ignore"):
            return as_arrays(case.exercise.drive(stub, case), case.labels)
    except StubRaised as error:
        return error
    except (StubError, NotNumbers):
        return None


def mechanical_hypotheses(cases: Sequence[Case]) -> Iterator[Hypothesis]:
    """Yield what the mechanical mistakes predict, under each of the exercise's conventions."""
    for mechanical in mechanical_mistakes(cases[0].exercise):
        seen: list[tuple[Answer | None, ...]] = []
        for index in range(len(cases[0].views)):
            predictions = tuple(mechanical.rule(case.views[index]) for case in cases)
            if not any(_same(predictions, earlier) for earlier in seen):
                seen.append(predictions)
                yield Hypothesis(
                    mechanical.name, mechanical.sentence, predictions, whole=mechanical.whole
                )


def mechanical_mistakes(exercise: Exercise) -> Iterator[Mechanical]:
    """Yield the mechanical mistakes that can be made in an exercise."""
    return (each for each in MECHANICAL if exercise.asks != "value" or not each.backward)


def mistakes_of(exercise: Exercise) -> list[str]:
    """Return the names of the mistakes that change the exercise's answer: its own, then others."""
    cases = [case for _, cases in exercise.cases(0) for case in cases]
    names = [mistake.name for mistake in exercise.mistakes]
    names += [
        hypothesis.mistake
        for hypothesis in mechanical_hypotheses(cases)
        if any(
            isinstance(predicted, tuple)
            and not any(all_agree(predicted, view.answer) for view in case.views)
            for predicted, case in zip(hypothesis.predictions, cases, strict=True)
        )
    ]
    return list(dict.fromkeys(names))


def _same(first: tuple[Answer | None, ...], second: tuple[Answer | None, ...]) -> bool:
    return all(
        (one is None and other is None)
        or (one is not None and other is not None and all_agree(one, other))
        for one, other in zip(first, second, strict=True)
    )


def _upstream(view: View) -> Array | None:
    """Return the upstream as one array, or None where the forward has several outputs."""
    upstream = view.case.upstream
    return None if isinstance(upstream, tuple | list) else np.asarray(upstream)


@_mechanical(
    "no-upstream",
    "You return the local gradient alone: multiply it by the upstream gradient.",
)
def _no_upstream(view: View) -> Answer | None:
    return view.local


@_mechanical(
    "adds-upstream",
    "You add the upstream gradient to the local one for {which}: the chain rule multiplies them.",
)
def _adds_upstream(view: View) -> Answer | None:
    upstream = _upstream(view)
    if upstream is None or any(part.shape != upstream.shape for part in view.local):
        return None
    return tuple(part + upstream for part in view.local)


@_mechanical(
    "upstream-sum",
    "You multiply by the sum of the upstream gradient for {which}: multiply entry by entry.",
)
def _upstream_sum(view: View) -> Answer | None:
    upstream = _upstream(view)
    return None if upstream is None else tuple(part * upstream.sum() for part in view.local)


@_mechanical(
    "upstream-mean",
    "You multiply by the mean of the upstream gradient for {which}: multiply entry by entry.",
)
def _upstream_mean(view: View) -> Answer | None:
    upstream = _upstream(view)
    if upstream is None or not upstream.size:
        return None
    return tuple(part * upstream.mean() for part in view.local)


@_mechanical("sign", "The sign of {which} is the wrong way round.", backward=False)
def _sign(view: View) -> Answer | None:
    return tuple(-part for part in view.answer)


@_mechanical(
    "forward-value",
    "You return the value of the forward pass: backward returns the gradient of each input.",
    whole=True,
)
def _forward_value(view: View) -> Answer | None:
    return None if isinstance(view.out, tuple | list) else (np.asarray(view.out),)


@_mechanical(
    "upstream-only",
    "You pass the upstream gradient on as it came for {which}: multiply it by the local gradient.",
)
def _upstream_only(view: View) -> Answer | None:
    upstream = _upstream(view)
    if upstream is None:
        return None
    return tuple(upstream for _ in view.answer)


@_mechanical("transposed", "{which} is transposed.", backward=False)
def _transposed(view: View) -> Answer | None:
    return tuple(part.T for part in view.answer)


_ONE_PATH = (
    "Only one path counts in {which}: where a value is used more than once its gradients add"
    " (`+=`, not `=`)."
)


@_mechanical("one-path", _ONE_PATH)
def _last_path(view: View) -> Answer | None:
    return _kept(view, "last")


@_mechanical("one-path", _ONE_PATH)
def _first_path(view: View) -> Answer | None:
    return _kept(view, "first")


def _kept(view: View, keep: Literal["last", "first"]) -> Answer | None:
    graph = trace(view.forward, *view.inputs, upstream=view.case.upstream)
    return view.asked(graph.gradients(keep=keep))


def _unsummed(view: View) -> Answer | None:
    """Return the gradients before broadcasting is undone, or None if nothing was broadcast."""
    if isinstance(view.out, tuple | list):
        return None
    shape = np.shape(view.out)
    try:
        spread = [np.array(np.broadcast_to(value, shape)) for value in view.inputs]
    except ValueError:
        return None
    if all(
        value.shape == np.shape(given) for value, given in zip(spread, view.inputs, strict=True)
    ):
        return None
    out, pullback = vjp(view.forward, *spread)
    if np.shape(out) != shape or not np.array_equal(out, view.out):
        return None
    return view.asked(pullback(view.case.upstream))


@_mechanical(
    "not-summed",
    "{which} has the shape of the output: sum it over the axes that were broadcast.",
)
def _not_summed(view: View) -> Answer | None:
    return _unsummed(view)


@_mechanical(
    "mean-for-sum",
    "{which} is averaged over the axes that were broadcast: sum over them.",
)
def _mean_for_sum(view: View) -> Answer | None:
    full = _unsummed(view)
    if full is None:
        return None
    return tuple(
        part * (part.size / whole.size) for part, whole in zip(view.answer, full, strict=True)
    )


@_mechanical(
    "keepdims",
    "{which} keeps an axis of length 1 that the input does not have: drop `keepdims`.",
)
def _keepdims(view: View) -> Answer | None:
    full = _unsummed(view)
    if full is None:
        return None
    return tuple(
        part.reshape((1,) * (whole.ndim - part.ndim) + part.shape)
        for part, whole in zip(view.answer, full, strict=True)
    )


@_mechanical(
    "wrong-axis",
    "{which} is summed over the wrong axis: sum over the axes that were broadcast.",
)
def _wrong_axis(view: View) -> Answer | None:
    full = _unsummed(view)
    if full is None:
        return None
    return tuple(
        whole.sum(axis=-1) if part.shape != whole.shape and whole.ndim > 1 else part
        for part, whole in zip(view.answer, full, strict=True)
    )


Lengths = tuple[int, int, int]


def _lengths(value: Any) -> Lengths | None:
    """Return (examples, columns, entries) of an array, where it has any."""
    shape: tuple[int, ...] = () if isinstance(value, tuple | list) else np.shape(value)
    entries = int(np.prod(shape))
    return (int(shape[0]), int(shape[-1]), entries) if len(shape) and entries else None


def _scaled(name: str, sentence: str, factor: Callable[[Lengths], float]) -> None:
    """Add a mistake of a factor, counted on the output and, for a loss, on its first array."""

    def scale(view: View, counted: Any) -> Answer | None:
        lengths = _lengths(counted)
        return None if lengths is None else tuple(p * factor(lengths) for p in view.answer)

    def by_output(view: View) -> Answer | None:
        return scale(view, view.out)

    def by_input(view: View) -> Answer | None:
        arrays = [value for value in view.inputs if np.ndim(value) > 1]
        return scale(view, arrays[0]) if arrays else None

    _mechanical(name, sentence)(by_output)
    _mechanical(name, sentence)(by_input)


_scaled(
    "over-n",
    "{which} is divided by the number of examples, which is not called for here.",
    lambda lengths: 1 / lengths[0],
)
_scaled(
    "times-n",
    "{which} is too large by the number of examples: the mean's 1/N is missing.",
    lambda lengths: lengths[0],
)
_scaled(
    "over-size",
    "{which} is divided by the number of entries, which is not called for here.",
    lambda lengths: 1 / lengths[2],
)
_scaled(
    "times-size",
    "{which} is too large by the number of entries: a 1/size is missing.",
    lambda lengths: lengths[2],
)
_scaled(
    "c-for-n",
    "{which} is divided by the number of columns where the number of examples is right.",
    lambda lengths: lengths[0] / lengths[1],
)
_scaled(
    "over-c",
    "{which} is divided by the number of columns, which is not called for here.",
    lambda lengths: 1 / lengths[1],
)
_scaled(
    "size-for-n",
    "{which} is divided by the number of entries where the number of examples is right.",
    lambda lengths: lengths[0] / lengths[2],
)
