"""The sandbox contains, proves it, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.sandbox import Sandbox, SandboxError, Session, cgroup
from autograder.sandbox.launch import bubblewrap, seen_at
from autograder.sandbox.machine import facts
from course.checking.stub import StubGone
from tests.processes import is_running, wait_until

from .conftest import LIMITS

ROOT = Path(__file__).parents[2]


def processes() -> dict[int, str]:
    """Command lines of everything that runs."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def groups_of(pid: int) -> list[Path]:
    """Control groups that a grader has made."""
    directories = {controller.directory for controller in cgroup.controllers().values()}
    return [path for directory in directories for path in directory.glob(f"autograder-*-{pid}-*")]


def test_the_canary_finds_nothing_that_it_could_do(sandbox: Sandbox) -> None:
    sandbox.prove()


def test_the_canary_finds_a_sandbox_that_is_none() -> None:
    with (
        Sandbox(LIMITS, unsafe=True) as sandbox,
        pytest.raises(SandboxError, match="nothing was graded") as caught,
    ):
        sandbox.prove()
    found = str(caught.value)
    for breach in ("read", "connect to", "share our net namespace", "bytes of memory", "threads"):
        assert breach in found


def test_a_canary_that_cannot_run_is_no_proof(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.sandbox.canary.TRY", "import os; os._exit(0)")
    with pytest.raises((SandboxError, StubGone)):
        sandbox.prove()


def test_what_is_hidden_is_not_seen_even_within_the_python_installation(tmp_path: Path) -> None:
    secret = Path(sys.prefix) / f"secret-{os.getpid()}"
    secret.mkdir()
    try:
        (secret / "gradebook.db").write_text("scores")
        with Sandbox(LIMITS, hidden=[secret, tmp_path]) as sandbox:
            sandbox.prove()
            with sandbox.start() as session:
                run = session.run_cell(
                    f"import os; os.listdir({seen_at(str(secret))!r})", cell_id="a"
                )
                assert run.outputs[0]["data"]["text/plain"] == "[]"
    finally:
        shutil.rmtree(secret)


def test_the_canary_finds_what_should_be_hidden_and_is_not() -> None:
    seen = Path(sys.prefix) / "pyvenv.cfg"
    with Sandbox(LIMITS) as sandbox:
        sandbox.hidden = (seen,)
        with pytest.raises(SandboxError, match=r"read .*pyvenv\.cfg"):
            sandbox.prove()


def test_the_repository_around_the_course_is_not_seen(session: Session) -> None:
    run = session.run_cell(f"import os; sorted(os.listdir({str(ROOT)!r}))", cell_id="a")
    shown = "".join(str(output.get("data", output.get("ename"))) for output in run.outputs)
    assert ".git'" not in shown
    assert "solutions" not in shown


def test_the_course_itself_can_be_imported(session: Session) -> None:
    run = session.run_cell("import course; course.__file__", cell_id="a")
    assert run.outputs[0]["data"]["text/plain"] == "'/sandbox/course/__init__.py'"


def test_every_process_of_a_submission_ends_with_its_session(sandbox: Sandbox) -> None:
    mark = f"mark-{os.getpid()}"
    daemons = textwrap.dedent(f"""
        import os, signal, subprocess, sys
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        for _ in range(3):
            subprocess.Popen(
                [sys.executable, "-c", "import time; time.sleep(600)", {mark!r}],
                start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable,
                    [sys.executable, "-c", "import time; time.sleep(600)", {mark!r}])
            os._exit(0)
    """)
    with sandbox.start() as session:
        assert session.run_cell(daemons, cell_id="a").status == "ok"
        wait_until(lambda: sum(mark in line for line in processes().values()) == 4, "not four")
    assert not any(mark in line for line in processes().values())


def test_a_killed_grader_leaves_no_process_and_the_next_one_sweeps_its_groups() -> None:
    program = textwrap.dedent("""
        import sys, time
        from autograder.sandbox import Limits, Sandbox
        with Sandbox(Limits()) as sandbox, sandbox.start() as session:
            print(session.pid, flush=True)
            session.run_cell("import time; time.sleep(60)", cell_id="a")
    """)
    grader = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert grader.stdout is not None
    with grader.stdout:
        child = int(grader.stdout.readline())
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    wait_until(lambda: not is_running(child), "the child is left")
    assert groups_of(grader.pid)
    with Sandbox(LIMITS):
        assert not groups_of(grader.pid)


def test_directories_that_a_killed_grader_left_are_swept() -> None:
    program = textwrap.dedent("""
        import os, signal
        from autograder.sandbox import Sandbox
        from pathlib import Path
        import tempfile
        with Sandbox(unsafe=True) as sandbox:
            print(*Path(tempfile.gettempdir()).glob(f"autograder-*-{os.getpid()}-*"), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, text=True, check=False
    )
    left = Path(ran.stdout.strip())
    assert left.is_dir()
    with Sandbox(LIMITS, unsafe=True):
        assert not left.exists()


def test_a_sandbox_leaves_nothing_behind() -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with Sandbox(LIMITS) as sandbox:
        for _ in range(3):
            with sandbox.start() as session:
                session.run_cell(f"open('/tmp/left-{os.getpid()}', 'w')", cell_id="a")
    assert not list(Path(tempfile.gettempdir()).glob(f"*-{os.getpid()}*"))
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert not groups_of(os.getpid())


def test_a_zygote_that_is_gone_is_said_to_be_gone() -> None:
    with Sandbox(LIMITS) as sandbox:
        os.kill(sandbox.pid, signal.SIGKILL)
        with pytest.raises(SandboxError):
            sandbox.start()


def test_without_bubblewrap_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.launch._packaged_bubblewrap", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError, match="pip install"), Sandbox(LIMITS):
        pass


def test_a_bubblewrap_that_cannot_make_namespaces_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho \'No permissions to create a new'
        " namespace' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setattr("autograder.sandbox.launch._packaged_bubblewrap", lambda: str(broken))
    with pytest.raises(SandboxError, match="No permissions to create") as caught, Sandbox(LIMITS):
        pass
    assert "doctor" in str(caught.value)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_than_on_linux_the_ways_that_work_are_named(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SandboxError, match=r"container.*--scheduler"), Sandbox(LIMITS):
        pass
    (fact,) = facts()
    assert (fact.present, fact.needed) == (False, True)
    assert "--scheduler" in fact.detail


def test_this_machine_has_what_is_needed() -> None:
    lacking = [fact for fact in facts() if fact.needed and not fact.present]
    assert lacking == []


def test_every_fact_says_something() -> None:
    assert all(fact.name and fact.detail for fact in facts())


@pytest.fixture
def without_groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr("autograder.sandbox.cgroup.controllers", dict)
    with Sandbox(replace(LIMITS, cell_seconds=10)) as sandbox:
        yield sandbox


def test_without_control_groups_memory_is_still_limited(without_groups: Sandbox) -> None:
    hungry = textwrap.dedent("""
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                kept = bytearray(300 << 20)
                time.sleep(60)
        time.sleep(60)
    """)
    started = time.monotonic()
    with without_groups.start() as session:
        with pytest.raises(StubGone, match="memory") as caught:
            session.run_cell(hungry, cell_id="a")
        assert caught.value.status == "memory"
    assert time.monotonic() - started < 10


def test_without_control_groups_processes_are_still_limited(without_groups: Sandbox) -> None:
    with without_groups.start() as session:
        run = session.run_cell(FORKS, cell_id="a")
    assert int(run.outputs[0]["data"]["text/plain"]) < LIMITS.processes


FORKS = textwrap.dedent("""
    import os, signal
    children = []
    try:
        while len(children) < 200:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except BlockingIOError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
    len(children)
""")


def test_processes_are_limited(session: Session) -> None:
    run = session.run_cell(FORKS, cell_id="a")
    assert int(run.outputs[0]["data"]["text/plain"]) < LIMITS.processes


SPINS = textwrap.dedent("""
    import os, time
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()  # by which the kernel would share out time, were there no control group
            until = time.time() + 20
            while time.time() < until:
                pass
            os._exit(0)
""")
WORKS = textwrap.dedent("""
    import time
    started = time.perf_counter()
    for _ in range(3_000_000):
        pass
    time.perf_counter() - started
""")


def test_one_that_spins_in_many_processes_takes_a_fair_share() -> None:
    if "cpu" not in cgroup.controllers():
        (fact,) = [fact for fact in facts() if fact.name == "cpu cgroup"]
        assert "slows those that are graded beside it" in fact.detail
        return
    with Sandbox(replace(LIMITS, cell_seconds=20)) as sandbox:

        def seconds() -> float:
            with sandbox.start() as session:
                run = session.run_cell(WORKS, cell_id="works")
            return float(run.outputs[0]["data"]["text/plain"])

        alone = [seconds()]
        with sandbox.start() as other:
            other.run_cell(SPINS, cell_id="spins")
            beside = min(seconds() for _ in range(3))
        alone.append(seconds())
    # Without the group it is ten times as much on two cores.
    assert beside < 6 * max(alone)


def test_the_same_holds_for_an_ordinary_user() -> None:
    if os.getuid() != 0:
        with Sandbox(LIMITS) as sandbox:
            sandbox.prove()
        return
    program = textwrap.dedent("""
        import os, sys
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        from autograder.sandbox import Limits, Sandbox
        with Sandbox(Limits()) as sandbox:
            sandbox.prove()
            with sandbox.start() as session:
                print(session.run_cell("import os; os.getuid()", cell_id="a").outputs)
    """)
    ran = subprocess.run(
        _for_anybody(program),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "65534" in ran.stdout


def _for_anybody(program: str) -> list[str]:
    """Command that shows the installation at its place even below directories for root alone."""
    options = ["--dev-bind", "/", "/"]
    closed = [
        parent
        for path in (sys.base_prefix, sys.prefix, str(ROOT))
        for parent in reversed(Path(path).parents)
        if not parent.stat().st_mode & 0o001
    ]
    for directory in dict.fromkeys(closed):
        options += ["--perms", "0755", "--tmpfs", str(directory)]
    for path in (sys.base_prefix, str(ROOT), sys.prefix):
        for parent in reversed(Path(path).parents):
            if any(parent.is_relative_to(directory) for directory in closed):
                options += ["--perms", "0755", "--dir", str(parent)]
        options += ["--ro-bind", path, path]
    return [bubblewrap(), *options, "--cap-add", "ALL", "--", sys.executable, "-c", program]
