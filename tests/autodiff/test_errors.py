"""Each thing that cannot be followed is refused by name, with the fix in the message."""

from __future__ import annotations

import math

import numpy as np
import pytest

from course.autodiff import Tensor, grad, jacobian, trace, vjp
from course.autodiff.errors import (
    AutodiffError,
    EngineOutOfReachError,
    InPlaceError,
    IntegerInputError,
    LeavesGraphError,
    NotANumberError,
    NotCoveredError,
    NotScalarError,
)
from course.autodiff.reach import out_of_reach

X = np.array([0.5, 1.5, 2.5])


def assign(x):
    x[0] = 1.0
    return np.sum(x)


def augment(x):
    y = x * 2.0
    y += 1.0
    return np.sum(y)


def augment_plain(x):
    total = np.zeros(3)
    total += x
    return np.sum(total)


def out(x):
    y = np.zeros(3)
    np.multiply(x, 2.0, out=y)
    return np.sum(y)


def scatter(x):
    y = np.zeros(3)
    np.add.at(y, [0, 0, 1], x)
    return np.sum(y)


def store(x):
    y = np.zeros(3)
    y[0] = x[0]
    return np.sum(y)


@pytest.mark.parametrize(
    ("f", "error", "fix"),
    [
        (assign, InPlaceError, "np.where"),
        (augment, InPlaceError, r"t = t \+ v"),
        (augment_plain, InPlaceError, r"a = a \+ t"),
        (out, InPlaceError, "write a new value"),
        (scatter, InPlaceError, "write a new value"),
        (store, LeavesGraphError, r"np\.stack"),
        (lambda x: np.sum(np.array([x[0], x[1]])), LeavesGraphError, r"np\.stack"),
        (lambda x: np.sum(np.asarray(x)), LeavesGraphError, r"t\.value"),
        (lambda x: np.sum(np.r_[x, 1.0]), LeavesGraphError, r"np\.concatenate"),
        (lambda x: float(x[0]), LeavesGraphError, r"float\(t\.value\)"),
        (lambda x: int(x[0]), LeavesGraphError, r"int\(t\.value\)"),
        (lambda x: x[0].item(), LeavesGraphError, r"t\.value"),
        (lambda x: math.sin(x[0]), LeavesGraphError, r"np\.sqrt"),
        (lambda x: np.sum(np.ones(3)[x[0]]), LeavesGraphError, r"t\.value"),
        (lambda x: x * 2.0, NotScalarError, r"shape \(3,\).*np\.sum"),
        (lambda x: None, NotScalarError, "NoneType"),
        (lambda x: (x[0], x[1]), NotScalarError, "tuple"),
        (lambda x: x[0] * 1j, NotScalarError, "real number"),
        (lambda x: np.sum(np.log(x - 1.0)), NotANumberError, r"came from np\.log"),
        (lambda x: np.sum(x * np.nan), NotANumberError, r"came from np\.multiply"),
        (lambda x: np.sum(np.apply_along_axis(sum, 0, x)), NotCoveredError, "primitive"),
        (lambda x: np.sum(np.heaviside.outer(x, x)), NotCoveredError, "primitive"),
        (lambda x: np.sum(x, where=X > 1), NotCoveredError, "where"),
        (lambda x: np.sum(np.exp(x, where=X > 1)), NotCoveredError, "where"),
        (lambda x: np.sum(x, 0, None), NotCoveredError, "keyword"),
        (lambda x: np.std(x, where=X > 1), NotCoveredError, "ddof, keepdims"),
        (lambda x: np.std(x, 0, None, None, 1), NotCoveredError, "'axis' by keyword"),
        (lambda x: np.sum(np.pad(x, 1, mode="mean")), NotCoveredError, "reflect"),
        (lambda x: np.sum(np.linalg.svd(np.outer(x, x)[:2])[0]), NotCoveredError, "full_matrices"),
        (lambda x: np.sum(np.einsum(x, [0], [0])), NotCoveredError, "string"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_cannot_be_followed_names_its_fix(f, error, fix):
    with pytest.raises(error, match=fix):
        grad(f)(X)


@pytest.mark.parametrize("x", [2, np.arange(3), True, [1, 2.0], {"n": np.int64(3)}])
def test_integers_are_refused_as_variables(x):
    with pytest.raises(IntegerInputError, match=r"Pass 2\.0 for 2"):
        vjp(lambda x: 1.0, x)


def test_integers_are_fine_as_constants():
    assert grad(lambda x, n: x**n)(2.0, 3) == 12.0


def test_a_number_may_be_added_up_with_the_augmented_sign():
    def f(x):
        total = 0.0
        for part in x:
            total += part * part
        return total

    np.testing.assert_array_equal(grad(f)(X), 2 * X)


def test_a_tensor_is_made_by_transforms_only():
    with pytest.raises(TypeError, match=r"grad\(f\)\(x\)"):
        Tensor(X)


@pytest.mark.parametrize(
    "use",
    [
        lambda: grad(np.sum)(X),
        lambda: vjp(np.sum, X),
        lambda: jacobian(np.sin)(X),
        lambda: trace(np.sin, 1.0),
        lambda: Tensor(X),
    ],
    ids=["grad", "vjp", "jacobian", "trace", "Tensor"],
)
def test_out_of_reach_every_transform_says_the_given_message(use):
    with out_of_reach("not in this exercise"), pytest.raises(EngineOutOfReachError, match="not in"):
        use()


def test_a_pullback_made_before_is_out_of_reach_too():
    _, pullback = vjp(np.sum, X)
    with out_of_reach("no"), pytest.raises(EngineOutOfReachError):
        pullback(1.0)
    np.testing.assert_array_equal(pullback(1.0)[0], np.ones(3))


def test_one_root_catches_every_error():
    for error in (InPlaceError, LeavesGraphError, NotCoveredError, EngineOutOfReachError):
        assert issubclass(error, AutodiffError)


def test_an_unknown_attribute_names_what_to_write_instead():
    with pytest.raises(AttributeError, match=r"'ptp'.*np\.ptp\(t\)"):
        grad(lambda x: x.ptp())(X)


def test_comparisons_and_counts_are_plain_values():
    def f(x):
        assert isinstance(x > 1.0, np.ndarray)
        assert isinstance(np.argmax(x), np.integer)
        assert x.shape == (3,)
        return np.sum(x) if np.any(x > 2.0) else 0.0

    np.testing.assert_array_equal(grad(f)(X), np.ones(3))
