"""Right answers in notebooks that went through a lot: full marks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from autograder.demo.handed_in import inserted
from tests.hostile.case import NOTEBOOK, Case, HandIn, claims, is_check, notebook, right_with_cell

METADATA, CELLS, FORMAT, CODE = "metadata", "cells", "format", "odd but right code"

Notebook = dict[str, Any]


def right(name: str, kind: str, what: str, hand_in: HandIn, **other: Any) -> Case:
    return Case(name, kind, what, hand_in, "right", attacks=(), **other)


def every_cell(change: Callable[[Notebook], object]) -> HandIn:
    """A right notebook with something done to every cell."""

    def changed(made: Notebook) -> Notebook:
        for each in made["cells"]:
            change(each)
        return made

    return notebook(changed)


def every_check(change: Callable[[Notebook], object]) -> HandIn:
    return every_cell(lambda cell: is_check(cell) and change(cell))


def with_cells(change: Callable[[list[Notebook]], list[Notebook]]) -> HandIn:
    return notebook(lambda made: {**made, "cells": change(made["cells"])})


def with_metadata(**metadata: Any) -> HandIn:
    return notebook(lambda made: {**made, "metadata": metadata})


def _strip(cell: Notebook) -> None:
    cell["metadata"] = {}
    cell["id"] = ""


def _schema(version: int) -> Callable[[Notebook], object]:
    return lambda cell: claims(cell) and claims(cell).update(schema_version=version)


def _twice(cells: list[Notebook]) -> list[Notebook]:
    graded = [bool(claims(each)) for each in cells]
    return [
        copy.deepcopy(each)
        for each, named in zip(cells, graded, strict=True)
        for _ in range(1 + named)
    ]


def _checks_first(cells: list[Notebook]) -> list[Notebook]:
    return sorted(cells, key=lambda cell: not is_check(cell))


def as_format_3(made: Notebook) -> Notebook:
    """As IPython 2 wrote notebooks."""
    cells = []
    for each in made["cells"]:
        old = {"cell_type": each["cell_type"], "metadata": each["metadata"]}
        if each["cell_type"] == "code":
            old |= {"input": each["source"], "outputs": [], "language": "python"}
            old["prompt_number"] = None
        else:
            old |= {"source": each["source"]}
        cells.append(old)
    sheets = [{"cells": cells, "metadata": {}}]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}


def written(rewrite: Callable[[str], bytes]) -> HandIn:
    """A right notebook whose file is written otherwise."""

    def hand_in(released: Any, ground: Any, folder: Any) -> None:
        notebook(lambda made: made)(released, ground, folder)
        path = folder / NOTEBOOK
        path.write_bytes(rewrite(path.read_text()))

    return hand_in


def named(*names: str, extra: dict[str, bytes] | None = None) -> HandIn:
    """A right notebook under other names, with other files beside it."""

    def hand_in(released: Any, ground: Any, folder: Any) -> None:
        notebook(lambda made: made)(released, ground, folder)
        data = (folder / NOTEBOOK).read_bytes()
        (folder / NOTEBOOK).unlink()
        for name in names:
            (folder / name).write_bytes(data)
        for name, content in (extra or {}).items():
            (folder / name).write_bytes(content)

    return hand_in


HANGS = """
import time
until = time.monotonic() + 20
while time.monotonic() < until:
    try:
        while time.monotonic() < until: pass
    except BaseException: pass
"""


def _with_id(made: Notebook) -> Notebook:
    own = next(each for each in made["cells"] if each["source"] == HANGS.strip())
    own["id"] = "\x1b[2J[bold]0 of 0\n"
    return made


CASES = (
    right("stripped", METADATA, "no metadata, no ids", every_cell(_strip)),
    right("schema-2", METADATA, "nbgrader's schema 2", every_cell(_schema(2))),
    right("schema-99", METADATA, "a schema from the future", every_cell(_schema(99))),
    right(
        "points-edited",
        METADATA,
        "checks worth -1 points",
        every_check(lambda cell: claims(cell).update(points=-1)),
    ),
    right(
        "unlocked",
        METADATA,
        "checks that are not locked and not graded",
        every_check(lambda cell: claims(cell).update(locked=False, grade=False)),
    ),
    right(
        "metadata-of-noise",
        METADATA,
        "nbgrader's entries hold lists and numbers",
        every_cell(lambda cell: cell.update(metadata={"nbgrader": [7], "tags": {"a": None}})),
    ),
    right(
        "skip-tags",
        METADATA,
        "every cell is tagged not to be run",
        every_cell(lambda cell: cell["metadata"].update(tags=["skip-execution"])),
    ),
    right(
        "foreign-kernel",
        METADATA,
        "a kernel for R on another machine",
        with_metadata(
            kernelspec={"name": "ir", "language": "R", "display_name": "R"},
            language_info={"name": "R"},
        ),
    ),
    right("no-kernel", METADATA, "no metadata of the notebook at all", with_metadata()),
    right("cells-twice", CELLS, "every graded and every solution cell twice", with_cells(_twice)),
    right(
        "checks-deleted",
        CELLS,
        "no check is left",
        with_cells(lambda cells: [each for each in cells if not is_check(each)]),
    ),
    right("checks-first", CELLS, "all checks in front of all stubs", with_cells(_checks_first)),
    right(
        "checks-retyped",
        CELLS,
        "checks became Markdown",
        every_check(lambda cell: cell.update(cell_type="markdown")),
    ),
    right(
        "checks-raw",
        CELLS,
        "checks became raw cells, of a type that is a number",
        every_check(lambda cell: cell.update(cell_type=7)),
    ),
    right(
        "checks-written-in",
        CELLS,
        "a check has something else in it",
        every_check(lambda cell: cell.update(source="# mine\n1 / 0")),
    ),
    right(
        "ids-all-alike",
        CELLS,
        "every cell has the same id, which is no id",
        every_cell(lambda cell: cell.update(id="\x1b[2J../" * 40)),
    ),
    right(
        "outputs-of-noise",
        CELLS,
        "outputs that are no outputs",
        every_cell(lambda cell: cell.update(outputs={"a": [1]}, execution_count="x")),
    ),
    right("format-3", FORMAT, "as IPython 2 wrote it", notebook(as_format_3)),
    right("byte-order-mark", FORMAT, "a byte order mark", written(lambda t: t.encode("utf-8-sig"))),
    right(
        "carriage-returns",
        FORMAT,
        "lines end as on Windows",
        written(lambda text: text.replace("\\n", "\\r\\n").replace("\n", "\r\n").encode()),
    ),
    right(
        "keys-twice",
        FORMAT,
        "a second list of cells before the true one",
        written(lambda text: text.replace('"cells": [', '"cells": [7], "cells": [', 1).encode()),
    ),
    right(
        "no-version",
        FORMAT,
        "says nothing of its format",
        notebook(lambda made: {"cells": made["cells"]}),
    ),
    right("renamed", FORMAT, "downloaded twice", named("gate_patterns (1).ipynb")),
    right(
        "extra-files",
        FORMAT,
        "files called like modules, and another notebook",
        named(
            NOTEBOOK,
            "Untitled.ipynb",
            extra={"numpy.py": b"1 / 0", "course.py": b"1 / 0", "sitecustomize.py": b"1 / 0"},
        ),
    ),
    right(
        "warns",
        CODE,
        "warnings on stderr",
        right_with_cell(
            "import sys, warnings\nwarnings.warn('careful')\nprint('x', file=sys.stderr)"
        ),
    ),
    right("cell-fails", CODE, "a cell of one's own that raises", right_with_cell("1 / 0")),
    right(
        "cell-hangs",
        CODE,
        "a cell of one's own without end, whose id is codes for a terminal",
        notebook(lambda made: _with_id(inserted(made, HANGS, before="add_backward-stub"))),
        there=False,
    ),
    right(
        "cell-kills",
        CODE,
        "a cell of one's own that ends the process",
        right_with_cell("import os\nos._exit(1)"),
        there=False,
    ),
    right("cell-leaves", CODE, "a cell of one's own with exit()", right_with_cell("exit()")),
    right(
        "magics",
        CODE,
        "magics and shell commands",
        right_with_cell("%timeit -n 1 -r 1 1 + 1\n!echo hello\n%cd /"),
    ),
    right(
        "threads",
        CODE,
        "threads and processes that are still busy",
        right_with_cell("""
import multiprocessing, threading, time
threading.Thread(target=time.sleep, args=(20,)).start()
multiprocessing.get_context("fork").Process(target=time.sleep, args=(20,)).start()
"""),
        there=False,
    ),
    right(
        "environment-cleared",
        CODE,
        "no environment, no arguments, no streams",
        right_with_cell("import os, sys\nos.environ.clear()\nsys.argv.clear()\nsys.stdout.close()"),
        there=False,
    ),
    right(
        "flood", CODE, "50,000 lines of output", right_with_cell("for n in range(50_000): print(n)")
    ),
    right(
        "script-in-output",
        CODE,
        "HTML with scripts, JavaScript and terminal codes",
        right_with_cell("""
from IPython.display import HTML, Javascript, display
display(HTML("<script>document.title = 1</script></pre></div><img src=x onerror=alert(1)>"))
display(Javascript("document.title = 1"))
print("\\x1b]0;title\\x07\\x1b[2J\\x1b[31m")
"""),
    ),
    right(
        "open-figures",
        CODE,
        "figures that are never closed",
        right_with_cell("for _ in range(5): plt.figure(figsize=(1, 1))"),
    ),
    right(
        "loops-and-globals",
        CODE,
        "loops, a cache, a callable object, NumPy by another name",
        notebook(
            lambda made: made,
            mul_backward="""
import functools, numpy as xp
class Multiply:
    @functools.cached_property
    def table(self): return {}
    def __call__(self, a, b, g):
        a, b, g = (xp.asarray(each, dtype=float) for each in (a, b, g))
        da, db = xp.empty_like(g), xp.empty_like(g)
        for index in xp.ndindex(g.shape):
            da[index], db[index] = g[index] * b[index], g[index] * a[index]
        return [da, db]
def mul_backward(x, y, upstream, gate=Multiply()):
    print("called", file=__import__("sys").stderr)
    return gate(x, y, upstream)
""",
        ),
    ),
    right(
        "no-numpy-at-all",
        CODE,
        "deletes np behind itself",
        notebook(
            lambda made: made,
            caffe_sigmoid_backward="""
import numpy as private
def caffe_sigmoid_backward(top_data, top_diff, propagate_down):
    if not propagate_down:
        return private.zeros_like(top_data)
    return top_diff * top_data * (1 - top_data)
""",
        ),
    ),
)
