"""Assignment 05: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.exercises import load
from tests.exercises.alternatives import each_way, gets_every_point


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- gate_unit -------------------------------------------------------------------------------


def large_weights(kind, n):
    return np.full(n, 20.0), -20.0 * n + 10 if kind == "and" else -10.0


def bias_just_below(kind, n):
    return np.ones(n), -(n - 0.001) if kind == "and" else 0.0


def bias_in_an_array(kind, n):
    w = np.arange(1.0, n + 1)
    return [w, np.array([0.25 - w.sum() if kind == "and" else -0.5])]


# --- decision_region -------------------------------------------------------------------------


def as_three_layers_of_units(points, polygons):
    inside = []
    for W, b in polygons:
        lines = (points @ W + b > 0).astype(float)
        inside.append(lines @ np.ones(len(b)) - len(b) + 0.5 > 0)
    return (np.array(inside, dtype=float).sum(axis=0) - 0.5 > 0).astype(float)


def booleans(points, polygons):
    return np.logical_or.reduce([(points.dot(W) + b).min(axis=1) > 0 for W, b in polygons])


def point_by_point(points, polygons):
    inside = np.zeros(len(points))
    for n, point in enumerate(points):
        for W, b in polygons:
            if all(W[:, s] @ point + b[s] > 0 for s in range(len(b))):
                inside[n] = 1
    return inside


# --- mlp_forward -----------------------------------------------------------------------------


def biases_apart(X, W1, W2):
    return W2[0] + sigmoid(W1[0] + X @ W1[1:]) @ W2[1:]


def ones_inserted(X, W1, W2):
    hidden = sigmoid(np.insert(X, 0, 1, axis=1).dot(W1))
    return np.insert(hidden, 0, 1, axis=1).dot(W2)


def sums_with_indices_from_0(X, W1, W2):
    out = np.zeros((len(X), W2.shape[1]))
    for n in range(len(X)):
        x = [1.0, *X[n]]
        z = [1.0]
        for j in range(W1.shape[1]):
            z.append(1 / (1 + math.exp(-sum(x[i] * W1[i, j] for i in range(len(x))))))
        for k in range(W2.shape[1]):
            out[n, k] = sum(z[j] * W2[j, k] for j in range(len(z)))
    return out


# --- forward_pass ----------------------------------------------------------------------------


def with_a_counter(X, params):
    kept = [X]
    for layer, (W, b) in enumerate(params, start=1):
        z = np.dot(kept[-1], W) + b
        kept.append(z if layer == len(params) else sigmoid(z))
    return kept


def as_a_tuple(X, params):
    if len(params) == 1:
        return X, X @ params[0][0] + params[0][1]
    W, b = params[0]
    return X, *as_a_tuple((1 + np.tanh((X @ W + b) / 2)) / 2, params[1:])


def sums_and_activations(X, params):
    sums = [np.einsum("nj,jk->nk", X, params[0][0]) + params[0][1]]
    for W, b in params[1:]:
        sums.append(np.einsum("nj,jk->nk", sigmoid(sums[-1]), W) + b)
    return [X, *[sigmoid(z) for z in sums[:-1]], sums[-1]]


# --- output_delta ----------------------------------------------------------------------------


def slope_by_exp(z, y):
    e = np.exp(-z)
    delta_a = 2 / (1 + e) - 2 * y
    return delta_a, delta_a * e / (1 + e) ** 2


def minus_the_slide(z, y):
    a = sigmoid(z)
    wrong = 2 * (y - a)
    return [-wrong, wrong * (a**2 - a)]


def slope_by_cosh(z, y):
    a = 0.5 + 0.5 * np.tanh(z / 2)
    return np.multiply(2, a - y), (a - y) / (2 * np.cosh(z / 2) ** 2)


# --- hidden_gradient -------------------------------------------------------------------------


def one_product(upstream, W, z):
    out = sigmoid(z)
    return W @ (upstream * out * (1 - out))


def hidden_by_einsum(upstream, W, z):
    return np.einsum("jk,k,k->j", W, sigmoid(z) * sigmoid(-z), upstream)


def loop_over_the_next_layer(upstream, W, z):
    dh = np.zeros(len(W))
    for k, out in enumerate(sigmoid(z)):
        dh += upstream[k] * out * (1 - out) * W[:, k]
    return dh


def nested_sums(upstream, W, z):
    slopes = [math.exp(-each) / (1 + math.exp(-each)) ** 2 for each in z]
    return np.array(
        [sum(w * s * u for w, s, u in zip(row, slopes, upstream, strict=True)) for row in W]
    )


# --- delta_backward --------------------------------------------------------------------------


def example_by_example(delta, W, z_before):
    slopes = sigmoid(z_before) * sigmoid(-z_before)
    return np.array([slope * (W @ row) for slope, row in zip(slopes, delta, strict=True)])


def delta_by_einsum(delta, W, z_before):
    e = np.exp(-z_before)
    return np.einsum("nk,jk,nj->nj", delta, W, e / (1 + e) ** 2)


def of_columns(delta, W, z_before):
    columns = W.dot(delta.T)
    return (columns * (sigmoid(z_before) - sigmoid(z_before) ** 2).T).T


# --- layer_gradients -------------------------------------------------------------------------


def outer_products(delta, a_before):
    dW = np.zeros((a_before.shape[1], delta.shape[1]))
    for a, d in zip(a_before, delta, strict=True):
        dW += np.outer(a, d)
    return dW, sum(delta)


def gradients_by_einsum(delta, a_before):
    return np.einsum("nj,nk->jk", a_before, delta), np.einsum("nk->k", delta)


def with_a_bias_unit(delta, a_before):
    both = np.column_stack([np.ones(len(delta)), a_before]).T @ delta
    return [both[1:], both[0]]


# --- reversed_network ------------------------------------------------------------------------


def inserted_in_front(delta, weights, gains):
    deltas = [delta]
    for layer in range(len(weights) - 1, -1, -1):
        deltas.insert(0, np.multiply(gains[layer], deltas[0].dot(weights[layer].T)))
    return deltas


def recursive(delta, weights, gains):
    if not weights:
        return (delta,)
    behind = recursive(delta, weights[1:], gains[1:])
    return (behind[0] @ weights[0].T * gains[0], *behind)


def in_place_on_fresh_arrays(delta, weights, gains):
    deltas = [None] * len(weights) + [delta]
    for layer in reversed(range(len(weights))):
        arriving = np.einsum("nk,jk->nj", deltas[layer + 1], weights[layer])
        arriving *= gains[layer]
        deltas[layer] = arriving
    return deltas


# --- mlp_backward ----------------------------------------------------------------------------


def _softmax(scores):
    exp = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def carried_as_delta_by_z(X, y, params, lam):
    kept = [X]
    for W, b in params[:-1]:
        kept.append(np.tanh(kept[-1] @ W + b))
    p = _softmax(kept[-1] @ params[-1][0] + params[-1][1])
    one_hot = np.eye(p.shape[1])[y]
    loss = -np.sum(one_hot * np.log(p)) / len(X)
    loss += sum(lam / 2 * np.sum(W * W) for W, _ in params)
    delta = (p - one_hot) / len(X)
    gradients = [None] * len(params)
    for layer in reversed(range(len(params))):
        a = kept[layer]
        gradients[layer] = [a.T @ delta + lam * params[layer][0], delta.sum(axis=0)]
        delta = (1 - a**2) * (delta @ params[layer][0].T)  # of no use after the first layer
    return loss, gradients


def backward_recursive(X, y, params, lam):
    def go(a, layers):
        (W, b), *rest = layers
        z = a.dot(W) + b
        if rest:
            h = np.tanh(z)
            loss, dh, behind = go(h, rest)
            dz = dh / np.cosh(z) ** 2
        else:
            p = _softmax(z)
            rows = np.arange(len(y))
            loss, behind = -np.log(p[rows, y]).mean(), []
            dz = p / len(y)
            dz[rows, y] -= 1 / len(y)
        loss = loss + lam * np.vdot(W, W) / 2
        return loss, dz.dot(W.T), [(a.T.dot(dz) + lam * W, dz.sum(axis=0)), *behind]

    loss, _, gradients = go(X, params)
    return loss, gradients


def backward_example_by_example(X, y, params, lam):
    loss = lam / 2 * sum(np.sum(W**2) for W, _ in params)
    gradients = [(lam * W, np.zeros(len(b))) for W, b in params]
    for x, label in zip(X, y, strict=True):
        kept = [x]
        for W, b in params[:-1]:
            kept.append(np.tanh(W.T @ kept[-1] + b))
        p = _softmax((params[-1][0].T @ kept[-1] + params[-1][1])[np.newaxis])[0]
        loss -= math.log(p[label]) / len(X)
        g = (p - (np.arange(len(p)) == label)) / len(X)
        for layer in range(len(params) - 1, -1, -1):
            dW, db = gradients[layer]
            gradients[layer] = (dW + np.outer(kept[layer], g), db + g)
            g = (params[layer][0] @ g) * (1 - kept[layer] ** 2)
    return loss, gradients


# --- sgd -------------------------------------------------------------------------------------


def shuffled_first(params, gradient, X, y, order, batch_size, rate):
    X, y = X[order], y[order]
    for k in range(math.ceil(len(X) / batch_size)):
        part = slice(k * batch_size, (k + 1) * batch_size)
        slopes = gradient(params, X[part], y[part])
        params = [p + -rate * g for p, g in zip(params, slopes, strict=True)]
    return params


def split_by_numpy(params, gradient, X, y, order, batch_size, rate):
    own = [np.array(each, dtype=float) for each in params]
    for batch in np.split(order, range(batch_size, len(order), batch_size)):
        for each, slope in zip(own, gradient(own, X[batch], y[batch]), strict=True):
            each -= rate * slope
    return own


def while_examples_are_left(params, gradient, X, y, order, batch_size, rate):
    left = list(order)
    while left:
        batch, left = left[:batch_size], left[batch_size:]
        slopes = gradient(params, X[batch], y[batch])
        params = tuple(p - rate * g for p, g in zip(params, slopes, strict=True))
    return params


WAYS = {
    "gate_unit": [large_weights, bias_just_below, bias_in_an_array],
    "decision_region": [as_three_layers_of_units, booleans, point_by_point],
    "mlp_forward": [biases_apart, ones_inserted, sums_with_indices_from_0],
    "forward_pass": [with_a_counter, as_a_tuple, sums_and_activations],
    "output_delta": [slope_by_exp, minus_the_slide, slope_by_cosh],
    "hidden_gradient": [one_product, hidden_by_einsum, loop_over_the_next_layer, nested_sums],
    "delta_backward": [example_by_example, delta_by_einsum, of_columns],
    "layer_gradients": [outer_products, gradients_by_einsum, with_a_bias_unit],
    "reversed_network": [inserted_in_front, recursive, in_place_on_fresh_arrays],
    "mlp_backward": [carried_as_delta_by_z, backward_recursive, backward_example_by_example],
    "sgd": [shuffled_first, split_by_numpy, while_examples_are_left],
}


@each_way(WAYS)
def test_another_right_way_gets_every_point(name: str, stub) -> None:
    gets_every_point(name, stub)


def test_every_exercise_has_three_other_ways() -> None:
    assert {name: len(ways) >= 3 for name, ways in WAYS.items()} == dict.fromkeys(
        load("05_multilayer_perceptrons"), True
    )
