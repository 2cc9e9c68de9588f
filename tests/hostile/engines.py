"""Gradients that an engine computed, or a difference quotient, in every disguise."""

from __future__ import annotations

from typing import Any

from tests.hostile.case import Case, stub

ENGINE, NUMERICAL = "engine in disguise", "numerical differentiation"


def asks(name: str, what: str, code: str, exercise: str = "exp_backward", **other: Any) -> Case:
    """A case that gets the answer of one exercise from an engine."""
    return Case(name, ENGINE, what, stub(code, exercise), attacks=(exercise,), **other)


VJP = "vjp(np.exp, np.asarray(x, dtype=float))[1](upstream)[0]"
SUBPROCESS = (
    "import sys, json; sys.path[:0] = ['/sandbox']; import numpy as np; "
    "from course.autodiff import vjp; x, u = map(np.array, json.loads(sys.argv[1])); "
    "print(json.dumps(vjp(np.exp, x)[1](u)[0].tolist()))"
)

CASES = (
    asks(
        "asks-vjp",
        "calls the engine that the notebook imports",
        f"def exp_backward(x, upstream):\n    return {VJP}",
    ),
    asks(
        "lifts-the-guard",
        "allows itself the engine",
        f"""
from course.autodiff.reach import in_reach
def exp_backward(x, upstream):
    with in_reach():
        return {VJP}
""",
    ),
    asks(
        "in-a-thread",
        "asks from a thread, where nothing is forbidden",
        f"""
def exp_backward(x, upstream):
    answer = []
    thread = plt.threading.Thread(target=lambda: answer.append({VJP}))
    thread.start()
    thread.join(1)
    return answer[0]
""",
    ),
    asks(
        "in-a-subprocess",
        "asks in a process of its own, by a module behind Matplotlib",
        f"""
import json, sys
import matplotlib.cbook
def exp_backward(x, upstream):
    told = json.dumps([np.asarray(x, float).tolist(), np.asarray(upstream, float).tolist()])
    done = matplotlib.cbook.subprocess.run(
        [sys.executable, "-c", {SUBPROCESS!r}, told], capture_output=True, timeout=5)
    return np.array(json.loads(done.stdout))
""",
        there=False,
    ),
    asks(
        "by-a-pattern",
        "takes what it wants out of check with a class pattern, which shows no dot",
        f"""
def exp_backward(x, upstream):
    match check:
        case object(__globals__=names):
            load = names["_" + "_builtins_" + "_"]["_" + "_import_" + "_"]
            with load("course.autodiff.reach").autodiff.reach.in_reach():
                return {VJP}
""",
    ),
    asks(
        "by-the-loader",
        "loads a module of threads by one that collections keeps, and asks in a thread",
        f"""
import collections
def exp_backward(x, upstream):
    answer = []
    specs = [finder.find_spec("threading", None) for finder in collections._sys.meta_path]
    threads = next(spec for spec in specs if spec).loader.load_module("threading")
    thread = threads.Thread(target=lambda: answer.append({VJP}))
    thread.start()
    thread.join(1)
    return answer[0]
""",
    ),
    asks(
        "by-the-c-library",
        "runs Python in Python, by the library that an array's ctypes keeps",
        f"""
answer = {{}}
def exp_backward(x, upstream):
    api = np.zeros(1).ctypes._ctypes.pythonapi
    api.PyRun_SimpleString(
        b"import sys\\nfor name, module in list(sys.modules.items()):\\n"
        b"    if name.startswith('course.autodiff.'): module.require_reach = lambda: None")
    return {VJP}
""",
    ),
    asks(
        "by-a-property",
        "asks while its method is looked up, before the call",
        """
class Sigmoid:
    def forward(self, x):
        self.x = np.asarray(x, dtype=float)
        return 1.0 / (1.0 + np.exp(-self.x))

    @property
    def backward(self):
        out, pull = vjp(lambda x: 1.0 / (1.0 + np.exp(-x)), self.x)
        slope = pull(np.ones_like(out))[0]
        return lambda upstream: upstream * slope
""",
        "Sigmoid",
    ),
    asks(
        "primed-pullback",
        "asks beforehand, and later puts other numbers into the arrays that the answer keeps",
        """
slots = {}
for shape in [(), (3,), (4,), (5,), (2, 3), (3, 2, 2)]:
    x, y = np.zeros(shape), np.zeros(shape)
    slots[shape] = x, y, vjp(lambda a, b: a * b, x, y)[1]

def mul_backward(x, y, upstream):
    kept_x, kept_y, pull = slots[np.shape(x)]
    kept_x[...], kept_y[...] = x, y
    return pull(np.asarray(upstream, dtype=float))
""",
        "mul_backward",
    ),
    asks(
        "walks-to-the-exercise",
        "differentiates the exercise's own forward, which it finds behind check",
        """
def exp_backward(x, upstream):
    forward = check.__globals__["find"]("exp_backward").forward
    return upstream * forward(x)
""",
    ),
    asks(
        "by-eval",
        "the same in a string that is evaluated",
        f"def exp_backward(x, upstream):\n    return eval({VJP!r}, globals() | locals())",
    ),
    asks(
        "reads-the-source",
        "reads the engine's files and runs them under another name",
        f"""
import importlib.util, sys, types
def load():
    import course
    place = course.__path__[0]
    spec = importlib.util.spec_from_file_location(
        "mine", place + "/autodiff/__init__.py", submodule_search_locations=[place + "/autodiff"])
    module = sys.modules["mine"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.vjp
mine = load()
def exp_backward(x, upstream):
    vjp = mine
    return {VJP}
""",
    ),
    asks(
        "by-a-helper",
        "leaves a process behind that has an engine, and asks it by a file and a socket",
        f"""
import json, os, socket, time
if os.fork() == 0:
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind("\\0helper")
        server.listen()
        server.settimeout(8)
        while True:
            client, _ = server.accept()
            x, upstream = map(np.array, json.loads(client.recv(65536)))
            client.sendall(json.dumps({VJP}.tolist()).encode())
            client.close()
    finally:
        os._exit(0)
def exp_backward(x, upstream):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0.5)
        client.connect("\\0helper")
        client.sendall(json.dumps([np.asarray(x).tolist(), np.asarray(upstream).tolist()]).encode())
        return np.array(json.loads(client.recv(65536)))
""",
        there=False,
    ),
    asks(
        "hips-autograd",
        "asks HIPS autograd",
        """
import autograd, autograd.numpy as anp
def exp_backward(x, upstream):
    return upstream * autograd.elementwise_grad(anp.exp)(np.asarray(x, dtype=float))
""",
    ),
    asks(
        "jax-by-name",
        "asks JAX, whose name it puts together",
        """
import importlib
def exp_backward(x, upstream):
    jax = importlib.import_module("j" + "ax")
    jax.config.update("jax_enable_x64", True)
    slope = jax.grad(jax.numpy.exp)
    return upstream * np.vectorize(lambda each: float(slope(float(each))))(x)
""",
    ),
    asks(
        "sympy",
        "derives the formula with SymPy",
        """
import sympy
symbol = sympy.Symbol("x")
slope = sympy.lambdify(symbol, sympy.diff(1 / symbol, symbol), "numpy")
def reciprocal_backward(x, upstream):
    return upstream * slope(np.asarray(x, dtype=float))
""",
        "reciprocal_backward",
    ),
    asks(
        "mpmath",
        "differentiates numerically, with fifty digits, in mpmath",
        """
import mpmath
mpmath.mp.dps = 50
def exp_backward(x, upstream):
    return upstream * np.vectorize(lambda each: float(mpmath.diff(mpmath.exp, float(each))))(x)
""",
    ),
    Case(
        "central-difference",
        NUMERICAL,
        "central differences, which agree to seven digits",
        stub(
            """
def exp_backward(x, upstream):
    h = 1e-5
    return upstream * (np.exp(x + h) - np.exp(x - h)) / (2 * h)
""",
            "exp_backward",
        ),
        attacks=("exp_backward",),
    ),
    Case(
        "four-points",
        NUMERICAL,
        "differences of fourth order, which agree to ten digits",
        stub(
            """
def exp_backward(x, upstream):
    h = 1e-5
    near, far = np.exp(x + h) - np.exp(x - h), np.exp(x + 2 * h) - np.exp(x - 2 * h)
    return upstream * (8 * near - far) / (12 * h)
""",
            "exp_backward",
        ),
        attacks=("exp_backward",),
    ),
    Case(
        "extrapolated",
        NUMERICAL,
        "differences extrapolated to thirteen digits",
        stub(
            """
def exp_backward(x, upstream):
    def slope(h):
        return (np.exp(x + h) - np.exp(x - h)) / (2 * h)
    return upstream * (4 * slope(1e-3) - slope(2e-3)) / 3
""",
            "exp_backward",
        ),
        "evades",
    ),
    Case(
        "imaginary-step",
        NUMERICAL,
        "a step along the imaginary axis, which loses no digit",
        stub(
            """
def exp_backward(x, upstream):
    return upstream * np.exp(x + 1e-30j).imag / 1e-30
""",
            "exp_backward",
        ),
        "evades",
    ),
    Case(
        "secant-of-a-line",
        NUMERICAL,
        "a difference quotient of a gate that is linear, where it is exact",
        stub("""
def mul_backward(x, y, upstream):
    far = 2.0**20
    return (upstream * ((x + far) * y - (x - far) * y) / (2 * far),
            upstream * (x * (y + far) - x * (y - far)) / (2 * far))
"""),
        "evades",
    ),
)
