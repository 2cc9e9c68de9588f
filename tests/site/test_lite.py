"""Notebooks that run in the browser: what is on the site for them, and what a browser asks for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import nbformat
import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from playwright.sync_api import Browser, expect

from autograder.errors import NothingDone
from autograder.site.lite import CARRIED, FROM_PYODIDE, KERNEL, KERNEL_NEEDS, Lite
from course.exercises import assignments
from tests.browser.chromium import Watched
from tests.site.conftest import ROOT

START_MS = 30_000
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/*/*.ipynb"))

# In the browser the kernel brings IPython, and JupyterLab its side of the widgets.
FROM_THE_KERNEL = {"ipython", "traitlets", "widgetsnbextension", "jupyterlab-widgets"}


def settings(lite: Path) -> dict[str, Any]:
    config = json.loads((lite / "jupyter-lite.json").read_text("utf-8"))["jupyter-config-data"]
    kernel: dict[str, Any] = config["litePluginSettings"][KERNEL]
    return kernel


@pytest.fixture(scope="module")
def wheels(site: Path) -> list[Path]:
    """The wheels that the kernel loads, found as its worker finds them."""
    (worker, _) = (site / "lite" / "extensions").rglob("*.worker.*.js")
    packages = settings(site / "lite")["loadPyodideOptions"]["packages"]
    addresses = [urljoin(worker.as_uri(), each) for each in packages if each.endswith(".whl")]
    return [Path(address.removeprefix("file://")) for address in addresses]


def test_the_kernel_loads_the_course_and_what_pyodide_lacks(wheels: list[Path]) -> None:
    assert [path.name.split("-")[0] for path in wheels] == [*CARRIED, "backprop_course"]
    assert all(path.is_file() for path in wheels)


def test_nothing_that_the_course_needs_is_left_to_an_index(site: Path) -> None:
    assert settings(site / "lite")["disablePyPIFallback"] is True
    waiting, known = ["backprop-course"], {*FROM_PYODIDE, *FROM_THE_KERNEL}
    while waiting:
        for requirement in map(Requirement, requires(waiting.pop()) or []):
            name = canonicalize_name(requirement.name)
            if requirement.marker is None and name not in known:
                assert name in CARRIED, name
                waiting.append(name)


def test_the_course_runs_from_its_wheel(wheels: list[Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(wheels[-1]) as archive:
        archive.extractall(tmp_path)
    program = """
import course
from course.data import digits_split
from course.exercises import assignments, load
from course.widgets import Descent, GraphStepper

def mul_backward(x, y, upstream):
    return y * upstream, x * upstream

course.check(mul_backward)
print(sum(len(load(name)) for name in assignments()), len(digits_split()[0][0]), course.__file__)
print(len(GraphStepper(lambda x: x * x, 3.0).state()["plan"]), len(Descent().state()["shown"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "course") in done.stdout


def test_the_notebooks_are_those_released_and_nothing_is_added_to_them(site: Path) -> None:
    files = sorted((site / "lite" / "files").iterdir())
    assert [path.name for path in files] == NOTEBOOKS
    for path in files:
        (released,) = ROOT.glob(f"notebooks/*/{path.name}")
        assert path.read_bytes() == released.read_bytes()


def test_a_notebook_opens_and_only_pyodide_s_place_is_asked_for_anything(
    address: str, browser: Browser, shoot: Any
) -> None:
    watched = Watched(browser, viewport={"width": 1200, "height": 900})
    page = watched.context.new_page()
    page.goto(f"{address}/index.html")
    page.get_by_role("link", name="Run 03 Gate patterns in the browser").click()
    notebook = page.locator(".jp-NotebookPanel")
    expect(notebook.locator("h1")).to_have_text(re.compile("03 Gate patterns"), timeout=START_MS)
    expect(notebook.locator(".jp-RenderedMarkdown mjx-container").first).to_be_attached()
    listed = page.locator(".jp-DirListing-item .jp-DirListing-itemName")
    expect(listed).to_have_count(len(assignments()), timeout=START_MS)
    assert sorted(listed.all_inner_texts()) == NOTEBOOKS
    shoot(page, "lite")
    watched.context.close()
    assert [url for url in watched.outside if not url.startswith(PYODIDE_CDN_URL)] == []
    assert watched.outside, "the kernel was not started"


@pytest.fixture
def pyodide(tmp_path: Path) -> Path:
    """Files named as in a distribution of Pyodide, with nothing in them."""
    folder = tmp_path / "distribution"
    folder.mkdir()
    (folder / "pyodide.mjs").write_text("export const loadPyodide = () => {};\n")
    names = [*FROM_PYODIDE, *KERNEL_NEEDS, "kiwisolver"]
    packages = {name: {"depends": [], "file_name": f"{name}.whl"} for name in names}
    packages["matplotlib"]["depends"] = ["numpy", "Typing_Extensions", "kiwisolver"]
    (folder / "pyodide-lock.json").write_text(json.dumps({"packages": packages}))
    for name in names:
        (folder / f"{name}.whl").touch()
    return folder


def test_a_copy_of_pyodide_is_put_on_the_site_and_used(pyodide: Path, tmp_path: Path) -> None:
    notebook = tmp_path / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), notebook)
    Lite(pyodide).build([notebook], tmp_path / "lite")
    address = settings(tmp_path / "lite")["pyodideUrl"]
    place = (tmp_path / "lite" / address).parent
    assert sorted(p.name for p in place.iterdir()) == sorted(p.name for p in pyodide.iterdir())
    assert not place.is_symlink()


def test_a_part_of_pyodide_is_refused_with_what_it_lacks(pyodide: Path) -> None:
    (pyodide / "kiwisolver.whl").unlink()
    with pytest.raises(NothingDone, match=r"lacks kiwisolver: take Pyodide's full distribution"):
        Lite(pyodide).check()


def test_a_folder_without_pyodide_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingDone, match=r"has no pyodide\.mjs"):
        Lite(tmp_path).check()


def test_two_notebooks_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "1" / "a.ipynb", tmp_path / "2" / "a.ipynb"]
    for path in paths:
        path.parent.mkdir()
        path.touch()
    with pytest.raises(NothingDone, match=r"two notebooks are called a\.ipynb"):
        Lite().build(paths, tmp_path / "lite")


def test_without_jupyterlite_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlite_core", None)
    with pytest.raises(NothingDone, match=r"backprop-course\[site\].*--no-lite"):
        Lite().check()
