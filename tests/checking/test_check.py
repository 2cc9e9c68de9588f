"""What a student sees: `check` in a notebook, in a script, and under nbgrader."""

from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course import CheckFailed, check
from course.checking.examine import examine, number_text
from course.checking.local import LocalTransport
from course.checking.render import as_html, as_text
from course.checking.verdict import Verdict
from course.exercises import UnknownExercise, find, load

RIGHT = "def mul_backward(x, y, upstream):\n    return upstream * y, upstream * x\n"
SWAPPED = "def mul_backward(x, y, upstream):\n    return upstream * x, upstream * y\n"


def function(source: str):
    namespace: dict = {"np": np}
    exec(source, namespace)
    return namespace["mul_backward"]


def verdict(source: str, seed: int = 0) -> Verdict:
    return examine(find("mul_backward"), LocalTransport({"mul_backward": function(source)}), seed)


def test_a_right_stub_passes_and_check_returns_nothing(capsys) -> None:
    assert check(function(RIGHT)) is None
    assert "4 of 4 checks passed" in capsys.readouterr().out


def test_a_wrong_stub_raises_an_error_that_names_the_mistake(capsys) -> None:
    with pytest.raises(CheckFailed, match="swap them"):
        check(function(SWAPPED))
    assert "[not-swapped]" in capsys.readouterr().out


def test_hints_grow_with_each_failure_and_start_over_when_it_passes(capsys) -> None:
    check(function(RIGHT))
    shown = []
    for source in (SWAPPED, SWAPPED, SWAPPED, SWAPPED, RIGHT, SWAPPED):
        capsys.readouterr()
        with contextlib.suppress(CheckFailed):
            check(function(source))
        printed = capsys.readouterr().out
        shown.append(("Read again" in printed, "upstream × local = 2 × -4 = -8" in printed))
    first, second, third, fourth, _, again = shown
    assert first == again == (False, False)
    assert second == (True, False)
    assert third == fourth == (True, True)


def test_a_stub_that_is_not_written_yet_uses_up_no_hint(capsys) -> None:
    check(function(RIGHT))
    shown = []
    blank = "def mul_backward(x, y, upstream):\n    raise NotImplementedError\n"
    for source in (blank, blank, SWAPPED):
        capsys.readouterr()
        with contextlib.suppress(CheckFailed):
            check(function(source))
        printed = capsys.readouterr().out
        shown.append(("Read again" in printed, "the next check" in printed))
    assert shown == [(False, False), (False, False), (False, True)]


def test_in_a_notebook_the_report_is_html_and_the_error_has_no_traceback() -> None:
    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            result = shell.run_cell(f"from course import check\n{SWAPPED}\ncheck(mul_backward)")
    finally:
        InteractiveShell.clear_instance()
    assert isinstance(result.error_in_exec, CheckFailed)
    (shown,) = captured.outputs
    assert "<div" in shown.data["text/html"]
    assert "[not-swapped]" in shown.data["text/plain"]
    assert "Traceback" not in captured.stdout
    assert "CheckFailed: mul_backward: 0 of 4 checks passed" in captured.stdout


def test_under_nbgrader_a_check_returns_its_points(monkeypatch, capsys) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert check(function(RIGHT)) == 1.0
    assert check(function(SWAPPED)) == 0.0


def test_a_name_that_is_no_exercise_is_answered_with_the_nearest() -> None:
    def mul_bakward(x, y, upstream):
        return x

    with pytest.raises(UnknownExercise, match="did you mean 'mul_backward'"):
        check(mul_bakward)


@pytest.mark.parametrize("given", [None, "mul_backward", 3])
def test_what_is_no_function_is_refused(given) -> None:
    with pytest.raises(TypeError, match=r"check\(mul_backward\)"):
        check(given)


def test_an_assignment_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownExercise, match="03_gate_patterns"):
        load("33_gate_patterns")


def test_the_same_seed_asks_the_same_and_another_seed_asks_something_else() -> None:
    assert verdict(SWAPPED, 5).checks == verdict(SWAPPED, 5).checks
    assert verdict(SWAPPED, 5).checks[1] != verdict(SWAPPED, 6).checks[1]


def test_a_verdict_survives_being_written_as_json() -> None:
    first = verdict(SWAPPED)
    assert Verdict.from_dict(first.to_dict()) == first


def test_what_a_stub_says_is_escaped_in_html() -> None:
    evil = 'def mul_backward(x, y, upstream):\n    raise ValueError("<script>alert(1)</script>")\n'
    shown = as_html(verdict(evil))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_html_and_text_say_the_same() -> None:
    found = verdict(SWAPPED)
    for words in ("0 of 4 checks passed", "not-swapped", "2. The multiply gate swaps", "seed 0"):
        assert words in as_html(found)
        assert words in as_text(found)


def test_passed_and_failed_are_told_apart_by_words_and_not_by_colour_alone() -> None:
    assert "not passed" in as_html(verdict(SWAPPED))
    assert "not passed" not in as_html(verdict(RIGHT))


def test_a_stub_gets_copies_so_that_a_rude_one_spoils_nothing() -> None:
    rude = (
        "def mul_backward(x, y, upstream):\n"
        "    result = upstream * y, upstream * x\n"
        "    if isinstance(x, np.ndarray): x[...] = 7\n"
        "    return result\n"
    )
    found = verdict(rude)
    assert found.mistakes == ("in-place",)
    assert [check.passed for check in found.checks] == [True, True, True, False]


def test_of_many_wrong_gradients_the_first_few_are_named() -> None:
    def backward(graph, order, slopes, values):
        return dict.fromkeys(graph, 0.25)

    wrong = examine(find("backward"), LocalTransport({"backward": backward}), 0)
    assert wrong.findings[0].where.count(", ") > 9
    assert re.search(r"-> (\w+, ){3}\w+ and \d+ more: ", as_text(wrong))


def test_what_is_made_of_numbers_and_names_is_shown_as_python_writes_it() -> None:
    assert (
        number_text(("f", [np.float64(2.5), 1], {"x": np.array([1.0])}))
        == "('f', [2.5, 1], {'x': [1.]})"
    )


def test_what_stands_between_backticks_is_code_on_a_page() -> None:
    def gather_backward(rows, index, upstream):
        dtable = np.zeros((rows, upstream.shape[1]))
        dtable[index] += upstream
        return dtable

    wrong = examine(
        find("gather_backward"), LocalTransport({"gather_backward": gather_backward}), 0
    )
    assert re.search(r"<code style='[^']+'>dtable\[index\] \+= \.\.\.</code>", as_html(wrong))
