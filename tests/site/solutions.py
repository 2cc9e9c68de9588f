"""What must be on no page: the solutions, and how to find them in any file."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import jupytext

LONG_ENOUGH = 12
"""Characters of a line that nobody else would write."""

LINES_OF_A_BLOCK = 3


def _regions(source: Path) -> tuple[list[str], str]:
    """Split a source into its solutions and all the rest."""
    solutions, rest = [], []
    for cell in jupytext.read(source).cells:
        parts = re.split(r"### BEGIN SOLUTION|### END SOLUTION", cell.source)
        solutions += parts[1::2]
        rest += parts[::2]
    return solutions, "\n".join(rest)


def lines(source: Path) -> set[str]:
    """Return the lines that only an assignment's solutions have."""
    solutions, rest = _regions(source)
    written = {line.strip() for text in solutions for line in text.splitlines()}
    return {line for line in written if len(line) > LONG_ENOUGH and line not in rest}


def blocks(source: Path) -> set[str]:
    """Return an assignment's solutions, each as a whole and without its indentation."""
    solutions, _ = _regions(source)
    return {block for block in map(flat, solutions) if block.count("\n") + 1 >= LINES_OF_A_BLOCK}


def flat(text: str) -> str:
    """Drop indentation and empty lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Read every file below a folder as text, also what is in notebooks, pages and wheels."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                for inner in archive.namelist():
                    yield f"{name}/{inner}", archive.read(inner).decode("utf-8", "replace")
            continue
        text = path.read_text("utf-8", "replace")
        if path.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        yield name, seen(text) if path.suffix == ".html" else text


def seen(html: str) -> str:
    """Return a page's text, without its script and its style."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", html))
