"""The pages in a browser: they step, they can be read, and they ask for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from course.autodiff import trace
from course.exercises import assignments
from tests.browser.chromium import AXE
from tests.browser.reading import graph, overflows, said, shown
from tests.site.conftest import ROOT, Open

# axe-core reads no MathML, and takes a table's header that is a formula for an empty one.
WHOLE_PAGE = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run({ exclude: ["th:has(math)"] }, { runOnly: tags });
  return found.violations.map(v => `${v.id}: ${v.nodes[0].html}`);
}
"""


def problems(page: Page) -> list[str]:
    """List what axe-core finds wrong with a page, its landmarks included."""
    page.evaluate(AXE)
    found: list[str] = page.evaluate(WHOLE_PAGE)
    return found


def widgets_of(assignment: str) -> int:
    """Count the cells of a notebook that end in a widget."""
    (path,) = (ROOT / "notebooks" / assignment).glob("*.ipynb")
    cells = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    names = "|".join(re.findall(r"from course\.widgets import (.+)", "\n".join(cells)))
    if not names:
        return 0
    return sum(bool(re.match(names.replace(", ", "|"), cell.splitlines()[-1])) for cell in cells)


@pytest.mark.parametrize("assignment", assignments())
def test_every_widget_of_an_assignment_is_on_its_page(
    site: Path, visit: Open, assignment: str
) -> None:
    page = visit((site / f"{assignment}.html").as_uri())
    expect(page.locator(".bp")).to_have_count(widgets_of(assignment))
    expect(page.locator(".bp-message")).to_have_count(0)
    assert not overflows(page)


@pytest.fixture
def gates(address: str, visit: Open) -> Page:
    return visit(f"{address}/03_gate_patterns.html")


def test_a_stepper_steps_by_keyboard_to_the_engine_s_numbers(gates: Page) -> None:
    import numpy as np

    stepper = gates.get_by_role("group", name="Graph stepper")
    graph(stepper).focus()
    gates.keyboard.press("ArrowRight")
    assert shown(stepper)["values"] == {0: 3.0}
    gates.keyboard.press("End")
    assert said(stepper).startswith("Backward.")
    engine = trace(lambda x, y, z, w: 2.0 * (x * y + np.maximum(z, w)), 3.0, -4.0, 2.0, -1.0)
    values = [float(n.value) for n in engine.nodes]
    assert sorted(shown(stepper)["values"].values()) == pytest.approx(sorted(values))
    inputs = {i: float(engine[i].gradient) for i in engine.inputs}
    assert {i: shown(stepper)["gradients"][i] for i in inputs} == inputs


def test_two_widgets_on_a_page_do_not_meet(gates: Page) -> None:
    explorer = gates.get_by_role("group", name="Gate explorer")
    stepper = gates.get_by_role("group", name="Graph stepper")
    explorer.get_by_label("y", exact=True).press("ArrowRight")
    assert "× local −3.9 = −7.8." in said(explorer)
    assert shown(stepper)["values"] == {}


def test_a_reader_with_the_keyboard_can_skip_to_the_text(gates: Page) -> None:
    gates.keyboard.press("Tab")
    skip = gates.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    gates.keyboard.press("Enter")
    expect(gates.locator("main")).to_be_focused()


def test_next_and_before_lead_through_the_course(address: str, visit: Open) -> None:
    page = visit(f"{address}/index.html")
    page.locator(".assignments a").first.click()
    for _ in assignments()[1:]:
        page.locator("header a[rel=next]").click()
    expect(page.locator("h1")).to_contain_text(assignments()[-1][:2])
    expect(page.locator("a[rel=next]")).to_have_count(0)
    page.locator("footer a[rel=prev]").click()
    expect(page.locator("h1")).to_contain_text(assignments()[-2][:2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "03_gate_patterns"])
def test_axe_finds_nothing(
    address: str, visit: Open, shoot: Callable[..., None], name: str, scheme: str
) -> None:
    page = visit(f"{address}/{name}.html", color_scheme=scheme)
    shoot(page, f"{name}-{scheme}", full_page=True)
    assert problems(page) == []


@pytest.mark.parametrize("name", ["index", *assignments()])
def test_a_narrow_window_needs_no_scrolling_sideways(
    site: Path, visit: Open, shoot: Callable[..., None], name: str
) -> None:
    page = visit((site / f"{name}.html").as_uri(), viewport={"width": 800, "height": 900})
    assert not overflows(page)
    page.set_viewport_size({"width": 400, "height": 900})
    shoot(page, f"{name}-400")
    assert not overflows(page)


def test_without_a_script_a_widget_is_a_picture(site: Path, visit: Open) -> None:
    page = visit((site / "03_gate_patterns.html").as_uri(), java_script_enabled=False)
    expect(page.locator(".bp")).to_have_count(0)
    expect(page.locator(".bp-still > :is(img, pre)")).to_have_count(widgets_of("03_gate_patterns"))
