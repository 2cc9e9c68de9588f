"""The boards in a browser: stepped by key and mouse, their numbers the engine's, open to all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from course.widgets import (
    BroadcastViewer,
    DecisionRegions,
    Descent,
    DiagnosisPanel,
    GradientFlow,
    JacobianViewer,
    NeuronChain,
    ReverseNetwork,
)
from course.widgets.widget import Widget
from tests.widgets.boards import BOARDS, relu_backward

from .chromium import Watched, violations
from .conftest import Open, Shoot
from .jupyter import FRONT_ENDS, Jupyter, run_all
from .reading import graph, overflows, said, without_suppression
from .twins import at_the_end, marked, numbers

SMALLEST = {
    "neuron-chain": lambda: NeuronChain(layers=1),
    "gradient-flow": lambda: GradientFlow(depth=1, width=2),
    "reverse-network": lambda: ReverseNetwork([([[0.5]], [0.0])], [1.0], [0.0]),
    "broadcast-viewer": lambda: BroadcastViewer(1, 1, 1),
    "jacobian-viewer": lambda: JacobianViewer(x=[1.0]),
    "decision-regions": lambda: DecisionRegions("half-plane", hidden=0),
}

IS_THIS = """(frame, drawn) => {
  const page = new DOMParser().parseFromString(drawn, "text/html");
  frame.normalize();  // an empty text is not written down
  return page.body.firstChild.isEqualNode(frame.firstChild);
}"""

WRONG = [
    (lambda: NeuronChain(layers=500), "layers cannot be 500. It is a number from 1 to 10."),
    (lambda: GradientFlow(depth=99), "depth cannot be 99. It is a number from 1 to 30."),
    (lambda: GradientFlow(activation="swish"), "sigmoid, tanh, ReLU"),
    (lambda: ReverseNetwork(x=[float("nan"), 0.0]), "x1 cannot be nan"),
    (lambda: ReverseNetwork([([[1.0] * 500] * 2, [0.0] * 500)]), "Up to 5 units a layer"),
    (lambda: BroadcastViewer(examples=0), "examples cannot be 0. It is a number from 1 to 5."),
    (lambda: JacobianViewer(x=[float("nan")]), "A number here is not finite."),
    (lambda: JacobianViewer(x=[0.0] * 500), "a vector of 1 to 16 numbers"),
    (lambda: Descent(rate=float("nan")), "rate cannot be nan. It is a number from 0.01 to 1.5."),
    (lambda: DecisionRegions("square"), "half-plane, triangle, two triangles"),
    (lambda: DiagnosisPanel(3), "Give the function or class itself"),
    (lambda: DiagnosisPanel(relu_backward, exercise="gelu"), "no exercise is called 'gelu'"),
]


@pytest.mark.parametrize("name", BOARDS)
class TestEveryBoard:
    def test_keys_and_buttons_take_the_same_steps_and_say_them(
        self, still: Open, name: str
    ) -> None:
        board = BOARDS[name]()
        page = still(board)
        steps = [step["says"] for step in board.shown["steps"]]
        assert said(page.locator(".bp")) == steps[0]
        graph(page.locator(".bp")).focus()
        page.keyboard.press("ArrowRight")
        assert said(page.locator(".bp")) == steps[1]
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Back").click()
        assert said(page.locator(".bp")) == steps[1]
        page.get_by_role("button", name="Rewind").click()
        assert said(page.locator(".bp")) == steps[0]
        spoken = page.locator(".bp-says")
        assert spoken.get_attribute("aria-live") == "polite"

    def test_a_picture_reached_in_steps_is_the_one_that_is_drawn_there(
        self, still: Open, name: str
    ) -> None:
        board = BOARDS[name]()
        stepped = still(board).locator(".bp-scroll")
        stepped.focus()
        for key in ("End", "ArrowLeft", "Home", "ArrowRight", "ArrowRight"):
            stepped.press(key)
        board.step = 2
        drawn = still(board).locator(".bp-scroll").inner_html()
        assert stepped.evaluate(IS_THIS, drawn)

    def test_every_number_is_the_engine_s(self, still: Open, name: str) -> None:
        board = BOARDS[name]()
        seen, expected = numbers(still(board).locator(".bp"), board)
        assert seen
        assert seen == pytest.approx(expected, rel=1e-5, abs=1e-12)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_axe_finds_nothing(self, still: Open, shoot: Shoot, name: str, scheme: str) -> None:
        page = still(BOARDS[name]())
        page.emulate_media(color_scheme=scheme)
        at_the_end(page.locator(".bp"))
        shoot(page, f"{name}-{scheme}")
        assert violations(page, "body") == []

    @pytest.mark.parametrize(("width", "kind"), [(800, "800px"), (500, "200-percent-of-1000px")])
    def test_a_narrow_page_need_not_be_scrolled_sideways(
        self, still: Open, shoot: Shoot, name: str, width: int, kind: str
    ) -> None:
        zoomed = {"viewport": {"width": width, "height": 700}, "device_scale_factor": 1000 / width}
        page = still(BOARDS[name](), **zoomed)
        at_the_end(page.locator(".bp"))
        shoot(page, f"{name}-{kind}")
        assert not overflows(page)

    def test_everything_that_can_have_the_focus_keeps_its_keys(
        self, still: Open, name: str
    ) -> None:
        assert without_suppression(still(BOARDS[name]()).locator(".bp")) == []

    def test_its_picture_says_its_numbers(self, still: Open, name: str) -> None:
        board = BOARDS[name]()
        label = still(board).locator(".bp-scroll svg[role=img]").get_attribute("aria-label") or ""
        assert board.shown["title"] in label
        assert board.shown["steps"][0]["says"] in label


def test_without_a_kernel_settings_stay_and_it_is_said(still: Open) -> None:
    page = still(NeuronChain())
    assert page.get_by_text("Without a kernel the settings stay as they are.").is_visible()
    assert page.get_by_label("weight").is_disabled()


@pytest.mark.parametrize("name", ["descent", "decision-regions", "broadcast-viewer"])
def test_where_there_is_little_room_what_stood_beside_stands_below(still: Open, name: str) -> None:
    page = still(BOARDS[name](), viewport={"width": 500, "height": 700})
    frame = page.locator(".bp-scroll")
    page.wait_for_function(
        "(frame) => frame.scrollWidth <= frame.clientWidth", arg=frame.element_handle()
    )
    page.set_viewport_size({"width": 1000, "height": 700})
    tall = "(frame) => frame.querySelector('svg').viewBox.baseVal.height < 500"
    page.wait_for_function(tall, arg=frame.element_handle())


@pytest.mark.parametrize("key", ["Home", "End"])
def test_the_layer_of_the_step_is_scrolled_into_view(still: Open, key: str) -> None:
    page = still(GradientFlow(depth=30), viewport={"width": 500, "height": 700})
    at_the_end(page.locator(".bp"))
    page.keyboard.press(key)
    layer, frame = page.locator(".bp-now").bounding_box(), page.locator(".bp-scroll").bounding_box()
    assert layer is not None
    assert frame is not None
    assert frame["x"] <= layer["x"]
    assert layer["x"] + layer["width"] <= frame["x"] + frame["width"]


@pytest.mark.parametrize(("board", "sentence"), WRONG)
def test_wrong_use_is_a_message_in_its_place(
    still: Open, board: Callable[[], Widget], sentence: str
) -> None:
    assert sentence in still(board()).get_by_role("alert").inner_text()


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_there_is_is_drawn_with_the_engine_s_numbers(still: Open, name: str) -> None:
    board = SMALLEST[name]()
    seen, expected = numbers(still(board).locator(".bp"), board)
    assert seen
    assert seen == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_a_legend_is_not_cut_off_where_there_are_few_layers(still: Open) -> None:
    image = still(GradientFlow(depth=1)).locator("svg[role=img]")
    assert image.evaluate("(svg) => svg.getBBox().width <= svg.viewBox.baseVal.width")


@pytest.fixture(scope="module", params=FRONT_ENDS)
def page(request: pytest.FixtureRequest, browser: Browser, jupyter: Jupyter) -> Iterator[Page]:
    """A notebook with two boards, run; nothing may be asked of the network outside."""
    watched = Watched(browser, viewport={"width": 1100, "height": 1800})
    name = f"boards-{request.param}"
    jupyter.write(
        name, ["from course.widgets import Descent, NeuronChain\nNeuronChain()", "Descent()"]
    )
    page = jupyter.open(watched.context.new_page(), name, request.param)
    run_all(page)
    expect(page.locator(".bp")).to_have_count(2)
    yield page
    watched.context.close()
    assert watched.outside == []


class TestWithAKernel:
    def test_a_slider_moved_by_key_shows_the_engine_s_new_numbers(self, page: Page) -> None:
        chain = page.locator(".bp").nth(0)
        chain.get_by_label("weight").press("ArrowRight")
        graph(chain).focus()
        page.keyboard.press("End")
        expected = NeuronChain(weight=1.1).shown
        expect(chain.locator(".bp-says")).to_have_text(expected["steps"][-1]["says"])
        assert marked(chain, "gradient") == pytest.approx(expected["gradients"], rel=1e-5)

    def test_a_click_on_the_surface_starts_there(self, page: Page) -> None:
        descent = page.locator(".bp").nth(1)
        box = descent.locator("[data-surface]").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
        expect(descent.locator(".bp-says")).to_have_text(re.compile(r"^Start: w = 3, b = 2, "))
        descent.get_by_label("loss", exact=True).select_option("sum")
        start = Descent(w=3.0, b=2.0, reduction="sum").shown["steps"][0]["says"]
        expect(descent.locator(".bp-says")).to_have_text(start)
