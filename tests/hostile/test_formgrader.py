"""What a student wrote does not act in formgrader, where it could give itself points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.apps.baseapp import NbGrader
from nbgrader.server_extensions.formgrader.handlers import template_path

from autograder.init import init_course

ACTS = "alert(1)"
SCRIPT = f"<script>{ACTS}</script>"
HANDLER = f'<img src="x" onerror="{ACTS}">'
FRAME = f'<iframe srcdoc="<script>{ACTS}</script>"></iframe>'
LINK = f'<a href="javascript:{ACTS}">here</a>'


def shown(course: Path, cells: list[Any]) -> str:
    """The page as formgrader makes it, with the course's own configuration."""
    app = NbGrader()
    app.load_cwd_config = False
    app.initialize([], root=str(course))
    config = app.config
    config.HTMLExporter.template_name = "classic"  # what formgrader's own extends
    config.HTMLExporter.extra_template_basedirs = [template_path]
    notebook = nbformat.v4.new_notebook(cells=cells)
    page: str = HTMLExporter(config=config).from_notebook_node(notebook)[0]
    return page


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init_course(tmp_path_factory.mktemp("formgrader") / "course").root


@pytest.mark.parametrize("html", [SCRIPT, HANDLER, FRAME, LINK])
def test_an_answer_in_markdown_does_not_act(course: Path, html: str) -> None:
    assert ACTS not in shown(course, [nbformat.v4.new_markdown_cell(f"Because: {html}")])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/html", SCRIPT),
        ("text/html", HANDLER),
        ("text/html", FRAME),
        ("text/markdown", HANDLER),
        ("application/javascript", ACTS),
    ],
)
def test_an_output_does_not_act(course: Path, kind: str, content: str) -> None:
    output = nbformat.v4.new_output("display_data", {kind: content, "text/plain": "text"})
    assert ACTS not in shown(course, [nbformat.v4.new_code_cell("1", outputs=[output])])


def test_what_only_shows_something_is_still_shown(course: Path) -> None:
    answer = "# Why\n\nThe **larger** input, $\\partial z$:\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    verdict = '<div style="color: red">passed</div>'
    output = nbformat.v4.new_output("display_data", {"text/html": verdict})
    cells = [
        nbformat.v4.new_markdown_cell(answer),
        nbformat.v4.new_code_cell("def f(x):\n    return x", outputs=[output]),
    ]
    page = shown(course, cells)
    for part in ("<h1", "<strong>larger</strong>", "<table", 'style="color: red;"', "\\partial"):
        assert part in page
