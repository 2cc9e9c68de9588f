"""Plots with the words for those who do not see them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from IPython.display import display
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from .pictures import Bundle, bundle

COLOURS = 128
"""Of a shown plot. With all the shades that smooth edges have, it takes three times the bytes, and
nine of them are too much for a page of feedback."""


def show(figure: Figure, alt: str) -> None:
    """Show a figure below the cell, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What is to be seen in it: a screen reader says this in its place.
    """
    display(_Shown(_png(figure), alt))  # type: ignore[no-untyped-call]  # IPython leaves it untyped
    pyplot.close(figure)


class _Shown:
    """A drawn figure; a terminal shows its words."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png, self.alt = png, alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return bundle("image/png", self.png, self.alt)


def _png(figure: Figure) -> bytes:
    drawn, reduced = BytesIO(), BytesIO()
    # As a notebook draws one: without the empty margins.
    figure.savefig(drawn, format="png", bbox_inches="tight", pil_kwargs={"compress_level": 0})
    # By coverage no colour is far from its own; by the median, rare ones, such as text's, would be.
    few = Image.open(drawn).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    few.save(reduced, format="png")
    return reduced.getvalue()
