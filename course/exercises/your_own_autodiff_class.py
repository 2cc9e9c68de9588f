"""07 Your own autodiff, section 5: a gate as a class, which remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.compare import MATCHES, agree
from course.checking.stub import Stub
from course.exercises.case import Case, WrongForward
from course.exercises.exercise import exercise
from course.exercises.your_own_autodiff import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


@exercise(points=3, returns=("dS",), kind="class", read="5. A gate as a class: log-softmax")
def LogSoftmax(S):
    shifted = S - np.max(S, axis=1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))


@LogSoftmax.driver
def _(stub: Stub, case: Case) -> Any:
    gate, other = stub.make(), stub.make()
    (S,) = case.inputs
    gate.forward(S * 0.5)
    out = gate.forward(S)
    if not isinstance(out, np.ndarray) or not agree(out, case.out, MATCHES):
        raise WrongForward("forward(S)", out, case.out)
    other.forward(S + np.arange(S.shape[1]))  # a second gate must not disturb the first
    return gate.backward(case.upstream)


LogSoftmax.example(np.array([[0.0, 0.0]]), upstream=np.array([[1.0, 0.0]]))
LogSoftmax.twin("over-c", "size-for-n")  # N over N·C is 1 over C


@LogSoftmax.check("random scores", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for shape in [(1, 3), (4, 3), (2, 6)]:
        yield (rng.normal(size=shape) * 2,)


@LogSoftmax.check("scores in the thousands")
def _(rng: Rng) -> Iterator[Any]:
    yield (rng.normal(size=(3, 4)) * 2 + rng.choice([-2000.0, 2000.0], (3, 1)),)


def _softmax(S, axis=1):
    e = np.exp(S - np.max(S, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _scores(backward: Callable[[Any, Any], Any]) -> type:
    """Return a class whose backward takes the scores and upstream."""

    class Wrong:
        def forward(self, S):
            self.S = S
            return np.log(_softmax(S))

        def backward(self, upstream):
            return backward(self.S, upstream)

    return Wrong


def _row_sum(upstream):
    return np.sum(upstream, axis=1, keepdims=True)


LogSoftmax.mistake(
    "diagonal-only",
    "You treat every score by itself: each score also moves the sum under the log, and through it"
    " every output of its row.",
    _scores(lambda S, upstream: upstream * (1 - _softmax(S))),
)
LogSoftmax.mistake(
    "no-row-sum",
    "The sum of upstream over the row is missing: the sum under the log is used by every output.",
    _scores(lambda S, upstream: upstream - _softmax(S)),
)
LogSoftmax.mistake(
    "second-part-missing",
    "You pass upstream on as it came: each score also moves the sum under the log.",
    _scores(lambda S, upstream: upstream * 1.0),
    twins=("one-path", "upstream-only"),
)
LogSoftmax.mistake(
    "first-part-missing",
    "The direct path is missing: every output also has its own score in front.",
    _scores(lambda S, upstream: -_softmax(S) * _row_sum(upstream)),
)
LogSoftmax.mistake(
    "softmax-gradient",
    "This is the gradient of softmax: yours is the log of it.",
    _scores(
        lambda S, upstream: _softmax(S) * (upstream - _row_sum(upstream * _softmax(S))),
    ),
)
LogSoftmax.mistake(
    "output-for-softmax",
    "You multiply by the output, the log of the softmax: take exp of it first.",
    _scores(lambda S, upstream: upstream - np.log(_softmax(S)) * _row_sum(upstream)),
)
LogSoftmax.mistake(
    "sum-over-batch",
    "You sum upstream over the examples: the sum runs over the scores of one row.",
    _scores(lambda S, upstream: upstream - _softmax(S) * np.sum(upstream, axis=0)),
)
LogSoftmax.mistake(
    "sum-over-everything",
    "You sum upstream over all entries: the sum runs over the scores of one row, axis=1.",
    _scores(lambda S, upstream: upstream - _softmax(S) * np.sum(upstream)),
)
LogSoftmax.mistake(
    "softmax-over-batch",
    "backward takes the softmax over the examples: it runs over the scores of one row.",
    _scores(lambda S, upstream: upstream - _softmax(S, axis=0) * _row_sum(upstream)),
)
LogSoftmax.mistake(
    "wrong-sign",
    "The second part has the wrong sign: log Σ exp is subtracted.",
    _scores(lambda S, upstream: upstream + _softmax(S) * _row_sum(upstream)),
)


class _FirstScores:
    saved: Any = None

    def forward(self, S):
        if self.saved is None:
            self.saved = _softmax(S)
        return np.log(_softmax(S))

    def backward(self, upstream):
        return upstream - self.saved * _row_sum(upstream)


class _SharedScores:
    saved: Any = None

    def forward(self, S):
        type(self).saved = _softmax(S)
        return np.log(_softmax(S))

    def backward(self, upstream):
        return upstream - self.saved * _row_sum(upstream)


LogSoftmax.mistake(
    "first-forward",
    "backward uses what the first forward saved: every forward must save its own values.",
    _FirstScores,
)
LogSoftmax.mistake(
    "shared",
    "Two gates share what they save: save it on self, not on the class or in a global name.",
    _SharedScores,
)
