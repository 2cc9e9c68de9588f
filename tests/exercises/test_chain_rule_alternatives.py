"""Assignment 01: right stubs written in other ways get every point."""

from __future__ import annotations

import math

import numpy as np

from course.exercises import load
from tests.exercises.alternatives import each_way, gets_every_point


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- chain -----------------------------------------------------------------------------------


def chain_in_one_line(x, g, dg, dh):
    return dg(x) * dh(g(x))


def chain_by_small_names(x, g, dg, dh):
    dy_dx = dg(x)
    dz_dy = dh(g(x))
    return np.multiply(dz_dy, dy_dx)


def chain_entry_by_entry(x, g, dg, dh):
    flat = [dh(g(each)) * dg(each) for each in np.ravel(x)]
    return np.reshape(np.array(flat), np.shape(x))


# --- multi_path_chain ------------------------------------------------------------------------


def paths_in_a_loop(s, g, dg, h, dh, dk):
    total = 0.0
    for partial, step in zip(dk(g(s), h(s)), (dg, dh), strict=True):
        total = total + partial * step(s)
    return total


def paths_by_indices(s, g, dg, h, dh, dk):
    partials = dk(g(s), h(s))
    dz = partials[1] * dh(s)
    return dz + partials[0] * dg(s)


def paths_as_an_array(s, g, dg, h, dh, dk):
    partials, steps = np.array(dk(g(s), h(s))), np.array([dg(s), dh(s)])
    return np.sum(partials * steps, axis=0)


# --- vjp_from_jacobian -----------------------------------------------------------------------


def upstream_from_the_left(jacobian, upstream):
    return upstream @ jacobian


def jacobian_by_einsum(jacobian, upstream):
    return np.einsum("ji,j->i", jacobian, upstream)


def jacobian_by_loops(jacobian, upstream):
    dx = np.zeros(jacobian.shape[1])
    for j in range(jacobian.shape[0]):
        for i in range(jacobian.shape[1]):
            dx[i] += upstream[j] * jacobian[j, i]
    return dx


def jacobian_by_broadcasting(jacobian, upstream):
    return (jacobian * upstream[:, None]).sum(axis=0)


# --- tensor_chain ----------------------------------------------------------------------------


def laid_out_flat(jacobian, upstream):
    into = jacobian.shape[upstream.ndim :]
    return (upstream.ravel() @ jacobian.reshape(upstream.size, -1)).reshape(into)


def tensors_by_loops(jacobian, upstream):
    dX = np.zeros(jacobian.shape[upstream.ndim :])
    for index in np.ndindex(upstream.shape):
        dX += upstream[index] * jacobian[index]
    return dX


def tensors_by_einsum(jacobian, upstream):
    return np.einsum(upstream, list(range(upstream.ndim)), jacobian, list(range(jacobian.ndim)))


# --- linear_local_gradients ------------------------------------------------------------------


def copies_as_floats(w, h, b):
    return np.array(h, float), np.array(w, float), 1


def one_weight_at_a_time(w, h, b):
    dw, dh = np.zeros(len(w)), np.zeros(len(w))
    for i in range(len(w)):
        dw[i], dh[i] = h[i], w[i]
    return [dw, dh, np.ones(())]


def a_dict(w, h, b):
    return {"dz_dw": h, "dz_dh": w, "dz_db": 1.0}


# --- neuron_gradient -------------------------------------------------------------------------


def neuron_by_exponentials(w, b, x, y):
    e = math.exp(-(float(np.dot(w, x)) + b))
    a, slope = 1 / (1 + e), e / (1 + e) ** 2
    return 2 * a - 2 * y, slope, x, (2 * a - 2 * y) * slope * x, (2 * a - 2 * y) * slope


def neuron_by_loops(w, b, x, y):
    z = b
    for i in range(len(w)):
        z = z + w[i] * x[i]
    a = sigmoid(z)
    dz = 2 * (a - y) * a * (1 - a)
    return 2 * (a - y), a - a**2, x.copy(), np.array([dz * each for each in x]), dz


def neuron_by_tanh(w, b, x, y):
    t = np.tanh((np.sum(w * x) + b) / 2)
    one, two = (1 + t) - 2 * y, (1 - t**2) / 4
    return one, two, np.asarray(x), x * (one * two), one * two


# --- batch_gradient --------------------------------------------------------------------------


def examples_one_by_one(w, b, x, y, mean):
    dw, db = np.zeros(len(w)), 0.0
    for row, target in zip(x, y, strict=True):
        miss = np.dot(w, row) + b - target
        dw += 2 * miss * row
        db += 2 * miss
    return (dw / len(y), db / len(y)) if mean else (dw, db)


def batch_by_transpose(w, b, x, y, mean):
    miss = np.matmul(x, w) + b - y
    over = np.mean if mean else np.sum
    return over(2 * miss[:, None] * x, axis=0), 2 * over(miss)


def batch_by_einsum(w, b, x, y, mean):
    miss = np.einsum("ni,i->n", x, w) + b - y
    share = 2 / x.shape[0] if mean else 2
    return share * np.einsum("n,ni->i", miss, x), share * miss.sum()


# --- numerical_gradient ----------------------------------------------------------------------


def put_back_afterwards(f, x, h):
    x = x.astype(float)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = f(x)
        x[index] = kept - h
        gradient[index] = (above - f(x)) / (2 * h)
        x[index] = kept
    return gradient


def steps_of_a_basis(f, x, h):
    flat = []
    for each in np.eye(x.size):
        step = h * each.reshape(x.shape)
        flat.append((f(x + step) - f(x - step)) / 2 / h)
    return np.array(flat).reshape(x.shape)


def flat_and_back(f, x, h):
    gradient = np.zeros(x.size)
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        step = step.reshape(x.shape)
        gradient[i] = 0.5 * (f(x + step) - f(x - step)) / h
    return gradient.reshape(x.shape)


# --- gradient_check --------------------------------------------------------------------------


def largest_so_far(analytic, numerical, points):
    worst = 0.0
    for x in points:
        a, n = analytic(x), numerical(x)
        size = np.sqrt(np.sum(a**2)) + np.sqrt(np.sum(n**2))
        worst = max(worst, np.sqrt(np.sum((a - n) ** 2)) / size)
    return worst


def squares_by_dot(analytic, numerical, points):
    def length(v):
        return np.dot(v.ravel(), v.ravel()) ** 0.5

    pairs = [(analytic(x), numerical(x)) for x in points]
    return np.max([length(a - n) / (length(a) + length(n)) for a, n in pairs])


def numbers_in_plain_python(analytic, numerical, points):
    errors = []
    for x in points:
        a, n = analytic(x).ravel().tolist(), numerical(x).ravel().tolist()
        miss = math.hypot(*(p - q for p, q in zip(a, n, strict=True)))
        errors.append(miss / (math.hypot(*a) + math.hypot(*n)))
    return sorted(errors)[-1]


# --- gradient_descent_step -------------------------------------------------------------------


def into_an_empty_dict(theta, gradient, rate):
    new = {}
    for key, value in theta.items():
        new[key] = value - rate * gradient[key]
    return new


def on_copies(theta, gradient, rate):
    new = {key: np.array(value, float) for key, value in theta.items()}
    for key in new:
        new[key] -= rate * np.asarray(gradient[key])
    return new


def by_adding_the_negative(theta, gradient, rate):
    step = {key: np.multiply(-rate, value) for key, value in gradient.items()}
    return {key: np.add(theta[key], step[key]) for key in reversed(theta)}


# --- gradient_descent ------------------------------------------------------------------------


def into_a_table(gradient, theta, batches, rate, epochs):
    path = np.zeros((1 + epochs * len(batches), len(theta)))
    path[0] = theta
    step = 0
    for epoch in range(epochs):
        for batch in batches:
            path[step + 1] = path[step] - rate(epoch) * gradient(path[step], *batch)
            step += 1
    return path


def in_place_on_a_copy(gradient, theta, batches, rate, epochs):
    now = theta.copy()
    path = [now.copy()]
    for epoch in range(epochs):
        eta = rate(epoch)
        for x, y in batches:
            now -= eta * gradient(now, x, y)
            path.append(now.copy())
    return np.stack(path)


def counting_steps(gradient, theta, batches, rate, epochs):
    path = [theta]
    for step in range(epochs * len(batches)):
        epoch, place = divmod(step, len(batches))
        x, y = batches[place]
        path.append(path[-1] - rate(epoch) * gradient(path[-1], x, y))
    return np.vstack(path)


# --- train_step ------------------------------------------------------------------------------


def mean_taken_last(w, b, x, y, rate):
    a = sigmoid(np.dot(x, w) + b)
    per_example = 2 * (a - y) * a * (1 - a)
    dw = np.mean(per_example[:, None] * x, axis=0)
    return np.mean(np.square(a - y)), w - rate * dw, b - rate * np.mean(per_example)


def train_by_loops(w, b, x, y, rate):
    loss, dw, db = 0.0, np.zeros(len(w)), 0.0
    for row, target in zip(x, y, strict=True):
        a = sigmoid(sum(w[i] * row[i] for i in range(len(w))) + b)
        loss += (a - target) ** 2 / len(y)
        dz = 2 * (a - target) * a * (1 - a) / len(y)
        dw += dz * row
        db += dz
    return [loss, w - rate * dw, b - rate * db]


def train_by_einsum(w, b, x, y, rate):
    a = 1 - 1 / (1 + np.exp(np.einsum("ni,i->n", x, w) + b))
    miss = a - y
    dz = miss * (a - a * a) * (2 / y.size)
    new_w, new_b = w + -rate * np.einsum("n,ni->i", dz, x), b + -rate * dz.sum()
    return {"b": new_b, "w": new_w, "loss": miss @ miss / y.size}


WAYS = {
    "chain": [chain_in_one_line, chain_by_small_names, chain_entry_by_entry],
    "multi_path_chain": [paths_in_a_loop, paths_by_indices, paths_as_an_array],
    "vjp_from_jacobian": [
        upstream_from_the_left,
        jacobian_by_einsum,
        jacobian_by_loops,
        jacobian_by_broadcasting,
    ],
    "tensor_chain": [laid_out_flat, tensors_by_loops, tensors_by_einsum],
    "linear_local_gradients": [copies_as_floats, one_weight_at_a_time, a_dict],
    "neuron_gradient": [neuron_by_exponentials, neuron_by_loops, neuron_by_tanh],
    "batch_gradient": [examples_one_by_one, batch_by_transpose, batch_by_einsum],
    "numerical_gradient": [put_back_afterwards, steps_of_a_basis, flat_and_back],
    "gradient_check": [largest_so_far, squares_by_dot, numbers_in_plain_python],
    "gradient_descent_step": [into_an_empty_dict, on_copies, by_adding_the_negative],
    "gradient_descent": [into_a_table, in_place_on_a_copy, counting_steps],
    "train_step": [mean_taken_last, train_by_loops, train_by_einsum],
}


def test_every_exercise_has_at_least_three_other_ways() -> None:
    assert set(WAYS) == set(load("01_chain_rule"))
    assert all(len(ways) >= 3 for ways in WAYS.values())


@each_way(WAYS)
def test_another_right_way_gets_every_point(name, stub) -> None:
    gets_every_point(name, stub)
