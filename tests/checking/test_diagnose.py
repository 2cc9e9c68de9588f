"""The mistakes that any backward can have, each told from the others on a toy exercise."""

from __future__ import annotations

import numpy as np
import pytest

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.verdict import Verdict
from course.exercises import Exercise, exercise, find


@exercise(points=4, returns=("dX", "db"), read="nowhere")
def shifted(X, b):
    return np.tanh(X) * b


@shifted.check("random arrays", weight=3)
def _(rng):
    for rows, columns in [(2, 3), (5, 2), (4, 7)]:
        yield rng.normal(size=(rows, columns)), rng.normal(size=columns)


@exercise(points=2, returns=("dx",), read="nowhere")
def cubed(x):
    return x**3 / 3


cubed.example(2.0, upstream=1.0)


@cubed.check("random numbers")
def _(rng):
    for _ in range(4):
        yield (rng.normal(size=(3, 2)),)
    yield (np.array([1, -2, 3]),)


@exercise(points=1, returns=("dX",), read="nowhere")
def averaged(X):
    return np.mean(X**2, axis=0)


@averaged.check("random arrays")
def _(rng):
    for shape in [(2, 3), (5, 2)]:
        yield (rng.normal(size=shape),)


def verdict(asked: Exercise, stub) -> Verdict:
    return examine(asked, LocalTransport({asked.name: stub}), 0)


def right(X, b, upstream):
    return upstream * b * (1 - np.tanh(X) ** 2), (upstream * np.tanh(X)).sum(axis=0)


WRONG = {
    "not-summed": lambda X, b, g: (right(X, b, g)[0], g * np.tanh(X)),
    "mean-for-sum": lambda X, b, g: (right(X, b, g)[0], (g * np.tanh(X)).mean(axis=0)),
    "keepdims": lambda X, b, g: (right(X, b, g)[0], (g * np.tanh(X)).sum(axis=0, keepdims=True)),
    "wrong-axis": lambda X, b, g: (right(X, b, g)[0], (g * np.tanh(X)).sum(axis=1)),
    "transposed": lambda X, b, g: (right(X, b, g)[0].T, right(X, b, g)[1]),
    "wrong-order": lambda X, b, g: right(X, b, g)[::-1],
    "over-n": lambda X, b, g: tuple(part / len(X) for part in right(X, b, g)),
    "over-size": lambda X, b, g: tuple(part / X.size for part in right(X, b, g)),
    "over-c": lambda X, b, g: tuple(part / X.shape[1] for part in right(X, b, g)),
    "times-n": lambda X, b, g: tuple(part * len(X) for part in right(X, b, g)),
    "no-upstream": lambda X, b, g: right(X, b, np.ones_like(g)),
    "upstream-sum": lambda X, b, g: tuple(p * g.sum() for p in right(X, b, np.ones_like(g))),
    "upstream-mean": lambda X, b, g: tuple(p * g.mean() for p in right(X, b, np.ones_like(g))),
    "sign": lambda X, b, g: (-right(X, b, g)[0], right(X, b, g)[1]),
    "factor": lambda X, b, g: tuple(2 * part for part in right(X, b, g)),
    "arity": lambda X, b, g: (*right(X, b, g), 0.0),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mechanical_mistake_is_named(name: str) -> None:
    found = verdict(shifted, WRONG[name])
    assert found.mistakes == (name,)
    assert found.score == 0


def test_the_finding_says_which_gradient_is_wrong() -> None:
    (finding,) = verdict(shifted, WRONG["not-summed"]).findings
    assert finding.where == "db"
    assert "db has the shape of the output" in finding.sentence


def test_two_gradients_with_a_mistake_each_are_named_apart() -> None:
    found = verdict(shifted, lambda X, b, g: (-right(X, b, g)[0], g * np.tanh(X)))
    assert {(each.where, each.mistake) for each in found.findings} == {
        ("dX", "sign"),
        ("db", "not-summed"),
    }


def test_a_mistake_beside_an_unknown_one_leaves_the_unknown_one_unnamed() -> None:
    found = verdict(shifted, lambda X, b, g: (-right(X, b, g)[0], right(X, b, g)[1] ** 2 + 1))
    assert {each.where: each.mistake for each in found.findings} == {
        "dX": "sign",
        "db": "unknown",
    }


def test_the_right_stub_passes() -> None:
    assert verdict(shifted, right).passed


def test_a_numerical_derivative_is_not_analytic() -> None:
    def stub(x, upstream, h=1e-6):
        return upstream * ((x + h) ** 3 - (x - h) ** 3) / (6 * h)

    assert verdict(cubed, stub).mistakes == ("numerical",)


def test_single_precision_is_noticed() -> None:
    def stub(x, upstream):
        return np.asarray(upstream, np.float32) * np.asarray(x, np.float32) ** 2

    assert verdict(cubed, stub).mistakes == ("float32",)


def test_lost_decimals_are_noticed() -> None:
    def stub(x, upstream):
        dx = np.zeros_like(x)
        dx[...] = upstream * x**2
        return dx

    assert verdict(cubed, stub).mistakes == ("truncated",)


def test_changing_an_argument_in_place_costs_only_the_check_for_it() -> None:
    def stub(x, upstream):
        result = upstream * x**2
        if isinstance(x, np.ndarray):
            x += 1
        return result

    found = verdict(cubed, stub)
    assert found.mistakes == ("in-place",)
    assert found.score == 1.0  # of 2: the values are right


def test_state_kept_between_calls_is_noticed() -> None:
    total = [0.0]

    def stub(x, upstream):
        total[0] += 1.0
        return upstream * x**2 + total[0] - 1.0

    assert "state" in verdict(cubed, stub).mistakes
    assert verdict(cubed, stub).score == 0


def test_an_answer_fixed_to_the_example_is_worth_nothing() -> None:
    found = verdict(cubed, lambda x, upstream: 4.0)
    assert found.mistakes == ("hard-coded",)
    assert found.score == 0


def test_a_list_is_not_an_array() -> None:
    found = verdict(averaged, lambda X, g: (2 * X * g / len(X)).tolist())
    assert found.mistakes == ("not-numbers",)
    assert "np.array" in found.findings[0].sentence


def test_the_engine_is_out_of_reach_inside_a_stub() -> None:
    from course.autodiff import vjp

    def stub(x, upstream):
        return vjp(lambda x: x**3 / 3, x)[1](upstream)[0]

    found = verdict(cubed, stub)
    assert found.mistakes == ("engine",)
    assert found.score == 0


def test_a_missing_one_over_n_is_named() -> None:
    assert verdict(averaged, lambda X, g: 2 * X * g).mistakes == ("times-n",)


def test_one_over_c_for_one_over_n_is_named() -> None:
    assert verdict(averaged, lambda X, g: 2 * X * g / X.shape[1]).mistakes == ("c-for-n",)


@exercise(points=1, returns=("dx",), read="nowhere")
def softened(x):
    return np.logaddexp(0.0, x)


@softened.check("small and large numbers")
def _(rng):
    yield (rng.normal(size=3),)
    yield (np.array([1000.0, -1.0, 2.0]),)


def test_an_answer_that_is_wrong_only_where_it_is_not_finite_is_an_overflow() -> None:
    found = verdict(softened, lambda x, g: g * np.exp(x) / (1 + np.exp(x)))
    assert found.mistakes == ("overflow",)
    assert "as exp of a large input is" in found.findings[0].sentence


def test_an_overflow_in_both_of_two_equal_calls_is_not_called_state() -> None:
    @exercise(points=1, returns=("dx",), read="nowhere")
    def steep(x):
        return np.logaddexp(0.0, x)

    @steep.check("large numbers first")
    def _(rng):
        yield (np.array([1000.0, -1.0]),)

    found = verdict(steep, lambda x, g: g * np.exp(x) / (1 + np.exp(x)))
    assert found.mistakes == ("overflow",)


def test_an_answer_that_is_wrong_elsewhere_too_is_no_overflow() -> None:
    found = verdict(softened, lambda x, g: 3 * g + np.exp(x) / (1 + np.exp(x)))
    assert found.mistakes == ("unknown",)


def test_a_sentence_that_starts_with_a_gradient_s_name_leaves_it_in_small_letters() -> None:
    found = verdict(cubed, lambda x, upstream: np.transpose(upstream * x**2))
    assert found.findings[0].sentence == "dx is transposed."


def test_a_shape_that_nothing_explains_is_said() -> None:
    found = verdict(shifted, lambda X, b, g: (right(X, b, g)[0].ravel(), right(X, b, g)[1]))
    assert found.mistakes == ("unknown",)
    assert found.findings[0].sentence.endswith("dX has shape (6,) where (2, 3) is right.")


def test_a_mistake_that_gives_nan_somewhere_is_named_all_the_same() -> None:
    def clip_by_norm(gradients, limit):
        norm = np.sqrt(sum(np.sum(each**2) for each in gradients))
        return [each * limit / norm for each in gradients]  # 0 / 0 where all gradients are 0

    found = examine(find("clip_by_norm"), LocalTransport({"clip_by_norm": clip_by_norm}), 0)
    assert found.mistakes == ("always-scaled",)
