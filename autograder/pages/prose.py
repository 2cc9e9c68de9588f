"""Markdown cells and comments as safe HTML with formulas."""

from __future__ import annotations

import json
import re
import secrets
from functools import lru_cache
from html import escape
from typing import Any

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.pages.formulas import as_mathml
from autograder.pages.sanitise import sanitise

__all__ = ["markdown"]


class _Renderer(IPythonRenderer):
    """Jupyter's renderer, with each formula set aside until the rest is sanitised.

    Formulas are the only markup that is ours; a place-holder that nobody can guess keeps it apart
    from whatever the student wrote.
    """

    def __init__(self, attachments: dict[str, Any]) -> None:
        super().__init__(
            escape=False,
            allow_harmful_protocols=False,
            exclude_anchor_links=True,
            attachments=attachments,
        )
        self._mark = f"formula-{secrets.token_hex(8)}-"
        self._formulas: list[str] = []

    def block_math(self, body: str) -> str:
        return self._set_aside(as_mathml(body, display=True))

    def inline_math(self, body: str) -> str:
        return self._set_aside(as_mathml(body, display=False))

    def latex_environment(self, name: str, body: str) -> str:
        # These number lines and stand alone; inside, they are what their starred forms are.
        latex = body if name.startswith("equation") else rf"\begin{{{name}}}{body}\end{{{name}}}"
        return self._set_aside(as_mathml(latex, display=True))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        name = url.removeprefix("attachment:")
        if url.startswith("attachment:") and name not in self.attachments:
            return escape(text)
        return str(super().image(text, url, title))

    def _set_aside(self, formula: str) -> str:
        self._formulas.append(formula)
        return f"{self._mark}{len(self._formulas) - 1}."

    def put_back(self, html: str) -> str:
        """Return sanitised HTML with the formulas in it."""
        place = re.compile(rf"{self._mark}(\d+)\.")
        return place.sub(lambda match: self._formulas[int(match[1])], html)


def markdown(source: str, attachments: dict[str, Any] | None = None) -> Markup:
    """Render Markdown.

    Parameters
    ----------
    source : str
    attachments : dict, optional
        Pictures pasted into the cell, as nbformat has them.
    """
    return Markup(_render(source, json.dumps(attachments or {})))


# All students' notebooks share their prose, so that a class needs most of it rendered once.
@lru_cache(maxsize=1024)
def _render(source: str, attachments: str) -> str:
    renderer = _Renderer(json.loads(attachments))
    return renderer.put_back(sanitise(MarkdownWithMath(renderer=renderer).render(source)))
