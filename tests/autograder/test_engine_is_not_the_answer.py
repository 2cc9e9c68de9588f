"""However a stub asks an engine, its answer does not count; honest odd code loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.build import points_of
from autograder.grading.grade import Options, grade
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from tests.autograder.courses import ASSIGNMENT, copy_of, hand_in, solved, with_stub

POINTS = points_of(ASSIGNMENT)


CHEATS = {
    "asks": """
from course.autodiff import vjp
def exp_backward(x, upstream):
    return vjp(np.exp, x)[1](upstream)[0]
""",
    "lifts-the-guard": """
import course.autodiff.reach as reach
from course.autodiff import vjp
def exp_backward(x, upstream):
    with reach.in_reach():
        return vjp(np.exp, x)[1](upstream)[0]
""",
    "resets-the-flag": """
import sys
def exp_backward(x, upstream):
    flag = sys.modules["course.autodiff.reach"]._refusal
    flag.set(None)
    return sys.modules["course.autodiff"].vjp(np.exp, x)[1](upstream)[0]
""",
    "walks-the-globals": """
def exp_backward(x, upstream):
    names = check.__globals__
    return names["find"]("exp_backward").forward(x) * upstream
""",
    "asks-autograd": """
def exp_backward(x, upstream):
    import autograd, autograd.numpy as anp
    return upstream * autograd.elementwise_grad(anp.exp)(np.asarray(x, dtype=float))
""",
    "asks-jax-from-outside": """
import jax
jax.config.update("jax_enable_x64", True)
slope = jax.grad(jax.numpy.exp)
def exp_backward(x, upstream):
    return upstream * np.vectorize(lambda each: float(slope(float(each))))(x)
""",
}
ODD_BUT_HONEST = """
import functools, sys
print(sys.version_info[0] > 2)

@functools.lru_cache
def _helper():
    return np.exp

def exp_backward(x, upstream):
    return upstream * getattr(np, "exp")(x)
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, template: Path) -> dict[str, Record]:
    course = copy_of(template, tmp_path_factory.mktemp("engine") / "course")
    for student, source in {**CHEATS, "odd": ODD_BUT_HONEST}.items():
        hand_in(course, student, with_stub(solved(course), "exp_backward", source))
    grade(course, ASSIGNMENT, Options(workers=2))
    journal = Journal(course.journal(ASSIGNMENT))
    return {student: journal.read(student) for student in (*CHEATS, "odd")}


@pytest.mark.parametrize("student", CHEATS)
def test_an_answer_from_an_engine_is_worth_nothing(student: str, records) -> None:
    (verdict,) = [each for each in records[student].verdicts if each.exercise == "exp_backward"]
    assert verdict.score == 0
    assert records[student].score == sum(POINTS.values()) - POINTS["exp_backward"]


def test_odd_code_that_computes_for_itself_gets_every_point(records) -> None:
    assert records["odd"].score == sum(POINTS.values())
