"""CONTRIBUTING.md is followed to the letter, in a copy of the tree, and what it promises holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import Watched

ROOT = Path(__file__).parents[2]
ROOMS = ("course", "autograder", "notebooks", "solutions", "tests")
SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)
BLOCK = re.compile(r"^```(python|js|markdown|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The first line of a block: a comment that says where the rest goes.
PLACE = re.compile(r"(?:#|//|<!--) ([\w./]+)(?:, (?:at the end|below (.+?)))?(?: -->)?")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a contributor has checked out, with the environment that `make test` makes."""
    place = tmp_path / "checkout"
    place.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for room in ROOMS:
        shutil.copytree(ROOT / room, place / room, ignore=ignored)
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, place)
    (place / ".venv").symlink_to(sys.prefix)
    return place


def walk_through(title: str) -> list[tuple[str, str]]:
    """The blocks of a section, each with its language, in order."""
    sections = dict(SECTION.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    return BLOCK.findall(sections[title])


def follow(tree: Path, title: str) -> str:
    """Do what a walk-through says, and return what its commands print."""
    said = []
    for language, block in walk_through(title):
        if language == "sh":
            said.append(typed(tree, block))
        else:
            put(tree, block)
    assert said
    return "".join(said)


def put(tree: Path, block: str) -> None:
    """Write a block into the file that its first line names: a new one, at its end or in it."""
    first, _, rest = block.partition("\n")
    place = PLACE.fullmatch(first)
    assert place is not None, first
    path, above = tree / place[1], place[2]
    if above is None:
        assert path.exists() == first.endswith("at the end"), first
        with path.open("a", encoding="utf-8") as file:
            file.write(rest)
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (index,) = [number for number, line in enumerate(lines) if line.strip() == above]
    path.write_text("".join([*lines[: index + 1], rest, *lines[index + 1 :]]), encoding="utf-8")


def typed(tree: Path, commands: str) -> str:
    """Run commands as they are typed into a terminal there; all of them must end well."""
    environment = {
        **os.environ,
        # Our own checkout is what is installed in this environment.
        "PYTHONPATH": str(tree),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTEST_ADDOPTS": "-vv -p no:cacheprovider",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def proved(said: str, exercise: str) -> set[str]:
    """The generic proofs of an exercise that were run and held."""
    return set(re.findall(rf"::(test_\w+)\[{exercise}\] PASSED", said))


GENERIC = {
    "test_the_solution_gets_every_point_on_every_seed",
    "test_every_listed_mistake_is_rejected_and_named",
    "test_every_mechanical_mistake_is_rejected_and_named",
    "test_two_mistakes_at_once_are_never_given_the_name_of_a_third",
}


def test_an_exercise_is_added_proved_and_built(tree: Path) -> None:
    said = follow(tree, "Add an exercise")
    assert proved(said, "squared_hinge_backward") >= GENERIC
    notebook = tree / "notebooks" / "04_vectorized_gradients" / "vectorized_gradients.ipynb"
    assert "check(squared_hinge_backward)" in notebook.read_text(encoding="utf-8")


def test_an_assignment_is_added_proved_and_built(tree: Path) -> None:
    said = follow(tree, "Add an assignment")
    assert proved(said, "softplus_backward") >= GENERIC
    assert "softplus_backward" in typed(tree, "autograder exercises --json")
    assert (tree / "notebooks" / "08_softplus" / "softplus.ipynb").is_file()


def test_a_mistake_is_added_and_named(tree: Path) -> None:
    said = follow(tree, "Add a mistake")
    assert proved(said, "sigmoid_backward") >= GENERIC
    assert "slope-squared" in typed(tree, "autograder exercises --json")


def test_an_op_is_added_and_compared_with_jax(tree: Path) -> None:
    said = follow(tree, "Add an op")
    assert {"test_gradient_is_that_of_jax", "test_value_is_numpys_own"} <= proved(said, "fmod")


def test_a_widget_is_added_and_steps_in_a_browser(tree: Path, browser: Browser) -> None:
    follow(tree, "Add a widget")
    watched = Watched(browser)
    page = watched.context.new_page()
    page.goto((tree / "secant.html").as_uri())
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".bp-says")).to_contain_text("With a step of 0.5 the slope is")
    assert (watched.outside, watched.errors) == ([], [])


def test_what_is_added_is_in_the_house_style(tree: Path) -> None:
    added = []
    for title in ("exercise", "assignment", "mistake", "op", "widget"):
        article = "an" if title[0] in "aeo" else "a"
        for language, block in walk_through(f"Add {article} {title}"):
            if language == "python":
                put(tree, block)
                added.append(PLACE.fullmatch(block.partition("\n")[0])[1])  # type: ignore[index]  # put has checked it
    typed(tree, f"ruff check {' '.join(added)} && ruff format --check {' '.join(added)}")
