"""The wheel and the sdist, built and installed in environments of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = sorted(path.name for path in (ROOT / "notebooks").iterdir())
NOT_FOR_STUDENTS = re.compile(r"(^|/)(solutions|tests|demo)/|gradebook\.db|\.autograder-secret")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build reads, apart, so that it leaves nothing in ours."""
    place = tmp_path_factory.mktemp("checkout") / "source"
    place.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in ("course", "autograder", "notebooks", "solutions", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    return place


def built(checkout: Path, hook: str) -> Path:
    """Run the build as pip does, with the setuptools that is here."""
    code = f"from setuptools import build_meta; build_meta.{hook}('dist')"
    (checkout / "dist").mkdir(exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True, timeout=100
    )
    (file,) = (checkout / "dist").glob("*.whl" if "wheel" in hook else "*.tar.gz")
    return file


@pytest.fixture(scope="module")
def sdist(checkout: Path) -> Path:
    return built(checkout, "build_sdist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist: what is published must be enough to build from."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    (unpacked,) = place.iterdir()
    return built(unpacked, "build_wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; its dependencies are lent to each command."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=60)
    python = place / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), *install], check=True, timeout=60
    )
    return place


def run(installed: Path, directory: Path, *command: str) -> str:
    """Run a command of the new environment, away from the checkout."""
    # A folder on this path is searched, but its .pth files, which lead to the checkout, are not.
    lent = {"PYTHONPATH": sysconfig.get_path("purelib")}
    lent["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **lent}
    done = subprocess.run(
        [str(installed / "bin" / command[0]), *command[1:]],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_in(archive: Path) -> list[str]:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as tar:
        return [name.partition("/")[2] for name in tar.getnames()]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_no_solution_and_no_test_reaches_who_installs_it(
    kind: str, request: pytest.FixtureRequest
) -> None:
    files = files_in(request.getfixturevalue(kind))
    assert [name for name in files if NOT_FOR_STUDENTS.search(name)] == []
    assert sum(name.endswith(".ipynb") for name in files) == len(ASSIGNMENTS)


def test_the_notebooks_in_the_wheel_have_no_solution_in_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".ipynb"):
                assert b"BEGIN SOLUTION" not in archive.read(name)


def needed(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Every package that an installation brings with it."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        each, wanted = waiting.pop()
        try:
            lines = requires(each) or []
        except PackageNotFoundError:  # for another system or Python
            continue
        for requirement in map(Requirement, lines):
            marker = requirement.marker
            applies = marker is None or any(marker.evaluate({"extra": e}) for e in ("", *wanted))
            if applies and requirement.name.lower() not in found:
                found.add(requirement.name.lower())
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def test_a_student_gets_neither_nbgrader_nor_what_grading_needs() -> None:
    brought = needed("backprop-course")
    assert {"numpy", "matplotlib", "ipywidgets", "anywidget"} <= brought
    assert not brought & {"nbgrader", "sqlalchemy", "dask", "distributed", "jupytext", "typer"}


def test_an_instructor_gets_nbgrader() -> None:
    assert "nbgrader" in needed("backprop-course", frozenset({"instructor"}))


def test_a_student_checks_a_stub_with_what_is_installed(installed: Path, tmp_path: Path) -> None:
    program = """
import sys
from course import check

def mul_backward(x, y, upstream):
    return y * upstream, x * upstream

check(mul_backward)
loaded = {name.partition(".")[0] for name in sys.modules}
print(not loaded & {"nbgrader", "autograder"}, sys.modules["course"].__file__)
"""
    said = run(installed, tmp_path, "python", "-c", program)
    assert f"True {installed}" in said


def test_a_student_who_types_the_instructors_command_is_told_what_is_missing(
    installed: Path, tmp_path: Path
) -> None:
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(installed / "bin" / "autograder"), "doctor"],
        cwd=tmp_path,
        env=alone,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip().endswith("pip install 'backprop-course[instructor]'")
    assert len(done.stderr.splitlines()) == 1


def test_an_instructor_makes_a_course_with_what_is_installed(
    installed: Path, tmp_path: Path
) -> None:
    said = run(installed, tmp_path, "autograder", "init", "calculus")
    assert all(name in said for name in ASSIGNMENTS)
    for name in ASSIGNMENTS:
        (path,) = (tmp_path / "calculus" / "release" / name).glob("*.ipynb")
        assert path.read_bytes() == (ROOT / "notebooks" / name / path.name).read_bytes()
        nbformat.validate(nbformat.read(path, as_version=4))
