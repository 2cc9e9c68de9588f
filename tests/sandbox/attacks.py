"""Cells that attack the sandbox or the protocol, each with what may come of it."""

from __future__ import annotations

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
