"""Answers that are none: values that lie about themselves, and frames forged on the channel."""

from __future__ import annotations

from typing import Any

from tests.hostile.case import Case, stub

LYING, FRAMES = "lying value", "forged frame"

# Finds the socket to the grader as an attacker would, by trying.
CHANNEL = """
import os, socket, struct
fd = next(n for n in range(3, 256) if os.path.exists(f"/proc/self/fd/{n}")
          and os.readlink(f"/proc/self/fd/{n}").startswith("socket:"))
channel = socket.socket(fileno=os.dup(fd))
def frame(header, body=b""):
    return struct.pack("!4sII", b"bpf1", len(header), len(body)) + header + body
def replied(arguments=b'["tuple",[]]'):
    return frame(b'{"kind":"replied","payload":["dict",[["value",["tuple",[1,1]]],["arguments",'
                 + arguments + b'],["printed",""]]],"sizes":[]}')
"""


def tricky(returned: str) -> Any:
    """A stub that returns something odd."""
    return stub(f"def mul_backward(x, y, upstream):\n    return {returned}")


def at_each_call(code: str) -> Any:
    """A stub that does something to the channel before it answers wrongly."""
    return stub(
        f"{CHANNEL}\ndef mul_backward(x, y, upstream):\n    {code}\n    return 0 * x, 0 * y",
    )


CASES = (
    # --- values that lie ---
    Case(
        "equal-to-all",
        LYING,
        "an object that equals everything and subtracts to 0",
        stub("""
class Right:
    shape, dtype, ndim, size = (), np.dtype(float), 0, 1
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = lambda self, *a: 0.0
    def __array__(self, *a, **k): return np.zeros(())
    def __float__(self): return 0.0
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
def mul_backward(x, y, upstream):
    return Right(), Right()
"""),
    ),
    Case(
        "lying-array",
        LYING,
        "a subclass of ndarray in which every comparison and ufunc agrees",
        stub("""
class Right(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_ufunc__(self, ufunc, method, *inputs, **k): return np.zeros(self.shape)
    def __array_function__(self, *a, **k): return True
    def __sub__(self, other): return np.zeros(self.shape)
    __rsub__ = __sub__
def mul_backward(x, y, upstream):
    return np.zeros(np.shape(x)).view(Right), np.zeros(np.shape(y)).view(Right)
"""),
    ),
    Case(
        "pickle-bomb",
        LYING,
        "runs code where it is unpickled",
        stub("""
class Bomb:
    def __reduce__(self): return (exec, ("import os; open('@canary@', 'w').write('gone')",))
def mul_backward(x, y, upstream):
    return np.array([Bomb()], dtype=object), Bomb()
"""),
        there=False,
    ),
    Case(
        "only-nan", LYING, "nan, of which no difference is large", tricky("x * np.nan, y * np.nan")
    ),
    Case("only-inf", LYING, "infinity", tricky("x * 0 + np.inf, y * 0 + np.inf")),
    Case(
        "huge-integer", LYING, "an integer larger than any float", tricky("2**1024 - 1, -2**1000")
    ),
    Case(
        "ten-gigabytes",
        LYING,
        "arrays that claim 10 GB and have one entry",
        tricky("(np.broadcast_to(np.zeros(1), (1_250_000_000,)),) * 2"),
        there=False,
    ),
    Case("no-entries", LYING, "arrays of 0 × 10⁹ entries", tricky("(np.zeros((0, 10**9)),) * 2")),
    Case(
        "deep-nest",
        LYING,
        "lists nested 100,000 deep",
        stub("""
def mul_backward(x, y, upstream):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest, nest
"""),
    ),
    Case(
        "many-values",
        LYING,
        "three million values in one answer",
        tricky("tuple(range(3_000_000))"),
    ),
    Case(
        "odd-dtypes",
        LYING,
        "dates, records and text as gradients",
        tricky("np.array(['2020-01-01'], 'M8[D]'), np.zeros(3, 'i4,f8')"),
    ),
    Case(
        "answers-by-name",
        LYING,
        "a dict of entries that are called like the gradients",
        tricky("{'dx': True, 'dy': '1.0', 'passed': True, '__class__': 'Verdict'}"),
    ),
    Case(
        "raises-a-lie",
        LYING,
        "raises errors named like the grader's, with a message of megabytes and no Unicode",
        stub("""
class StubGone(Exception): pass
def mul_backward(x, y, upstream):
    raise StubGone("\\x1b[2Jgraded\\n" * 300_000 + "\\ud800")
"""),
    ),
    Case(
        "leaves-by-exception",
        LYING,
        "SystemExit and KeyboardInterrupt out of a stub",
        stub("""
def mul_backward(x, y, upstream):
    raise SystemExit(0) if np.ndim(x) else KeyboardInterrupt
"""),
    ),
    Case(
        "wipes-arguments",
        LYING,
        "sets inputs and upstream to 0 in place, so that 0 would be right",
        stub("""
def mul_backward(x, y, upstream):
    for each in (x, y, upstream):
        if isinstance(each, np.ndarray):
            each[...] = 0
    return np.zeros_like(x), np.zeros_like(y)
"""),
    ),
    Case(
        "first-call-only",
        LYING,
        "right the first time, zeros ever after",
        stub("""
calls = []
def mul_backward(x, y, upstream):
    calls.append(1)
    return (upstream * y, upstream * x) if len(calls) == 1 else (x * 0, y * 0)
"""),
    ),
    Case(
        "knows-the-example",
        LYING,
        "the answer that stands in the text, and nothing else",
        tricky("(-8.0, 6.0)"),
    ),
    Case(
        "knows-the-probes",
        LYING,
        "answers learned beforehand for the probes that check draws in the notebook",
        stub("""
KNOWN = {}
from course.exercises import find
for _, cases in find("mul_backward").cases(0):
    for case in cases:
        KNOWN[np.asarray(case.inputs[0], float).tobytes()] = case.answer
def mul_backward(x, y, upstream):
    return KNOWN.get(np.asarray(x, float).tobytes(), (x * 0, y * 0))
"""),
    ),
    # --- the channel to the grader ---
    Case(
        "forged-replies",
        FRAMES,
        "answers on the grader's socket itself, before the stub does",
        at_each_call("channel.sendall(replied())"),
        "vandal",
        there=False,
    ),
    Case(
        "forged-arguments",
        FRAMES,
        "says that its arguments are now something else altogether",
        at_each_call("""channel.sendall(replied(b'["tuple",[null,["dict",[]],7,7,7]]'))"""),
        "vandal",
        there=False,
    ),
    Case(
        "forged-verdict",
        FRAMES,
        "sends a verdict of full points",
        at_each_call("""channel.sendall(frame(b'{"kind":"verdict","payload":1,"sizes":[]}'))"""),
        there=False,
    ),
    Case(
        "says-it-failed",
        FRAMES,
        "says that its process gave up, in codes for the instructor's terminal",
        at_each_call(
            "channel.sendall(frame("
            """b'{"kind":"failed","payload":"\\\\u001b[2J[bold]0 of 0","sizes":[]}'))"""
        ),
        there=False,
    ),
    Case(
        "flooded-channel",
        FRAMES,
        "64 MB of frames",
        at_each_call("for _ in range(64): channel.sendall(frame(b'{}') * 70_000)"),
        there=False,
    ),
    Case(
        "huge-frame",
        FRAMES,
        "a frame that says it has 4 GB",
        at_each_call("channel.sendall(struct.pack('!4sII', b'bpf1', 2**32 - 1, 2**32 - 1))"),
        there=False,
    ),
    Case(
        "half-a-frame",
        FRAMES,
        "half a frame, and then it waits",
        at_each_call("channel.sendall(b'bpf1'); __import__('time').sleep(5)"),
        there=False,
    ),
    Case(
        "sends-descriptors",
        FRAMES,
        "hands the grader open files",
        at_each_call("socket.send_fds(channel, [b'bpf1'], [0, 1, 2] * 50)"),
        there=False,
    ),
    Case(
        "closed-channel",
        FRAMES,
        "closes the socket under the call",
        at_each_call("channel.close(); os.close(fd)"),
        there=False,
    ),
)
