"""What a notebook may do in the sandbox, what it may not, and what it sees of others."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from autograder.sandbox import Limits, Sandbox, Session
from autograder.sandbox.inside import seccomp
from course.checking.stub import Request


@pytest.mark.parametrize("name", sorted(seccomp.ARCHITECTURES))
def test_the_filter_ends_and_jumps_within_itself(name: str) -> None:
    code = seccomp.program(seccomp.ARCHITECTURES[name])
    instructions = list(seccomp.INSTRUCTION.iter_unpack(code))
    assert instructions[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)
    for at, (operation, then, otherwise, _) in enumerate(instructions):
        if operation not in (seccomp.LOAD, seccomp.RETURN):
            assert at + 1 + max(then, otherwise) < len(instructions)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import socket; socket.socket(socket.AF_INET)", "OSError"),
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "OSError"),
        ("import urllib.request as u; u.urlopen('http://example.com')", "URLError"),
        ("import os; os.unshare(0x10000000)", "AttributeError"),
        ("import os; os.memfd_create('x')", "PermissionError"),
        ("import os; os.setuid(0)", "OSError|PermissionError"),
        ("import os; os.chroot('/tmp')", "PermissionError"),
        ("import os; os.mknod('/tmp/d', 0o20600, os.makedev(1, 1))", "PermissionError"),
        ("import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1))", "ValueError"),
        ("open('/usr/bin/x', 'w')", "OSError"),
        ("open('/sandbox/course/__init__.py', 'a')", "OSError|PermissionError"),
        ("open('/etc/passwd')", "FileNotFoundError"),
        ("open('/proc/sys/kernel/hostname', 'w').write('x')", "PermissionError"),
        ("open('/dev/mem', 'rb')", "FileNotFoundError"),
        ("import os; os.link('/usr/bin/env', '/tmp/env')", "OSError"),
    ],
)
def test_what_a_notebook_may_not_do_raises(session: Session, source: str, error: str) -> None:
    output = session.run_cell(source, cell_id="a").outputs[-1]  # a warning may come before it
    assert output["output_type"] == "error"
    assert output["ename"] in error.split("|")


def test_what_a_notebook_needs_works(session: Session) -> None:
    source = textwrap.dedent("""
        import asyncio, multiprocessing, os, pathlib, socket, subprocess, tempfile, threading
        pathlib.Path.home().joinpath("file").write_text("kept")
        tempfile.NamedTemporaryFile().close()
        left, right = socket.socketpair(); left.send(b"x"); assert right.recv(1) == b"x"
        thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
        print(subprocess.run(["echo", "process"], capture_output=True, text=True).stdout, end="")
        lock = multiprocessing.Lock()
        print(os.cpu_count() > 0, os.listdir("/proc/self/fd") != [])
    """)
    run = session.run_cell(source, cell_id="a")
    assert run.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "thread\nprocess\nTrue True\n"}
    ]


def test_the_submission_sees_no_process_but_its_own(session: Session) -> None:
    run = session.run_cell(
        "import os; [p for p in os.listdir('/proc') if p.isdigit()]", cell_id="a"
    )
    assert run.outputs[0]["data"]["text/plain"] == "['1']"


def test_two_sessions_at_once_do_not_see_each_other(sandbox: Sandbox) -> None:
    with sandbox.start() as one, sandbox.start() as two:
        one.run_cell("open('/tmp/mine', 'w').write('one'); open('/dev/shm/mine', 'w')", cell_id="a")
        source = "import os; os.path.exists('/tmp/mine'), os.listdir('/dev/shm'), os.getpid()"
        run = two.run_cell(source, cell_id="a")
        assert run.outputs[0]["data"]["text/plain"] == "(False, [], 1)"
        one.run_cell("def f(): return 1", cell_id="b")
        two.run_cell("def f(): return 2", cell_id="b")
        assert (one.send(Request("f")).value, two.send(Request("f")).value) == (1, 2)


def processor_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_a_fork_takes_no_thread_along_and_little_time(sandbox: Sandbox) -> None:
    seconds = []
    for _ in range(10):
        with sandbox.start() as session:
            assert len(os.listdir(f"/proc/{session.pid}/task")) == 1
            status = Path(f"/proc/{session.pid}/status").read_text()
            guard = int(status.partition("PPid:")[2].split()[0])
            # Processor time, of which other work on this machine takes less than of the clock's.
            seconds.append(processor_seconds(session.pid) + processor_seconds(guard))
    assert min(seconds) < 0.03


def test_limits_have_the_defaults_that_instructors_are_told() -> None:
    mib = 2**20
    assert Limits() == Limits(
        wall_seconds=60,
        cell_seconds=20,
        call_seconds=5,
        memory_bytes=2048 * mib,
        processes=64,
        file_bytes=128 * mib,
        output_bytes=8 * mib,
        array_bytes=64 * mib,
    )
