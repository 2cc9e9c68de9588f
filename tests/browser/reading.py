"""What a widget says, read from the page as numbers."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

FOCUSABLE = "button, input, select, textarea, summary, [tabindex]"


def number(text: str) -> float:
    """Read "gradient −0.5" as -0.5."""
    return float(text.split()[-1].replace("−", "-"))


def shown(widget: Locator) -> dict[str, dict[int, float]]:
    """Return the values and the gradients that a graph shows, by node, without those asked for."""
    found: list[list[Any]] = widget.locator("[data-node]").evaluate_all(
        """groups => groups.map(g => [Number(g.dataset.node),
            g.querySelector(".bp-value").textContent,
            g.querySelector(".bp-gradient").textContent])"""
    )
    return {
        "values": {node: number(value) for node, value, _ in found if value},
        "gradients": {
            node: number(gradient) for node, _, gradient in found if gradient[-1:].isdigit()
        },
    }


def said(widget: Locator) -> str:
    """Return the sentence that is spoken."""
    return widget.locator(".bp-says").text_content() or ""


def graph(widget: Locator) -> Locator:
    """Return the part of a stepper that has the picture."""
    return widget.locator(".bp-scroll")


def overflows(page: Page) -> bool:
    """Whether the page has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def without_suppression(widget: Locator) -> list[str]:
    """List what can have the focus and would lose its keys to Notebook 7."""
    lost: list[str] = widget.locator(FOCUSABLE).evaluate_all(
        """all => all.filter(e => e.dataset.lmSuppressShortcuts !== "true").map(e => e.outerHTML)"""
    )
    return lost
