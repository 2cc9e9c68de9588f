"""What of a student's HTML is shown: text, tables and pictures; nothing that acts."""

from __future__ import annotations

import re
from functools import lru_cache

from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]  # has none
from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]  # has none
from bs4 import BeautifulSoup

__all__ = ["sanitise"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _names(
    "h1 h2 h3 h4 h5 h6 p br hr ul ol li dl dt dd blockquote pre code kbd samp em strong b i u s"
    " del ins mark small sub sup abbr a img table caption thead tbody tfoot tr th td div span"
    " details summary figure figcaption"
)
_STYLES = _names(
    "background background-color border border-bottom border-collapse border-left border-radius"
    " border-right border-top color font-family font-size font-style font-weight line-height"
    " list-style margin margin-bottom margin-left margin-right margin-top max-width min-width"
    " opacity padding padding-left text-align text-decoration vertical-align white-space"
    " width"
)
_PLAIN = _names("align aria-hidden class colspan open rowspan scope start style title width")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*\Z")
_LINK = re.compile(r"(https?:|mailto:|#)", re.IGNORECASE)

_WITH_CONTENT = ("script", "style", "template", "iframe", "object", "noscript", "title", "svg")
"""Elements whose content is not for reading; of others only the tags go."""


def _is_allowed(tag: str, name: str, value: str) -> bool:
    """Decide on one attribute, as bleach asks."""
    if tag == "a" and name == "href":
        return bool(_LINK.match(value.strip()))
    if tag == "img":
        return name in ("alt", "width", "height") or (
            name == "src" and bool(_PICTURE.match(value.strip()))
        )
    return name in _PLAIN


_cleaner = Cleaner(
    tags=_TAGS,
    attributes=_is_allowed,
    # Which of these may stand where is `_is_allowed`'s to say.
    protocols=frozenset({"http", "https", "mailto", "data"}),
    strip=True,
    css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES),
)


@lru_cache(maxsize=1024)
def sanitise(html: str) -> str:
    """Return HTML with everything left out that could act or reach outside the page.

    Parameters
    ----------
    html : str
        From a student's cell or output.
    """
    if any(f"<{name}" in html.lower() for name in _WITH_CONTENT):
        soup = BeautifulSoup(html, "html.parser")
        for element in soup(_WITH_CONTENT):
            element.decompose()
        html = str(soup)
    return str(_cleaner.clean(html))
