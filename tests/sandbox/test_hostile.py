"""Notebooks that attack the sandbox or the protocol; what must hold is the same for all.

Whatever a cell or a stub does, the trusted side comes back within its deadlines, with a value of
the kinds it knows or with one of its errors; a session started afterwards is sound; nothing stays.
"""

from __future__ import annotations

import resource
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.sandbox import Limits, Sandbox, Session
from autograder.sandbox.inside.frames import HEADER_BYTES, MAGIC, PREFIX
from course.checking.stub import Request, StubError, StubGone, StubMissing, StubRaised
from course.checking.values import Opaque

MIB = 2**20
LIMITS = Limits(
    wall_seconds=4,
    cell_seconds=0.5,
    call_seconds=1,
    memory_bytes=768 * MIB,
    processes=24,
    file_bytes=16 * MIB,
    output_bytes=64 * 1024,
    array_bytes=MIB,
)
# Finds the descriptor of the channel, as an attacker would: it is the only socket.
CHANNEL = """
import os, socket, struct, sys, threading, time
fd = next(n for n in range(3, 256) if os.path.exists(f"/proc/self/fd/{n}")
          and os.readlink(f"/proc/self/fd/{n}").startswith("socket:"))
channel = socket.socket(fileno=os.dup(fd))
def frame(header, body=b""):
    return struct.pack("!4sII", b"bpf1", len(header), len(body)) + header + body
"""
# What may come of a case, as (status of the cell) or the status of the end.
DEAD = {"crashed", "timeout", "memory", "refused"}
ALIVE = {"ok", "error"}

CELLS = {
    # The protocol, written to by hand.
    "garbage on the channel": (CHANNEL + "channel.send(b'x' * 100)", {"refused"}),
    "a frame that says it is huge": (
        CHANNEL + "channel.send(struct.pack('!4sII', b'bpf1', 2**32 - 1, 2**32 - 1))",
        {"refused"},
    ),
    "a header nested a million deep": (
        CHANNEL + "channel.sendall(frame(b'[' * 10**6)); time.sleep(9)",
        {"refused"},
    ),
    "a header that is not UTF-8": (CHANNEL + r"channel.send(frame(b'\xff\xfe'))", {"refused"}),
    "a frame of an unknown kind": (
        CHANNEL + """channel.send(frame(b'{"kind":"graded","payload":100,"sizes":[]}'))""",
        {"refused"},
    ),
    "an answer to a call nobody made": (
        CHANNEL + """channel.send(frame(b'{"kind":"replied","payload":1,"sizes":[]}'))""",
        {"refused"},
    ),
    "outputs that are none": (
        CHANNEL
        + """channel.send(frame(b'{"kind":"ran","payload":["dict",[["status","ok"],'
        b'["outputs",["list",[1]]],["execution_count",1]]],"sizes":[]}'))""",
        {"refused"},
    ),
    "half a frame, then nothing": (
        CHANNEL + "channel.send(b'bpf1')\nwhile True:\n    try: time.sleep(9)\n    except: pass",
        {"timeout"},
    ),
    "a frame in drops": (
        CHANNEL
        + "for byte in struct.pack('!4sII', b'bpf1', 999, 0) + b' ' * 999:\n"
        + "    channel.send(bytes([byte])); time.sleep(0.1)",
        {"timeout", "refused"},
    ),
    "the channel closed": (CHANNEL + "channel.close(); os.close(fd)", DEAD),
    "the channel shut down": (CHANNEL + "channel.shutdown(socket.SHUT_RDWR)", DEAD),
    "the channel replaced by a pipe": (CHANNEL + "os.dup2(os.pipe()[0], fd)", DEAD),
    "the channel flooded": (
        CHANNEL + "while True: channel.sendall(frame(b'{}') * 1000)",
        {"refused"},
    ),
    "the channel read by a thread of its own": (
        CHANNEL + "threading.Thread(target=lambda: channel.recv(1 << 20)).start()",
        ALIVE | DEAD,
    ),
    "every descriptor closed": ("import os; os.closerange(0, 1024)", ALIVE | DEAD),
    "every descriptor used up": (
        "kept = []\nwhile True: kept.append(open('/dev/null'))",
        {"error", "timeout"},
    ),
    # Ends.
    "os._exit": ("import os; os._exit(0)", {"crashed"}),
    "os.abort": ("import os; os.abort()", {"crashed"}),
    "a null pointer": ("import ctypes; ctypes.string_at(0)", {"crashed"}),
    "a signal to itself": ("import os; os.kill(os.getpid(), 9)", ALIVE | DEAD),
    "a signal to everybody": ("import os; os.kill(-1, 9)", ALIVE | DEAD),
    "a stack without end": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
        ALIVE | DEAD,
    ),
    "a program in its place": ("import os; os.execv('/bin/true', ['true'])", {"crashed"}),
    "a frame kept for the end": (
        CHANNEL + "import atexit; atexit.register(lambda: channel.send(b'late')); sys.exit()",
        ALIVE,
    ),
    # Time.
    "a loop": ("while True: pass", {"timeout"}),
    "a loop that ignores every interrupt": (
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "for n in range(1, 65):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True: pass",
        {"timeout"},
    ),
    "a loop that catches every interrupt": (
        "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
        {"timeout"},
    ),
    "a sleep in C": ("import ctypes; ctypes.CDLL(None).sleep(60)", {"timeout", "ok"}),
    "a number with a billion digits": ("10**10**9", {"timeout", "error"}),
    "an evil regular expression": ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", {"timeout"}),
    # Memory, disk and processes.
    "memory at once": ("bytearray(1 << 40)", {"error"}),
    "memory little by little": (
        "kept = []\nwhile True: kept.append(bytearray(1 << 20))",
        {"error", "timeout"},
    ),
    "memory by children": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        kept = bytearray(200 << 20); time.sleep(30)\ntime.sleep(30)",
        {"memory", "timeout"},
    ),
    "memory in files without a name": (
        "import os\nwhile True: os.write(os.memfd_create('m'), bytes(1 << 20))",
        {"error", "timeout"},
    ),
    "memory shared": (
        "import ctypes\nassert ctypes.CDLL(None).shmget(0, 1 << 30, 0o1600) >= 0",
        {"error"},
    ),
    "disk filled": (
        "for n in range(10**6): open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))",
        {"error", "timeout"},
    ),
    "disk filled with files": (
        "for n in range(10**6): open(f'/tmp/{n}', 'w')",
        {"error", "timeout"},
    ),
    "the descriptor 1 written full": (
        "import os\nwhile True: os.write(1, bytes(1 << 20))",
        {"error", "timeout"},
    ),
    "a bomb of forks": ("import os\nwhile True: os.fork()", ALIVE | DEAD),
    "a bomb of threads": (
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        {"error", "timeout"},
    ),
    "a daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(60)\n    os._exit(0)",
        {"ok"},
    ),
    "a copy of the process that goes on": ("import os; os.fork()", {"ok"}),
    # Ways out.
    "a namespace of its own": (
        "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
        {"error"},
    ),
    "a namespace by clone": (
        "import ctypes\nassert ctypes.CDLL(None).syscall(56, 0x10000011, 0, 0, 0, 0) >= 0",
        {"error"},
    ),
    "a mount": (
        "import ctypes\nassert ctypes.CDLL(None).mount(b't', b'/tmp', b'tmpfs', 0, None) == 0",
        {"error"},
    ),
    "the mount of /tmp taken away": (
        "import ctypes\nassert ctypes.CDLL(None).umount2(b'/tmp', 2) == 0",
        {"error"},
    ),
    "a system call of another architecture": (
        "import ctypes\nassert ctypes.CDLL(None).syscall(0x40000000 + 39) > 0",
        {"error"},
    ),
    "a trace of the parent": (
        "import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
        {"error"},
    ),
    "a symlink out of /tmp": (
        "import os; os.symlink('/etc/shadow', '/tmp/s'); open('/tmp/s')",
        {"error"},
    ),
    "the limits raised": (
        "import resource as r; r.setrlimit(r.RLIMIT_NPROC, (10**6, 10**6))",
        {"error"},
    ),
    "the zygote's files": ("open('/sandbox/inside/child.py', 'a')", {"error"}),
    "a path upwards": ("open('/proc/1/root/../../../home/course/pyproject.toml')", {"error"}),
    # The shell's and the recorder's insides.
    "the shell's run_cell replaced": (
        "get_ipython().run_cell = get_ipython().run = lambda *a, **k: 'ok'",
        {"ok"},
    ),
    "the shell's events that raise": (
        "def boom(*a): raise SystemExit\nget_ipython().events.register('post_run_cell', boom)",
        ALIVE,
    ),
    "the recorder's outputs replaced": (
        "get_ipython().recorder.outputs = [{'output_type': 'score', 'score': 100}]",
        ALIVE | {"refused"},
    ),
    "the recorder's outputs made of nothing it knows": (
        "get_ipython().recorder.outputs = 7",
        ALIVE | DEAD,
    ),
    "json and struct replaced": (
        "import json, struct\njson.dumps = struct.Struct = json.loads = None",
        ALIVE | DEAD,
    ),
    "stdout replaced": ("import sys; sys.stdout = sys.stderr = None; print('x')", {"ok"}),
    "numpy replaced": (
        "import numpy, sys; sys.modules['numpy'] = None; numpy.asarray = None",
        ALIVE | DEAD,
    ),
    "an input transformer": (
        "get_ipython().input_transformers_cleanup.append(lambda lines: 1 / 0)",
        {"ok"},
    ),
    "a syntax tree transformer": (
        "import ast\nclass T(ast.NodeTransformer):\n    def visit(self, node): return None\n"
        "get_ipython().ast_transformers.append(T())",
        {"ok"},
    ),
    "a million outputs": ("for n in range(10**6): display(n)", {"ok", "timeout"}),
    "a display that is a bomb": (
        "class Bomb:\n    def _repr_mimebundle_(self, **k):\n"
        "        return {'text/plain': 'x' * 10**8, 'application/json': [[[]]] * 10**6}\nBomb()",
        ALIVE | {"refused"},
    ),
    "a display of no JSON": (
        "display({'application/json': {1: object()}, 'text/plain': 5}, raw=True)",
        ALIVE | {"refused"},
    ),
    "frames walked up": (
        "import sys\nframe = sys._getframe()\nwhile frame.f_back: frame = frame.f_back\n"
        "frame.f_globals.clear()",
        ALIVE | DEAD,
    ),
    "every object in memory changed": (
        "import gc\nfor one in gc.get_objects():\n"
        "    if isinstance(one, dict) and 'status' in one: one['status'] = 100",
        ALIVE | DEAD,
    ),
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", CELLS)
def test_a_hostile_cell_harms_nobody_else(strict: Sandbox, name: str) -> None:
    source, allowed = CELLS[name]
    started = time.monotonic()
    with strict.start() as session:
        pid = session.pid
        came_of_it = set(outcomes(session, source))
    assert time.monotonic() - started < LIMITS.wall_seconds + 2
    assert came_of_it & allowed, came_of_it
    assert came_of_it <= allowed | ALIVE | DEAD
    assert not Path(f"/proc/{pid}").exists()
    honest(strict)


def outcomes(session: Session, source: str) -> Iterator[str]:
    """What became of the cell, of the next one and of a call, each of a kind that is known."""
    try:
        for one in (source, "def stub(x):\n    return 2 * x"):
            run = session.run_cell(textwrap.dedent(one), cell_id="a")
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one)])
            notebook.cells[0].outputs = [nbformat.from_dict(output) for output in run.outputs]
            nbformat.validate(notebook)
            yield run.status
        session.send(Request("stub", (np.ones(2),)))
    except StubGone as gone:
        yield gone.status
    except (StubMissing, StubRaised):
        yield "error"


def honest(sandbox: Sandbox) -> None:
    """A submission that comes next is run as if nothing had been."""
    with sandbox.start() as session:
        assert session.run_cell("def stub(x): return 2 * x", cell_id="a").status == "ok"
        assert session.send(Request("stub", (np.ones(2),))).value.tolist() == [2, 2]


STUBS = {
    "an object equal to everything": (
        "class E:\n    def __eq__(self, other): return True\n    __hash__ = None\n"
        "def stub(x): return E()",
        Opaque("E"),
    ),
    "an array equal to everything": (
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, other): return True\n"
        "    def __array_ufunc__(self, *a, **k): return True\n"
        "def stub(x): return np.zeros(2).view(A)",
        np.zeros(2),
    ),
    "an object that says it is an array": (
        "class A:\n    def __array__(self, *a, **k): raise SystemExit\ndef stub(x): return A()",
        Opaque("A"),
    ),
    "a cycle": ("def stub(x):\n    l = []\n    l.append(l)\n    return l", [Opaque("list")]),
    "a generator": ("def stub(x): return (n for n in [1])", Opaque("generator")),
    "a memory map": ("import mmap\ndef stub(x): return mmap.mmap(-1, 10)", Opaque("mmap")),
    "a type whose name lies": (
        "class M(type):\n    @property\n    def __name__(cls): return 'ndarray'\n"
        "class T(metaclass=M): pass\ndef stub(x): return T()",
        Opaque("T"),
    ),
    "an array larger than allowed": (
        "import numpy as np\ndef stub(x): return np.zeros(10**7)",
        "ValuesError",
    ),
    "an array of strides without end": (
        "import numpy as np\n"
        "def stub(x): return np.lib.stride_tricks.as_strided(np.zeros(1), (10**9, 10**9), (0, 0))",
        "ValuesError",
    ),
    "a million items": ("def stub(x): return [0] * 10**6", "ValuesError"),
    "a string of a billion": ("def stub(x): return 'x' * 10**8", "ValuesError"),
    "an exception that cannot be shown": (
        "class E(Exception):\n    def __str__(self): raise SystemExit\ndef stub(x): raise E",
        DEAD,
    ),
    "a class of exceptions with a name of its own": (
        "class M(type):\n    @property\n    def __name__(cls): return 'StubGone'\n"
        "class E(Exception, metaclass=M): pass\ndef stub(x): raise E('no')",
        "E",
    ),
    "a forged reply before the true one": (
        CHANNEL
        + "def stub(x):\n"
        + """    channel.send(frame(b'{"kind":"replied","payload":["dict",[["value",1],'
        b'["arguments",["tuple",[]]],["printed",""]]],"sizes":[]}'))\n"""
        + "    return 2",
        1,
    ),
    "a forged verdict": (
        CHANNEL
        + "def stub(x):\n"
        + """    channel.send(frame(b'{"kind":"verdict","payload":100,"sizes":[]}'))""",
        {"refused"},
    ),
    "a call back that was not offered": (
        CHANNEL
        + "def stub(x):\n"
        + """    channel.send(frame(b'{"kind":"callback","payload":["dict",[["number",0],'
        b'["arguments",["list",[]]],["keywords",["dict",[]]]]],"sizes":[]}'))""",
        {"refused"},
    ),
    "an end in the call": ("import os\ndef stub(x): os._exit(0)", {"crashed"}),
    "a loop in the call": ("def stub(x):\n    while True: pass", {"timeout"}),
    "a loop that ignores every signal": (
        "import signal\ndef stub(x):\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass",
        {"timeout"},
    ),
    "sleep without end": ("import time\ndef stub(x): time.sleep(99)", {"timeout"}),
    "memory in the call": ("def stub(x): return bytearray(1 << 40)", "MemoryError"),
    "a fork that answers too": ("import os\ndef stub(x):\n    os.fork()\n    return 5", 5),
    "a thread that prints on": (
        "import threading, time\ndef chatter():\n    while True: print('x')\n"
        "def stub(x):\n    threading.Thread(target=chatter, daemon=True).start()\n    return 5",
        5,
    ),
    "a stub that is not there any more": ("def stub(x): pass\ndel stub", "missing"),
}


@pytest.mark.parametrize("name", STUBS)
def test_a_hostile_stub_gets_the_answer_it_has_earned(strict: Sandbox, name: str) -> None:
    source, expected = STUBS[name]
    with strict.start() as session:
        session.run_cell(source, cell_id="a")
        assert same(answer(session), expected)
    honest(strict)


def answer(session: Session) -> Any:
    try:
        return session.send(Request("stub", (np.ones(2),))).value
    except StubGone as gone:
        return {gone.status}
    except StubMissing:
        return "missing"
    except StubRaised as raised:
        return raised.kind


def same(left: Any, right: Any) -> bool:
    if isinstance(right, np.ndarray):
        return type(left) is np.ndarray and np.array_equal(left, right)
    if isinstance(right, set):
        return isinstance(left, set) and left <= right
    return type(left) is type(right) and left == right


hostile_bytes = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda header, body, lie: PREFIX.pack(MAGIC, len(header) + lie, len(body)) + header + body,
        st.one_of(
            st.binary(max_size=100),
            st.sampled_from(
                [
                    b'{"kind":"ran","payload":null,"sizes":[]}',
                    b'{"kind":"replied","payload":["dict",[]],"sizes":[]}',
                    b'{"kind":"callback","payload":["callback",0],"sizes":[]}',
                    b'{"kind":"failed","payload":["array","float64",[1],0],"sizes":[8]}',
                    b'{"kind":"raised","payload":["dict",[["kind",1]]],"sizes":[]}',
                ]
            ),
        ),
        st.binary(max_size=16),
        st.integers(-2, 2).filter(lambda lie: lie >= 0),
    ),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=hostile_bytes, in_a_call=st.booleans())
def test_whatever_a_child_writes_the_grader_goes_on(
    strict: Sandbox, data: bytes, in_a_call: bool
) -> None:
    attack = f"channel.sendall({data!r}); os._exit(0)"
    source = CHANNEL + (f"def stub(x):\n    {attack}" if in_a_call else attack)
    with strict.start() as session:
        try:
            session.run_cell(source, cell_id="a")
            session.send(Request("stub", (1,)))
        except StubError:
            assert not session.alive or session.run_cell("1", cell_id="b")


def test_the_trusted_side_does_not_grow_with_what_a_child_sends(strict: Sandbox) -> None:
    # Warm up: what is allocated once is no growth.
    honest(strict)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = f"""{CHANNEL}
header = b'{{"kind":"ran","sizes":[],"payload":[' + b'[],' * ({HEADER_BYTES} // 3 - 20) + b'[]]}}'
while True: channel.sendall(frame(header))
"""
    for _ in range(3):
        with strict.start() as session, pytest.raises(StubGone):
            session.run_cell(flood, cell_id="a")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < 150 * MIB


def test_nothing_of_them_runs_on_when_the_sandbox_is_closed() -> None:
    with Sandbox(LIMITS) as sandbox:
        zygote = sandbox.pid
        for name in ("a daemon", "a bomb of forks", "a loop that ignores every interrupt"):
            with sandbox.start() as session:
                assert list(outcomes(session, CELLS[name][0]))
        assert descendants(zygote)
    assert not descendants(zygote)
    assert not Path(f"/proc/{zygote}").exists()


def descendants(pid: int) -> set[int]:
    """Everything that a process has started, and what that has started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(path.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}
