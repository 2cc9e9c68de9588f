"""Jinja templates, set up once for all pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

__all__ = ["template"]


@cache
def template(path: Path, **filters: Callable[[Any], object]) -> Template:
    """Read a template.

    What is put into it is escaped, and a name without a value is an error: a row without a field
    is a defect to see, not an empty place.

    Parameters
    ----------
    path : pathlib.Path
        It may include others of its folder.
    **filters : callable
        Its own, by name.
    """
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template(path.name)
