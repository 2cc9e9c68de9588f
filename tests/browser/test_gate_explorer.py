"""The gate explorer computes in the browser; the engine says whether it is right."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from course.widgets import GateExplorer
from course.widgets.gate_explorer import GATES

from .chromium import violations
from .conftest import Open, Shoot
from .reading import number, overflows, said, without_suppression

POINTS = [
    (3.0, -4.0, 2.0, -1.0),
    (-0.5, 2.5, -1.5, 4.0),
    (1.5, 1.5, 0.8, 0.3),
    (0.0, 7.0, 0.0, -2.0),
]
SLIDERS = ("x", "y", "upstream", "second upstream")
WORDS = {
    "add": "Distributor", "mul": "Switcher", "max": "Router", "copy": "Adder", "sigmoid": "Dimmer",
}  # fmt: skip


def gradients(page: Page) -> list[float]:
    texts = page.locator(".bp-gradient").all_text_contents()
    return [number(text) for text in texts if text.startswith("gradient")]


def test_every_gate_s_gradients_are_the_engine_s(still: Open) -> None:
    page = still(GateExplorer())
    for gate in GATES:
        page.get_by_role("button", name=gate, exact=True).click()
        for point in POINTS:
            for name, value in zip(SLIDERS, point, strict=True):
                slider = page.get_by_label(name, exact=True)
                if slider.is_visible():
                    slider.fill(str(value))
            expected = GateExplorer(gate, *point).gradients()
            assert gradients(page) == pytest.approx(expected, rel=1e-5, abs=1e-12), gate


def test_what_each_gate_does_to_gradients_has_a_name(still: Open) -> None:
    page = still(GateExplorer())
    for gate, word in WORDS.items():
        page.get_by_role("button", name=gate, exact=True).click()
        assert said(page.locator(".bp")).startswith(word)


def test_dragging_an_input_moves_its_partner_s_gradient(still: Open) -> None:
    page = still(GateExplorer("mul", x=3.0, y=-4.0, upstream=2.0))
    track = page.get_by_label("x", exact=True)
    box = track.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    page.mouse.up()
    x = float(track.input_value())
    assert x > 5
    assert gradients(page) == pytest.approx(GateExplorer("mul", x, -4.0, 2.0).gradients())


def test_the_arrow_keys_move_an_input(still: Open) -> None:
    page = still(GateExplorer("max", x=1.0, y=1.1, upstream=2.0))
    assert gradients(page) == [0.0, 2.0]
    page.get_by_label("x", exact=True).press("ArrowRight")
    page.get_by_label("x", exact=True).press("ArrowRight")
    assert gradients(page) == [2.0, 0.0]


def test_the_picture_says_its_numbers(still: Open) -> None:
    page = still(GateExplorer("mul"))
    label = page.locator("svg[role=img]").get_attribute("aria-label")
    assert re.search(r"x is 3, y is −4, out comes −12\.", str(label))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("gate", ["mul", "copy"])
def test_axe_finds_nothing(still: Open, shoot: Shoot, gate: str, scheme: str) -> None:
    page = still(GateExplorer(gate), color_scheme=scheme, viewport={"width": 800, "height": 500})
    shoot(page, f"gate-{gate}-{scheme}")
    assert violations(page, "body") == []
    assert without_suppression(page.locator(".bp")) == []


def test_at_twice_the_size_it_need_not_be_scrolled_sideways(still: Open, shoot: Shoot) -> None:
    page = still(GateExplorer(), viewport={"width": 400, "height": 600}, device_scale_factor=2)
    shoot(page, "gate-200-percent-of-800px")
    assert not overflows(page)


def test_an_unknown_gate_gives_a_message_with_the_known_ones(still: Open) -> None:
    page = still(GateExplorer("nand"))
    assert "add, mul, max, copy, sigmoid" in page.get_by_role("alert").inner_text()


def test_an_input_that_is_no_number_gives_a_message(still: Open) -> None:
    page = still(GateExplorer("mul", x=float("nan")))
    assert "x must be a finite number" in page.get_by_role("alert").inner_text()
