"""Assignment 06: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.exercises import load
from tests.exercises.alternatives import each_way, gets_every_point


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- local_factors ---------------------------------------------------------------------------


def appended_to_a_list(w, x):
    factors = []
    for weight in w:
        z = weight * x
        x = sigmoid(z)
        factors.append(weight * np.exp(-z) / (1 + np.exp(-z)) ** 2)
    return np.array(factors)


def outputs_first_then_one_line(w, x):
    h = []
    for weight in w:
        x = sigmoid(weight * x)
        h.append(x)
    h = np.array(h)
    return w * h * (1 - h)


def by_tanh(w, x):
    out = np.empty_like(w)
    for i in range(w.size):
        t = math.tanh(w[i] * x / 2)
        out[i], x = w[i] * (1 - t * t) / 4, (1 + t) / 2
    return out


# --- chain_gradients -------------------------------------------------------------------------


def product_for_every_weight(w, x, y):
    h = [x]
    for weight in w:
        h.append(sigmoid(weight * h[-1]))
    slopes = [out * (1 - out) for out in h[1:]]
    dw = []
    for i in range(len(w)):
        gradient = 2 * (h[-1] - y) * slopes[i] * h[i]
        for k in range(i + 1, len(w)):
            gradient *= w[k] * slopes[k]
        dw.append(gradient)
    return np.array(dw)


def cumulative_products(w, x, y):
    h = [x]
    for weight in w:
        h.append(sigmoid(weight * h[-1]))
    h = np.array(h)
    slopes = h[1:] * (1 - h[1:])
    behind = np.append(np.cumprod((w * slopes)[::-1])[::-1][1:], 1.0)
    return 2 * (h[-1] - y) * behind * slopes * h[:-1]


def recursive(w, x, y):
    def go(layer, h):
        if layer == len(w):
            return 2 * (h - y), []
        out = sigmoid(w[layer] * h)
        back, gradients = go(layer + 1, out)
        dz = back * out * (1 - out)
        return dz * w[layer], [dz * h, *gradients]

    return np.array(go(0, x)[1])


# --- gradient_norms --------------------------------------------------------------------------


def _outputs(x, weights):
    h = [x]
    for W in weights:
        h.append(np.tanh(np.dot(h[-1], W)))
    return h


def inserted_in_front(x, weights, upstream):
    h, norms = _outputs(x, weights), []
    for W, before, after in zip(weights[::-1], h[-2::-1], h[:0:-1], strict=True):
        upstream = upstream * (1 - after * after)
        norms.insert(0, np.sqrt((before.T.dot(upstream) ** 2).sum()))
        upstream = upstream.dot(W.T)
    return np.array(norms)


def summed_over_examples_by_einsum(x, weights, upstream):
    h, norms = _outputs(x, weights), []
    for i in range(len(weights) - 1, -1, -1):
        dz = np.einsum("nj,nj->nj", upstream, 1 - h[i + 1] ** 2)
        dW = np.einsum("ni,nj->ij", h[i], dz)
        norms.append(math.sqrt(np.vdot(dW, dW)))
        upstream = np.einsum("nj,ij->ni", dz, weights[i])
    return np.array(norms[::-1])


def example_by_example(x, weights, upstream):
    total = [np.zeros_like(W) for W in weights]
    for row, g in zip(x, upstream, strict=True):
        h = _outputs(row, weights)
        for i in reversed(range(len(weights))):
            dz = g / np.cosh(h[i] @ weights[i]) ** 2
            total[i] += np.outer(h[i], dz)
            g = weights[i] @ dz
    return np.array([np.linalg.norm(dW) for dW in total])


# --- leaky_relu_backward ---------------------------------------------------------------------


def on_where_not_below(x, leak, upstream):
    return np.where(np.asarray(x) >= 0, upstream, leak * np.asarray(upstream))


def by_masks(x, leak, upstream):
    return upstream * ((x > 0) + leak * (x <= 0))


def between_at_zero(x, leak, upstream):
    return upstream * ((1 + leak) / 2 + (1 - leak) / 2 * np.sign(x))


def masked_copy(x, leak, upstream):
    dx = np.array(upstream, dtype=float)
    dx[np.asarray(x) <= 0] *= leak
    return dx


# --- xavier and he ---------------------------------------------------------------------------


def xavier_divided(fan_in, fan_out, seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((fan_in, fan_out)) / np.sqrt((fan_in + fan_out) / 2)


def xavier_uniform(fan_in, fan_out, seed):
    limit = (6 / (fan_in + fan_out)) ** 0.5
    return np.random.default_rng(seed).uniform(-limit, limit, (fan_in, fan_out))


def xavier_by_the_old_generator(fan_in, fan_out, seed):
    rng = np.random.RandomState(seed)
    return rng.normal(0.0, math.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out))


def he_scale(fan_in, fan_out, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(scale=math.sqrt(2 / fan_in), size=(fan_in, fan_out))


def he_uniform(fan_in, fan_out, seed):
    limit = (6 / fan_in) ** 0.5
    return np.random.default_rng(seed).uniform(-limit, limit, (fan_in, fan_out))


def he_transposed_draw(fan_in, fan_out, seed):
    return np.random.default_rng(seed).normal(size=(fan_out, fan_in)).T * (fan_in / 2) ** -0.5


# --- residual_backward -----------------------------------------------------------------------


def skip_first_then_added(x, W1, W2, upstream):
    dx = upstream.copy()
    t = np.tanh(x.dot(W1))
    dz = upstream.dot(W2.T) * (1 - t) * (1 + t)
    dx += dz.dot(W1.T)
    return [dx, x.T.dot(dz), t.T.dot(upstream)]


def block_by_einsum(x, W1, W2, upstream):
    t = np.tanh(np.einsum("nd,dm->nm", x, W1))
    dz = np.einsum("nd,md,nm->nm", upstream, W2, 1 - t**2)
    dx = upstream + np.einsum("nm,dm->nd", dz, W1)
    return dx, np.einsum("nd,nm->dm", x, dz), np.einsum("nm,nd->md", t, upstream)


def block_by_examples(x, W1, W2, upstream):
    dx, dW1, dW2 = np.zeros_like(x), np.zeros_like(W1), np.zeros_like(W2)
    for n in range(len(x)):
        z = W1.T @ x[n]
        dz = W2 @ upstream[n] / np.cosh(z) ** 2
        dx[n] = upstream[n] + W1 @ dz
        dW1 += np.outer(x[n], dz)
        dW2 += np.outer(np.tanh(z), upstream[n])
    return dx, dW1, dW2


# --- batch_norm_backward ---------------------------------------------------------------------


def gate_by_gate(x, gamma, upstream):
    N = len(x)
    centred = x - x.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    root = np.sqrt(variance + 1e-5)
    dxhat = upstream * gamma
    dcentred = dxhat / root
    droot = -(dxhat * centred).sum(axis=0) / root**2
    dcentred = dcentred + 2 * centred / N * (droot / (2 * root))
    dx = dcentred - dcentred.sum(axis=0) / N
    return dx, (upstream * centred / root).sum(axis=0), upstream.sum(axis=0)


def with_n_in_front(x, gamma, upstream):
    N = x.shape[0]
    inverse = (x.var(axis=0) + 1e-5) ** -0.5
    xhat = (x - x.mean(axis=0)) * inverse
    dbeta, dgamma = upstream.sum(axis=0), (upstream * xhat).sum(axis=0)
    return gamma * inverse / N * (N * upstream - dbeta - xhat * dgamma), dgamma, dbeta


def column_by_column_with_its_jacobian(x, gamma, upstream):
    N = len(x)
    dx, dgamma = np.zeros_like(x), np.zeros_like(gamma)
    for c in range(x.shape[1]):
        root = np.sqrt(np.var(x[:, c]) + 1e-5)
        xhat = (x[:, c] - np.mean(x[:, c])) / root
        jacobian = (np.eye(N) - 1 / N - np.outer(xhat, xhat) / N) / root
        dx[:, c] = gamma[c] * jacobian @ upstream[:, c]
        dgamma[c] = upstream[:, c] @ xhat
    return dx, dgamma, np.ones(N) @ upstream


# --- clip_by_norm ----------------------------------------------------------------------------


def over_one_long_vector(gradients, limit):
    norm = np.linalg.norm(np.concatenate([gradient.ravel() for gradient in gradients]))
    if norm <= limit:
        return gradients
    return [limit / norm * gradient for gradient in gradients]


def never_dividing_by_0(gradients, limit):
    norm = math.sqrt(sum(float(np.vdot(gradient, gradient)) for gradient in gradients))
    factor = min(1.0, limit / (norm + 1e-300))
    return tuple(gradient * factor for gradient in gradients)


def norm_of_norms(gradients, limit):
    norm = np.linalg.norm([np.linalg.norm(gradient) for gradient in gradients])
    return [gradient / max(1.0, norm / limit) for gradient in gradients]


WAYS = {
    "local_factors": [appended_to_a_list, outputs_first_then_one_line, by_tanh],
    "chain_gradients": [product_for_every_weight, cumulative_products, recursive],
    "gradient_norms": [inserted_in_front, summed_over_examples_by_einsum, example_by_example],
    "leaky_relu_backward": [on_where_not_below, by_masks, between_at_zero, masked_copy],
    "xavier": [xavier_divided, xavier_uniform, xavier_by_the_old_generator],
    "he": [he_scale, he_uniform, he_transposed_draw],
    "residual_backward": [skip_first_then_added, block_by_einsum, block_by_examples],
    "batch_norm_backward": [gate_by_gate, with_n_in_front, column_by_column_with_its_jacobian],
    "clip_by_norm": [over_one_long_vector, never_dividing_by_0, norm_of_norms],
}


@each_way(WAYS)
def test_another_right_way_gets_every_point(name: str, stub) -> None:
    gets_every_point(name, stub)


def test_every_exercise_has_three_other_ways() -> None:
    assert {name: len(ways) >= 3 for name, ways in WAYS.items()} == dict.fromkeys(
        load("06_vanishing_gradients"), True
    )
