"""The boards in a browser: stepped by key and mouse, their numbers the engine's, open to all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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

from .chromium import Watched, violations
from .conftest import Open, Shoot
from .jupyter import FRONT_ENDS, Jupyter, run_all
from .reading import graph, number, overflows, said, without_suppression


def relu_backward(x: Any, upstream: Any) -> Any:
    return (x > 0) * 1.0


BOARDS = {
    "neuron-chain": NeuronChain,
    "gradient-flow": lambda: GradientFlow(depth=8, gain=3.0),
    "reverse-network": ReverseNetwork,
    "broadcast-viewer": BroadcastViewer,
    "jacobian-viewer": JacobianViewer,
    "descent": lambda: Descent(batch="4"),
    "decision-regions": DecisionRegions,
    "diagnosis-panel": lambda: DiagnosisPanel(relu_backward),
}


def at_the_end(page: Page) -> Page:
    graph(page.locator(".bp")).focus()
    page.keyboard.press("End")
    return page


def numbers(page: Page | Locator, attribute: str) -> list[float]:
    """Read what stands in the picture, and is marked with the attribute."""
    found = page.locator(f"[data-{attribute}]")
    return [number(text or "") for text in found.evaluate_all(READ, attribute)]


READ = "(all, name) => all.map((e) => e.dataset[name])"


class TestTheNumbersAreTheEngines:
    def test_of_the_chain(self, still: Open) -> None:
        chain = NeuronChain(layers=6, weight=1.5)
        page = at_the_end(still(chain))
        found = numbers(page, "gradient")
        assert found == pytest.approx(chain.shown["gradients"], rel=1e-5)

    def test_of_the_reversed_network(self, still: Open) -> None:
        network = ReverseNetwork()
        page = at_the_end(still(network))
        expected = np.concatenate(network.deltas())
        assert numbers(page, "delta") == pytest.approx(expected, rel=1e-5)

    def test_of_each_layer_s_gradient(self, still: Open) -> None:
        flow = GradientFlow(depth=5)
        expected = [layer["norm"] for layer in flow.shown["layers"]]
        assert numbers(still(flow), "norm") == pytest.approx(expected)

    def test_of_the_affine_layer(self, still: Open) -> None:
        viewer = BroadcastViewer(examples=3, inputs=2, outputs=4)
        page = at_the_end(still(viewer))
        for name in ("dX", "dW", "db"):
            shown = page.locator(f"[data-entry^='{name}[']").all_text_contents()
            expected = np.ravel(viewer.shown["arrays"][name])
            assert [number(text) for text in shown] == pytest.approx(expected)

    def test_of_where_descent_arrives(self, still: Open) -> None:
        descent = Descent()
        page = at_the_end(still(descent))
        end = descent.shown["path"][-1]
        assert numbers(page, "w") + numbers(page, "b") == pytest.approx([end["w"], end["b"]])
        assert numbers(page, "loss") == pytest.approx([end["loss"]])

    def test_of_the_last_frame_of_the_training(self, still: Open) -> None:
        regions = DecisionRegions()
        frame = regions.shown["frames"][-1]
        page = at_the_end(still(regions))
        assert numbers(page, "loss") == pytest.approx([frame["loss"]])
        assert numbers(page, "norm") == pytest.approx(frame["gradients"])


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

    def test_it_is_open_to_everyone(self, still: Open, shoot: Shoot, name: str) -> None:
        page = at_the_end(still(BOARDS[name]()))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            shoot(page, f"{name}-{scheme}")
            assert violations(page, "body") == []
        page.set_viewport_size({"width": 500, "height": 700})
        assert not overflows(page)
        assert without_suppression(page.locator(".bp")) == []

    def test_its_picture_says_its_numbers(self, still: Open, name: str) -> None:
        board = BOARDS[name]()
        label = still(board).locator(".bp-scroll svg[role=img]").get_attribute("aria-label") or ""
        assert board.shown["title"] in label
        assert board.shown["steps"][0]["says"] in label


def test_without_a_kernel_settings_stay_and_it_is_said(still: Open) -> None:
    page = still(NeuronChain())
    assert page.get_by_text("Without a kernel the settings stay as they are.").is_visible()
    assert page.get_by_label("weight").is_disabled()


def test_a_setting_that_cannot_be_is_a_message_in_its_place(still: Open) -> None:
    assert "from 1 to 30" in still(GradientFlow(depth=99)).get_by_role("alert").inner_text()


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
        assert numbers(chain, "gradient") == pytest.approx(expected["gradients"], rel=1e-5)

    def test_a_click_on_the_surface_starts_there(self, page: Page) -> None:
        descent = page.locator(".bp").nth(1)
        box = descent.locator("[data-surface]").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
        expect(descent.locator(".bp-says")).to_have_text(re.compile(r"^Start: w = 3, b = 2, "))
        descent.get_by_label("loss", exact=True).select_option("sum")
        start = Descent(w=3.0, b=2.0, reduction="sum").shown["steps"][0]["says"]
        expect(descent.locator(".bp-says")).to_have_text(start)
