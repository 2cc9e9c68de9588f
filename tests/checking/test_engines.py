"""Another package's gradient is no answer, wherever the stub hides it."""

from __future__ import annotations

import autograd
import autograd.numpy as anp
import jax
import numpy as np

from course.checking.engines import engine_behind
from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import find


def by_module(x, upstream):
    return upstream * autograd.elementwise_grad(anp.exp)(x)


def by_import_inside(x, upstream):
    import jax

    return upstream * np.asarray(jax.vmap(jax.grad(jax.numpy.exp))(x))


gradient = jax.grad(jax.numpy.exp)


def by_name(x, upstream):
    return upstream * np.float64(gradient(float(x)))


def through_another(x, upstream):
    return by_module(x, upstream)


class InAMethod:
    def forward(self, x):
        return x

    def backward(self, upstream):
        return autograd.grad(lambda x: x)(upstream)


def honest(x, upstream):
    def local(x):
        return np.exp(x)

    return upstream * local(x)


def test_each_way_to_reach_for_another_engine_is_seen() -> None:
    assert engine_behind(by_module) == "autograd"
    assert engine_behind(by_import_inside) == "jax"
    assert engine_behind(by_name) in {"jax", "jaxlib"}
    assert engine_behind(through_another) == "autograd"
    assert engine_behind(InAMethod) == "autograd"


def test_plain_numpy_is_no_engine() -> None:
    assert engine_behind(honest) == ""
    assert engine_behind(np.exp) == ""


def test_the_student_is_told_which_package_and_gets_nothing() -> None:
    verdict = examine(find("exp_backward"), LocalTransport({"exp_backward": by_module}), 0)
    assert verdict.mistakes == ("engine",)
    assert "autograd" in verdict.findings[0].sentence
    assert verdict.score == 0
