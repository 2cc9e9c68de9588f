"""The graph stepper on a page without a kernel: steps, predictions, bugs to find, nudges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from course.autodiff import trace
from course.widgets import GraphStepper
from course.widgets.widget import Widget

from .chromium import violations
from .conftest import Open, Shoot
from .reading import graph, overflows, said, shown, without_suppression

POINT = (-2.0, 5.0, -4.0)
NEURON = (2.0, -1.0, -3.0, -2.0, -3.0)


def product(x: float, y: float, z: float) -> Any:
    return (x + y) * z


def branch(x: float, y: float) -> float:
    return x * y + x


def neuron(w0: float, x0: float, w1: float, x1: float, w2: float) -> Any:
    return 1.0 / (1.0 + np.exp(-(w0 * x0 + w1 * x1 + w2)))


@pytest.fixture
def page(still: Open) -> Page:
    return still(GraphStepper(product, *POINT))


def stepped(page: Page, times: int) -> Page:
    graph(page.locator(".bp")).focus()
    for _ in range(times):
        page.keyboard.press("ArrowRight")
    return page


class TestStepping:
    def test_nothing_is_shown_before_the_first_step(self, page: Page) -> None:
        assert shown(page.locator(".bp")) == {"values": {}, "gradients": {}}
        assert "Press →" in said(page.locator(".bp"))

    def test_values_appear_node_by_node(self, page: Page) -> None:
        stepped(page, 4)
        assert shown(page.locator(".bp")) == {
            "values": {0: -2.0, 1: 5.0, 2: -4.0, 3: 3.0},
            "gradients": {},
        }

    def test_a_backward_step_says_upstream_times_local(self, page: Page) -> None:
        stepped(page, 10)
        assert "y through +: upstream −4 × local 1 = −4." in said(page.locator(".bp"))

    def test_at_the_end_every_number_is_the_engine_s(self, still: Open) -> None:
        page = still(GraphStepper(neuron, *NEURON))
        graph(page.locator(".bp")).focus()
        page.keyboard.press("End")
        engine = trace(neuron, *NEURON)
        seen = shown(page.locator(".bp"))
        assert seen["values"] == pytest.approx(
            {n.id: float(n.value) for n in engine.nodes}, rel=1e-5
        )
        assert seen["gradients"] == pytest.approx(
            {n.id: float(n.gradient) for n in engine.nodes}, rel=1e-5
        )

    def test_the_mouse_steps_as_the_keys_do(self, page: Page) -> None:
        for _ in range(3):
            page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Back").click()
        assert shown(page.locator(".bp"))["values"] == {0: -2.0, 1: 5.0}
        page.get_by_role("button", name="Rewind").click()
        assert shown(page.locator(".bp"))["values"] == {}

    def test_the_left_arrow_and_home_go_back(self, page: Page) -> None:
        stepped(page, 3)
        page.keyboard.press("ArrowLeft")
        assert len(shown(page.locator(".bp"))["values"]) == 2
        page.keyboard.press("Home")
        assert not shown(page.locator(".bp"))["values"]

    def test_play_steps_by_itself_and_stops_at_the_end(self, page: Page) -> None:
        page.clock.install()
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(60_000)
        assert len(shown(page.locator(".bp"))["gradients"]) == 5
        assert page.get_by_role("button", name="Play").is_visible()

    def test_the_picture_says_its_numbers(self, page: Page) -> None:
        stepped(page, 10)
        label = page.locator(".bp svg[role=img]").get_attribute("aria-label")
        assert "x: value −2, gradient −4." in str(label)

    def test_inputs_stay_where_they_are_without_a_kernel_and_it_is_said(self, page: Page) -> None:
        page.locator("summary").click()
        assert page.get_by_text("Without a kernel the inputs stay as they are.").is_visible()
        assert page.get_by_label("x", exact=True).is_disabled()


class TestPredicting:
    @pytest.fixture
    def asked(self, still: Open) -> Page:
        """f = xy + x at x = 3, y = −4, where the gradient of x has two parts."""
        page = still(GraphStepper(branch, 3.0, -4.0))
        page.get_by_label("Predict each gradient").check()
        return stepped(page, 5)

    def answer(self, page: Page, text: str) -> str:
        field = page.get_by_role("textbox")
        field.fill(text)
        field.press("Enter")
        return said(page.locator(".bp"))

    def test_the_next_gradient_is_asked_for_and_not_shown(self, asked: Page) -> None:
        asked.keyboard.press("ArrowRight")
        before = shown(asked.locator(".bp"))
        asked.keyboard.press("ArrowRight")
        assert shown(asked.locator(".bp")) == before
        assert "Type it first" in said(asked.locator(".bp"))

    def test_a_right_answer_is_praised_and_the_step_is_taken(self, asked: Page) -> None:
        assert self.answer(asked, "1").startswith("Right.")
        assert shown(asked.locator(".bp"))["gradients"][2] == 1.0

    @pytest.mark.parametrize(
        ("answers", "slip"),
        [
            (["-1"], "the sign is not"),
            (["1", "1", "-4"], "add what x has already"),
            (["1", "1", "1"], "That is what x has already"),
            (["1", "1", "-3", "1"], "upstream gradient alone"),
            (["1", "1", "17.5"], "not a slip I know"),
            (["one"], "is not a number"),
        ],
    )
    def test_a_slip_is_called_by_its_name(self, asked: Page, answers: list[str], slip: str) -> None:
        for text in answers:
            sentence = self.answer(asked, text)
        assert slip in sentence

    def test_a_fraction_and_a_real_minus_are_numbers_too(self, asked: Page) -> None:
        assert self.answer(asked, "2/2").startswith("Right.")
        self.answer(asked, "1")
        assert self.answer(asked, "−3").startswith("Right.")

    def test_it_can_be_shown_instead(self, asked: Page) -> None:
        asked.get_by_role("button", name="Show it").click()
        assert 2 in shown(asked.locator(".bp"))["gradients"]


class TestBrokenPasses:
    @pytest.fixture
    def page(self, still: Open) -> Page:
        return still(GraphStepper(branch, 3.0, -4.0))

    def end(self, page: Page) -> dict[int, float]:
        graph(page.locator(".bp")).focus()
        page.keyboard.press("End")
        return shown(page.locator(".bp"))["gradients"]

    def test_replacing_for_adding_keeps_the_last_part_as_the_engine_says(self, page: Page) -> None:
        page.get_by_label("Backward pass").select_option("last")
        engine = trace(branch, 3.0, -4.0).gradients("last")
        assert self.end(page)[0] == engine[0] != -3.0

    def test_without_upstream_each_part_is_its_local_derivative(self, still: Open) -> None:
        page = still(GraphStepper(product, *POINT))
        page.get_by_label("Backward pass").select_option("local")
        assert self.end(page)[0] == 1.0

    def test_in_the_wrong_order_the_inputs_get_nothing(self, page: Page) -> None:
        page.get_by_label("Backward pass").select_option("order")
        assert self.end(page)[1] == 0.0

    def test_a_bug_that_changes_no_number_is_not_offered(self, still: Open) -> None:
        page = still(GraphStepper(product, *POINT))
        offered = page.get_by_label("Backward pass").locator("option").all_inner_texts()
        assert not [text for text in offered if "replaces" in text]

    def test_which_bug_it_is_can_be_found_out(self, page: Page) -> None:
        page.get_by_label("Backward pass").select_option("?")
        guesses = page.get_by_role("group", name="Which bug is it?").get_by_role("button")
        sentences = []
        for guess in guesses.all():
            if guess.is_visible():
                guess.click()
                sentences.append(said(page.locator(".bp"))[:3])
        assert sentences[-1] == "Yes"
        assert set(sentences[:-1]) <= {"No,"}
        assert not guesses.first.is_visible()


class TestNudging:
    def test_a_small_nudge_moves_the_result_as_the_gradient_says(self, still: Open) -> None:
        page = still(GraphStepper(neuron, *NEURON))
        page.locator("summary").click()
        page.get_by_label("Input to nudge").select_option("x0")
        page.get_by_label("Size of the nudge").select_option("h = 0.0001")
        sentence = page.locator(".bp-nudge").inner_text()
        assert "Divided by 0.0001: 0.3932" in sentence
        assert "The gradient: 0.393224." in sentence


class TestForEveryone:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing(self, still: Open, shoot: Shoot, scheme: str) -> None:
        page = still(GraphStepper(neuron, *NEURON), color_scheme=scheme)
        page.locator("summary").click()
        page.get_by_label("Predict").check()
        stepped(page, 24)
        shoot(page, f"stepper-predict-{scheme}")
        assert violations(page, "body") == []

    @pytest.mark.parametrize(("width", "name"), [(800, "800px"), (500, "200-percent-of-1000px")])
    def test_a_narrow_page_need_not_be_scrolled_sideways(
        self, still: Open, shoot: Shoot, width: int, name: str
    ) -> None:
        zoomed = {"viewport": {"width": width, "height": 700}, "device_scale_factor": 1000 / width}
        page = still(GraphStepper(neuron, *NEURON), **zoomed)
        page.locator("summary").click()
        stepped(page, 20)
        shoot(page, f"stepper-{name}")
        assert not overflows(page)

    def test_the_box_of_the_step_is_scrolled_into_view(self, still: Open) -> None:
        page = still(
            GraphStepper(neuron, *NEURON),
            viewport={"width": 500, "height": 700},
        )
        stepped(page, 13)
        box = page.locator(".bp-now.bp-forward").bounding_box()
        frame = page.locator(".bp-scroll").bounding_box()
        assert box is not None
        assert frame is not None
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1

    def test_everything_that_can_have_the_focus_keeps_its_keys(self, page: Page) -> None:
        assert without_suppression(page.locator(".bp")) == []

    def test_every_control_is_reached_by_tab_and_shows_it(self, page: Page) -> None:
        rings = []
        for _ in range(8):
            page.keyboard.press("Tab")
            rings.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
        assert rings == ["solid"] * 8

    def test_sixty_nodes_are_laid_out_without_two_boxes_on_each_other(
        self, still: Open, shoot: Shoot
    ) -> None:
        def layers(*xs: float) -> Any:
            hidden = [np.tanh(sum(xs[i:]) * (i + 1.0)) for i in range(4)]
            return sum(a * b for a, b in zip(hidden, [*hidden[1:], hidden[0]], strict=True))

        stepper = GraphStepper(layers, *np.linspace(-1, 1, 10))
        assert 50 <= len(stepper.plan["nodes"]) <= 75
        page = still(stepper, viewport={"width": 1600, "height": 900})
        graph(page.locator(".bp")).focus()
        page.keyboard.press("End")
        shoot(page, "stepper-sixty-nodes")
        boxes = [g.bounding_box() for g in page.locator(".bp-box").all()]
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                assert a is not None
                assert b is not None
                apart_x = abs(a["x"] - b["x"]) >= a["width"] - 1
                assert apart_x or abs(a["y"] - b["y"]) >= a["height"] - 1


class TestWrongUse:
    @pytest.mark.parametrize(
        ("stepper", "sentence"),
        [
            (lambda: GraphStepper(lambda x: x, 1.0), "nothing to step through"),
            (lambda: GraphStepper(lambda x: np.log(x) * 2, -1.0), "not a number (NaN)"),
            (lambda: GraphStepper(lambda x: sum(x * i for i in range(400)), 1.0), "up to 500"),
            (lambda: GraphStepper(3), "is no graph"),
            (lambda: GraphStepper(lambda x: x * x, 1), "Pass 2.0 for 2"),
        ],
    )
    def test_a_message_stands_in_its_place(
        self, still: Open, stepper: Callable[[], Widget], sentence: str
    ) -> None:
        page = still(stepper())
        assert sentence in page.get_by_role("alert").inner_text()
