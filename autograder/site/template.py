"""The site's templates and its style sheet."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["SITE_STYLE", "template"]

_HERE = Path(__file__).parent

SITE_STYLE = (_HERE / "site.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["points"] = _points
    return environment


def template(name: str) -> Any:
    """Return a template of this folder."""
    return _environment().get_template(name)


def _points(value: float) -> str:
    return "1 point" if value == 1 else f"{round(value, 2):g} points"
