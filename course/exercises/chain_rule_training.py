"""01 Chain rule, sections 10 to 12: walking against the gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import grad, value_and_grad
from course.checking.compare import as_arrays
from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.chain_rule import ASSIGNMENT, Rng
from course.exercises.chain_rule_neuron import sigmoid
from course.exercises.draws import WHOLE
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]


# --- one step downhill -----------------------------------------------------------------------


@program(
    points=1, returns=lambda case: tuple(case.inputs[0]), read="10. One step: against the gradient"
)
def gradient_descent_step(theta, gradient, rate):
    return {key: theta[key] - rate * gradient[key] for key in theta}


gradient_descent_step.example({"w": 1.0, "b": 0.0}, {"w": 4.0, "b": -2.0}, 0.1)


@gradient_descent_step.check("several parameters, of several shapes", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    shapes = [{"w": (3,), "b": ()}, {"w1": (2, 3), "b1": (3,), "w2": (3,), "b2": ()}]
    for each in shapes:
        theta = {key: rng.normal(size=shape) for key, shape in each.items()}
        gradient = {key: rng.normal(size=shape) for key, shape in each.items()}
        yield theta, gradient, float(rng.uniform(0.05, 0.5))


@gradient_descent_step.check("whole numbers as parameters")
def _(rng: Rng) -> Iterator[Any]:
    yield {"w": np.array([1, -2]), "b": 3}, {"w": np.array([2, 5]), "b": -1}, 0.25


def _updated(update):
    return lambda theta, gradient, rate: {
        key: update(theta[key], gradient[key], rate) for key in theta
    }


gradient_descent_step.mistake(
    "ascends",
    "You add the step and walk uphill: the gradient points up, so subtract.",
    _updated(lambda old, slope, rate: old + rate * slope),
)
gradient_descent_step.mistake(
    "rate-left-out",
    "You subtract the whole gradient: multiply it by the learning rate.",
    _updated(lambda old, slope, rate: old - slope),
)
gradient_descent_step.mistake(
    "rate-divides",
    "You divide by the learning rate: multiply, so that a small rate makes a small step.",
    _updated(lambda old, slope, rate: old - slope / rate),
)
gradient_descent_step.mistake(
    "step-returned",
    "You return the step: return where it leads, the old parameters plus the step.",
    _updated(lambda old, slope, rate: -rate * slope),
)
gradient_descent_step.mistake(
    "first-only",
    "Only the first parameter moves: all of them take the step.",
    lambda theta, gradient, rate: {
        key: value - (rate * gradient[key] if key == next(iter(theta)) else 0)
        for key, value in theta.items()
    },
)


# --- many steps ------------------------------------------------------------------------------


def slope_of_fit(theta, x, y):
    """Return the gradient of the mean squared error of the line x @ theta."""
    return grad(lambda theta: np.mean((x @ theta - y) ** 2))(np.asarray(theta, float))


def rate_of(start: float, decay: float) -> Callable[[int], float]:
    return lambda epoch: start / (1.0 + decay * epoch)


@program(points=3, returns=("path",), read="11. Many steps, and four choices")
def gradient_descent(theta, batches, start, decay, epochs):
    path, rate = [theta], rate_of(start, decay)
    for epoch in range(epochs):
        for x, y in batches:
            path.append(path[-1] - rate(epoch) * slope_of_fit(path[-1], x, y))
    return np.array(path)


@gradient_descent.driver
def _(stub: Stub, case: Case) -> Any:
    theta, batches = case.inputs
    rate = rate_of(case.given["start"], case.given["decay"])
    return stub(slope_of_fit, theta, batches, rate, case.given["epochs"])


gradient_descent.example(
    np.array([0.0]),
    [(np.array([[1.0]]), np.array([2.0]))],
    start=0.25,
    decay=0.0,
    epochs=2,
)


def _data(rng: Rng, batches: int, inputs: int) -> list[tuple[Any, Any]]:
    return [
        (rng.normal(size=(size, inputs)), rng.normal(size=size))
        for size in rng.integers(2, 5, batches)
    ]


@gradient_descent.check("one batch, the same rate throughout")
def _(rng: Rng) -> Iterator[Any]:
    for inputs, epochs in [(2, 3), (3, 2)]:
        yield {
            "inputs": (rng.normal(size=inputs), _data(rng, 1, inputs)),
            "given": {"start": 0.1, "decay": 0.0, "epochs": epochs},
        }


@gradient_descent.check("several batches, and a rate that falls", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for batches, inputs, epochs in [(3, 2, 2), (2, 3, 3)]:
        yield {
            "inputs": (rng.normal(size=inputs), _data(rng, batches, inputs)),
            "given": {"start": 0.2, "decay": 0.5, "epochs": epochs},
        }


def _descent(view: View, *, sign=-1.0, rate_at=None, stale="", last=False, epochs=None) -> Answer:
    """Return the path of a descent with a mistake in it.

    `rate_at` takes (epoch, step); `stale` says from when the gradient's point is: "start" or
    "epoch"; `last` uses only the last batch of an epoch.
    """
    theta, batches = view.case.inputs
    given = view.case.given
    rate = rate_of(given["start"], given["decay"])
    path = [theta]
    for epoch in range(given["epochs"] if epochs is None else epochs):
        first = path[-1]
        for x, y in batches[-1:] if last else batches:
            at = {"": path[-1], "start": path[0], "epoch": first}[stale]
            when = epoch if rate_at is None else rate_at(epoch, len(path) - 1)
            path.append(path[-1] + sign * rate(when) * slope_of_fit(at, x, y))
    return (np.array(path),)


gradient_descent.wrong_answer(
    "ascends",
    "You add the step and walk uphill: the gradient points up, so subtract.",
    lambda view: _descent(view, sign=1.0),
)
gradient_descent.wrong_answer(
    "stale-gradient",
    "You find the gradient at the start again and again: find it where you are now.",
    lambda view: _descent(view, stale="start"),
)
gradient_descent.wrong_answer(
    "stale-in-epoch",
    "Within an epoch you find all gradients at the same place: move after every batch.",
    lambda view: _descent(view, stale="epoch"),
)
gradient_descent.wrong_answer(
    "one-epoch",
    "You stop after one epoch: go through all batches again, epochs times.",
    lambda view: _descent(view, epochs=1),
)
gradient_descent.wrong_answer(
    "last-batch",
    "You step once an epoch, with the last batch: step after every batch.",
    lambda view: _descent(view, last=True),
)
gradient_descent.wrong_answer(
    "constant-rate",
    "You use the rate of epoch 0 throughout: ask for rate(epoch) in every epoch.",
    lambda view: _descent(view, rate_at=lambda epoch, step: 0),
)
gradient_descent.wrong_answer(
    "rate-by-step",
    "You ask for the rate of the step: rate takes the number of the epoch.",
    lambda view: _descent(view, rate_at=lambda epoch, step: step),
)
gradient_descent.wrong_answer(
    "rate-from-one",
    "You count the epochs from 1: the first epoch is number 0.",
    lambda view: _descent(view, rate_at=lambda epoch, step: epoch + 1),
)
gradient_descent.wrong_answer(
    "start-left-out",
    "The path begins after the first step: its first row is where you started.",
    lambda view: (view.answer[0][1:],),
)
gradient_descent.wrong_answer(
    "end-only",
    "You return the last parameters only: return the whole path, one row for each.",
    lambda view: (view.answer[0][-1],),
)
gradient_descent.wrong_answer(
    "same-array",
    "Every row is the last one: you change one array in place and keep it many times. Make a new"
    " array in every step.",
    lambda view: (np.broadcast_to(view.answer[0][-1], view.answer[0].shape),),
)


# --- the four steps --------------------------------------------------------------------------


def _mean_miss(w, b, x, y):
    return np.mean((sigmoid(x @ w + b) - y) ** 2)


def trained(inputs: tuple[Any, ...], loss: Callable[..., Any] = _mean_miss) -> tuple[Any, ...]:
    """Return (loss, (w, b), (dw, db), rate) of a batch."""
    w, b, x, y, rate = inputs
    w, b = np.asarray(w, float), float(b)
    value, gradients = value_and_grad(loss, (0, 1))(w, b, x, y)
    return value, (w, b), gradients, rate


def _stepped(loss, parameters, gradients, rate):
    return (loss, *(old - rate * slope for old, slope in zip(parameters, gradients, strict=True)))


@program(points=3, returns=("loss", "w", "b"), read="12. A training step has four parts")
def train_step(w, b, x, y, rate):
    return _stepped(*trained((w, b, x, y, rate)))


train_step.example(
    np.array([0.5, -1.0]),
    0.0,
    np.array([[1.0, 2.0], [0.0, -1.0], [2.0, 1.0]]),
    np.array([0.0, 1.0, 1.0]),
    1.0,
)


@train_step.check("random batches", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for examples, inputs in [(4, 3), (2, 2), (7, 1)]:
        x, y = rng.normal(size=(examples, inputs)), rng.integers(0, 2, examples).astype(float)
        yield rng.normal(size=inputs), float(rng.normal()), x, y, float(rng.uniform(0.5, 2.0))


@train_step.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    x, y = rng.integers(-2, 3, size=(5, 2)), np.array([0, 1, 1, 0, 1])
    yield np.array([1, -1]), 0, x, y, 1


def _training_mistake(name: str, sentence: str, wrong: Callable[..., tuple[Any, ...]]) -> None:
    def rule(view: View) -> Answer:
        return as_arrays(wrong(*trained(view.case.inputs)), view.case.labels)

    train_step.wrong_answer(name, sentence, rule)


def _training_loss_mistake(name: str, sentence: str, loss: Callable[..., Any]) -> None:
    def rule(view: View) -> Answer:
        return as_arrays(_stepped(*trained(view.case.inputs, loss)), view.case.labels)

    train_step.wrong_answer(name, sentence, rule)


def _with_new_w(view: View) -> Answer:
    _, b, x, y, rate = view.case.inputs
    loss, new_w, _ = _stepped(*trained(view.case.inputs))
    _, _, (_, db), _ = trained((new_w, b, x, y, rate))
    return as_arrays((loss, new_w, b - rate * db), view.case.labels)


def _loss_after(view: View) -> Answer:
    _, _, x, y, _ = view.case.inputs
    _, w, b = _stepped(*trained(view.case.inputs))
    return as_arrays((_mean_miss(w, b, x, y), w, b), view.case.labels)


def _slope_left_out(view: View) -> Answer:
    w, b, x, y, rate = view.case.inputs
    loss, parameters, _, _ = trained(view.case.inputs)
    miss = 2 * (sigmoid(x @ w + b) - y) / len(y)
    return as_arrays(_stepped(loss, parameters, (miss @ x, np.sum(miss)), rate), view.case.labels)


_training_mistake(
    "ascends",
    "You add the step and walk uphill: the gradient points up, so subtract.",
    lambda loss, old, slopes, rate: _stepped(loss, old, slopes, -rate),
)
_training_mistake(
    "rate-left-out",
    "You subtract the whole gradient: multiply it by the learning rate.",
    lambda loss, old, slopes, rate: _stepped(loss, old, slopes, 1.0),
)
_training_mistake(
    "two-lost",
    "Your step is half as long as it should be: the derivative of a square brings a 2.",
    lambda loss, old, slopes, rate: _stepped(loss, old, slopes, rate / 2),
)
_training_mistake(
    "bias-kept",
    "b does not move: it takes a step as w does.",
    lambda loss, old, slopes, rate: (*_stepped(loss, old, slopes, rate)[:2], old[1]),
)
_training_mistake(
    "gradients-returned",
    "You return the gradients: return the new w and b, after the step.",
    lambda loss, old, slopes, rate: (loss, *slopes),
)
_training_loss_mistake(
    "sum-for-mean",
    "You add over the examples: the loss here is their mean, so divide by N.",
    lambda w, b, x, y: np.sum((sigmoid(x @ w + b) - y) ** 2),
)
_training_loss_mistake(
    "no-activation",
    "The sigmoid is missing: the neuron's output is σ(x·w + b).",
    lambda w, b, x, y: np.mean((x @ w + b - y) ** 2),
)
_training_loss_mistake(
    "half-loss",
    "You take half of the square: the loss here is (a − y)².",
    lambda w, b, x, y: 0.5 * _mean_miss(w, b, x, y),
)
train_step.wrong_answer(
    "b-from-new-w",
    "You update w first and find b's gradient with the new w: find all gradients, then update.",
    _with_new_w,
)
train_step.wrong_answer(
    "loss-after",
    "You measure the loss after the update: measure it on the prediction, before going back.",
    _loss_after,
)
train_step.wrong_answer(
    "slope-left-out",
    "The slope of the sigmoid, a(1 − a), is missing on the way back.",
    _slope_left_out,
)


def _bias_averaged(view: View) -> Answer:
    loss, parameters, (dw, db), rate = trained(view.case.inputs)
    examples = len(view.case.inputs[3])
    return as_arrays(_stepped(loss, parameters, (dw, db / examples), rate), view.case.labels)


train_step.wrong_answer(
    "bias-averaged",
    "You average b's gradient over the examples: the mean's 1/N is in it already, so add.",
    _bias_averaged,
)
