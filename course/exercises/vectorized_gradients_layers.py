"""04 Vectorised gradients, sections 4 to 6: products of matrices, the affine layer, lookups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.draws import WHOLE
from course.exercises.exercise import exercise, program
from course.exercises.vectorized_gradients import ASSIGNMENT, Rng
from course.exercises.wrong import as_if, but

__all__ = ["ASSIGNMENT"]

SIZES = ((3, 3, 3), (4, 2, 5), (2, 5, 3))
"""Examples, inputs, outputs. With all of them equal, a wrong product raises no error."""


# --- the squared length of Wx --------------------------------------------------------------


@exercise(points=2, returns=("dW", "dx"), read="4. The squared length of Wx")
def squared_norm_backward(W, x):
    return np.sum((W @ x) ** 2)


squared_norm_backward.example(
    np.array([[0.1, 0.5], [-0.3, 0.8]]), np.array([0.2, 0.4]), upstream=1.0
)


@squared_norm_backward.check("random matrices and vectors", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for rows, columns in [(3, 3), (2, 4), (5, 3)]:
        yield rng.normal(size=(rows, columns)), rng.normal(size=columns)


@squared_norm_backward.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    yield rng.integers(1, 5, (2, 3)), rng.integers(-4, 0, 3)


squared_norm_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
squared_norm_backward.wrong_answer(
    "two-lost",
    "The 2 of the square is missing: the gradient of q² is 2q.",
    lambda view: tuple(part / 2 for part in view.answer),
)
squared_norm_backward.wrong_answer(
    "length-for-square",
    "You differentiate the length of q: f is its square, so no root is involved.",
    as_if(lambda W, x: np.sqrt(np.sum((W @ x) ** 2))),
)
squared_norm_backward.wrong_answer(
    "not-squared",
    "You leave out the square: upstream of q is 2q, not 1.",
    as_if(lambda W, x: np.sum(W @ x)),
)
squared_norm_backward.mistake(
    "not-transposed",
    "dx needs the transpose of W: upstream of q has an entry for each row of W.",
    but(
        squared_norm_backward.forward, lambda g, W, x, upstream: (g[0], W @ (W @ x) * 2 * upstream)
    ),
)
squared_norm_backward.mistake(
    "stops-at-q",
    "You return the gradient of q = Wx for dx: go one step further back, through W.",
    but(squared_norm_backward.forward, lambda g, W, x, upstream: (g[0], W @ x * 2 * upstream)),
)
squared_norm_backward.mistake(
    "star-for-outer",
    "You multiply q and x entry by entry: dW has an entry for each pair, as np.outer makes.",
    but(squared_norm_backward.forward, lambda g, W, x, upstream: (W @ x * x * 2 * upstream, g[1])),
)


# --- the affine layer ----------------------------------------------------------------------

AFFINE = "5. The affine layer"


def affine(X, W, b):
    """Return X @ W + b, for a batch of rows."""
    return X @ W + b


@program(points=1, returns=("Y",), read=AFFINE)
def affine_forward(X, W, b):
    return affine(X, W, b)


def _layers(rng: Rng) -> Iterator[Any]:
    for n, d, m in SIZES:
        yield rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)


def _whole_layer(rng: Rng) -> Iterator[Any]:
    yield rng.integers(1, 5, (2, 4)), rng.integers(-4, 0, (4, 3)), rng.integers(1, 5, 3)


affine_forward.example(
    np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]),
    np.array([0.5, 0.0, -0.5]),
)
affine_forward.check("random layers", weight=2)(_layers)
affine_forward.check(WHOLE)(_whole_layer)
affine_forward.mistake(
    "no-bias", "The bias b is missing: add it to every row.", lambda X, W, b: X @ W
)
affine_forward.mistake(
    "weights-turned-round",
    "You use the transpose of W: its rows belong to the inputs, so X @ W fits.",
    lambda X, W, b: X @ W.T + b,
)
affine_forward.mistake(
    "star-for-at",
    "You multiply entry by entry with `*`: the product of two matrices is `@`.",
    lambda X, W, b: X * W + b,
)
affine_forward.mistake(
    "factors-exchanged",
    "You have the factors the wrong way round: the last axis of X meets the first of W.",
    lambda X, W, b: W @ X + b,
)
affine_forward.mistake(
    "bias-by-rows",
    "You add b down the rows: b has an entry for each column of Y, and NumPy adds it as it is.",
    lambda X, W, b: X @ W + b[:, np.newaxis],
)


@exercise(points=3, returns=("dX", "dW", "db"), read=AFFINE)
def affine_backward(X, W, b):
    return affine(X, W, b)


@affine_backward.driver
def _(stub: Stub, case: Case) -> Any:
    X, W, _ = case.inputs
    return stub(X, W, case.upstream)


affine_backward.example(
    np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]),
    np.zeros(3),
    upstream=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
)
affine_backward.check("random layers", weight=3)(_layers)
affine_backward.check(WHOLE)(_whole_layer)


def _affine_mistake(change: Callable[..., Any]) -> Callable[..., Any]:
    """Return a stub; `change` takes the right dX, dW, db, then X, W, upstream."""

    def stub(X, W, upstream):
        return but(lambda X, W: affine(X, W, 0.0), change)(X, W, upstream)

    return stub


def _bias(of: Callable[[Any], Any]) -> Callable[[View], Answer]:
    """Return the rule of a wrong db."""
    return lambda view: (*view.answer[:2], np.asarray(of(view.case.upstream)))


affine_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
affine_backward.mistake(
    "weights-not-transposed",
    "dX needs the transpose of W: upstream has a column for each output, dX one for each input.",
    _affine_mistake(lambda g, X, W, upstream: (upstream @ W, g[1], upstream.sum(axis=0))),
)
affine_backward.mistake(
    "last-example",
    "dW comes from one example only: the parts of all examples add (`+=`, not `=`).",
    _affine_mistake(
        lambda g, X, W, upstream: (g[0], np.outer(X[-1], upstream[-1]), upstream.sum(axis=0))
    ),
)
affine_backward.wrong_answer(
    "db-not-summed",
    "db has a row for each example: b was added to all of them, so sum over the examples.",
    _bias(lambda upstream: upstream),
)
affine_backward.wrong_answer(
    "db-mean",
    "db is the mean over the examples: they add. A 1/N, if there is one, is in upstream already.",
    _bias(lambda upstream: upstream.mean(axis=0)),
)
affine_backward.wrong_answer(
    "db-wrong-axis",
    "db is summed over the outputs: sum over the examples, which are axis 0.",
    _bias(lambda upstream: upstream.sum(axis=1)),
)
affine_backward.wrong_answer(
    "db-keepdims",
    "db keeps an axis of length 1 that b does not have: drop `keepdims`.",
    _bias(lambda upstream: upstream.sum(axis=0, keepdims=True)),
)


# --- rows of a table -----------------------------------------------------------------------


@exercise(points=2, returns=("dtable",), read="6. Rows looked up in a table")
def gather_backward(table, index):
    return table[index]


gather_backward.driver(
    lambda stub, case: stub(len(case.inputs[0]), case.given["index"], case.upstream)
)
gather_backward.example(
    np.zeros((4, 2)),
    upstream=np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]),
    index=np.array([2, 0, 2]),
)


def _lookup(rng: Rng, rows: int, index: Any) -> dict[str, Any]:
    return {"inputs": (rng.normal(size=(rows, 3)),), "given": {"index": np.array(index)}}


@gather_backward.check("each row at most once")
def _(rng: Rng) -> Iterator[Any]:
    yield _lookup(rng, 5, rng.permutation(5)[:4])
    yield _lookup(rng, 6, rng.permutation(5)[:2])


@gather_backward.check("rows that are looked up several times", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _lookup(rng, 4, [1, 2, 1, 0, 1])
    yield _lookup(rng, 7, rng.integers(0, 5, size=12))


def _overwritten(rows, index, upstream):
    dtable = np.zeros((rows, upstream.shape[1]))
    dtable[index] += upstream
    return dtable


def _averaged(rows, index, upstream):
    counts = np.bincount(index, minlength=rows)
    return np.stack(
        [upstream[index == row].sum(axis=0) / max(counts[row], 1) for row in range(rows)]
    )


gather_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
gather_backward.mistake(
    "repeats-lost",
    "A row that is looked up twice keeps one part only: `dtable[index] += ...` reads every row once"
    " and writes it once. Use np.add.at, or a loop.",
    _overwritten,
)
gather_backward.mistake(
    "repeats-averaged",
    "You average the parts of a row that is looked up several times: they add.",
    _averaged,
)
gather_backward.mistake(
    "rows-lost",
    "dtable ends at the last row that was looked up: it has all rows of the table, the unused ones"
    " being 0.",
    lambda rows, index, upstream: np.stack(
        [upstream[index == row].sum(axis=0) for row in range(index.max() + 1)]
    ),
)
gather_backward.mistake(
    "in-order",
    "You put the rows of upstream into the first rows of the table: row k belongs to row index[k].",
    lambda rows, index, upstream: np.resize(
        np.concatenate([upstream, np.zeros_like(upstream)]), (rows, upstream.shape[1])
    ),
)
