"""04 Vectorised gradients, sections 1 to 3: shapes, ReLU, and what broadcasting does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.draws import WHOLE, alike
from course.exercises.exercise import exercise, program

ASSIGNMENT = "04_vectorized_gradients"

Rng = np.random.Generator


# --- shapes --------------------------------------------------------------------------------

SHAPES = ("dX", "dW", "db", "jacobian")


@program(points=1, returns=SHAPES, read="1. Shapes first")
def layer_shapes(x_shape, w_shape):
    output = (*x_shape[:-1], w_shape[1])
    return tuple(map(np.array, (x_shape, w_shape, w_shape[1:], output + x_shape)))


@layer_shapes.driver
def _(stub: Stub, case: Case) -> Any:
    shapes = stub(*case.inputs)
    if not isinstance(shapes, dict):
        return shapes
    return {
        key: np.array(shape) if isinstance(shape, tuple | list) and shape else shape
        for key, shape in shapes.items()
    }


layer_shapes.example((3, 2), (2, 4))


@layer_shapes.check("a batch of rows")
def _(rng: Rng) -> Iterator[Any]:
    for _ in range(3):
        n, d, m = (int(size) for size in rng.permutation([2, 3, 5, 7, 8])[:3])
        yield (n, d), (d, m)


@layer_shapes.check("X with more axes than two")
def _(rng: Rng) -> Iterator[Any]:
    n, t, d, m, k = (int(size) for size in rng.permutation([2, 3, 4, 5, 6]))
    yield (n, t, d), (d, m)
    yield (n, t, k, d), (d, m)


def _shapes(change: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Return a stub with some shapes wrong; `change` takes X's shape, W's shape, Y's shape."""

    def stub(x_shape, w_shape):
        right = dict(zip(SHAPES, layer_shapes.forward(x_shape, w_shape), strict=True))
        shapes = {key: tuple(shape.tolist()) for key, shape in right.items()}
        return shapes | change(x_shape, w_shape, (*x_shape[:-1], w_shape[1]))

    return stub


layer_shapes.mistake(
    "weights-transposed",
    "dW is turned round: it has the shape of W itself, like every gradient.",
    _shapes(lambda x, w, y: {"dW": w[::-1]}),
)
layer_shapes.mistake(
    "bias-per-example",
    "db has the shape of Y: there is one b for all examples, so db is as short as b.",
    _shapes(lambda x, w, y: {"db": y}),
)
layer_shapes.mistake(
    "bias-as-row",
    "db has two axes: b has one, and so has its gradient, (M,).",
    _shapes(lambda x, w, y: {"db": (1, w[1])}),
)
layer_shapes.mistake(
    "bare-number",
    "db is a number: (M) is just M in Python, and the shape with one axis is (M,).",
    _shapes(lambda x, w, y: {"db": w[1]}),
)
layer_shapes.mistake(
    "jacobian-of-one-axis",
    "The Jacobian has an entry for each pair of an entry of Y and an entry of X: Y's shape,"
    " followed by X's.",
    _shapes(lambda x, w, y: {"jacobian": (y[-1], x[-1])}),
)
layer_shapes.mistake(
    "jacobian-turned-round",
    "The Jacobian's shape starts with that of Y, then comes that of X.",
    _shapes(lambda x, w, y: {"jacobian": x + y}),
)
layer_shapes.mistake(
    "gradients-of-the-output",
    "You give every gradient the shape of Y: a gradient has the shape of its own variable.",
    _shapes(lambda x, w, y: {"dX": y, "dW": y, "db": y}),
)


# --- ReLU ----------------------------------------------------------------------------------


@exercise(points=1, returns=("dx",), read="2. Entry by entry: ReLU and its Jacobian")
def relu_backward(x):
    return np.where(x > 0, x, 0.0)


relu_backward.convention(
    lambda x: np.where(x >= 0, x, 0.0),
    lambda x: np.maximum(x, 0.0),
)
relu_backward.example(np.array([1.0, -2.0, 3.0]), upstream=np.array([10.0, 20.0, -30.0]))


@relu_backward.check("random arrays", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield from list(alike(rng, 1))[1:]


@relu_backward.check("entries that are exactly 0")
def _(rng: Rng) -> Iterator[Any]:
    yield (np.array([[0.0, 1.5, -0.5], [-0.0, 0.0, 2.0]]),)


@relu_backward.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    yield (rng.permutation([-3, -2, -1, 1, 2, 3, 4]),)


relu_backward.mistake(
    "mask-from-upstream",
    "You look at the sign of upstream: whether the gradient passes depends on x.",
    lambda x, upstream: upstream * (upstream > 0),
)
relu_backward.mistake(
    "mask-inverted",
    "You let the gradient through where x is below 0: it passes where x is above 0.",
    lambda x, upstream: upstream * (x < 0),
)
relu_backward.mistake(
    "value-for-mask",
    "You multiply by the value of ReLU: its slope is 1 there, and 0 elsewhere.",
    lambda x, upstream: upstream * np.maximum(x, 0),
)
relu_backward.mistake(
    "relu-of-product",
    "You apply ReLU to x times upstream: choose by the sign of x alone.",
    lambda x, upstream: np.maximum(x * upstream, 0),
)
relu_backward.mistake(
    "sign-for-mask",
    "Below 0 you turn the gradient round: there the slope is 0, not −1.",
    lambda x, upstream: upstream * np.sign(x),
)


# --- broadcasting --------------------------------------------------------------------------


@exercise(
    points=2,
    returns=("dx",),
    inputs=lambda case: ("variable",),
    read="3. Broadcasting backward is a sum",
)
def unbroadcast(x, to):
    return np.broadcast_to(x, to)


unbroadcast.driver(lambda stub, case: stub(case.upstream, np.shape(case.inputs[0])))
unbroadcast.example(
    np.zeros(3), upstream=np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), to=(2, 3)
)


def _spread(rng: Rng, *pairs: tuple[tuple[int, ...], tuple[int, ...]]) -> Iterator[Any]:
    for shape, to in pairs:
        yield {"inputs": (rng.normal(size=shape),), "given": {"to": to}}


@unbroadcast.check("axes that were put in front")
def _(rng: Rng) -> Iterator[Any]:
    yield from _spread(rng, ((3,), (4, 3)), ((2,), (3, 4, 2)), ((3, 2), (4, 3, 2)), ((), (2, 3)))


@unbroadcast.check("axes of length 1 that were stretched")
def _(rng: Rng) -> Iterator[Any]:
    yield from _spread(rng, ((4, 1), (4, 3)), ((1, 3), (4, 3)), ((2, 1, 3), (2, 4, 3)))


@unbroadcast.check("both at once, and neither", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield from _spread(rng, ((3, 1), (2, 3, 4)), ((1, 1), (3, 2)), ((2, 3), (2, 3)))
    yield from _spread(rng, ((1,), (3, 1)), ((1, 3), (1, 3)), ((1, 2, 1), (3, 4, 2, 5)))


def _leading(upstream, shape):
    """Sum the axes in front, and leave stretched ones as they are."""
    return upstream.sum(axis=tuple(range(upstream.ndim - len(shape))))


def _squeezed(upstream, shape):
    total = _leading(upstream, shape)
    stretched = [i for i, n in enumerate(shape) if n == 1 and total.shape[i] != 1]
    return total.sum(axis=tuple(stretched)) if stretched else total


unbroadcast.mistake(
    "not-summed",
    "You return upstream as it came: sum it over the axes that broadcasting added or stretched.",
    lambda upstream, shape: upstream,
    twins=("upstream-only",),
)
unbroadcast.mistake(
    "stretched-axes-left",
    "You sum over the axes put in front only: an axis of length 1 that was stretched needs its sum"
    " too.",
    _leading,
)
unbroadcast.mistake(
    "axis-dropped",
    "You sum over a stretched axis and drop it: the variable has an axis of length 1 there, so use"
    " keepdims=True.",
    _squeezed,
)
unbroadcast.mistake(
    "first-copy-only",
    "You take one copy's gradient: each copy contributes, so add them all.",
    lambda upstream, shape: upstream.ravel()[: int(np.prod(shape))].reshape(shape),
)
unbroadcast.mistake(
    "summed-away",
    "You sum over all axes: only over those that broadcasting added or stretched.",
    lambda upstream, shape: upstream.sum(),
)
