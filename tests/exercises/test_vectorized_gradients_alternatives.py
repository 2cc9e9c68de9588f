"""Assignment 04: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import find, load
from tests.exercises.alternatives import each_way, gets_every_point

# --- layer_shapes ----------------------------------------------------------------------------


def shapes_of_real_arrays(x_shape, w_shape):
    X, W, b = np.empty(x_shape), np.empty(w_shape), np.empty(w_shape[1])
    jacobian = np.empty((X @ W + b).shape + X.shape)
    return {"dX": X.shape, "dW": W.shape, "db": b.shape, "jacobian": jacobian.shape}


def shapes_as_lists(x_shape, w_shape):
    out = [*x_shape[:-1], w_shape[-1]]
    return {
        "jacobian": out + list(x_shape),
        "dX": list(x_shape),
        "dW": list(w_shape),
        "db": out[-1:],
    }


def shapes_as_arrays(x_shape, w_shape):
    x, w = np.array(x_shape), np.array(w_shape)
    jacobian = np.concatenate([x[:-1], w[1:], x])
    return {"dX": x, "dW": w, "db": w[1:], "jacobian": jacobian}


# --- relu_backward ---------------------------------------------------------------------------


def masked_copy(x, upstream):
    dx = np.array(upstream, dtype=float)
    dx[x <= 0] = 0
    return dx


def one_at_zero(x, upstream):
    return upstream * (x >= 0)


def half_at_zero(x, upstream):
    return upstream * np.heaviside(x, 0.5)


def by_a_loop(x, upstream):
    dx = np.zeros(x.shape)
    for where in np.ndindex(x.shape):
        if x[where] > 0:
            dx[where] = upstream[where]
    return dx


# --- unbroadcast -----------------------------------------------------------------------------


def while_too_many_axes(upstream, shape):
    while upstream.ndim > len(shape):
        upstream = upstream.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            upstream = upstream.sum(axis=axis, keepdims=True)
    return upstream


def summed_then_reshaped(upstream, shape):
    padded = (1,) * (upstream.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i in range(upstream.ndim) if padded[i] == 1)
    return np.sum(upstream, axis=axes).reshape(shape)


def added_into_zeros(upstream, shape):
    dx = np.zeros(shape)
    places = np.broadcast_to(np.arange(dx.size).reshape(shape), upstream.shape)
    flat = dx.reshape(-1)
    np.add.at(flat, places.ravel(), upstream.ravel())
    return flat.reshape(shape)


# --- squared_norm_backward -------------------------------------------------------------------


def columns_and_rows(W, x, upstream):
    dq = 2 * upstream * W.dot(x)
    return dq[:, None] * x[None, :], dq.dot(W)


def squared_norm_by_einsum(W, x, upstream):
    dq = 2 * upstream * np.einsum("ij,j->i", W, x)
    return np.einsum("i,j->ij", dq, x), np.einsum("i,ij->j", dq, W)


def squared_norm_by_loops(W, x, upstream):
    dW, dx = np.zeros(W.shape), np.zeros(x.shape)
    for i in range(W.shape[0]):
        q = sum(W[i, j] * x[j] for j in range(len(x)))
        for j in range(len(x)):
            dW[i, j] = 2 * q * x[j] * upstream
            dx[j] += 2 * q * W[i, j] * upstream
    return [dW, dx]


# --- the affine layer ------------------------------------------------------------------------


def forward_row_by_row(X, W, b):
    return np.array([W.T @ row + b for row in X])


def forward_with_a_column_of_ones(X, W, b):
    return np.c_[X, np.ones(len(X))] @ np.vstack([W, b])


def forward_by_einsum(X, W, b):
    return np.einsum("nd,dm->nm", X, W) + b[np.newaxis]


def backward_example_by_example(X, W, upstream):
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for n in range(len(X)):
        dX[n] = W @ upstream[n]
        dW += np.outer(X[n], upstream[n])
        db += upstream[n]
    return dX, dW, db


def backward_by_einsum(X, W, upstream):
    return (
        np.einsum("nm,dm->nd", upstream, W),
        np.einsum("nd,nm->dm", X, upstream),
        np.einsum("nm->m", upstream),
    )


def backward_of_columns(X, W, upstream):
    return (W @ upstream.T).T, (upstream.T @ X).T, np.ones(len(X)) @ upstream


def backward_by_scalar_loops(X, W, upstream):
    (N, D), M = X.shape, W.shape[1]
    dX, dW, db = np.zeros((N, D)), np.zeros((D, M)), np.zeros(M)
    for n in range(N):
        for m in range(M):
            db[m] += upstream[n, m]
            for d in range(D):
                dX[n, d] += upstream[n, m] * W[d, m]
                dW[d, m] += upstream[n, m] * X[n, d]
    return dX, dW, db


# --- gather_backward -------------------------------------------------------------------------


def position_by_position(rows, index, upstream):
    dtable = np.zeros((rows, upstream.shape[1]))
    for k in range(len(index)):
        dtable[index[k]] += upstream[k]
    return dtable


def with_a_one_hot_matrix(rows, index, upstream):
    return np.eye(rows)[index].T @ upstream


def sums_of_selections(rows, index, upstream):
    return np.array([upstream[index == row].sum(axis=0) for row in range(rows)])


# --- softmax_backward ------------------------------------------------------------------------


def by_the_jacobian_of_each_row(p, upstream):
    return np.array([(np.diag(q) - np.outer(q, q)) @ g for q, g in zip(p, upstream, strict=True)])


def products_first(p, upstream):
    products = p * upstream
    return products - p * products.sum(axis=-1)[:, None]


def softmax_by_einsum(p, upstream):
    return p * upstream - np.einsum("ni,nj,nj->ni", p, p, upstream)


# --- logistic_backward -----------------------------------------------------------------------


def logistic_by_loops(X, w, b, y):
    dw, db = np.zeros(len(w)), 0.0
    for row, label in zip(X, y, strict=True):
        p = 1 / (1 + math.exp(-(sum(row * w) + b)))
        dw += (p - label) * row / len(X)
        db += (p - label) / len(X)
    return dw, db


def logistic_by_cases(X, w, b, y):
    z = X.dot(w) + b
    sign = 2 * y - 1
    dz = -sign / (1 + np.exp(sign * z))
    return (dz[:, None] * X).mean(axis=0), dz.mean()


def logistic_by_tanh(X, w, b, y):
    error = 0.5 * (1 + np.tanh((X @ w + b) / 2)) - y
    return error @ X / y.size, error.sum() / y.size


# --- softmax_cross_entropy -------------------------------------------------------------------


def by_the_log_of_the_shares(scores, y):
    logits = scores - scores.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    one_hot = np.eye(scores.shape[1])[y]
    return -(one_hot * log_p).sum() / len(y), (np.exp(log_p) - one_hot) / len(y)


def by_logaddexp(scores, y):
    total = np.logaddexp.reduce(scores, axis=1)
    dscores = np.exp(scores - total[:, None])
    np.subtract.at(dscores, (np.arange(len(y)), y), 1)
    return [np.mean(total - np.take_along_axis(scores, y[:, None], 1)[:, 0]), dscores / len(y)]


def cross_entropy_by_loops(scores, y):
    loss, dscores = 0.0, np.zeros(scores.shape)
    for n in range(len(scores)):
        top = max(scores[n])
        exps = [math.exp(score - top) for score in scores[n]]
        loss += (math.log(sum(exps)) - (scores[n, y[n]] - top)) / len(scores)
        for j in range(scores.shape[1]):
            dscores[n, j] = (exps[j] / sum(exps) - (j == y[n])) / len(scores)
    return loss, dscores


# --- svm_loss --------------------------------------------------------------------------------


def hinge_by_loops(scores, y):
    loss, dscores = 0.0, np.zeros(scores.shape)
    for n in range(len(scores)):
        for j in range(scores.shape[1]):
            margin = scores[n, j] - scores[n, y[n]] + 1
            if j != y[n] and margin > 0:
                loss += margin
                dscores[n, j] += 1
                dscores[n, y[n]] -= 1
    return loss / len(scores), dscores / len(scores)


def hinge_from_0_up(scores, y):
    one_hot = np.eye(scores.shape[1])[y]
    margins = scores - (scores * one_hot).sum(axis=1, keepdims=True) + 1
    counted = (margins >= 0) * (1 - one_hot)
    dscores = counted - one_hot * counted.sum(axis=1, keepdims=True)
    return (margins * counted).sum() / len(y), dscores / len(y)


def hinge_with_the_right_class_taken_off_after(scores, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, scores - scores[rows, y].reshape(-1, 1) + 1)
    dscores = np.where(margins > 0, 1.0, 0.0)
    dscores[rows, y] -= dscores.sum(axis=1)
    return margins.sum() / len(y) - 1, dscores / len(y)


WAYS = {
    "layer_shapes": [shapes_of_real_arrays, shapes_as_lists, shapes_as_arrays],
    "relu_backward": [masked_copy, one_at_zero, half_at_zero, by_a_loop],
    "unbroadcast": [while_too_many_axes, summed_then_reshaped, added_into_zeros],
    "squared_norm_backward": [columns_and_rows, squared_norm_by_einsum, squared_norm_by_loops],
    "affine_forward": [forward_row_by_row, forward_with_a_column_of_ones, forward_by_einsum],
    "affine_backward": [
        backward_example_by_example,
        backward_by_einsum,
        backward_of_columns,
        backward_by_scalar_loops,
    ],
    "gather_backward": [position_by_position, with_a_one_hot_matrix, sums_of_selections],
    "softmax_backward": [by_the_jacobian_of_each_row, products_first, softmax_by_einsum],
    "logistic_backward": [logistic_by_loops, logistic_by_cases, logistic_by_tanh],
    "softmax_cross_entropy": [by_the_log_of_the_shares, by_logaddexp, cross_entropy_by_loops],
    "svm_loss": [
        hinge_by_loops,
        hinge_from_0_up,
        hinge_with_the_right_class_taken_off_after,
    ],
}


@each_way(WAYS)
def test_another_right_way_gets_every_point(name: str, stub) -> None:
    gets_every_point(name, stub)


def test_every_exercise_has_three_other_ways() -> None:
    assert {name: len(ways) >= 3 for name, ways in WAYS.items()} == dict.fromkeys(
        load("04_vectorized_gradients"), True
    )


def test_a_softmax_that_overflows_is_told_so() -> None:
    def plain(scores, y):
        exp = np.exp(scores)
        p = exp / exp.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -np.log(p[rows, y]).mean()
        p[rows, y] -= 1
        return loss, p / len(y)

    name = "softmax_cross_entropy"
    verdict = examine(find(name), LocalTransport({name: plain}), 0)
    assert verdict.mistakes == ("overflow",)
    assert 0 < verdict.score < find(name).points
