"""What the stepper sends to its front end: steps, layout, slips, bugs, and messages."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest

from course.autodiff import name, trace
from course.widgets import GateExplorer, GraphStepper
from course.widgets.layout import BOX, layered
from course.widgets.page import page
from course.widgets.passes import BUGS


def branch(x: Any, y: Any) -> Any:
    return name(name(x * y, "p") + x, "f")


class StudentGraph:
    """As in assignment 03."""

    def __init__(self, steps: list[Any]) -> None:
        self.steps = steps


MUL = (lambda x, y: x * y, lambda x, y, upstream: (upstream * y, upstream * x))
ADD = (lambda x, y: x + y, lambda x, y, upstream: (upstream, upstream))


def ends(stepper: Any, bug: str = "") -> dict[str, str]:
    """Return the last gradient of each node, by label."""
    labels = {node["id"]: node["full"] for node in stepper.plan["nodes"]}
    steps = stepper.broken["passes"][bug] if bug else stepper.plan["backward"]
    return {labels[step["node"]]: step["gradient"] for step in steps}


class TestPasses:
    def test_a_second_contribution_is_added_and_said(self) -> None:
        stepper = GraphStepper(branch, 3.0, -4.0)
        says = [step["says"] for step in stepper.plan["backward"]]
        assert any("Added to the 1 that was there: −3." in sentence for sentence in says)

    def test_array_values_are_named_by_their_shape_and_rules_in_words(self) -> None:
        stepper = GraphStepper(lambda W, x: np.sum(W @ x), np.ones((3, 2)), np.ones(2))
        assert ends(stepper)["W"] == "array 3×2"
        assert any("Rule:" in step["says"] for step in stepper.plan["backward"])

    def test_a_graph_that_was_traced_before_is_shown_and_stays(self) -> None:
        stepper = GraphStepper(trace(branch, 3.0, -4.0))
        assert ends(stepper)["x"] == "−3"
        assert not stepper.plan["inputs"][0]["movable"]

    def test_a_student_s_own_backward_functions_are_used(self) -> None:
        wrong = (MUL[0], lambda x, y, upstream: (upstream * x, upstream * y))
        graph = StudentGraph([("q", ADD, ["x", "y"]), ("f", wrong, ["q", "z"])])
        assert ends(GraphStepper(graph, x=-2.0, y=5.0, z=-4.0))["q"] == "3"

    def test_a_zero_has_no_sign(self) -> None:
        stepper = GraphStepper(lambda x, y: np.maximum(x, y) * -2.0, 1.0, 2.0)
        assert ends(stepper)["x"] == "0"

    def test_an_upstream_scales_every_gradient(self) -> None:
        stepper = GraphStepper(branch, 3.0, -4.0, upstream=10.0)
        assert ends(stepper) == {"f": "10", "p": "10", "x": "−30", "y": "30"}


class TestSlips:
    def slips(self, number: int) -> dict[str, float]:
        step = GraphStepper(branch, 3.0, -4.0).plan["backward"][number]
        return {slip: value for value, slip in step["asked"]["slips"]}

    def test_a_branch_knows_the_part_alone_and_what_was_there(self) -> None:
        assert self.slips(3)["not added"] == -4.0
        assert self.slips(3)["only the old part"] == 1.0

    def test_a_product_knows_the_input_s_own_value(self) -> None:
        assert self.slips(4)["own value"] == -4.0

    def test_every_slip_has_a_sentence(self) -> None:
        plan = GraphStepper(branch, 3.0, -4.0).plan
        asked = [step["asked"] for step in plan["backward"] if "asked" in step]
        assert {slip for each in asked for _, slip in each["slips"]} <= set(plan["slips"])


class TestBugs:
    def test_each_bug_that_is_offered_ends_in_other_gradients(self) -> None:
        stepper = GraphStepper(branch, 3.0, -4.0)
        assert set(stepper.broken["names"]) <= set(BUGS)
        assert "last" in stepper.broken["names"]
        for bug in stepper.broken["names"]:
            assert ends(stepper, bug) != ends(stepper)

    def test_replacing_is_what_the_engine_calls_last(self) -> None:
        stepper = GraphStepper(branch, 3.0, -4.0)
        assert (
            float(ends(stepper, "last")["x"].replace("−", "-"))
            == stepper.graph.gradients("last")[0]
        )


class TestMovingAnInput:
    def test_all_numbers_follow_and_the_turn_is_answered(self) -> None:
        stepper = GraphStepper(branch, 3.0, -4.0)
        stepper.moved = {"values": [[1, 2.0]], "turn": 7}
        assert stepper.plan["turn"] == 7
        assert ends(stepper)["x"] == "3"

    def test_where_there_is_no_value_the_old_graph_stays_with_a_sentence(self) -> None:
        stepper = GraphStepper(lambda x: np.log(x) * 2.0, 1.0)
        stepper.moved = {"values": [[0, -1.0]], "turn": 1}
        assert "not a number" in stepper.plan["trouble"]
        assert ends(stepper)["x"] == "2"

    def test_a_nudge_tends_to_the_gradient(self) -> None:
        stepper = GraphStepper(lambda x: np.exp(x), 1.0)
        ratios = [nudge["ratio"] for nudge in stepper.plan["inputs"][0]["nudges"]]
        misses = [abs(ratio - np.e) for ratio in ratios]
        assert misses == sorted(misses, reverse=True)
        assert misses[-1] < 1e-3


class TestLayout:
    def test_lines_run_from_left_to_right_and_boxes_are_apart(self) -> None:
        rng = np.random.default_rng(5)
        edges = tuple(
            (int(source), target)
            for target in range(8, 60)
            for source in rng.integers(0, target, 2)
        )
        layout = layered(tuple(range(60)), edges)
        for (source, target), route in zip(edges, layout.routes, strict=True):
            assert layout.corners[source][0] < layout.corners[target][0]
            assert route[0][0] < route[-1][0]
        for a, b in itertools.combinations(layout.corners.values(), 2):
            assert abs(a[0] - b[0]) >= BOX[0] or abs(a[1] - b[1]) >= BOX[1]

    def test_a_tree_is_drawn_without_a_crossing(self) -> None:
        tree = tuple((2 * i + side + 1, i) for i in range(7) for side in (0, 1))
        layout = layered(tuple(range(14, -1, -1)), tree)
        for (a, p), (b, q) in itertools.combinations(tree, 2):
            same = layout.corners[a][0] == layout.corners[b][0] and p != q
            if same:
                above = layout.corners[a][1] < layout.corners[b][1]
                assert above == (layout.corners[p][1] < layout.corners[q][1])

    def test_an_input_stands_right_before_its_first_use(self) -> None:
        layout = layered((0, 1, 2, 3), ((0, 1), (1, 3), (2, 3)))
        assert layout.corners[2][0] == layout.corners[1][0]

    def test_a_value_used_twice_by_one_gate_has_two_lines(self) -> None:
        first, second = layered((0, 1), ((0, 1), (0, 1))).routes
        assert first[-1] != second[-1]


class TestWrongUse:
    @pytest.mark.parametrize(
        ("graph", "inputs", "sentence"),
        [
            (StudentGraph([("f", MUL, ["x", "q"])]), {"x": 1.0}, "uses 'q', which is neither"),
            (StudentGraph([]), {"x": 1.0}, "without steps"),
            (StudentGraph([("f", MUL, ["x", "x"])]), {}, "by name"),
            (
                StudentGraph([("f", (MUL[0], lambda x, y, g: g), ["x", "y"])]),
                {"x": 1.0, "y": 2.0},
                "must return a tuple of 2",
            ),
            (
                StudentGraph([("f", (MUL[0], lambda x, y, g: 1 / 0), ["x", "y"])]),
                {"x": 1.0, "y": 2.0},
                "ZeroDivisionError",
            ),
        ],
    )
    def test_a_broken_student_graph_is_explained(
        self, graph: StudentGraph, inputs: dict[str, float], sentence: str
    ) -> None:
        stepper = GraphStepper(graph, **inputs)
        assert sentence in stepper.message
        assert repr(stepper) == stepper.message


class TestElsewhere:
    def test_a_page_without_widgets_gets_a_table_and_a_picture(self) -> None:
        data, _ = GraphStepper(branch, 3.0, -4.0)._repr_mimebundle_()
        assert "gradient" in data["text/plain"]
        assert data["image/svg+xml"].startswith("<svg")

    def test_a_page_of_its_own_asks_for_nothing(self) -> None:
        text = page(GraphStepper(branch, 3.0, -4.0), "A <branch>")
        assert "A &lt;branch&gt;" in text
        assert "src=" not in text
        assert "import " not in text.replace("important", "")

    def test_everything_that_is_sent_is_plain_json(self) -> None:
        stepper = GraphStepper(lambda x: np.exp(1000.0 * x), 1.0)
        json.dumps(stepper.state(), allow_nan=False)

    def test_a_gate_s_gradients_come_from_the_engine(self) -> None:
        assert GateExplorer("mul", x=3.0, y=-4.0, upstream=2.0).gradients() == (-8.0, 6.0)
        assert GateExplorer("max", x=1.0, y=1.0, upstream=2.0).gradients() == (1.0, 1.0)
        assert GateExplorer("copy", x=3.0, upstream=2.0, upstream2=-1.0).gradients() == (1.0,)

    def test_a_widget_that_does_not_exist_is_named(self) -> None:
        import course.widgets

        with pytest.raises(AttributeError, match="no widget 'GraphSteper'"):
            _ = course.widgets.GraphSteper
