"""Python with its words in colours."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]  # has none
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]  # has none
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]  # has none

__all__ = ["python"]

_COLOURED = set(re.findall(r"\.(py-\w+)", Path(__file__).with_name("page.css").read_text("utf-8")))
_WORD = re.compile(r'<span class="([\w-]+)">([^<]*)</span>')

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
    return Markup(_WORD.sub(_plain, highlight(source, PythonLexer(), _FORMATTER)))


def _plain(word: re.Match[str]) -> str:
    """Keep what marks a word only where it has a colour: most of a page were such marks."""
    return word[0] if word[1] in _COLOURED else word[2]
