"""The proof that the sandbox is one, made before anything is graded in it.

From inside, everything that must be impossible is tried, on baits laid out for it: a file, a
listening socket, our environment. From outside, the kernel is asked what it knows of the process:
what it could claim about itself proves nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import course
from course.checking.stub import Request, StubError

from .launch import INSIDE, environment, seen_at
from .limits import Limits
from .session import Session

__all__ = ["breaches"]

TRY = """
from inside.attempts import attempt_all
"""
NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts")
EXPECTED = {
    "NoNewPrivs": "1",
    "Seccomp": "2",
    "CapEff": "0000000000000000",
    "CapPrm": "0000000000000000",
    "CapBnd": "0000000000000000",
}
SET_BY_BUBBLEWRAP = "PWD"


def breaches(session: Session, limits: Limits, hidden: Sequence[Path]) -> list[str]:
    """Say what a submission could do in this session that it must not be able to do.

    Parameters
    ----------
    session : Session
        A fresh one; it is of no use afterwards.
    limits : Limits
    hidden : sequence of Path
        Files and directories it must not see.

    Returns
    -------
    list of str
        Empty if the sandbox contains.
    """
    with _baits(limits, hidden) as bait:
        session.run_cell(TRY, cell_id="canary")
        try:
            done = session.send(Request("attempt_all", (bait,))).value
        except StubError as error:
            return [f"keep the canary from running ({error})"]
        if not isinstance(done, list):
            return [f"answer with {done!r}"]
        return [str(one) for one in done] + list(_seen_from_outside(session.pid))


@contextmanager
def _baits(limits: Limits, hidden: Sequence[Path]) -> Iterator[dict[str, Any]]:
    name = f"\0autograder-{secrets.token_hex(8)}"
    places = [str(path.resolve()) for path in (*_project(), *hidden)]
    with (
        tempfile.NamedTemporaryFile(prefix="autograder-bait-") as file,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        file.write(b"bait")
        file.flush()
        abstract.bind(name)
        abstract.listen()
        yield {
            "files": [file.name, *places, *map(seen_at, places)],
            "read_only": ["/", "/usr", "/etc", INSIDE, f"{INSIDE}/inside", f"{INSIDE}/course"],
            "port": server.getsockname()[1],
            "abstract_socket": name,
            "environment": sorted(set(os.environ) - set(environment()) - {SET_BY_BUBBLEWRAP}),
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.file_bytes,
            "processes": limits.processes,
        }


def _project() -> list[Path]:
    """Name what lies beside `course` when it is installed from a copy of the repository."""
    root = Path(course.__file__).parents[1]
    return [root / name for name in ("solutions", "gradebook.db", "submitted", ".git")]


def _seen_from_outside(pid: int) -> Iterator[str]:
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    for name, value in EXPECTED.items():
        if status.get(name, "").strip() != value:
            yield f"run with {name} {status.get(name, 'unknown').strip()}, not {value}"
    if status["Uid"].split()[1] == "0":
        yield "run as root"
    for name in NAMESPACES:
        if os.readlink(f"/proc/{pid}/ns/{name}") == os.readlink(f"/proc/self/ns/{name}"):
            yield f"share our {name} namespace"
