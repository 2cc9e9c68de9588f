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

from .attacks import ALIVE, CELLS, CHANNEL, DEAD

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
