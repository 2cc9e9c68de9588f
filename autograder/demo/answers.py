"""What the students of the sample class write into their cells."""

from __future__ import annotations

__all__ = [
    "ENDLESS_STUB",
    "EQUAL_TO_ALL",
    "LAST_ONLY",
    "MAX_TO_BOTH",
    "NOT_SWAPPED",
    "NO_SIGN",
    "NO_UPSTREAM",
    "ONE_IN_EACH",
    "OS_EXIT",
    "PATCH_EVERYTHING",
    "PLANT_A_SCRIPT",
    "SEARCH_THE_DISK",
    "SIGMOID_AGAIN",
    "TWO_AT_ONCE",
    "WITH_LOOPS",
    "ZEROS",
]

WITH_LOOPS = {
    "mul_backward": """
def mul_backward(a, b, g):
    a, b, g = np.asarray(a), np.asarray(b), np.asarray(g)
    da, db = np.zeros(a.shape), np.zeros(b.shape)
    for index in np.ndindex(a.shape):
        da[index] = g[index] * b[index]
        db[index] = g[index] * a[index]
    return da, db
""",
    "max_backward": """
def max_backward(a, b, g):
    a, b, g = np.asarray(a), np.asarray(b), np.asarray(g)
    da, db = np.zeros(a.shape), np.zeros(b.shape)
    for index in np.ndindex(a.shape):
        if a[index] > b[index]:
            da[index] = g[index]
        elif b[index] > a[index]:
            db[index] = g[index]
        else:
            da[index] = db[index] = g[index] / 2
    return da, db
""",
    "Copy": """
class Copy:
    def forward(self, x, n):
        copies = []
        while len(copies) < n:
            copies.append(x)
        return copies

    def backward(self, upstreams):
        total = upstreams[0]
        for index in range(1, len(upstreams)):
            total = total + upstreams[index]
        return total
""",
}

NO_UPSTREAM = """
def exp_backward(x, upstream):
    return np.exp(x)
"""

NOT_SWAPPED = """
def mul_backward(x, y, upstream):
    return upstream * x, upstream * y
"""

MAX_TO_BOTH = """
def max_backward(x, y, upstream):
    return upstream, upstream
"""

SIGMOID_AGAIN = """
def sigmoid_backward(out, upstream):
    s = 1 / (1 + np.exp(-out))
    return upstream * s * (1 - s)
"""

NO_SIGN = """
def reciprocal_backward(x, upstream):
    return upstream / x**2
"""

LAST_ONLY = """
class Copy:
    def forward(self, x, n):
        return [x] * n

    def backward(self, upstreams):
        for upstream in upstreams:
            dx = upstream
        return dx
"""

TWO_AT_ONCE = """
def exp_backward(x, upstream):
    return -np.exp(x)
"""

ONE_IN_EACH = """
def mul_backward(x, y, upstream):
    return -upstream * y, x
"""

ENDLESS_STUB = """
def circuit_backward(x, y, z, w, upstream):
    while True:
        pass
"""

ZEROS = """
def mul_backward(x, y, upstream):
    return np.zeros_like(x), np.zeros_like(y)
"""

PATCH_EVERYTHING = """
import sys

import course.checking
import course.checking.compare
import course.checking.examine
import numpy.testing
from IPython.core.interactiveshell import InteractiveShell

np.allclose = np.array_equal = lambda *a, **k: True
np.isclose = lambda a, b, **k: np.ones(np.shape(a), bool)
np.testing.assert_allclose = lambda *a, **k: None
for module in [m for name, m in list(sys.modules.items()) if name.startswith("course")]:
    for attribute in ("agree", "all_agree", "check", "examine"):
        if hasattr(module, attribute):
            setattr(module, attribute, lambda *a, **k: True)
InteractiveShell.showtraceback = lambda self, *a, **k: None
check = lambda stub: None
"""

EQUAL_TO_ALL = """
class Right:
    shape, dtype, size, ndim = (), np.dtype(float), 1, 0

    def __eq__(self, other):
        return True

    def __array__(self, dtype=None, copy=None):
        return np.zeros(())

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

def mul_backward(x, y, upstream):
    return Right(), Right()
"""

SEARCH_THE_DISK = """
import pathlib
import sqlite3

def mul_backward(x, y, upstream):
    for start in (".", "..", "/", "/home", "/root", "/tmp"):
        for pattern in ("gradebook.db", "*/gradebook.db", "solutions/*.py", "*/solutions/*.py"):
            for path in pathlib.Path(start).glob(pattern):
                if path.suffix == ".db":
                    sqlite3.connect(path).execute("UPDATE grade SET auto_score = 100")
                exec(path.read_text().split("### BEGIN SOLUTION")[1])
    raise FileNotFoundError("nothing here")
"""

OS_EXIT = """
import os

def exp_backward(x, upstream):
    os._exit(0)
"""

PLANT_A_SCRIPT = """
from IPython.display import HTML, Javascript, display

display(HTML("<b>hello</b><script>document.title = 'planted'</script>"
             "<img src='x' onerror='document.title = 1'>"))
display(Javascript("document.title = 'planted'"))
"""
