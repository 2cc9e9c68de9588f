"""Taking more than there is: time, memory, processes, files, descriptors, outputs.

Every loop and every allocation has an end of its own: about 20 s, 1.2 GB, 200 processes, 200 MB.
None of it may run where nothing contains it.
"""

from __future__ import annotations

from typing import Any

from tests.hostile.case import Case, cell, stub

TIME, MEMORY, PROCESSES, DISK, ENDS, OUTPUT = (
    "time",
    "memory",
    "processes",
    "disk and descriptors",
    "ends itself",
    "output flood",
)


CONTAINED = """
import ctypes, os, signal, socket, sys, threading, time
assert socket.gethostname() == "sandbox", "not where nothing contains it"
"""


def case(name: str, kind: str, what: str, hand_in: Any, **other: Any) -> Case:
    return Case(name, kind, what, hand_in, **{"there": False, **other})


def in_call(code: str, before: str = "") -> Any:
    """A stub that does this when it is called."""
    lines = "\n    ".join(code.strip().splitlines())
    return stub(
        f"{CONTAINED}{before}\n"
        f"def mul_backward(x, y, upstream):\n    {lines}\n    return x * 0, y * 0"
    )


def in_cell(code: str) -> Any:
    return cell(CONTAINED + code)


LOOP = "until = time.monotonic() + 20\nwhile time.monotonic() < until: pass"
DEAF = """
signal.setitimer(signal.ITIMER_REAL, 0)
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
"""

CASES = (
    case("loops", TIME, "never returns", in_call(LOOP)),
    case(
        "catches-everything",
        TIME,
        "a cell that catches every interrupt and goes on",
        in_cell("""
until = time.monotonic() + 20
while time.monotonic() < until:
    try:
        while time.monotonic() < until: pass
    except BaseException: pass
"""),
    ),
    case("deaf", TIME, "ignores all signals, then loops", in_cell(DEAF + LOOP)),
    case(
        "sleeps-in-c",
        TIME,
        "sleeps where Python cannot interrupt it",
        in_call("ctypes.CDLL(None).sleep(20)"),
    ),
    case(
        "evil-regex",
        TIME,
        "a regular expression that backtracks",
        in_call("import re; re.match('(a+)+$', 'a' * 30 + 'b')"),
    ),
    case(
        "stops-itself",
        TIME,
        "stops its own process",
        in_call("os.kill(os.getpid(), signal.SIGSTOP); os.kill(0, signal.SIGSTOP)"),
    ),
    case(
        "spins-on-all-cores",
        TIME,
        "twenty processes that compute for two seconds, while others are graded",
        in_cell("""
for _ in range(20):
    if os.fork() == 0:
        until = time.monotonic() + 2
        while time.monotonic() < until: pass
        os._exit(0)
"""),
    ),
    case("memory-at-once", MEMORY, "1.2 GB in one piece", in_call("kept = np.ones(150_000_000)")),
    case(
        "memory-by-and-by",
        MEMORY,
        "1.2 GB in small pieces",
        in_call("kept = [bytearray(1 << 20) for _ in range(1200)]"),
    ),
    case(
        "memory-by-children",
        MEMORY,
        "eight children with 150 MB each",
        in_call("""
for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(b"x") * (150 << 20)
        time.sleep(3)
        os._exit(0)
time.sleep(3)
"""),
    ),
    case(
        "greedy-gates",
        MEMORY,
        "has the grader's own gates multiply until its memory is full",
        stub(
            """
class Graph:
    def __init__(self, steps):
        self.steps = steps

    def forward(self, **inputs):
        for _, (forward, backward), names in self.steps:
            if len(names) == 2:
                outer = np.ones((12_000, 1)), np.ones((1, 12_000))
                for huge in (outer, ([0], 10**8), ("x", 10**9)):
                    try:
                        forward(*huge)
                    except RuntimeError:
                        pass
        return 0.0

    def backward(self, upstream):
        self.steps[:] = [None]
        return {}
""",
            "Graph",
        ),
        attacks=("Graph",),
    ),
    case(
        "fork-bomb",
        PROCESSES,
        "processes that make processes",
        in_cell("""
until = time.monotonic() + 1
for _ in range(7):
    try: os.fork()
    except OSError: break
while time.monotonic() < until: time.sleep(0.1)
"""),
    ),
    case(
        "thread-bomb",
        PROCESSES,
        "200 threads",
        in_call(
            "nap = time.sleep, (5,)\nfor _ in range(200):\n"
            "    threading.Thread(target=nap[0], args=nap[1], daemon=True).start()"
        ),
    ),
    case(
        "daemon",
        PROCESSES,
        "a process of its own session that outlives its parents",
        in_cell("""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/usr/bin/sleep", ["sleep", "@nap@"])
    os._exit(0)
"""),
    ),
    case(
        "time-bomb",
        PROCESSES,
        "threads, exit handlers and finalizers that wait for the grader to be done",
        in_call(
            """
later()
import atexit
atexit.register(later)
sys.exitfunc = later
threading.Thread(target=lambda: (time.sleep(3), later())).start()
""",
            """
def later():
    for place in ("@canary@", "@course@/gradebook.db"):
        try: open(place, "a").write("late")
        except OSError: pass
class Late:
    def __del__(self): later()
late = Late()
""",
        ),
    ),
    case(
        "disk",
        DISK,
        "200 MB of files, and 100,000 of none",
        in_call("""
for n in range(200): open(f"/tmp/{n}", "wb").write(bytes(1 << 20))
for n in range(100_000): open(f"/tmp/work/{n}", "w")
"""),
    ),
    case(
        "descriptors",
        DISK,
        "opens 5,000 files and then closes all there are, the grader's too",
        in_call("""
try: kept = [open("/dev/null") for _ in range(5000)]
finally: os.closerange(0, 5000)
"""),
    ),
    case("exits", ENDS, "os._exit in the stub", in_call("os._exit(0)")),
    case("exits-in-cell", ENDS, "os._exit in the stub's cell", stub("import os\nos._exit(0)")),
    case("aborts", ENDS, "os.abort", in_call("os.abort()")),
    case("null-pointer", ENDS, "reads where nothing is", in_call("ctypes.string_at(0)")),
    case(
        "kills-all",
        ENDS,
        "a signal to every process",
        in_call("os.kill(-1, 9); os.kill(0, 9); os.kill(1, 9)"),
    ),
    case(
        "endless-stack",
        ENDS,
        "recursion without a limit",
        in_call("sys.setrecursionlimit(10**9)\ndef down(): return down()\ndown()"),
    ),
    case(
        "becomes-another",
        ENDS,
        "replaces itself by another program",
        in_call("os.execv('/bin/true', ['true'])"),
    ),
    case(
        "prints",
        OUTPUT,
        "prints 60 MB in a cell, to Python and to the descriptor",
        in_cell("""
for _ in range(30): print("x" * 1_000_000)
try:
    for _ in range(30): os.write(1, bytes(1_000_000))
except OSError: pass
"""),
    ),
    case(
        "updates-displays",
        OUTPUT,
        "500 displays, and one update of 900 kB to all of them",
        in_cell("""
from IPython.display import display, update_display
for _ in range(500): display({"text/plain": ""}, raw=True, display_id="one")
update_display({"text/plain": "x" * 900_000}, raw=True, display_id="one")
"""),
    ),
    case(
        "names-of-megabytes",
        OUTPUT,
        "MIME types, keys and error names of megabytes",
        in_cell("""
from IPython.display import display
for n in range(3): display({"x" * 900_000 + str(n): "", "text/plain": ""}, raw=True)
raise type("E" * 1_000_000, (Exception,), {})("x" * 1_000_000)
"""),
    ),
)
