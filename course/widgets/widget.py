"""What all widgets share: how they find their front end, and how they say that they cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Unicode

HERE = Path(__file__).parent

IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function|class) (\w+))", re.MULTILINE)

OF_THE_PAGE = frozenset({"layout", "tabbable", "tooltip", "comm"})
"""Traits that ipywidgets gives every widget, for where it stands."""


def with_imports(*names: str) -> dict[str, str]:
    """Return the texts of modules and of all that they import, each after what it imports."""
    found: dict[str, str] = {}

    def find(name: str) -> None:
        text = (HERE / f"{name}.js").read_text(encoding="utf-8")
        for _, imported in IMPORT.findall(text):
            find(imported)
        found.setdefault(name, text)

    for name in names:
        find(name)
    return found


@cache
def module(name: str) -> str:
    """Return a widget's ES module with the modules that it imports written into it.

    A notebook loads a widget from one text, which cannot import a neighbour without a request.
    """
    return "\n".join(EXPORT.sub("", IMPORT.sub("", text)) for text in with_imports(name).values())


def own(names: Iterable[str]) -> list[str]:
    """Return those of a widget's traits that say what it shows."""
    return [name for name in names if name[0] != "_" and name not in OF_THE_PAGE]


@cache
def styles() -> str:
    """Return the style sheet of all widgets."""
    return (HERE / "stage.css").read_text(encoding="utf-8")


class Widget(anywidget.AnyWidget):
    """A widget in our style. A subclass has its front end in ``_esm = module("its_file")``.

    Attributes
    ----------
    message : str
        If not empty, it is shown in the widget's place: what is wrong and what to do.
    """

    _css = styles()

    message = Unicode("").tag(sync=True)

    def describe(self) -> str:
        """Say in words what the widget shows: for a place that shows no widgets."""
        raise NotImplementedError

    def picture(self) -> str:
        """Draw what the widget shows as an SVG image, or return "" if there is nothing to draw."""
        return ""

    def __repr__(self) -> str:
        return self.message or self.describe()

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Add words and a picture, for feedback pages and for notebooks without a kernel."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle
        data = {**data, "text/plain": repr(self)}
        picture = "" if self.message else self.picture()
        if picture and isinstance(picture, str):  # it is nothing where the engine is out of reach
            data["image/svg+xml"] = picture
        return data, metadata

    def state(self) -> dict[str, Any]:
        """Return the synchronised traits as JSON has them, without those of the page's layout."""
        state: dict[str, Any] = json.loads(json.dumps(self.get_state(own(self.traits(sync=True)))))
        return state
