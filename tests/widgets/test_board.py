"""What all boards do: answer the front end, keep their last picture, say what is wrong."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from course.widgets import (
    BroadcastViewer,
    DecisionRegions,
    Descent,
    GradientFlow,
    JacobianViewer,
    NeuronChain,
    ReverseNetwork,
)

from .boards import BOARDS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=BOARDS)
def board(request):
    return BOARDS[request.param]()


def test_it_can_be_shown_as_it_stands(board) -> None:
    assert board.message == ""
    assert board.shown["title"]
    assert board.shown["steps"]
    assert all(step["says"] for step in board.shown["steps"])


def test_its_state_is_strict_json(board) -> None:
    json.dumps(board.state(), allow_nan=False)


def test_in_words_it_says_every_step(board) -> None:
    assert all(step["says"] in repr(board) for step in board.shown["steps"])


def test_the_front_end_is_answered_with_its_turn(board) -> None:
    board.asked = {"settings": board.shown["settings"], "turn": 7}
    assert board.shown["turn"] == 7
    assert board.shown["trouble"] == ""


def test_a_page_without_widgets_gets_a_small_picture_that_says_its_numbers(board) -> None:
    data, _ = board._repr_mimebundle_()
    image = ElementTree.fromstring(data["image/svg+xml"])
    assert board.shown["title"] in (image.findtext(f"{SVG}title") or "")
    assert board.shown["steps"][-1]["says"] in (image.findtext(f"{SVG}desc") or "")
    assert len(data["image/svg+xml"]) < 30_000


def test_where_there_is_a_message_there_is_no_picture() -> None:
    data, _ = NeuronChain(layers=99)._repr_mimebundle_()
    assert "image/svg+xml" not in data
    assert "layers cannot be 99" in data["text/plain"]


def test_what_cannot_be_shown_leaves_the_last_picture_and_says_why() -> None:
    chain = NeuronChain()
    steps = chain.shown["steps"]
    chain.asked = {"settings": {**chain.shown["settings"], "layers": 99}, "turn": 3}
    assert "layers cannot be 99" in chain.shown["trouble"]
    assert chain.shown["steps"] == steps


def test_an_unknown_word_is_answered_with_the_words_there_are() -> None:
    assert "sigmoid, tanh, ReLU" in GradientFlow(activation="swish").message


def test_a_switch_is_on_or_off() -> None:
    assert "True or False" in GradientFlow(residual="yes").message


def test_where_a_grader_has_taken_the_engine_away_it_says_so(monkeypatch) -> None:
    monkeypatch.setattr("course.widgets.board.AutodiffError", object())
    assert "There is no engine here" in repr(NeuronChain())


def test_a_whole_number_from_the_front_end_is_a_number_like_any_other() -> None:
    descent = Descent()
    descent.asked = {"settings": {**descent.shown["settings"], "w": 3, "b": 2}, "turn": 1}
    assert descent.shown["trouble"] == ""
    assert descent.shown["path"] == Descent(w=3.0, b=2.0).shown["path"]


@pytest.mark.parametrize(
    ("board", "sentence"),
    [
        (lambda: NeuronChain(weight="heavy"), "weight cannot be 'heavy'"),
        (lambda: GradientFlow(depth=500), "depth cannot be 500. It is a number from 1 to 30"),
        (lambda: ReverseNetwork(x="abc"), "x1 cannot be 'abc'. It is a number"),
        (lambda: ReverseNetwork(x=[float("nan"), 0.0]), "x1 cannot be nan"),
        (lambda: ReverseNetwork(params=3), "must be a list of (W, b)"),
        (lambda: ReverseNetwork([([[1.0], [2.0, 3.0]], [0.0])]), "W must be numbers in rows"),
        (lambda: BroadcastViewer(examples=500), "examples cannot be 500"),
        (lambda: JacobianViewer(x=["a"]), "x must be numbers"),
        (lambda: JacobianViewer(x=[float("nan")]), "not finite"),
        (lambda: Descent(rate=float("nan")), "rate cannot be nan"),
        (lambda: Descent(batch=3), "It is one of 1, 4, 16"),
        (lambda: DecisionRegions("square"), "It is one of half-plane, triangle"),
        (lambda: DecisionRegions(hidden=2.5), "hidden cannot be 2.5. It is a whole number"),
        (lambda: DecisionRegions(rate=float("inf")), "rate cannot be inf"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_those_that_can(board, sentence: str) -> None:
    assert sentence in board().message


@pytest.mark.parametrize("depth", [np.int64(3), np.float64(3.0)])
def test_numpy_s_numbers_are_numbers(depth) -> None:
    assert len(GradientFlow(depth=depth).shown["layers"]) == 3


@pytest.mark.parametrize(
    "smallest",
    [
        lambda: NeuronChain(layers=1),
        lambda: GradientFlow(depth=1, width=2),
        lambda: ReverseNetwork([([[0.5]], [0.0])], [1.0], [0.0]),
        lambda: BroadcastViewer(1, 1, 1),
        lambda: JacobianViewer(x=[1.0]),
        lambda: DecisionRegions("half-plane", hidden=0),
    ],
)
def test_the_smallest_there_is_can_be_shown(smallest) -> None:
    board = smallest()
    assert board.message == ""
    ElementTree.fromstring(board.picture())
