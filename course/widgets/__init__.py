"""Widgets in which gradients can be seen to flow: one Python file and one ES module each.

``from course.widgets import GraphStepper`` finds the class in `graph_stepper.py`: a widget is found
by its name, and only the one that is used is loaded.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def __getattr__(name: str) -> Any:
    module = f"{__name__}.{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name).lower()}"
    if not name[:1].isupper() or find_spec(module) is None:
        raise AttributeError(f"There is no widget {name!r} in {__name__}.")
    return getattr(import_module(module), name)
