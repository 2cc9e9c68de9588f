"""Whether a student's code is so plain that it cannot reach what it must not.

Inside a stub's call the engine refuses to work. A stub that is written with names, arithmetic and
NumPy cannot undo that. One that touches modules, frames or private attributes perhaps could; it is
then called in a process where there is no engine at all (`autograder.grading.job`). So the test may
be strict: whoever does not pass it loses nothing but a few milliseconds.

Its heart is that a module is never a value. `np` stands only before a dot, and behind the dot only
what the module itself offers, never another module: behind NumPy's and Matplotlib's lie `sys`,
`subprocess`, `threading` and `ctypes`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.released import Released
    from autograder.grading.repair import RepairedCell

__all__ = ["is_plain", "written_plainly"]

CHARACTERS = 100_000
"""Code beyond this is not read: a syntax tree takes hundreds of bytes for each character."""

MODULES = frozenset(
    "collections itertools math numpy numpy.fft numpy.linalg numpy.random time".split()
)
"""What plain code may use of modules."""

RELEASED = frozenset(["course.check", "course.autodiff.name"])
"""What released cells import of the course and leaves no answer within reach of a stub."""

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
    _ctypes bmat builtins cffi compat core ctypes ctypeslib distutils f2py format format_map
    fromfile gc importlib inspect io lib load loadtxt genfromtxt memmap modules os switch_backend
    sys testing tests use
    """.split()
)
"""Attributes behind which modules lie, or other code is run."""

FRAMES = ("ag_", "co_", "cr_", "f_", "gi_", "tb_")
"""How the attributes of frames, code, generators and tracebacks begin."""

METHODS = frozenset(["__init__", "__call__", "__repr__", "__str__", "__name__"])
"""Names with underscores that a class of a student's own needs."""

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def written_plainly(cells: Iterable[RepairedCell], released: Released) -> bool:
    """Whether all code that is not as it was released is plain."""
    ours = {cell.source for cell in released.layout.values()}
    theirs = [cell.source for cell in cells if cell.run and cell.source not in ours]
    if sum(map(len, theirs)) > CHARACTERS:
        return False
    released_code = tuple(each.source for each in released.layout.values() if each.kind == "code")
    try:
        imported = {**_all_imported(released_code), **_all_imported(tuple(theirs))}
    except _UNREADABLE:
        return False
    return all(is_plain(source, imported) for source in theirs)


def is_plain(source: str, imported: Mapping[str, str] | None = None) -> bool:
    """Whether a cell written by a student is plain code.

    Parameters
    ----------
    source : str
        The cell; IPython's magics count as not plain, text that does not parse too.
    imported : mapping of str to str, optional
        Names that cells of the notebook import, and from where: ``{"np": "numpy"}``.
    """
    if len(source) > CHARACTERS:
        return False
    try:
        tree = ast.parse(source)
        reader = _Reader({**(imported or {}), **_imported(tree)})
        reader.visit(tree)
    except _UNREADABLE:
        return False
    return reader.plain


@lru_cache(maxsize=16)
def _all_imported(sources: tuple[str, ...]) -> dict[str, str]:
    """Names that these cells import."""
    names: dict[str, str] = {}
    for source in sources:
        names |= _imported(ast.parse(source))
    return names


def _imported(tree: ast.AST) -> dict[str, str]:
    """Names that are imported, and from where: a module, or a module's name in full."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    names[alias.asname or name] = name
            case ast.ImportFrom(module=module, names=aliases):
                for alias in aliases:
                    names[alias.asname or alias.name] = f"{module}.{alias.name}"
    return names


class _Reader(ast.NodeVisitor):
    """Reads a cell; afterwards `plain` says whether all of it was."""

    def __init__(self, imported: Mapping[str, str]) -> None:
        self.imported, self.plain = imported, True

    def visit_Import(self, node: ast.Import) -> None:
        self._require(all(alias.name in MODULES for alias in node.names))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self._require(node.level == 0 and all(_offers(module, a.name) for a in node.names))

    def visit_Name(self, node: ast.Name) -> None:
        source = self.imported.get(node.id, "")
        of, _, name = source.rpartition(".")
        self._require(not source or source in RELEASED or _offers(of, name))
        self._require(node.id not in NAMES and _is_public(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = self._module(node.value)
        if owner is not None:
            self._require(_offers(owner, node.attr))
            return  # and not further in: before a dot is the one place for a module
        self._require(_is_harmless(node.attr))
        self.generic_visit(node)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        self._require(all(map(_is_harmless, node.kwd_attrs)))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._require(_is_public(node.name))
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._require(_is_public(node.name))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        # a name that is looked up later
        self._require(not isinstance(node.value, str) or "__" not in node.value)

    def _refuse(self, node: ast.AST) -> None:
        self._require(False)

    visit_AsyncFunctionDef = visit_Await = visit_AsyncWith = visit_AsyncFor = _refuse

    def _require(self, harmless: bool) -> None:
        self.plain = self.plain and harmless

    def _module(self, node: ast.expr) -> str | None:
        """Name of the module that an expression such as ``np.linalg`` stands for, if it does."""
        match node:
            case ast.Name(id=name):
                module = self.imported.get(name)
            case ast.Attribute(value=value, attr=name):
                module = f"{self._module(value)}.{name}"
            case _:
                module = None
        return module if module in MODULES else None


def _offers(module: str, name: str) -> bool:
    """Whether a module that may be used offers something under a name that is no module."""
    if module not in MODULES or name.startswith("_") or name in ATTRIBUTES:
        return False
    offered = vars(import_module(module))
    return name in offered and not isinstance(offered[name], ModuleType)


def _is_harmless(attribute: str) -> bool:
    harmless = attribute not in ATTRIBUTES and not attribute.startswith(FRAMES)
    return harmless and _is_public(attribute)


def _is_public(name: str) -> bool:
    return name in METHODS or not name.startswith("__")
