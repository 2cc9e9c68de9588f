"""A cell's outputs as safe HTML, within what one page can hold."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from markupsafe import Markup
from nbconvert.filters import ansi2html

from autograder.pages.prose import markdown
from autograder.pages.sanitise import sanitise
from course.pictures import image

__all__ = ["Budget", "shown_outputs"]

FRAME_BYTES = 40
"""What a page puts around an output."""

TEXT_CHARACTERS = 8_000
"""For one text; what a loop prints beyond it tells nothing more."""

ALT_CHARACTERS = 1_000
"""For the words of one picture, which are read aloud."""

_PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
_ORDER = (*_PICTURES, "text/html", "text/markdown", "text/latex", "text/plain")
_VERDICT_ORDER = ("text/html", "text/plain")


class Budget:
    """How many bytes of output a page can still take."""

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining

    def take(self, html: str) -> bool:
        """Return whether the HTML fits, and if so, count it."""
        size = len(html.encode()) + FRAME_BYTES
        if size > self.remaining:
            return False
        self.remaining -= size
        return True


def shown_outputs(cell: Mapping[str, Any], budget: Budget, *, is_check: bool) -> list[Markup]:
    """Return a cell's outputs, ready to show; for those with no room left, a sentence.

    Parameters
    ----------
    cell : mapping
        A code cell of nbformat 4.
    budget : Budget
        Of its page.
    is_check : bool
        Whether the output is a verdict: shown as such, and without the error that repeats it.
    """
    shown, left_out = [], 0
    for html in filter(None, _shown(cell["outputs"], is_check=is_check)):
        if budget.take(html):
            shown.append(Markup(html))
        else:
            left_out += len(html.encode())
    if left_out:
        sentence = f"{left_out / 1000:.0f} KB of output are left out here; your notebook has it."
        shown.append(Markup('<p class="left-out">{}</p>').format(sentence))
    return shown


def _shown(outputs: list[Any], *, is_check: bool) -> Iterator[str]:
    has_verdict = is_check and any("text/html" in output.get("data", {}) for output in outputs)
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            yield _text(output["text"], output["name"])
        elif kind == "error" and not has_verdict:
            yield _text("\n".join(output["traceback"]), "error")
        elif kind in ("display_data", "execute_result"):
            yield _data(output, _VERDICT_ORDER if is_check else _ORDER)


def _text(text: str, kind: str) -> str:
    cut = len(text) - TEXT_CHARACTERS
    more = f'<p class="left-out">{cut:,} more characters.</p>' if cut > 0 else ""
    return f'<pre class="{escape(kind)}">{ansi2html(text[:TEXT_CHARACTERS])}</pre>{more}'


def _data(output: Mapping[str, Any], order: tuple[str, ...]) -> str:
    """Show the first representation that there is a safe way to show."""
    data = output["data"]
    for kind in order:
        if kind not in data:
            continue
        value = str(data[kind])
        if kind in _PICTURES:
            picture = _picture(kind, value, _alternative(output, kind))
            if picture:
                return picture
        elif kind == "text/html":
            return f'<div class="html">{sanitise(value)}</div>'
        elif kind in ("text/markdown", "text/latex"):
            return f'<div class="html">{markdown(value)}</div>'
        else:
            return _text(value, "result")
    return ""


def _alternative(output: Mapping[str, Any], kind: str) -> str:
    """Return the words that a picture comes with, in its metadata or else as its text."""
    # A submission's metadata is any JSON.
    own = output.get("metadata", {}).get(kind)
    if isinstance(own, Mapping) and isinstance(own.get("alt"), str):
        return str(own["alt"])
    text = str(output["data"].get("text/plain", ""))
    # "<Figure size 640x480 with 1 Axes>" says nothing.
    return "" if text.startswith("<") else text


def _picture(kind: str, value: str, description: str) -> str:
    """Show a picture as an ``<img>``, in which a script does not run, an SVG's neither."""
    if kind == "image/svg+xml":
        encoded = base64.b64encode(value.encode()).decode()
    else:
        try:
            encoded = base64.b64encode(base64.b64decode(value)).decode()
        except binascii.Error:
            return ""
    words = description.strip()[:ALT_CHARACTERS] or "a picture that the cell drew"
    return image(kind, encoded, words)
