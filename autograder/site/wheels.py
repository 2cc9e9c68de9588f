"""Wheels of what is installed here, for a Python in the browser that can ask no package index.

A wheel is made from the installed files, so that building a site needs no network and takes the
versions that were tested. Only Python goes in: a compiled module is of this machine's kind, and a
package that has one for speed works without it.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import course

__all__ = ["course_wheel", "wheel_of"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can hold: the same files give the same bytes."""

_WHEEL = "Wheel-Version: 1.0\nGenerator: autograder\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_NEEDED = (".py", ".js", ".css", ".json", ".gz", ".md", "py.typed")
_NOT_NEEDED = frozenset({"__pycache__", "tests", "labextension", "nbextension", "notebooks"})


def course_wheel(to: Path) -> Path:
    """Write the student's side of the course as a wheel.

    Parameters
    ----------
    to : pathlib.Path
        Folder.
    """
    root = Path(course.__file__).parents[1]
    paths = sorted((root / "course").rglob("*"))
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return _write(distribution("backprop-course"), files, to)


def wheel_of(name: str, to: Path) -> Path:
    """Write an installed distribution as a wheel.

    Parameters
    ----------
    name : str
        As on a package index.
    to : pathlib.Path
        Folder.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        It is not installed.
    """
    found = distribution(name)
    listed = [file for file in found.files or () if ".." not in file.parts]
    files = {
        file.as_posix(): Path(str(file.locate()))
        for file in listed
        if not file.parts[0].endswith((".dist-info", ".egg-info"))
    }
    return _write(found, files, to)


def _write(found: Distribution, files: dict[str, Path], to: Path) -> Path:
    stem = f"{found.metadata['Name'].replace('-', '_').lower()}-{found.version}"
    content = {
        name: path.read_bytes()
        for name, path in files.items()
        if name.endswith(_NEEDED) and not _NOT_NEEDED.intersection(name.split("/"))
    }
    info = f"{stem}.dist-info"
    for file in found.files or ():
        if file.name.startswith("LICENSE") and ".." not in file.parts:
            content[f"{info}/licenses/{file.name}"] = Path(str(file.locate())).read_bytes()
    metadata = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    content |= {f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": _WHEEL.encode()}
    lines = [f"{name},{_digest(data)},{len(data)}" for name, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    path = to / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return path


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
