"""04 Vectorised gradients, sections 7 to 10: softmax, and the losses of a classifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.exercise import exercise
from course.exercises.vectorized_gradients import ASSIGNMENT, Rng
from course.exercises.vectorized_gradients_layers import SIZES
from course.exercises.wrong import as_if, value_right

__all__ = ["ASSIGNMENT"]


def _on_labels(stub: Stub, case: Case) -> Any:
    """Call a loss: what it differentiates, then the labels."""
    return stub(*case.inputs, case.given["y"])


def _one_hot(y, classes):
    return np.eye(classes)[y]


def _log_sum_exp(scores, axis=1):
    """Return log(sum(exp(scores))) along an axis, kept, for scores of any size."""
    top = np.max(scores, axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(scores - top), axis=axis, keepdims=True))


# --- softmax -------------------------------------------------------------------------------


def softmax(scores):
    """Return each row's shares: exp of the scores, divided by their sum."""
    return np.exp(scores - _log_sum_exp(scores))


@exercise(points=2, returns=("dscores",), read="7. Softmax: a Jacobian that is not diagonal")
def softmax_backward(scores):
    return softmax(scores)


softmax_backward.driver(lambda stub, case: stub(case.out, case.upstream))
softmax_backward.example(
    np.log(np.array([[0.5, 0.25, 0.25]])), upstream=np.array([[1.0, 0.0, 0.0]])
)


@softmax_backward.check("random scores", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for shape in [(2, 3), (4, 2), (3, 5), (3, 3)]:
        yield (rng.normal(size=shape) * 1.5,)


@softmax_backward.check("one score far above the others")
def _(rng: Rng) -> Iterator[Any]:
    yield (np.array([[6.0, 0.0, -1.0, 0.5], [0.0, -3.0, 5.0, 0.0]]),)


# Upstream of ones asks how the sum of all shares moves: not at all, as it is always 1.
softmax_backward.twin("no-upstream", "upstream-sum")
softmax_backward.twin("no-upstream", "upstream-mean")
softmax_backward.twin("upstream-sum", "upstream-mean")
softmax_backward.twin("adds-upstream", "upstream-only")
softmax_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
softmax_backward.mistake(
    "diagonal-only",
    "You use the diagonal p(1 − p) of the Jacobian alone: each score moves all shares of its row.",
    lambda p, upstream: upstream * p * (1 - p),
)
softmax_backward.mistake(
    "off-diagonal-lost",
    "You return p times upstream: the shares are divided by a sum that moves too.",
    lambda p, upstream: upstream * p,
    twins=("one-path",),
)
softmax_backward.mistake(
    "minus-upstream",
    "You subtract upstream from p: that is for softmax and cross-entropy in one, and labels.",
    lambda p, upstream: p - upstream,
)
softmax_backward.mistake(
    "batch-axis",
    "Your average runs over the examples: it is one number for each row.",
    lambda p, upstream: p * (upstream - np.sum(upstream * p, axis=0)),
)
softmax_backward.mistake(
    "row-not-kept",
    "Without keepdims=True NumPy lays the averages of the rows along the columns.",
    lambda p, upstream: p * (upstream - np.sum(upstream * p, axis=1)),
)
softmax_backward.wrong_answer(
    "softmax-again",
    "You apply softmax to p, which is a softmax already.",
    lambda view: View(_with_scores(view.case, softmax(view.inputs[0])), softmax).answer,
)


def _with_scores(case: Case, scores: Any) -> Case:
    return Case(case.exercise, (scores,), case.upstream, case.given)


# --- logistic regression -------------------------------------------------------------------


def _logits(X, w, b):
    return X @ w + b


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


@exercise(
    points=2,
    returns=("dw", "db"),
    wrt=(1, 2),
    upstream=False,
    read="8. Logistic regression: p minus y",
)
def logistic_backward(X, w, b, y):
    z = _logits(X, w, b)
    return np.mean(np.logaddexp(0.0, z) - y * z)


logistic_backward.driver(_on_labels)
logistic_backward.example(
    np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.0, 0.0]), 0.0, y=np.array([1.0, 0.0])
)


def _examples(rng: Rng, n: int, d: int, scale: float = 1.0) -> dict[str, Any]:
    y = rng.permutation(np.arange(n) % 2).astype(float)
    inputs = rng.normal(size=(n, d)), scale * rng.normal(size=d), float(rng.normal())
    return {"inputs": inputs, "given": {"y": y}}


@logistic_backward.check("random examples", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, d in [(3, 2), (5, 3), (4, 6)]:
        yield _examples(rng, n, d)


@logistic_backward.check("answers that are nearly certain")
def _(rng: Rng) -> Iterator[Any]:
    yield _examples(rng, 6, 2, scale=5.0)


logistic_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
logistic_backward.wrong_answer(
    "target-missing",
    "The labels are missing: what comes back to z is p − y.",
    as_if(lambda X, w, b, y: np.mean(np.logaddexp(0.0, _logits(X, w, b)))),
    twins=("one-path",),
)
logistic_backward.wrong_answer(
    "sigmoid-missing",
    "You subtract y from z: subtract it from p = σ(z).",
    as_if(lambda X, w, b, y: np.mean((_logits(X, w, b) - y) ** 2) / 2),
)
logistic_backward.wrong_answer(
    "extra-slope",
    "You multiply by σ's slope p(1 − p) once more: with this loss it cancels, and p − y is left.",
    as_if(lambda X, w, b, y: np.mean((_sigmoid(_logits(X, w, b)) - y) ** 2) / 2),
)
logistic_backward.wrong_answer(
    "targets-swapped",
    "You take the labels the other way round: y = 1 pulls p up to 1.",
    as_if(
        lambda X, w, b, y: np.mean(np.logaddexp(0.0, _logits(X, w, b)) - (1 - y) * _logits(X, w, b))
    ),
)
logistic_backward.wrong_answer(
    "db-not-summed",
    "db has an entry for each example: there is one b for all of them, so sum.",
    lambda view: (view.answer[0], _bias_parts(view)),
)


def _bias_parts(view: View) -> Any:
    X, w, b = view.inputs
    spread = (X, w, np.full(len(X), b))
    return View(
        Case(view.case.exercise, spread, 1.0, view.case.given), logistic_backward.forward
    ).answer[1]


# --- softmax cross-entropy -----------------------------------------------------------------


@exercise(
    points=3,
    returns=("loss", "dscores"),
    asks="both",
    upstream=False,
    read="9. Softmax and cross-entropy: p minus y again",
)
def softmax_cross_entropy(scores, y):
    chosen = np.sum(scores * _one_hot(y, scores.shape[1]), axis=1, keepdims=True)
    return np.mean(_log_sum_exp(scores) - chosen)


softmax_cross_entropy.driver(_on_labels)
softmax_cross_entropy.example(np.log(np.array([[0.5, 0.25, 0.25]])), y=np.array([0]))


def _scores(rng: Rng, n: int, classes: int, scale: float = 1.5) -> dict[str, Any]:
    y = rng.permutation(np.arange(n) % classes)
    return {"inputs": (rng.normal(size=(n, classes)) * scale,), "given": {"y": y}}


@softmax_cross_entropy.check("random scores", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, _, classes in SIZES:
        yield _scores(rng, n, classes)


@softmax_cross_entropy.check("scores in the thousands", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    probe = _scores(rng, 4, 3)
    yield {**probe, "inputs": (probe["inputs"][0] + np.array([[1e3], [-1e3], [2e3], [0.0]]),)}


softmax_cross_entropy.twin("over-c", "size-for-n")  # N over N·C is 1 over C
softmax_cross_entropy.wrong_answer(
    "target-missing",
    "You return p alone: subtract 1 in the column of the right class.",
    value_right(as_if(lambda scores, y: np.mean(_log_sum_exp(scores)))),
    twins=("one-path",),
)
softmax_cross_entropy.wrong_answer(
    "all-columns",
    "You subtract 1 in every column: only in that of the right class.",
    value_right(
        as_if(
            lambda scores, y: np.mean(_log_sum_exp(scores) - np.sum(scores, axis=1, keepdims=True))
        )
    ),
)
softmax_cross_entropy.wrong_answer(
    "columns-of-all",
    "You subtract 1 in the columns of all labels, in every row: `p[:, y]` does that. Each row has"
    " one label: `p[np.arange(N), y]`.",
    lambda view: (
        view.answer[0],
        (softmax(view.inputs[0]) - _one_hot(view.case.given["y"], view.inputs[0].shape[1]).max(0))
        / len(view.inputs[0]),
    ),
)
softmax_cross_entropy.wrong_answer(
    "extra-slope",
    "You multiply by p(1 − p) once more: log and softmax together leave p − y.",
    lambda view: (
        view.answer[0],
        view.answer[1] * softmax(view.inputs[0]) * (1 - softmax(view.inputs[0])),
    ),
)
softmax_cross_entropy.wrong_answer(
    "batch-axis",
    "Your softmax runs over the examples: the shares of each row add up to 1.",
    as_if(
        lambda scores, y: (
            np.sum((_log_sum_exp(scores, axis=0) - scores) * _one_hot(y, scores.shape[1]))
            / len(scores)
        )
    ),
)
softmax_cross_entropy.wrong_answer(
    "log-missing",
    "Your loss has no logarithm: it is −log of the right class's share, averaged.",
    lambda view: (np.asarray(-_share_of_label(view)), view.answer[1]),
)


def _share_of_label(view: View) -> Any:
    scores, y = view.inputs[0], view.case.given["y"]
    return np.mean(softmax(scores)[np.arange(len(y)), y])


# --- the multiclass hinge ------------------------------------------------------------------


def _margins(scores, y, margin=1.0):
    """Return s_j − s_y + margin for every class j, and 0 for the right class itself."""
    one_hot = _one_hot(y, scores.shape[1])
    right = np.sum(scores * one_hot, axis=1, keepdims=True)
    return (scores - right + margin) * (1 - one_hot)


@exercise(
    points=3,
    returns=("loss", "dscores"),
    asks="both",
    upstream=False,
    read="10. The multiclass hinge",
)
def svm_loss(scores, y):
    margins = _margins(scores, y)
    return np.sum(np.where(margins > 0, margins, 0.0)) / len(y)


def _hinge_from_0_up(scores, y):
    margins = _margins(scores, y)
    kept = (margins >= 0) * (1 - _one_hot(y, scores.shape[1]))
    return np.sum(margins * kept) / len(y)


svm_loss.convention(_hinge_from_0_up)
svm_loss.driver(_on_labels)
svm_loss.example(np.array([[3.0, 2.5, -1.0]]), y=np.array([0]))


@svm_loss.check("random scores", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, _, classes in SIZES:
        yield _scores(rng, n, classes)


@svm_loss.check("all margins kept, none kept, and exactly 0")
def _(rng: Rng) -> Iterator[Any]:
    scores = np.array([[0.25, 0.5, 0.125, 0.0], [9.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 1.0]])
    yield {"inputs": (scores,), "given": {"y": np.array([0, 0, 2])}}


svm_loss.twin("over-c", "size-for-n")  # N over N·C is 1 over C
svm_loss.wrong_answer(
    "right-class-counted",
    "Your loss counts the right class's own margin, which is always 1: leave it out of the sum.",
    lambda view: (view.answer[0] + 1, view.answer[1]),
)
svm_loss.wrong_answer(
    "right-class-forgotten",
    "The right class's column is 0: each margin that counts pulls on s_y too, with −1.",
    lambda view: _right_column(view, lambda column: np.zeros_like(column)),
    twins=("one-path",),
)
svm_loss.wrong_answer(
    "minus-one",
    "The right class's column is −1/N: it takes −1/N from every margin that counts, so count them.",
    lambda view: _right_column(view, lambda column: np.full_like(column, -1 / len(column))),
)
svm_loss.wrong_answer(
    "no-margin",
    "The margin of 1 is missing: a wrong class counts as soon as s_j − s_y + 1 is above 0.",
    as_if(lambda scores, y: np.sum(np.maximum(_margins(scores, y, 0.0), 0.0)) / len(y)),
)
svm_loss.wrong_answer(
    "squared",
    "You multiply by the margins: the slope of max(0, m) is 1 where m is above 0, whatever m is.",
    value_right(
        as_if(lambda scores, y: np.sum(np.maximum(_margins(scores, y), 0.0) ** 2 / 2) / len(y))
    ),
)
svm_loss.wrong_answer(
    "worst-only",
    "You count the worst margin of each example only: this loss adds up all that are above 0.",
    as_if(lambda scores, y: np.mean(np.max(np.maximum(_margins(scores, y), 0.0), axis=1))),
)


def _right_column(view: View, change: Callable[[Any], Any]) -> Answer:
    loss, dscores = view.answer
    rows, y = np.arange(len(dscores)), view.case.given["y"]
    changed = dscores.copy()
    changed[rows, y] = change(dscores[rows, y])
    return loss, changed
