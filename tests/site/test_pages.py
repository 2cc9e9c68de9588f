"""The pages as files: everything released is on them, and nothing else."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from course.exercises import assignments, load
from tests.site.conftest import ROOT, TITLE
from tests.site.solutions import blocks, flat, lines, seen, texts

SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))
PAGES = ["index", *assignments()]


def page(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def published(site: Path) -> dict[str, str]:
    """Every file of the site as text, what is in wheels too."""
    found = dict(texts(site))
    assert any(name.endswith(".whl/course/__init__.py") for name in found)
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_line_of_a_solution_is_on_its_page_or_in_its_notebook(
    published: dict[str, str], source: Path
) -> None:
    notebook = source.stem.partition("_")[2]
    read = [
        t for n, t in published.items() if n.endswith((f"{source.stem}.html", f"{notebook}.ipynb"))
    ]
    assert len(read) == 3  # the page, the notebook to download, and the one that runs here
    assert lines(source)
    assert [line for line in lines(source) if any(line in text for text in read)] == []


def test_no_solution_is_in_any_file(published: dict[str, str]) -> None:
    everything = "\n".join(map(flat, published.values()))
    # What is asked in a few exercises is also how the package, which students have, computes it.
    package = flat("".join(path.read_text("utf-8") for path in ROOT.glob("course/exercises/*.py")))
    written = {block for source in SOURCES for block in blocks(source)}
    asked = {block for block in written if block not in package}
    assert len(asked) > 0.95 * len(written) > 40
    assert [block for block in asked if block in everything] == []
    assert "### BEGIN SOLUTION" not in everything


def test_every_assignment_has_a_page_with_its_heading_and_its_notebook(site: Path) -> None:
    for name in assignments():
        (released,) = (ROOT / "notebooks" / name).glob("*.ipynb")
        heading = nbformat.read(released, as_version=4).cells[0].source.splitlines()[0]
        shown = page(site, name)
        assert f"# {shown.h1.text}" == heading
        assert shown.title.text == f"{shown.h1.text} – {TITLE}"
        copy = site / "notebooks" / name / released.name
        assert copy.read_bytes() == released.read_bytes()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_on_the_site_leads_to_a_file_or_a_heading(site: Path, name: str) -> None:
    shown = page(site, name)
    links = [urlsplit(a["href"]) for a in shown("a")]
    inside = [link for link in links if not link.scheme]
    assert len(inside) >= 3
    for link in inside:
        assert not link.path.startswith("/")
        assert not link.path or (site / unquote(link.path)).is_file(), link
        assert not link.fragment or shown.find(id=link.fragment), link


def test_the_start_leads_to_each_assignment_in_three_ways(site: Path) -> None:
    start = page(site, "index")
    for name in assignments():
        links = [a["href"] for a in start("a") if name in a["href"]]
        assert len(links) == 2  # the page, and the notebook
    assert len([a for a in start("a") if a["href"].startswith("lite/lab/")]) == len(assignments())


@pytest.mark.parametrize("name", assignments())
def test_stubs_are_shown_as_released_with_their_points(site: Path, name: str) -> None:
    text = seen((site / f"{name}.html").read_text("utf-8"))
    for exercise in load(name).values():
        assert f"check({exercise.name})" in text
    labels = [p.text for p in page(site, name)("p", class_="label")]
    assert len(labels) == len(load(name)) + 1  # and the question for a person
    assert text.count("# YOUR CODE HERE") >= len(load(name))


@pytest.mark.parametrize("name", assignments())
def test_what_still_has_to_be_written_is_no_error(site: Path, name: str) -> None:
    outputs = "\n".join(str(output) for output in page(site, name)("div", class_="output"))
    assert "Traceback" not in outputs
    assert "NotImplementedError" not in outputs
    assert "This is not written yet" not in outputs


@pytest.mark.parametrize("name", assignments())
def test_formulas_are_there_without_a_script(site: Path, name: str) -> None:
    shown = page(site, name)
    assert len(shown("math")) > 10
    for cell in shown("div", class_="markdown"):
        for code in cell(["code", "pre", "math"]):
            code.decompose()
        assert "$" not in cell.text
        assert "\\frac" not in cell.text


@pytest.mark.parametrize("name", assignments())
def test_every_picture_says_what_it_shows(site: Path, name: str) -> None:
    pictures = page(site, name)("img")
    assert pictures
    for picture in pictures:
        assert len(picture["alt"]) > 20
        assert "<Figure" not in picture["alt"]


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order(site: Path, name: str) -> None:
    levels = [int(h.name[1]) for h in page(site, name)(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_of_a_page_lets_nothing_in_from_outside(site: Path, name: str) -> None:
    shown = page(site, name)
    policy = shown.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["img-src"] == ["data:"]
    allowed = rules["script-src"]
    assert allowed == ["'none'"] or (len(allowed) == 1 and allowed[0].startswith("'sha256-"))
    assert [each for each in shown(src=True) if not each["src"].startswith("data:")] == []


@pytest.mark.parametrize("name", assignments())
def test_a_page_with_many_widgets_has_each_module_once(site: Path, name: str) -> None:
    text = (site / f"{name}.html").read_text("utf-8")
    widgets = text.count('class="bp-still"')
    assert text.count("const stage_js = ") == (1 if widgets else 0)
    assert text.count("class StillModel") == (1 if widgets else 0)
