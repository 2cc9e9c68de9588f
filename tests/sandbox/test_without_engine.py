"""A sandbox without the engine: cells run on, and no answer can be had from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from autograder.sandbox import Limits, Sandbox, Session
from course.checking.stub import Stub, StubError
from course.checking.values import Opaque

CELLS = """
import numpy as np
from course import check
from course.autodiff import grad, name, trace, value_and_grad, vjp
from course.exercises import find
trace(lambda x, y: x * y, 3.0, -4.0)
value, gradient = value_and_grad(lambda x: x * x)(3.0)
print(f"{grad(np.tanh)(0.5):.3f}", np.asarray(gradient) + 1)
while value > 0.1:
    value = value - gradient

def honest(x, upstream):
    return upstream * np.exp(x)

def by_engine(x, upstream):
    out, pull = vjp(np.exp, x)
    return pull(upstream)[0]

def by_reference(x, upstream):
    return find("exp_backward").forward(x)

def by_door(x, upstream):
    from course.autodiff.reach import in_reach
    with in_reach():
        return vjp(np.exp, x)[1](upstream)[0]
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Sandbox(Limits(), engine=False) as sandbox:
        sandbox.prove()
        with sandbox.start() as session:
            ran = session.run_cell(CELLS, cell_id="all")
            assert ran.status == "ok", ran.outputs
            yield session


def test_a_stub_of_ones_own_works(session: Session) -> None:
    assert np.array_equal(Stub("honest", session)(np.zeros(2), np.ones(2)), np.ones(2))


@pytest.mark.parametrize("stub", ["by_engine", "by_reference", "by_door"])
def test_a_stub_that_asks_the_engine_gets_nothing(session: Session, stub: str) -> None:
    value = Stub(stub, session)(np.zeros(2), np.ones(2))
    assert value == Opaque("EngineOutOfReach")


@pytest.mark.parametrize("package", ["autograd", "jax", "torch"])
def test_other_engines_cannot_be_imported(session: Session, package: str) -> None:
    session.run_cell(
        f"def other(x):\n    import {package}\n    return {package}.grad", cell_id=package
    )
    with pytest.raises(StubError):
        Stub("other", session)(1.0)
