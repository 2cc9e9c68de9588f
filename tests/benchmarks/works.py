"""What is measured: each piece of work, written once for any engine and once or twice by hand.

The functions take the namespace to compute with (numpy, autograd.numpy or `torch_names`), so all
engines differentiate the same lines. The losses are plain operators: no fused softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np


class Work(NamedTuple):
    """`loss(xp, data, params)` by an engine, `by_hand(data, params)` -> (value, gradients).

    `by_hand` goes back through the same plain steps; `fused`, where there is one, simplifies them
    with pen and paper first.
    """

    label: str
    loss: Callable[..., Any]
    by_hand: Callable[..., Any]
    data: tuple[Any, ...]
    params: list[Any]
    goal: float
    against: str
    fused: Callable[..., Any] | None = None


def mlp_loss(xp: Any, data: Any, params: Any) -> Any:
    h, onehot = data
    for W, b in params[:-1]:
        h = xp.maximum(h @ W + b, 0.0)
    W, b = params[-1]
    logits = h @ W + b
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    return -xp.sum(onehot * log_p) / len(onehot)


def mlp_by_hand(data: Any, params: Any) -> Any:
    """Go back through the loss in the steps it is written in, as every engine has to."""
    inputs, masks, logits, onehot = mlp_forward(data, params)
    top = np.max(logits, axis=1, keepdims=True)
    shifted = logits - top
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    value = -np.sum(onehot * (shifted - np.log(total))) / len(onehot)
    d_log_p = onehot * (-1.0 / len(onehot))
    d_total = -np.sum(d_log_p, axis=1, keepdims=True) / total
    d_shifted = d_log_p + d_total * e
    d_top = -np.sum(d_shifted, axis=1, keepdims=True)
    d_logits = d_shifted + d_top * (logits == top)
    return value, mlp_backward(d_logits, inputs, masks, params)


def mlp_by_hand_fused(data: Any, params: Any) -> Any:
    """Use what is known of this loss: its gradient by the logits is p - y."""
    inputs, masks, logits, onehot = mlp_forward(data, params)
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    e = np.exp(shifted)
    total = np.sum(e, axis=1, keepdims=True)
    value = -np.sum(onehot * (shifted - np.log(total))) / len(onehot)
    d_logits = (e / total - onehot) / len(onehot)
    return value, mlp_backward(d_logits, inputs, masks, params)


def mlp_forward(data: Any, params: Any) -> Any:
    h, onehot = data
    inputs, masks = [], []
    for W, b in params[:-1]:
        inputs.append(h)
        z = h @ W + b
        masks.append(z > 0)
        h = np.maximum(z, 0.0)
    W, b = params[-1]
    inputs.append(h)
    return inputs, masks, h @ W + b, onehot


def mlp_backward(d: Any, inputs: Any, masks: Any, params: Any) -> Any:
    gradients: list[Any] = []
    for i in range(len(params) - 1, -1, -1):
        gradients.append((inputs[i].T @ d, np.sum(d, axis=0)))
        if i:
            d = (d @ params[i][0].T) * masks[i - 1]
    return gradients[::-1]


def mlp(label: str, widths: list[int], batch: int, goal: float) -> Work:
    rng = np.random.default_rng(0)
    data = (
        rng.standard_normal((batch, widths[0])),
        np.eye(widths[-1])[rng.integers(0, widths[-1], batch)],
    )
    params = [
        (rng.standard_normal((m, n)) * np.sqrt(2.0 / m), np.zeros(n)) for m, n in pairwise(widths)
    ]
    return Work(label, mlp_loss, mlp_by_hand, data, params, goal, "numpy", mlp_by_hand_fused)


LOCAL = {"tanh": lambda x, y: 1.0 - y * y, "exp": lambda x, y: y, "sin": lambda x, y: np.cos(x)}


def elementwise(name: str) -> Work:
    def loss(xp: Any, data: Any, params: Any) -> Any:
        return xp.sum(getattr(xp, name)(params[0]) * data[0])

    def by_hand(data: Any, params: Any) -> Any:
        x, upstream = params[0], data[0]
        y = getattr(np, name)(x)
        return np.sum(y * upstream), [upstream * LOCAL[name](x, y)]

    rng = np.random.default_rng(0)
    x, upstream = rng.standard_normal(10**6), rng.standard_normal(10**6)
    return Work(f"{name} over 1e6", loss, by_hand, (upstream,), [x], 1.25, "numpy")


def chain() -> Work:
    def loss(xp: Any, data: Any, params: Any) -> Any:
        x = params[0]
        for _ in range(1000):
            x = xp.tanh(1.01 * x + 0.1)
        return x

    def by_hand(data: Any, params: Any) -> Any:
        x, outs = params[0], []
        for _ in range(1000):
            x = np.tanh(1.01 * x + 0.1)
            outs.append(x)
        g = 1.0
        for y in reversed(outs):
            g = g * (1.0 - y * y) * 1.01
        return x, [g]

    return Work("scalar chain, 1,000 × tanh", loss, by_hand, (), [0.5], 0.4, "torch")


def works() -> list[Work]:
    """Make every piece of work, in the order of the table."""
    return [
        mlp("MLP 64-128-128-10, batch 64", [64, 128, 128, 10], 64, 1.2),
        mlp("MLP 784-512-256-10, batch 256", [784, 512, 256, 10], 256, 1.05),
        mlp("100 layers of width 32, batch 32", [32] * 100 + [10], 32, 1.5),
        *(elementwise(name) for name in ("tanh", "exp", "sin")),
        chain(),
    ]
