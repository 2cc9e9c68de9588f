"""What crosses between a student's code and the checker, and what does not."""

from __future__ import annotations

import json
import math
from collections import OrderedDict, namedtuple
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from course.checking.values import (
    DTYPES,
    Opaque,
    ValueLimits,
    ValuesError,
    pack,
    plain,
    unpack,
)

DEFAULT = ValueLimits()
SMALL = ValueLimits(array_bytes=4096, items=100, depth=6)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**900), 2**900)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
)
arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: arrays_of.arrays(np.dtype(dtype), arrays_of.array_shapes(min_dims=0, min_side=0))
)
values = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.tuples(
            st.sampled_from(
                ["list", "tuple", "dict", "array", "string", "complex", "opaque", "callback"]
            ),
            inner,
            inner,
            inner,
        ).map(list)
        | st.tuples(
            st.just("array"),
            st.sampled_from([*sorted(DTYPES), "object", "V8", "float128"]),
            st.lists(st.integers(-1, 2**70), max_size=4),
            st.integers(-1, 3),
        ).map(list)
    ),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equal in type, dtype, shape and every bit that can be seen."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return (
            left.dtype == right.dtype
            and left.shape == right.shape
            and np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")
        )
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return repr(left) == repr(right)


def through_json(value: Any, limits: ValueLimits = DEFAULT) -> Any:
    tree, buffers = pack(value, limits=limits)
    return unpack(json.loads(json.dumps(tree)), [bytes(b) for b in buffers], limits=limits)


@given(values)
def test_every_allowed_value_arrives_as_it_was(value: Any) -> None:
    assert same(through_json(value), value)


def test_half_a_character_arrives_as_a_question_mark() -> None:
    assert through_json("a\ud800") == "a?"


@given(values)
def test_what_is_let_through_here_is_what_arrives_from_elsewhere(value: Any) -> None:
    assert same(plain(value), through_json(value))


def test_what_arrives_shares_no_memory_with_what_was_sent() -> None:
    array = np.zeros(3)
    plain([array])[0][0] = 1
    assert array[0] == 0


def test_arrays_arrive_writable_and_aligned() -> None:
    tree, buffers = pack(np.arange(4.0))
    body = memoryview(b"x" + bytes(buffers[0]))[1:]
    array = unpack(tree, [body])
    array[0] = 9.0
    assert array.flags.aligned


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_order_does_not_change_the_numbers(order: str) -> None:
    array = np.asarray(np.arange(6.0).reshape(2, 3), order=order)[:, ::-1]
    assert same(plain(array), array.copy())


def test_foreign_byte_order_becomes_ours() -> None:
    arrived = plain(np.array([1.0, 2.0], ">f8"))
    assert arrived.dtype == np.dtype("float64")
    assert arrived.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("scalar", [np.float32(1.5), np.int8(-3), np.bool_(True), np.float64(2.0)])
def test_numpy_scalars_arrive_as_arrays_without_dimensions(scalar: Any) -> None:
    assert same(plain(scalar), np.asarray(scalar))


def test_a_list_of_numbers_stays_a_list() -> None:
    assert same(plain([1, 2.0, 3]), [1, 2.0, 3])


class AlwaysEqual(np.ndarray[Any, Any]):
    def __eq__(self, other: object) -> bool:
        return True

    @property
    def shape(self) -> tuple[int, ...]:
        return (2, 2)


def test_a_lying_array_arrives_as_the_numbers_it_holds() -> None:
    arrived = plain(np.zeros(3).view(AlwaysEqual))
    assert same(arrived, np.zeros(3))


class LyingFloat(float):
    def __float__(self) -> float:
        return 1.0

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


def test_a_lying_number_arrives_as_the_number_it_holds() -> None:
    assert same(plain(LyingFloat(3.0)), 3.0)


class LyingList(list[Any]):
    def __iter__(self) -> Any:
        return iter([42])

    def __len__(self) -> int:
        return 1


def test_a_lying_list_arrives_as_the_items_it_holds() -> None:
    assert same(plain(LyingList([1, 2])), [1, 2])


def test_named_tuples_and_ordered_dicts_arrive_as_their_base() -> None:
    pair = namedtuple("pair", "out cache")
    assert same(plain(pair(1, OrderedDict(a=2))), (1, {"a": 2}))


class Meta(type):
    @property
    def __name__(cls) -> str:
        return "float"


class Pretender(metaclass=Meta):
    pass


def equal_to_all() -> Any:
    return type("Equal", (), {"__eq__": lambda self, other: True, "__hash__": None})()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        (Fraction(1, 2), "Fraction"),
        (equal_to_all(), "Equal"),
        (Pretender(), "Pretender"),
        ({1, 2}, "set"),
        (b"bytes", "bytes"),
        ({1: 2}, "dict"),
        (np.array([object()]), "array of object"),
        (np.array(["a"]), "array of str32"),
        (np.zeros(1, "datetime64[s]"), "array of datetime64[s]"),
        (np.zeros(2, np.longdouble), f"array of {np.dtype(np.longdouble).name}"),
        (len, "builtin_function_or_method"),
        (2**2000, "int"),
    ],
)
def test_whatever_else_arrives_as_the_name_of_its_type(value: Any, name: str) -> None:
    assert plain([value]) == [Opaque(name)]


def test_a_cycle_arrives_cut() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert plain(loop) == [1, Opaque("list")]


def test_the_same_list_twice_is_no_cycle() -> None:
    inner = [1]
    assert plain([inner, inner]) == [[1], [1]]


def test_what_is_nested_too_deep_arrives_cut() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    arrived = plain(deep, limits=SMALL)
    for _ in range(SMALL.depth):
        (arrived,) = arrived
    assert arrived == Opaque("list")


def test_callables_arrive_as_numbers_only_when_asked_for() -> None:
    callbacks: list[Any] = []
    tree, buffers = pack([abs, max], callbacks=callbacks)
    assert callbacks == [abs, max]
    assert unpack(tree, buffers, callback=callbacks.__getitem__) == [abs, max]
    with pytest.raises(ValuesError):
        unpack(tree, buffers)


def test_plain_lets_callables_through_when_asked_for() -> None:
    assert plain([abs], callables=True) == [abs]


@pytest.mark.parametrize(
    "value", [np.zeros(513), [np.zeros(300), np.zeros(300)], "x" * 5000, list(range(101))]
)
def test_what_is_larger_than_the_limits_is_not_sent(value: Any) -> None:
    with pytest.raises(ValuesError):
        pack(value, limits=SMALL)


@pytest.mark.parametrize(
    ("tree", "buffers"),
    [
        (["array", "float64", [513], 0], [bytes(8 * 513)]),
        (["array", "float64", [2], 0], [bytes(8)]),
        (["array", "float64", [-1], 0], [bytes(8)]),
        (["array", "float64", [True], 0], [bytes(8)]),
        (["array", "float64", [1.0], 0], [bytes(8)]),
        (["array", "float64", [0, 2**62], 0], [b""]),
        (["array", "float64", [1] * 33, 0], [bytes(8)]),
        (["array", "object", [1], 0], [bytes(8)]),
        (["array", "<f8", [1], 0], [bytes(8)]),
        (["array", "float64", [1], 1], [bytes(8)]),
        (["array", "float64", [1], -1], [bytes(8)]),
        (["array", "float64", [1], True], [bytes(8), bytes(8)]),
        (["list", [["string", 0], ["string", 0]]], [b"once"]),
        (["string", 0], [b"\xff"]),
        (["list", [1] * 101], []),
        (["dict", [["a", 1], ["a", 2]]], []),
        (["dict", [[1, 2]]], []),
        (["dict", [["a"]]], []),
        (["opaque", "x" * 201], []),
        (["complex", 1, 2], []),
        (["callback", 0], []),
        (["nothing"], []),
        ([], []),
        ({}, []),
        ([["list", []]], []),
        (2**1025, []),
        ("x" * 1025, []),
    ],
)
def test_bytes_that_are_no_value_are_refused(tree: Any, buffers: list[bytes]) -> None:
    with pytest.raises(ValuesError):
        unpack(tree, buffers, limits=SMALL)


def test_deep_trees_are_refused() -> None:
    tree: Any = ["list", []]
    for _ in range(SMALL.depth):
        tree = ["list", [tree]]
    with pytest.raises(ValuesError, match="deeper"):
        unpack(tree, [], limits=SMALL)


def test_bool_arrays_hold_nothing_but_zero_and_one() -> None:
    array = unpack(["array", "bool", [3], 0], [b"\x00\x02\xff"])
    assert array.view(np.uint8).tolist() == [0, 1, 1]


@settings(max_examples=400)
@given(json_trees, st.lists(st.binary(max_size=64), max_size=3))
def test_any_tree_is_a_value_or_refused(tree: Any, buffers: list[bytes]) -> None:
    try:
        value = unpack(tree, buffers, limits=SMALL)
    except ValuesError:
        return
    assert same(through_json(value, SMALL), value)


def test_infinities_and_nan_survive_json() -> None:
    assert through_json(math.inf) == math.inf
    assert math.isnan(through_json(math.nan))
