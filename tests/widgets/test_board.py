"""What all boards do: answer the front end, keep their last picture, say what is wrong."""

from __future__ import annotations

import json

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

BOARDS = [
    NeuronChain,
    GradientFlow,
    ReverseNetwork,
    BroadcastViewer,
    JacobianViewer,
    Descent,
    DecisionRegions,
]


@pytest.fixture(params=BOARDS, ids=lambda board: board.__name__)
def board(request):
    return request.param()


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
