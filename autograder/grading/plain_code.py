"""Whether a student's code is so plain that it cannot reach what it must not.

Inside a stub's call the engine refuses to work. A stub that is written with names, arithmetic and
NumPy cannot undo that. One that touches modules, frames or private attributes perhaps could; it is
then called in a process where there is no engine at all (`autograder.grading.job`). So the test may
be strict: whoever does not pass it loses nothing but a few milliseconds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.released import Released
    from autograder.grading.repair import RepairedCell

__all__ = ["is_plain", "written_plainly"]

IMPORTS = frozenset(("collections", "itertools", "math", "matplotlib", "numpy", "time"))
"""Packages that a stub may import by itself."""

NAMES = frozenset(
    """
    In Out __import__ breakpoint compile delattr dir display eval exec exit get_ipython getattr
    globals help input locals memoryview open quit setattr type vars
    autodiff course
    """.split()
)
"""Names that open doors."""

ATTRIBUTES = frozenset(
    """
    bmat builtins compat core ctypeslib distutils f2py format format_map fromfile gc importlib
    inspect io lib load loadtxt genfromtxt modules os switch_backend sys testing tests use
    """.split()
)
"""Attributes of harmless modules behind which other modules lie, or other code is run."""

FRAMES = ("ag_", "co_", "cr_", "f_", "gi_", "tb_")
"""How the attributes of frames, code, generators and tracebacks begin."""

METHODS = frozenset(["__init__", "__call__", "__repr__", "__str__", "__name__"])
"""Names with underscores that a class of a student's own needs."""


def written_plainly(cells: Iterable[RepairedCell], released: Released) -> bool:
    """Whether all code that is not as it was released is plain."""
    ours = {cell.source for cell in released.layout.values()}
    return all(is_plain(cell.source) for cell in cells if cell.run and cell.source not in ours)


def is_plain(source: str) -> bool:
    """Whether a cell written by a student is plain code.

    Parameters
    ----------
    source : str
        The cell; IPython's magics count as not plain, text that does not parse too.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(map(_is_plain_node, ast.walk(tree)))


def _is_plain_node(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return all(_is_harmless(alias.name) for alias in names)
        case ast.ImportFrom(module=module, level=level, names=names):
            inner = {alias.name for alias in names}
            return level == 0 and _is_harmless(module or "") and inner.isdisjoint(ATTRIBUTES)
        case ast.Name(id=name):
            return name not in NAMES and _is_public(name)
        case ast.Attribute(attr=name):
            return name not in ATTRIBUTES and _is_public(name) and not name.startswith(FRAMES)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name in METHODS or not name.startswith("__")
        case ast.Constant(value=str(text)):
            return "__" not in text  # a name that is looked up later
        case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncWith() | ast.AsyncFor():
            return False
    return True


def _is_harmless(module: str) -> bool:
    first, *rest = module.split(".")
    return first in IMPORTS and ATTRIBUTES.isdisjoint(rest)


def _is_public(name: str) -> bool:
    return name in METHODS or not name.startswith("__")
