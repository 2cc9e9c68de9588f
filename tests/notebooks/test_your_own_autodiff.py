"""Assignment 07 as its reader meets it: the student's gates in the engine."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from course.autodiff import grad, hessian, trace
from tests.notebooks.reading import assignment
from tests.notebooks.seen import SEEN

ASSIGNMENT = assignment("07_your_own_autodiff")


class TestTheText:
    @pytest.mark.parametrize("library", ["Torch", "Caffe", "Theano", "TensorFlow", "PyTorch"])
    def test_the_comparison_page_has_the_library(self, library: str) -> None:
        page = "\n".join(cell.source for cell in ASSIGNMENT.cells).split(
            SEEN[ASSIGNMENT.name].headings[-1]
        )[1]
        assert f"**{library}** (" in page
        assert f"| {library}" in page

    def test_only_the_exercises_about_the_engine_may_use_it(self) -> None:
        exercises = ASSIGNMENT.exercises.values()
        assert [e.name for e in exercises if e.engine] == ["nth_derivative", "hessian_vector"]


class TestTheRun:
    def test_the_gates_go_live_one_by_one_until_all_are_the_student_s(self) -> None:
        lines = re.findall(
            r"(\d+) of +(\d+) gates are yours, difference (\S+):", ASSIGNMENT.printed
        )
        yours = [int(mine) for mine, _, _ in lines]
        assert len(lines) == 6
        assert yours == sorted(yours)
        assert lines[0][0] == "0"
        assert lines[-1][0] == lines[-1][1]
        assert all(float(difference) < 1e-14 for _, _, difference in lines)

    @pytest.mark.parametrize("library", ["PyTorch", "JAX"])
    def test_an_optional_cell_agrees_or_says_that_the_library_is_missing(
        self, library: str
    ) -> None:
        said = re.search(
            rf"^{library}(: largest difference.* (\S+)| is not inst.*)$", ASSIGNMENT.printed, re.M
        )
        assert said
        assert said[2] is None or float(said[2]) < 1e-12


class TestTheDigits:
    """07: the student's own gates train a network on real data."""

    def test_they_are_read_right_in_95_of_100_cases(self, solved: SimpleNamespace) -> None:
        right = solved.accuracy(solved.parameters, solved.test_images, solved.test_labels)
        assert right >= 0.95

    def test_it_takes_less_than_20_seconds(self, solved: SimpleNamespace) -> None:
        assert solved.seconds < 20

    def test_every_gate_of_the_training_was_the_student_s(self, solved: SimpleNamespace) -> None:
        with solved.your_gates(solved.live):
            graph = trace(solved.your_loss, *solved.few)
        gates = {node.op for node in graph.nodes} - {"input"}
        assert gates == {f"your {name}" for name in (*solved.written, "log-softmax")}


class TestTwice:
    """07: symbol-to-symbol, with the student's rules."""

    @pytest.mark.parametrize("order", [1, 2, 3])
    def test_derivatives_of_derivatives_come_from_the_student_s_lines(
        self, solved: SimpleNamespace, order: int
    ) -> None:
        derivative = solved.bend
        for _ in range(order):
            derivative = grad(derivative)
        expected = derivative(0.7)
        with solved.your_gates(solved.twice):
            assert derivative(0.7) == pytest.approx(expected, rel=1e-12)

    def test_the_hessian_times_a_vector_of_the_network_too(self, solved: SimpleNamespace) -> None:
        expected = solved.largest_curvature(solved.fresh_parameters(0), rounds=3)
        twice, solved.twice[:] = list(solved.twice), []
        try:
            engine = solved.largest_curvature(solved.fresh_parameters(0), rounds=3)
        finally:
            solved.twice[:] = twice
        assert expected == pytest.approx(engine, rel=1e-9)

    def test_the_product_is_that_with_the_whole_hessian(self, solved: SimpleNamespace) -> None:
        rng = np.random.default_rng(0)
        A, x, v = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3)
        whole = hessian(lambda x: solved.bowl(A, x))(x)
        np.testing.assert_allclose(solved.hessian_vector(A, x, v), whole @ v, rtol=1e-12)

    def test_a_tape_of_numbers_gives_the_example_of_the_lectures(
        self, solved: SimpleNamespace
    ) -> None:
        tape = solved.Tape()
        x, y, z = (tape.leaf(value) for value in (-2.0, 5.0, -4.0))
        f = tape.multiply(tape.add(x, y), z)
        assert tape.value(f) == -12.0
        assert tape.gradients(f) == [-4.0, -4.0, 3.0, -4.0, 1.0]

    def test_a_tape_of_symbols_differentiates_x_cubed_three_times(
        self, solved: SimpleNamespace
    ) -> None:
        tape = solved.SymbolTape()
        x = tape.leaf(2.0)
        entry, values = tape.multiply(tape.multiply(x, x), x), []
        for _ in range(3):
            entry = tape.derivative(entry, x)
            values.append(tape.value(entry))
        assert values == [12.0, 12.0, 6.0]

    def test_a_library_style_code_agrees_with_the_gradient_by_hand(
        self, solved: SimpleNamespace
    ) -> None:
        by_hand = solved.gradient_by_hand(*solved.few)
        engine = grad(solved.network_loss)(*solved.few)
        for key, gradient in by_hand.items():
            np.testing.assert_allclose(engine[key], gradient, rtol=1e-10, atol=1e-15)


def test_a_gate_that_is_not_written_leaves_the_engine_s_in_its_place() -> None:
    source = ASSIGNMENT.source.read_text(encoding="utf-8")
    blank = re.sub(
        r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError()", source, flags=re.S
    )
    cells = re.split(r"^# %%.*$", blank, flags=re.M)
    wanted = (
        "digits_split()",
        "def fit(",
        "tanh_forward",
        "def your_gates",
        "def is_written",
        "operations = ",
        "def accuracy",
        "def gradient_by_hand",
        "def matmul_gate",
        "def add_gate",
        "def multiply_gate",
        "def sum_gate",
        "class LogSoftmax",
        "from contextlib",
    )
    names: dict[str, object] = {"__name__": "blank"}
    for cell in cells:
        if any(each in cell for each in wanted) and 'find_spec("torch")' not in cell:
            exec(compile(cell, "<blank>", "exec"), names)
    assert names["live"] == []
    assert names["history"][-1] >= 0.95  # type: ignore[index]  # a list of the notebook's
