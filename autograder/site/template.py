"""The site's templates and its style sheet."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Template

from autograder.pages import templates

__all__ = ["SITE_STYLE", "template"]

_HERE = Path(__file__).parent

SITE_STYLE = (_HERE / "site.css").read_text("utf-8")


def template(name: str) -> Template:
    """Return a template of this folder."""
    return templates.template(_HERE / name, points=_points)


def _points(value: float) -> str:
    return "1 point" if value == 1 else f"{round(value, 2):g} points"
