"""What a student is given: one zip with the notebooks, what to install, and a page that says how.

It is for courses without an exchange: put it on a web page. The same course gives the same bytes.
"""

from __future__ import annotations

import glob
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import NothingDone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograder.course_directory import CourseDirectory

__all__ = ["write_bundle"]

_README = """# {course}

You need Python 3.11 or newer. Unpack this folder, open a terminal in it, and type

    python -m venv .venv
    .venv/bin/pip install -r requirements.txt        (Windows: .venv\\Scripts\\pip)
    .venv/bin/jupyter lab                            (Windows: .venv\\Scripts\\jupyter)

With conda: `conda env create -f environment.yml`, `conda activate backprop`, `jupyter lab`.

In Google Colab, with nothing to install on your computer: upload a notebook{upload}, add a
cell of your own at its top, and run in it each time you come back

    %pip install -q {package}

Open a notebook, read, fill in the cells that say `YOUR CODE HERE`, and run the `check(...)` below
each: it says what is right, and names your mistake if it knows it. Do not delete or copy cells, and
keep the notebook's name. Hand in the notebook itself, the `.ipynb` file, saved.

The notebooks:

{notebooks}
"""

_ENVIRONMENT = """\
name: backprop
channels:
  - conda-forge
dependencies:
  - python>=3.11
  - pip
  - pip:
      - -r requirements.txt
"""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can hold."""


def write_bundle(course: CourseDirectory, to: Path, wheel: Path | None = None) -> list[str]:
    """Write the zip.

    Parameters
    ----------
    course : CourseDirectory
        All that is released in it goes in.
    to : pathlib.Path
    wheel : pathlib.Path or None
        The package itself, put in as well, for a course that is on no package index.

    Returns
    -------
    list of str
        The names in it.

    Raises
    ------
    NothingDone
        Nothing is released, or a file cannot be read or written.
    """
    released = [Path(path) for path in sorted(glob.glob(str(course.release("*") / "*.ipynb")))]
    if not released:
        raise NothingDone(
            f"nothing is released in {course.root}: run `autograder build` or `autograder init`."
        )
    notebooks = [f"{path.parent.name}/{path.name}" for path in released]
    package, extra, upload = "backprop-course", f"[lab]=={version('backprop-course')}", ""
    if wheel is not None:
        package, extra, upload = f"./{wheel.name}", "[lab]", f" and `{wheel.name}`"
    top = course.course_id
    listed = "\n".join(f"- `{name}`" for name in notebooks)
    files = {
        f"{top}/README.md": _README.format(
            course=top, notebooks=listed, package=package, upload=upload
        ).encode(),
        f"{top}/requirements.txt": f"{package}{extra}\n".encode(),
        f"{top}/environment.yml": _ENVIRONMENT.encode(),
    }
    try:
        if wheel is not None:
            files[f"{top}/{wheel.name}"] = wheel.read_bytes()
        files |= {
            f"{top}/{name}": path.read_bytes()
            for name, path in zip(notebooks, released, strict=True)
        }
        _write(to, files.items())
    except OSError as error:
        raise NothingDone(f"{to} cannot be written: {error}.") from error
    return list(files)


def _write(to: Path, files: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
