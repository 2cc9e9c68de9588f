"""The notebooks in JupyterLite: they run in the browser, and nothing has to be installed.

Pyodide, the Python of the browser, comes from its usual place when a notebook is opened, or from
this site if a copy was given. The course and what it needs beyond Pyodide lie beside the notebooks
as wheels, and are loaded before the first cell, so that the notebooks stay as they were released
and can be handed in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path
from packaging.utils import canonicalize_name

from autograder.errors import NothingDone
from autograder.site.wheels import course_wheel, wheel_of

__all__ = ["CARRIED", "FROM_PYODIDE", "KERNEL", "Lite"]

FROM_PYODIDE = ("numpy", "matplotlib", "contourpy", "pillow", "typing-extensions")
"""What the course needs that Pyodide's own distribution has; it loads what these need too."""

CARRIED = ("comm", "ipywidgets", "psygnal", "anywidget")
"""What the course needs that Pyodide lacks: put on the site, as it is installed here."""

EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
    "@jupyterlite/pyodide-kernel-extension",
)
"""Of JupyterLab's extensions here. Others, such as nbgrader's, want a server to talk to."""

KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
KERNEL_NEEDS = ("micropip", "jedi", "ipython")

TO_ROOT = "../../../.."
"""From where the kernel's worker is, which loads the wheels, to the root of JupyterLite."""

BUILD_SECONDS = 600


@dataclass(frozen=True)
class Lite:
    """How the notebooks run in the browser.

    Attributes
    ----------
    pyodide : pathlib.Path or None
        A copy of Pyodide's distribution to put on the site; None to load it from its usual place.
    """

    pyodide: Path | None = None

    def check(self) -> None:
        """Find out at once, before anything is built, whether all is there.

        Raises
        ------
        NothingDone
            JupyterLite is not installed, or the copy of Pyodide is not whole.
        """
        for module in ("jupyterlite_core", "jupyterlite_pyodide_kernel"):
            if find_spec(module) is None:
                raise NothingDone(
                    f"{module} is not installed: run `pip install 'backprop-course[site]'`, or "
                    "leave notebooks that run in the browser out with --no-lite."
                )
        if self.pyodide is not None:
            _refuse_part_of_pyodide(self.pyodide)

    def build(self, notebooks: Iterable[Path], to: Path) -> None:
        """Build JupyterLite with these notebooks in it.

        Parameters
        ----------
        notebooks : iterable of pathlib.Path
        to : pathlib.Path
            A folder that is not there yet.

        Raises
        ------
        NothingDone
            An extension of JupyterLab is missing, two notebooks have one name, or it does not
            build.
        """
        with tempfile.TemporaryDirectory(prefix="autograder-lite-") as place:
            root = Path(place)
            (root / "files").mkdir()
            for path in notebooks:
                if (root / "files" / path.name).exists():
                    raise NothingDone(
                        f"two notebooks are called {path.name}: in the browser all are in one "
                        "folder, so rename one, or leave this out with --no-lite."
                    )
                shutil.copyfile(path, root / "files" / path.name)
            (root / "wheels").mkdir()
            wheels = [wheel_of(name, root / "wheels") for name in CARRIED]
            wheels.append(course_wheel(root / "wheels"))
            if self.pyodide is not None:
                (root / "static").mkdir()
                (root / "static" / "pyodide").symlink_to(self.pyodide.resolve())
            _write_json(root / "jupyter-lite.json", _of_the_page(wheels))
            _write_json(root / "jupyter_lite_config.json", _of_the_build(to))
            _build(root)


def _of_the_page(wheels: list[Path]) -> dict[str, Any]:
    """Configure what runs in the browser."""
    addresses = [f"{TO_ROOT}/pypi/{wheel.name}" for wheel in wheels]
    kernel = {
        # The course needs nothing else, so nothing else is asked for.
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": [*FROM_PYODIDE, *addresses]},
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {"litePluginSettings": {KERNEL: kernel}},
    }


def _of_the_build(to: Path) -> dict[str, Any]:
    """Configure the build."""
    return {
        "LiteBuildConfig": {
            "output_dir": str(to),
            "apps": ["lab"],
            "contents": ["files"],
            "federated_extensions": [str(_extension(name)) for name in EXTENSIONS],
            "ignore_sys_prefix": ["federated_extensions"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        },
        "PipliteAddon": {"piplite_urls": ["wheels"]},
    }


def _extension(name: str) -> Path:
    for folder in jupyter_path("labextensions"):
        if (Path(folder) / name / "package.json").is_file():
            return Path(folder) / name
    raise NothingDone(
        f"JupyterLab's extension {name} is not installed: "
        "run `pip install 'backprop-course[site]'`."
    )


def _build(root: Path) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(root)],
            cwd=root,
            # Nobody's own settings of Jupyter belong into a course's site.
            env={**os.environ, "JUPYTER_CONFIG_DIR": str(root), "JUPYTER_NO_CONFIG": "1"},
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NothingDone(f"JupyterLite was not built within {BUILD_SECONDS} s.") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-1000:]
        raise NothingDone(f"JupyterLite does not build. It said: {said}")


def _refuse_part_of_pyodide(folder: Path) -> None:
    """Refuse a copy that lacks something: the notebooks would open, and then not run."""
    lock = folder / "pyodide-lock.json"
    if not (folder / "pyodide.mjs").is_file() or not lock.is_file():
        raise NothingDone(
            f"{folder} has no pyodide.mjs and pyodide-lock.json: unpack Pyodide there."
        )
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    waiting, seen, missing = [*FROM_PYODIDE, *KERNEL_NEEDS], set[str](), []
    while waiting:
        name = canonicalize_name(waiting.pop())  # the lock's keys are, what it depends on is not
        if name in seen:
            continue
        seen.add(name)
        package = packages.get(name, {"depends": [], "file_name": ""})
        waiting += package["depends"]
        if not (folder / package["file_name"]).is_file():
            missing.append(name)
    if missing:
        raise NothingDone(
            f"{folder} lacks {', '.join(sorted(missing))}: "
            "take Pyodide's full distribution, not its core."
        )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
