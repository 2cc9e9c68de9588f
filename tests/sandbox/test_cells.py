"""Cells: what they put out is what a Jupyter kernel would have put out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from autograder.sandbox import CellRun, Limits, Sandbox, Session
from autograder.sandbox.launch import INSIDE

from .conftest import LIMITS

ROOT = Path(__file__).parents[2]
SOLUTIONS = sorted(ROOT.glob("solutions/*.py"))

# One notebook with everything that a kernel treats in a way of its own.
CELLS = [
    "print('a'); import sys; print('b', file=sys.stderr); print('c')\n1 + 1",
    "x = 3;",
    "x",
    "None",
    "_ + 1",
    "'text'",
    "{'a': [1, 2], 'long': list(range(60))}",
    "import numpy as np\nnp.arange(12.0).reshape(3, 4)",
    "display(1, 'two'); display({'text/plain': 'p', 'text/html': '<b>h</b>'}, raw=True)",
    "from IPython.display import *\nHTML('<i>x</i>')",
    "display(Markdown('# h'), Latex('$x$'), JSON({'a': [1, None, 2.5]}))\n"
    "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "handle = display('first', display_id='one'); handle.update('second')",
    "handle.update('third'); print('later')",
    "print('gone'); clear_output(); print('stays')",
    "print('goes'); clear_output(wait=True); print('comes')",
    "class Rich:\n"
    "    def _repr_html_(self): return '<p>rich</p>'\n"
    "    def __repr__(self): return 'plain'\n"
    "Rich()",
    "class Broken:\n    def __repr__(self): raise ValueError('no repr')\nBroken()",
    "1 / 0",
    "def f(n):\n    return f(n - 1) if n else [][0]\nf(2)",
    "def (:",
    "raise KeyError('k') from ValueError('v')",
    "class Named(Exception):\n"
    "    def _render_traceback_(self):\n"
    "        return ['only this', 'and this']\n"
    "raise Named('m')",
    "import sys; sys.exit(3)",
    "assert False, 'message'",
    "%matplotlib inline\n"
    "import matplotlib.pyplot as plt\n"
    "plt.plot([1, 2]); print('before the figure')",
    "fig, ax = plt.subplots(); ax.plot([3, 1]); plt.show(); print('after the figure')",
    "fig",
    "plt.close('all')",
    "!echo from the shell",
    "%%time\npass",
    "%precision 3\n3.14159265",
    "%%capture caught\nprint('hidden')",
    "caught.stdout",
    "%no_such_magic",
    "import os; n = os.write(1, b'by descriptor\\n')",
    "import subprocess; r = subprocess.run(['echo', 'by a process'])",
    "import warnings; warnings.warn('careful')",
    "import logging; logging.warning('logged')",
    "import ipywidgets\nipywidgets.IntSlider(3)",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "input('name? ')",
    "from course import check\ncheck",
    "In[3], Out[3], get_ipython().execution_count",
    "?len",
    "print('no newline', end='')",
    "print('\\r50%\\r100%')",
    "__name__, [k for k in ('__file__', '__doc__') if k in globals()]",
    "import pickle\nclass P: pass\ntype(pickle.loads(pickle.dumps(P()))).__name__",
    "import multiprocessing as mp\n"
    "def g(n): return n * n\n"
    "with mp.get_context('fork').Pool(2) as pool: print(pool.map(g, [1, 2, 3]))",
]
# Says how it was run, so it differs between any two runs.
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
# A kernel's directory; and where the sandbox shows what is installed under /tmp.
DIRECTORY = re.compile(rf"/tmp/ipykernel_\d+/|{INSIDE}/outside(?=/)")
KERNEL_FRAME = re.compile(
    r"\x1b\[36mFile [^\n]*/(?:ipykernel|inside)/(?:[^\n]+\n)+\n", re.MULTILINE
)
CELL_FILE = re.compile(r"\b\d+\.py\b")
TIMES = re.compile(r" *\d+(\.\d+)?(e[+-]\d+)? (ns|us|µs|μs|ms|s|times|(micro|milli)?seconds?)\b")
MODEL = re.compile(r"[0-9a-f]{32}")


def comparable(outputs: list[Any]) -> list[Any]:
    """Outputs with images as their types, and without what no two runs share.

    A kernel sends its streams now and then, so that between two other outputs the order of what is
    on stdout to what is on stderr is lost; so it is here.
    """
    result: list[Any] = []
    streams: dict[str, str] = {}
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
            continue
        result += sorted(streams.items())
        streams = {}
        if kind == "error":
            text = "\n".join(output["traceback"])
            result.append([kind, output["ename"], output["evalue"], text])
        else:
            data = {
                mime: "" if mime.startswith("image/") and "svg" not in mime else datum
                for mime, datum in output["data"].items()
            }
            result.append([kind, data, dict(output["metadata"]), output.get("execution_count")])
    result += sorted(streams.items())
    return [_without_the_run(one) for one in result]


def _without_the_run(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_without_the_run(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_the_run(item) for key, item in value.items()}
    if isinstance(value, str):
        for pattern in (KERNEL_FRAME, ADDRESS, DIRECTORY, CELL_FILE, TIMES, MODEL):
            value = pattern.sub("", value)
    return value


def by_nbclient(sources: list[str]) -> list[list[Any]]:
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    # Under pytest a kernel would leave the descriptors alone, which it does nowhere else.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    environment["OPENBLAS_NUM_THREADS"] = "1"  # more of them add up in another order
    NotebookClient(notebook, timeout=120, allow_errors=True).execute(env=environment)
    return [cell["outputs"] for cell in notebook.cells]


def by_sandbox(sandbox: Sandbox, sources: list[str]) -> list[list[Any]]:
    with sandbox.start() as session:
        runs = [session.run_cell(source, cell_id=str(i)) for i, source in enumerate(sources)]
    return [run.outputs for run in runs]


@pytest.fixture(scope="module")
def roomy() -> Iterator[Sandbox]:
    with Sandbox(Limits()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def both(roomy: Sandbox) -> tuple[list[Any], list[Any]]:
    return by_nbclient(CELLS), by_sandbox(roomy, CELLS)


@pytest.mark.parametrize("number", range(len(CELLS)), ids=[c[:40] for c in CELLS])
def test_a_cell_puts_out_what_a_kernel_would(
    both: tuple[list[Any], list[Any]], number: int
) -> None:
    kernel, here = both
    assert comparable(here[number]) == comparable(kernel[number])


@pytest.mark.parametrize("source", SOLUTIONS, ids=[path.stem for path in SOLUTIONS])
def test_a_solution_notebook_puts_out_what_a_kernel_would(roomy: Sandbox, source: Path) -> None:
    cells = [c.source for c in jupytext.read(source).cells if c.cell_type == "code"]
    kernel, here = by_nbclient(cells), by_sandbox(roomy, cells)
    assert [comparable(one) for one in here] == [comparable(one) for one in kernel]


def test_every_notebook_of_outputs_is_valid(session: Session) -> None:
    cells = []
    for number, source in enumerate(CELLS):
        run = session.run_cell(source, cell_id=str(number))
        cell = nbformat.v4.new_code_cell(source, execution_count=run.execution_count)
        cell.outputs = [nbformat.from_dict(output) for output in run.outputs]
        cells.append(cell)
    nbformat.validate(nbformat.v4.new_notebook(cells=cells))


def shown(run: CellRun) -> str:
    return "".join(output.get("text", "") for output in run.outputs)


def test_streams_keep_their_order(session: Session) -> None:
    source = (
        "import os, sys\nprint('1')\nos.write(1, b'2\\n')\nprint('3', file=sys.stderr)\nprint('4')"
    )
    run = session.run_cell(source + ";", cell_id="a")
    assert [(o["name"], o["text"]) for o in run.outputs] == [
        ("stdout", "1\n2\n"),
        ("stderr", "3\n"),
        ("stdout", "4\n"),
    ]


def test_an_updated_display_changes_in_the_earlier_cell(session: Session) -> None:
    first = session.run_cell("h = display('old', display_id=True)", cell_id="a")
    second = session.run_cell("h.update('new')", cell_id="b")
    assert first.outputs[0]["data"] == {"text/plain": "'new'"}
    assert second.outputs == []


def test_a_cell_that_runs_too_long_is_interrupted_and_the_rest_runs(session: Session) -> None:
    run = session.run_cell("print('begins')\nwhile True: pass", cell_id="a")
    assert run.status == "timeout"
    assert run.outputs[0]["text"] == "begins\n"
    assert run.outputs[1]["ename"] == "CellTimeout"
    assert session.run_cell("print('goes on')", cell_id="b").status == "ok"


def test_a_failed_cell_does_not_end_the_notebook(session: Session) -> None:
    assert session.run_cell("1 / 0", cell_id="a").status == "error"
    assert session.run_cell("x = 1", cell_id="b").status == "ok"


@pytest.mark.parametrize(
    "ending", ["exit()", "quit()", "import sys; sys.exit(1)", "raise SystemExit"]
)
def test_leaving_ends_the_cell_and_not_the_session(session: Session, ending: str) -> None:
    run = session.run_cell(f"{ending}\nprint('not reached')", cell_id="a")
    assert (run.status, "not reached" in shown(run)) == ("error", False)
    assert session.run_cell("x = 1", cell_id="b").status == "ok"


def test_execution_counts_go_up_by_one(session: Session) -> None:
    assert [session.run_cell("1", cell_id="a").execution_count for _ in range(3)] == [1, 2, 3]


def test_output_is_cut_by_bytes_with_a_note(session: Session) -> None:
    run = session.run_cell("print('x' * 10**7)", cell_id="a")
    text = shown(run)
    assert len(text) < LIMITS.output_bytes + 200
    assert text.endswith("more than this submission may put out]\n")


def test_output_is_cut_by_lines_with_a_note(session: Session) -> None:
    text = shown(session.run_cell("for i in range(10**4): print(i)", cell_id="a"))
    assert text.count("\n") < LIMITS.output_lines + 5
    assert text.startswith("0\n1\n")
    assert "cut" in text


def test_output_that_never_ends_does_not_fill_the_memory(session: Session) -> None:
    run = session.run_cell("while True: print('y' * 10**6)", cell_id="a")
    assert run.status == "timeout"
    assert len(shown(run)) < LIMITS.output_bytes + 200


def test_the_note_on_a_cut_comes_once(session: Session) -> None:
    texts = [shown(session.run_cell("print('x' * 10**6)", cell_id="a")) for _ in range(3)]
    assert sum("cut here" in text for text in texts) == 1


def test_text_that_is_no_unicode_can_still_be_written(session: Session) -> None:
    run = session.run_cell("print('\\ud800')\ndisplay('\\udfff')", cell_id="a")
    assert repr(run.outputs).encode()


def test_figures_left_open_are_shown_when_the_cell_ends(session: Session) -> None:
    source = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.figure()\nprint('text')"
    kinds = [o["output_type"] for o in session.run_cell(source, cell_id="a").outputs]
    assert kinds == ["stream", "display_data", "display_data"]


def test_each_submission_starts_from_other_random_numbers(sandbox: Sandbox) -> None:
    source = (
        "import random, numpy as np\n"
        "random.random(), np.random.rand(), np.random.default_rng().random()"
    )
    drawn = set()
    for _ in range(3):
        with sandbox.start() as session:
            drawn.add(session.run_cell(source, cell_id="a").outputs[0]["data"]["text/plain"])
    assert len({number for line in drawn for number in line.strip("()").split(", ")}) == 9


def test_what_one_submission_does_is_not_there_for_the_next(sandbox: Sandbox) -> None:
    with sandbox.start() as first:
        first.run_cell("import numpy as np; np.sin = None; open('left', 'w'); x = 1", cell_id="a")
    with sandbox.start() as second:
        run = second.run_cell("import os, numpy as np; np.sin(0.0), os.listdir(), x", cell_id="a")
        assert run.outputs[0]["ename"] == "NameError"
        run = second.run_cell("float(np.sin(0.0)), os.listdir()", cell_id="b")
        assert run.outputs[0]["data"]["text/plain"] == "(0.0, [])"


def test_pip_says_at_once_that_there_is_nowhere_to_install_from() -> None:
    with Sandbox(Limits(cell_seconds=20)) as sandbox, sandbox.start() as session:
        ran = session.run_cell("%pip install -q nowhere-to-be-found", cell_id="pip")
    said = "".join(output["text"] for output in ran.outputs)
    assert "No matching distribution" in said
    assert "Retrying" not in said
