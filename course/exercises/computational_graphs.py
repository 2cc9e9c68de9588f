"""02 Computational graphs, sections 1 to 5: taking apart, one module, by hand, and layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.checking.stub import Stub
from course.exercises.case import Case, expect
from course.exercises.draws import entry_by_entry
from course.exercises.exercise import exercise, program

ASSIGNMENT = "02_computational_graphs"

Rng = np.random.Generator


def _floats(*values: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(value, dtype=float) for value in values)


# --- taking apart ----------------------------------------------------------------------------


@program(points=1, returns=("p", "s", "n", "e", "f"), read="1. Take it apart")
def decompose(x, y):
    p = x * y
    s = p + y
    n = -p
    e = np.exp(n)
    return p, s, n, e, s * e


decompose.example(2.0, 0.5)
entry_by_entry(decompose, 2)


def _taken_apart(s=lambda x, y, p: p + y, n=lambda p, s: -p, e=np.exp, f=lambda s, e: s * e):
    def stub(x, y):
        p = x * y
        sum_, minus = s(x, y, p), n(p, s(x, y, p))
        power = e(minus)
        return p, sum_, minus, power, f(sum_, power)

    return stub


decompose.mistake(
    "minus-lost",
    "The minus is missing: the exponent is −x·y, so there is a box that turns the sign.",
    _taken_apart(n=lambda p, s: p),
)
decompose.mistake(
    "minus-the-sum",
    "You put the sum s into the exponent: it is the product p that goes there.",
    _taken_apart(n=lambda p, s: -s),
)
decompose.mistake(
    "adds-x",
    "You add x to the product: the sum is x·y + y.",
    _taken_apart(s=lambda x, y, p: p + x),
)
decompose.mistake(
    "added-at-the-end",
    "You add the two halves: the last box multiplies them.",
    _taken_apart(f=lambda s, e: s + e),
)
decompose.mistake(
    "power-of-two",
    "You raise 2 to the exponent: exp raises e, as np.exp does.",
    _taken_apart(e=lambda n: 2.0**n),
)


# --- one module ------------------------------------------------------------------------------


@program(
    points=2,
    returns=("out", "local_x", "local_w", "dx", "dw"),
    read="2. One module, forwards and backwards",
)
def annotate(x, w, upstream):
    out, pullback = vjp(lambda x, w: w * x**2, *_floats(x, w))
    return (out, *pullback(np.ones_like(out)), *pullback(np.asarray(upstream, dtype=float)))


annotate.example(3.0, 0.5, -2.0)
entry_by_entry(annotate, 3)


def _annotated(
    local_x=lambda x, w: 2 * w * x,
    local_w=lambda x, w: x**2,
    through=lambda local, upstream: local * upstream,
):
    def stub(x, w, upstream):
        of_x, of_w = local_x(x, w), local_w(x, w)
        return w * x**2, of_x, of_w, through(of_x, upstream), through(of_w, upstream)

    return stub


annotate.mistake(
    "no-upstream",
    "dx and dw are the local gradients: multiply each by the upstream gradient.",
    _annotated(through=lambda local, upstream: local),
)
annotate.mistake(
    "adds-upstream",
    "You add the upstream gradient: the chain rule multiplies.",
    _annotated(through=lambda local, upstream: local + upstream),
)
annotate.mistake(
    "upstream-only",
    "dx and dw are the upstream gradient as it came: multiply it by each local gradient.",
    _annotated(through=lambda local, upstream: upstream * np.ones_like(local)),
)
annotate.mistake(
    "power-rule",
    "The 2 is missing from the derivative of x²: it is 2x.",
    _annotated(local_x=lambda x, w: w * x),
)
annotate.mistake(
    "parameter-left-out",
    "w is missing from the local gradient of x: with w held still, w·x² has slope 2wx.",
    _annotated(local_x=lambda x, w: 2 * x),
)
annotate.mistake(
    "locals-swapped",
    "The two local gradients are in each other's place.",
    _annotated(local_x=lambda x, w: x**2, local_w=lambda x, w: 2 * w * x),
)
annotate.mistake(
    "parameter-as-input",
    "Your local gradient of w has w in it: w·x² is linear in w, so its slope is x² alone.",
    _annotated(local_w=lambda x, w: w * x**2),
)


# --- by hand ---------------------------------------------------------------------------------


@program(
    points=2,
    returns=("q", "f", "df_dz", "df_dq", "df_dx", "df_dy"),
    read="3. A small graph, by hand",
)
def by_hand(x, y, z):
    x, y, z = _floats(x, y, z)
    f, whole = vjp(lambda x, y, z: (x + y) * z, x, y, z)
    _, last = vjp(np.multiply, x + y, z)
    df_dx, df_dy, df_dz = whole(np.ones_like(f))
    return x + y, f, df_dz, last(np.ones_like(f))[0], df_dx, df_dy


by_hand.example(-2.0, 5.0, -4.0)
entry_by_entry(by_hand, 3)


def _worked(dz=lambda q, z: q, dq=lambda q, z: z, dx=lambda dq, x: dq, dy=lambda dq, y: dq):
    def stub(x, y, z):
        q = x + y
        of_q = dq(q, z)
        return q, q * z, dz(q, z), of_q, dx(of_q, x), dy(of_q, y)

    return stub


by_hand.mistake(
    "not-swapped",
    "z gets z and q gets q: in a product each gets the other one.",
    _worked(dz=lambda q, z: z, dq=lambda q, z: q),
)
by_hand.mistake(
    "local-only",
    "You give x and y their local gradient 1: multiply it by what arrives at q.",
    _worked(dx=lambda dq, x: np.ones_like(dq), dy=lambda dq, y: np.ones_like(dq)),
)
by_hand.mistake(
    "as-multiply",
    "You multiply by x and y themselves at the plus: there the local gradients are 1.",
    _worked(dx=lambda dq, x: dq * x, dy=lambda dq, y: dq * y),
)
by_hand.mistake(
    "halved",
    "You share the gradient out at the plus: x and y each get all of it.",
    _worked(dx=lambda dq, x: dq / 2, dy=lambda dq, y: dq / 2),
)
by_hand.mistake(
    "inputs-kept",
    "You give x and y the gradient of z: go back through q, whose gradient is z.",
    lambda x, y, z: (x + y, (x + y) * z, x + y, z, x + y, x + y),
)


# --- layers that remember --------------------------------------------------------------------

FIRST = "backward uses what the first forward saved: every forward must save its own values."
SHARED = "Two layers share what they save: save it on self, not on the class or in a global name."


def _drive_layer(stub: Stub, case: Case) -> Any:
    """Use a layer twice, and another one in between, before its backward is asked."""
    layer, other = stub.make(), stub.make()
    x, y = case.inputs
    layer.forward(np.asarray(y) + 2.0, np.asarray(x) - 1.0)
    expect("forward(x, y)", layer.forward(x, y), case.out)
    other.forward(np.asarray(x) + 1.0, np.asarray(y) - 3.0)
    return layer.backward(case.upstream)


def _layer(
    forward: Callable[..., Any], gradients: Callable[[Any, Any, Any], Any], *, keep: str = "latest"
) -> type:
    class Layer:
        saved: Any = None

        def forward(self, x, y):
            owner = type(self) if keep == "shared" else self
            if keep != "first" or self.saved is None:
                owner.saved = x, y
            return forward(x, y)

        def backward(self, dout):
            x, y = self.saved
            return gradients(x, y, dout)

    return Layer


def _swapped(x, y, dout):
    return dout * y, dout * x


@exercise(
    points=2, returns=("dx", "dy"), kind="class", read="4. A layer that remembers: the apple shop"
)
def MulLayer(x, y):
    return x * y


MulLayer.driver(_drive_layer)
MulLayer.example(100.0, 2.0, upstream=1.1)
entry_by_entry(MulLayer, 2)
MulLayer.mistake("first-forward", FIRST, _layer(np.multiply, _swapped, keep="first"))
MulLayer.mistake("shared", SHARED, _layer(np.multiply, _swapped, keep="shared"))
MulLayer.mistake(
    "not-swapped",
    "Each input gets itself times dout: swap what you saved.",
    _layer(np.multiply, lambda x, y, dout: (dout * x, dout * y)),
    twins=("wrong-order",),
)
MulLayer.mistake(
    "product",
    "You multiply dout by the output: the derivative of x·y by x is y alone.",
    _layer(np.multiply, lambda x, y, dout: (dout * x * y, dout * x * y)),
)


@exercise(points=1, returns=("dx", "dy"), kind="class", read="5. Oranges too")
def AddLayer(x, y):
    return x + y


AddLayer.driver(_drive_layer)
AddLayer.example(200.0, 450.0, upstream=1.1)
entry_by_entry(AddLayer, 2, wide=True)
AddLayer.mistake(
    "as-multiply",
    "You swap the inputs as the multiply layer does: an add layer needs neither of them.",
    _layer(np.add, _swapped),
)
AddLayer.mistake(
    "halved",
    "You share the gradient out between the inputs: each input gets all of it.",
    _layer(np.add, lambda x, y, dout: (dout / 2, dout / 2)),
)
AddLayer.mistake(
    "times-input",
    "You multiply by the input itself: the derivative of x + y by x is 1.",
    _layer(np.add, lambda x, y, dout: (dout * x, dout * y)),
)
