"""What a student handed in, read with distrust: found, sized, parsed, and reduced to plain cells.

Nothing here raises for anything a file can hold but `Unreadable`, whose message says what to ask
the student for.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.grading.record import Note

__all__ = [
    "CELLS",
    "FILE_BYTES",
    "Found",
    "SubmittedCell",
    "Unreadable",
    "digest",
    "find_notebook",
    "parse",
    "read_bytes",
]

FILE_BYTES = 32 * 2**20
"""Largest notebook that is read: parsed JSON takes about ten times its size in memory."""

BRACKETS = 1_000_000
"""Most brackets and braces in a file: each may be a list or a dict, which Python makes large."""

CELLS = 5_000
"""Most cells that a notebook may have."""

_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "html": "markdown"}


class Unreadable(Exception):
    """A submission cannot be read; the message is for the instructor."""


@dataclass(frozen=True)
class Found:
    """Where a student's notebook is.

    Attributes
    ----------
    path : pathlib.Path or None
        None when there is none.
    notes : tuple of Note
        What is odd about the folder.
    """

    path: Path | None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as it was handed in; outputs are not kept, since all of it is run again.

    Attributes
    ----------
    kind : str
        ``"code"``, ``"markdown"`` or ``"raw"``.
    source : str
    cell_id : str
        "" in old notebooks.
    claims : dict
        What the cell says of itself to nbgrader. Nothing of it is believed but the name.
    tags : tuple of str
    attachments : dict
        Pictures pasted into a Markdown cell.
    """

    kind: str
    source: str
    cell_id: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def grade_id(self) -> str:
        """The name that it claims, or ""."""
        name = self.claims.get("grade_id")
        return name if isinstance(name, str) else ""


def find_notebook(folder: Path, submissions: Path, name: str) -> Found:
    """Find the notebook in a student's folder, also when it is the only one but was renamed.

    Parameters
    ----------
    folder : pathlib.Path
        ``submitted/STUDENT/ASSIGNMENT``.
    submissions : pathlib.Path
        What the folder must really lie in.
    name : str
        The released notebook's name.

    Raises
    ------
    Unreadable
        The folder is a link, or the notebook is one that leads out of it.
    """
    if _real(folder) != _real(submissions) / folder.relative_to(submissions):
        # To another student's folder it would be that student's work.
        raise Unreadable("its folder is a link: put what was handed in there itself.")
    notebooks = sorted(
        path for path in folder.iterdir() if path.suffix == ".ipynb" and path.name[0] != "."
    )
    expected = folder / f"{name}.ipynb"
    if expected in notebooks:
        _refuse_foreign(expected, folder)
        extra = [path.name for path in notebooks if path != expected]
        text = f"other notebooks were left aside: {', '.join(map(_shown, extra))}."
        return Found(expected, (Note("reported", text),) if extra else ())
    if len(notebooks) == 1:
        _refuse_foreign(notebooks[0], folder)
        text = f"the notebook was called {_shown(notebooks[0].name)}; taken for {name}.ipynb."
        return Found(notebooks[0], (Note("repaired", text),))
    if notebooks:
        there = ", ".join(_shown(path.name) for path in notebooks)
        text = (
            f"no {name}.ipynb, but {len(notebooks)} others ({there}): rename the one that counts."
        )
        return Found(None, (Note("person", text),))
    return Found(None, (Note("person", f"no {name}.ipynb was handed in."),))


def read_bytes(path: Path) -> bytes:
    """Read a notebook file, up to a size.

    Raises
    ------
    Unreadable
        It is too large, not a regular file, or the system refuses it.
    """
    try:
        real = path.resolve(strict=True)
        # Not blocking, since opening a named pipe would otherwise wait for ever.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise Unreadable(f"{path.name} is not a regular file: ask for the notebook.")
        with os.fdopen(handle, "rb") as file:
            data = file.read(FILE_BYTES + 1)
    except (OSError, RuntimeError) as error:
        raise Unreadable(f"{path.name} cannot be opened: {error}.") from error
    if len(data) > FILE_BYTES:
        raise Unreadable(
            f"{path.name} has {status.st_size / 2**20:.0f} MiB, more than the {FILE_BYTES >> 20} "
            "that are read: clear its outputs (Edit, Clear Outputs of All Cells) and put it back."
        )
    return data


def digest(data: bytes) -> str:
    """Return the SHA-256 by which a submission is known again."""
    return hashlib.sha256(data).hexdigest()


def parse(data: bytes) -> tuple[SubmittedCell, ...]:
    """Take the cells out of a notebook file of any version.

    Raises
    ------
    Unreadable
        It is empty, not UTF-8, cut off, nested too deep, or no notebook.
    """
    if not data.strip():
        raise Unreadable("the file is empty: ask for it again.")
    if data.count(b"[") + data.count(b"{") > BRACKETS:
        raise Unreadable(f"it has more than {BRACKETS:,} brackets: clear its outputs, put it back.")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file is not UTF-8 (byte {error.start}): ask for it again.") from None
    except RecursionError:
        raise Unreadable("its JSON is nested too deep for a notebook: ask for it again.") from None
    except ValueError as error:
        raise Unreadable(f"the file is cut off or not JSON ({error}): ask for it again.") from None
    raw = _raw_cells(content)
    if len(raw) > CELLS:
        raise Unreadable(f"it has {len(raw)} cells, more than {CELLS}: ask for it again.")
    return tuple(_cell(each) for each in raw if isinstance(each, dict))


def _raw_cells(content: Any) -> list[Any]:
    """Return the list of cells: at the top since nbformat 4, in worksheets before."""
    if isinstance(content, dict):
        cells = content.get("cells")
        if isinstance(cells, list):
            return cells
        worksheets = content.get("worksheets")
        if isinstance(worksheets, list):
            sheets = [each.get("cells") for each in worksheets if isinstance(each, dict)]
            return [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    raise Unreadable("the file is JSON but not a notebook (it has no cells): ask for it again.")


def _cell(raw: dict[str, Any]) -> SubmittedCell:
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    claims, tags = metadata.get("nbgrader"), metadata.get("tags")
    kind, source = raw.get("cell_type"), _text(raw.get("source", raw.get("input")))
    if kind == "heading":  # nbformat 3
        kind, source = "markdown", f"# {source}"
    return SubmittedCell(
        kind=_KINDS.get(kind, "raw") if isinstance(kind, str) else "raw",
        source=source,
        cell_id=_text(raw.get("id")),
        claims=claims if isinstance(claims, dict) else {},
        tags=tuple(_text(tag) for tag in tags) if isinstance(tags, list) else (),
        attachments=_attachments(raw.get("attachments")),
    )


def _text(value: Any) -> str:
    """Join a notebook's text, which is a string or a list of lines; lone surrogates go."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _attachments(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        return {}
    return {
        _text(name): {_text(kind): _text(datum) for kind, datum in bundle.items()}
        for name, bundle in value.items()
        if isinstance(bundle, dict)
    }


def _refuse_foreign(path: Path, folder: Path) -> None:
    if not _real(path).is_relative_to(_real(folder)):
        raise Unreadable(
            f"{_shown(path.name)} is a link that leads out of the student's folder: "
            "ask for the notebook itself."
        )


def _real(path: Path) -> Path:
    """Follow all links; not by Path.resolve, which raises for one that leads to itself."""
    return Path(os.path.realpath(path))


def _shown(name: str) -> str:
    """Make a file name safe to print: a student chose it."""
    return "".join(c if c.isprintable() else "?" for c in name)[:80]
