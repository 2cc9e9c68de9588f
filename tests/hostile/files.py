"""Files that are no notebook, or one that nothing should choke on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.demo.handed_in import Released, as_file, solved
from tests.hostile.case import NOTEBOOK, Case, Ground, HandIn, file

BROKEN, LINKS, BOMB = "broken file", "links and devices", "JSON bomb"


def listed(name: str, kind: str, what: str, hand_in: HandIn) -> Case:
    return Case(name, kind, what, hand_in, "listed", attacks=(), there=kind == BROKEN)


def as_right(name: str, kind: str, what: str, hand_in: HandIn) -> Case:
    return Case(name, kind, what, hand_in, "right", attacks=(), there=kind == BROKEN)


def place(put: Callable[[Path, Ground], object]) -> HandIn:
    """Hand in whatever this puts at the notebook's path."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        put(folder / NOTEBOOK, ground)

    return hand_in


def replace_folder(put: Callable[[Path, Ground], object]) -> HandIn:
    """Hand in whatever this puts at the folder's path, or the student's."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        folder.rmdir()
        put(folder, ground)

    return hand_in


def with_timestamp(put: Callable[[Path, Ground], object]) -> HandIn:
    """Hand in a right notebook, and something odd as its timestamp."""

    def hand_in(released: Released, ground: Ground, folder: Path) -> None:
        (folder / NOTEBOOK).write_bytes(as_file(solved(released)))
        put(folder / "timestamp.txt", ground)

    return hand_in


def _student_is_a_link(folder: Path, ground: Ground) -> None:
    folder.parent.rmdir()
    folder.parent.symlink_to("000-honest")


def _sparse(path: Path, ground: Ground) -> None:
    path.touch()
    os.truncate(path, 100 * 2**20)


def _many(cell: dict[str, Any], count: int) -> bytes:
    return json.dumps({"cells": [cell] * count, "nbformat": 4, "nbformat_minor": 5}).encode()


MIB = 2**20

CASES = (
    listed("empty", BROKEN, "no byte", file(b"")),
    listed("cut-off", BROKEN, "the file ends in the middle", file(lambda right: right[:9000])),
    listed(
        "not-utf8", BROKEN, "bytes that are no UTF-8", file(lambda right: right[:99] + b"\xff\xfe")
    ),
    listed("utf16", BROKEN, "UTF-16", file(lambda right: right.decode().encode("utf-16"))),
    listed("a-number", BROKEN, "JSON, but a number", file(b"42")),
    listed("no-cells", BROKEN, "JSON, but without cells", file(b'{"nbformat": 4, "cells": 7}')),
    listed("hundred-megabytes", BOMB, "100 MB of nothing", place(_sparse)),
    listed("deep-json", BOMB, "a million brackets", file(b"[" * 10**6)),
    listed("deep-metadata", BOMB, "objects within objects, 100,000 deep", file(b'{"a":' * 10**5)),
    listed("many-items", BOMB, "31 MB of empty lists", file(b"[" + b"[]," * (10 * MIB) + b"0]")),
    listed(
        "many-numbers",
        BOMB,
        "31 MB of numbers",
        file(b"[" + b"1.5," * (8 * MIB - 8) + b"0]"),
    ),
    listed(
        "many-cells",
        BOMB,
        "100,000 cells",
        file(_many({"cell_type": "code", "source": "1"}, 10**5)),
    ),
    listed("long-number", BOMB, "a number of 10 MB", file(b'{"cells": ' + b"9" * 10**7 + b"}")),
    listed("nothing-handed-in", BROKEN, "an empty folder", place(lambda path, ground: None)),
    listed(
        "two-of-other-names",
        BROKEN,
        "two notebooks, neither by its name",
        place(
            lambda path, ground: [
                path.with_name(n).write_text("{}") for n in ("a.ipynb", "b.ipynb")
            ]
        ),
    ),
    listed(
        "a-directory",
        LINKS,
        "a directory called like the notebook",
        place(lambda path, ground: path.mkdir()),
    ),
    listed(
        "a-pipe",
        LINKS,
        "a named pipe, which nobody writes to",
        place(lambda path, ground: os.mkfifo(path)),
    ),
    listed(
        "a-device",
        LINKS,
        "a link to a device without end",
        place(lambda path, ground: path.symlink_to("/dev/zero")),
    ),
    listed(
        "link-to-gradebook",
        LINKS,
        "a link to the gradebook",
        place(lambda path, ground: path.symlink_to(f"{ground.course}/gradebook.db")),
    ),
    listed(
        "link-to-another",
        LINKS,
        "a link to an honest student's notebook",
        place(
            lambda path, ground: path.symlink_to(f"../../000-honest/{path.parent.name}/{path.name}")
        ),
    ),
    listed(
        "link-to-itself",
        LINKS,
        "a link in a circle",
        place(lambda path, ground: path.symlink_to(path.name)),
    ),
    listed(
        "folder-is-a-link",
        LINKS,
        "its folder is a link to an honest student's",
        replace_folder(lambda folder, ground: folder.symlink_to(f"../000-honest/{folder.name}")),
    ),
    listed(
        "student-is-a-link",
        LINKS,
        "its student's folder is a link to an honest one's",
        replace_folder(_student_is_a_link),
    ),
    listed(
        "folder-elsewhere",
        LINKS,
        "its folder is a link to the course",
        replace_folder(lambda folder, ground: folder.symlink_to(ground.course)),
    ),
    listed(
        "folder-is-a-circle",
        LINKS,
        "its folder is a link to itself",
        replace_folder(lambda folder, ground: folder.symlink_to(folder.name)),
    ),
    listed(
        "folder-is-a-file",
        LINKS,
        "its folder is a file",
        replace_folder(lambda folder, ground: folder.write_text("x")),
    ),
    as_right(
        "timestamp-is-a-pipe",
        LINKS,
        "a named pipe as its timestamp",
        with_timestamp(lambda path, ground: os.mkfifo(path)),
    ),
    as_right(
        "timestamp-is-a-link",
        LINKS,
        "the gradebook as its timestamp",
        with_timestamp(lambda path, ground: path.symlink_to(f"{ground.course}/gradebook.db")),
    ),
    as_right(
        "timestamp-is-noise",
        BROKEN,
        "noise as its timestamp",
        with_timestamp(lambda path, ground: path.write_bytes(bytes(range(256)) * 1000)),
    ),
)
