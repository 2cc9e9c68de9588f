"""Formulas as MathML, so that a page shows them without a script and without a network."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

__all__ = ["as_mathml"]

_LONGEST = 2_000
"""Longer than any formula of the course; what a student pastes is not parsed for minutes."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _names(
    "math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover"
    " mtable mtr mtd mstyle mpadded mphantom menclose"
)
_ATTRIBUTES = _names(
    "xmlns display displaystyle scriptlevel mathvariant stretchy fence form separator accent"
    " linethickness width height depth lspace rspace columnalign columnspacing rowspacing"
    " columnlines rowlines notation minsize maxsize movablelimits linebreak"
)


@lru_cache(maxsize=4096)
def as_mathml(latex: str, *, display: bool) -> str:
    """Turn a LaTeX formula into a ``<math>`` element, or into its source where that fails.

    Parameters
    ----------
    latex : str
        Without the dollars.
    display : bool
        Whether it stands on a line of its own.
    """
    if len(latex) > _LONGEST:
        return _source(latex)
    # MathML has no name for the inner environment; the outer one is drawn the same.
    known = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{split}", latex)
    try:
        element = convert_to_element(known, display="block" if display else "inline")
    except Exception:  # it raises anything on what is no LaTeX; the student sees what was written
        return _source(latex)
    _keep_known(element)
    return ElementTree.tostring(element, encoding="unicode")


def _source(latex: str) -> str:
    return f"<code>{escape(latex)}</code>"


def _keep_known(element: ElementTree.Element) -> None:
    """Keep the elements and attributes that only draw, and let text be text.

    The converter copies what stands in the formula: links, styles, markup.
    """
    if element.tag not in _ELEMENTS:
        element.tag = "mrow"
    for name in set(element.attrib) - _ATTRIBUTES:
        del element.attrib[name]
    # It writes signs as references, which the serialiser would escape a second time.
    element.text = unescape(element.text) if element.text else None
    element.tail = None
    for child in element:
        _keep_known(child)
