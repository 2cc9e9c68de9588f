"""An assignment's one source, ``solutions/NN_name.py``, read and checked into a notebook.

The cell headers carry nbgrader's metadata in short form; here it is completed. What an author got
wrong is found before nbgrader sees it, and named with file and line.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import AuthorError, NothingDone

__all__ = [
    "BEGIN",
    "END",
    "KERNELSPEC",
    "SourceCell",
    "author_problems",
    "checked_source",
    "notebook_name",
    "read_source",
    "to_notebook",
]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_HEADER = re.compile(r"^# ?%%(?: \[\w+\])?", re.MULTILINE)
_GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHORT_KEYS = {"grade_id", "grade", "solution", "locked", "task", "points"}


@dataclass(frozen=True)
class SourceCell:
    """A cell of the source.

    Attributes
    ----------
    kind : str
        ``"code"``, ``"markdown"`` or ``"raw"``.
    source : str
        Its text.
    header : dict
        nbgrader's metadata as the author wrote it; empty for a plain cell.
    line : int
        Where its header stands in the file.
    """

    kind: str
    source: str
    header: dict[str, Any]
    line: int

    @property
    def name(self) -> str:
        """The ``grade_id`` of nbgrader, "" for a plain cell."""
        return str(self.header.get("grade_id", ""))

    @property
    def is_check(self) -> bool:
        """Whether it is a graded check, scored without a person."""
        return bool(self.header.get("grade")) and not self.header.get("solution")

    @property
    def is_stub(self) -> bool:
        """Whether it holds a stub that a check grades."""
        return bool(self.header.get("solution")) and not self.header.get("grade")


def notebook_name(assignment: str) -> str:
    """Return the notebook's name: the assignment's without its number."""
    return re.sub(r"^\d+_", "", assignment)


def read_source(path: Path) -> tuple[SourceCell, ...]:
    """Read a source in jupytext's percent format.

    Raises
    ------
    NothingDone
        The file cannot be read, or is not in percent format.
    """
    import jupytext

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NothingDone(f"{path} cannot be read: {error}.") from error
    # jupytext does not keep line numbers; a key in each header carries them through.
    numbered = "\n".join(
        _HEADER.sub(rf"\g<0> author_line={number}", line)
        for number, line in enumerate(text.split("\n"), start=1)
    )
    cells = [
        SourceCell(
            cell.cell_type,
            cell.source,
            dict(cell.metadata.get("nbgrader", {})),
            int(cell.metadata.get("author_line", 1)),
        )
        for cell in jupytext.reads(numbered, fmt="py:percent").cells
    ]
    return tuple(cell for cell in cells if cell.source.strip())


def author_problems(
    file: str, cells: tuple[SourceCell, ...], points: Mapping[str, float]
) -> list[str]:
    """List what is wrong in a source, each with file and line; empty when all is well.

    Parameters
    ----------
    file : str
        How to name the file.
    cells : tuple of SourceCell
    points : mapping of str to float
        The assignment's exercises, and what each gives.
    """
    found = [(cell.line, problem) for cell in cells for problem in _problems_of_cell(cell, points)]
    names = [cell.name for cell in cells if cell.header]
    for name, times in Counter(names).items():
        if times > 1:
            again = [cell.line for cell in cells if cell.name == name][1]
            found.append((again, f"grade_id {name!r} is used {times} times: rename this cell."))
    checked = {cell.name for cell in cells if cell.is_check}
    stubs = {_exercise_of(cell) for cell in cells if cell.is_stub}
    for name in points:
        if name not in checked:
            found.append((1, f"exercise {name!r} has no check cell: add one, `check({name})`."))
        if name not in stubs:
            found.append((1, f"exercise {name!r} has no stub: add a cell '{name}-stub'."))
    return [f"{file}:{line}: {problem}" for line, problem in sorted(found)]


def _problems_of_cell(cell: SourceCell, points: Mapping[str, float]) -> Iterator[str]:
    marked = BEGIN in cell.source
    if not cell.header:
        if marked:
            yield f"{BEGIN} in a plain cell: give its header nbgrader metadata with a solution."
        return
    if unknown := sorted(set(cell.header) - _SHORT_KEYS):
        yield f"unknown nbgrader key {unknown[0]!r}: use {', '.join(sorted(_SHORT_KEYS))}."
    if not _GRADE_ID.fullmatch(cell.name):
        yield f"grade_id {cell.name!r}: use 1 to 64 letters, digits, '_' and '-'."
    if cell.source.count(BEGIN) != cell.source.count(END):
        yield f"{BEGIN} and {END} must come in pairs."
    if cell.is_check:
        yield from _problems_of_check(cell, points)
    elif cell.is_stub:
        yield from _problems_of_stub(cell, points)
    elif cell.header.get("grade") and "points" not in cell.header:
        yield f'manual question {cell.name!r} has no points: add "points" to its header.'


def _problems_of_check(cell: SourceCell, points: Mapping[str, float]) -> Iterator[str]:
    if cell.name not in points:
        known = ", ".join(points) or "none yet"
        yield f"check cell {cell.name!r} has no exercise of that name (there are: {known})."
        return
    if cell.source.strip() != f"check({cell.name})":
        yield f"check cell {cell.name!r} must be exactly `check({cell.name})`."
    written = cell.header.get("points")
    if written is not None and float(written) != float(points[cell.name]):
        yield (
            f"check cell {cell.name!r} says {written} points, its exercise says "
            f"{points[cell.name]:g}: leave them out here."
        )


def _problems_of_stub(cell: SourceCell, points: Mapping[str, float]) -> Iterator[str]:
    if not cell.name.endswith("-stub") or _exercise_of(cell) not in points:
        yield f"unknown grade_id {cell.name!r}: a stub is called EXERCISE-stub."
        return
    if BEGIN not in cell.source:
        yield f"stub {cell.name!r} has no {BEGIN} and {END}: students would get the solution."
    if _exercise_of(cell) not in _defined(cell.source):
        yield f"stub {cell.name!r} does not define {_exercise_of(cell)!r}."


def _exercise_of(cell: SourceCell) -> str:
    return cell.name.removesuffix("-stub")


def _defined(source: str) -> set[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return set()
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in body if isinstance(node, kinds)}


def to_notebook(cells: tuple[SourceCell, ...], points: Mapping[str, float]) -> Any:
    """Make the instructor's notebook: metadata complete, cell ids the same at every build.

    Returns
    -------
    nbformat.NotebookNode
    """
    from nbformat import v4

    ids = _cell_ids(cells)
    made = []
    for cell, cell_id in zip(cells, ids, strict=True):
        new = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
        metadata = {"nbgrader": _complete(cell, points)} if cell.header else {}
        made.append(new[cell.kind](cell.source, id=cell_id, metadata=metadata))
    metadata = {"kernelspec": dict(KERNELSPEC), "language_info": {"name": "python"}}
    return v4.new_notebook(cells=made, metadata=metadata, nbformat_minor=5)


def _complete(cell: SourceCell, points: Mapping[str, float]) -> dict[str, Any]:
    header = cell.header
    grade, solution = bool(header.get("grade")), bool(header.get("solution"))
    complete = {
        "schema_version": 3,
        "grade_id": cell.name,
        "grade": grade,
        "solution": solution,
        "task": bool(header.get("task")),
        "locked": not solution,
        "cell_type": cell.kind,
    }
    if grade or header.get("task"):
        complete["points"] = float(points[cell.name] if cell.is_check else header["points"])
    return complete


def _cell_ids(cells: tuple[SourceCell, ...]) -> list[str]:
    """Take ids from names, or from the text where there is none, so that a rebuild changes none."""
    seen: Counter[str] = Counter()
    ids = []
    for cell in cells:
        digest = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:12]
        base = cell.name or f"text-{digest}"
        seen[base] += 1
        ids.append(base if seen[base] == 1 else f"{base}-{seen[base]}")
    return ids


def checked_source(path: Path, file: str, points: Mapping[str, float]) -> tuple[SourceCell, ...]:
    """Read a source and refuse it if an author's mistake is in it.

    Raises
    ------
    AuthorError
        With every problem found.
    """
    cells = read_source(path)
    problems = [f"{file}:{line}: {problem}" for line, problem in _headers_not_read(path, cells)]
    if problems := problems or author_problems(file, cells, points):
        raise AuthorError(problems)
    return cells


def _headers_not_read(path: Path, cells: tuple[SourceCell, ...]) -> Iterator[tuple[int, str]]:
    """Find headers with metadata that jupytext made no sense of, and so left in the text."""
    read = {cell.line for cell in cells if cell.header}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if _HEADER.match(line) and "nbgrader" in line and number not in read:
            yield (
                number,
                'the cell header is not understood: write nbgrader={"grade_id": …}, in JSON.',
            )
