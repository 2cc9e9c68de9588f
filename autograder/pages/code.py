"""Python with its words in colours."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]  # has none
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]  # has none
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]  # has none

__all__ = ["python"]


# Pygments' own names are short: its "bp", for `self`, would make a widget of the word.
_FORMATTER = HtmlFormatter(cssclass="source", classprefix="py-")


# All students' notebooks share most of their code.
@lru_cache(maxsize=1024)
def python(source: str) -> Markup:
    """Render Python; `page.css` has the colours.

    Parameters
    ----------
    source : str
        May be anything: what is no Python is shown as it is.
    """
    return Markup(highlight(source, PythonLexer(), _FORMATTER))
