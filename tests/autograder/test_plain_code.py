"""Code that cannot reach the engine is told from code that perhaps could."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

from autograder.grading.plain_code import is_plain

SOLUTIONS = sorted((Path(__file__).parents[2] / "solutions").glob("*.py"))

OPEN_DOORS = {
    "imports the engine": "from course.autodiff import vjp",
    "imports a package": "import jax",
    "imports sys": "import sys",
    "imports by call": "vjp = __import__('course.autodiff').autodiff.vjp",
    "module in module": "import numpy as np\nm = np.testing",
    "module behind a package": "import numpy.testing as t",
    "loaded modules": "import collections\ncollections.sys.modules",
    "globals of a function": "check.__globals__['find']",
    "name made of parts": "getattr(check, '__glo' + 'bals__')",
    "name in a string": "'{0.__globals__}'",
    "frame of a generator": "(x for x in [1]).gi_frame.f_back",
    "traceback": "try:\n    1/0\nexcept Exception as e:\n    e.__traceback__",
    "subclasses": "().__class__.__bases__[0].__subclasses__()",
    "evaluation": "eval('1')",
    "magic": "%run other.py",
    "shell": "!ls",
    "nonsense": "def (",
    "null byte": "x = 1\0",
    "deep nesting": "(" * 5000 + ")" * 5000,
    "attribute in a pattern": "match check:\n    case object(__globals__=names): names",
    "module behind an alias": "import collections\ncollections._sys.meta_path",
    "module as a value": "import numpy as np\nm = np",
    "module as an argument": "import numpy as np\nf(np)",
    "submodule as a value": "import numpy as np\nm = np.linalg",
    "module behind a submodule": "import numpy as np\nnp.random.mtrand",
    "everything": "from numpy import *",
    "library of C": "import numpy as np\nnp.zeros(1).ctypes._ctypes.pythonapi",
    "plots": "import matplotlib.pyplot as plt\nplt.threading.Thread",
    "too much to read": "x = 1\n" * 100_000,
}


@pytest.mark.parametrize("source", OPEN_DOORS.values(), ids=OPEN_DOORS)
def test_code_that_may_reach_further_is_not_plain(source: str) -> None:
    assert not is_plain(source)


PLAIN = {
    "a function": "def mul_backward(x, y, upstream):\n    return upstream * y, upstream * x",
    "a class": (
        "class Gate:\n"
        "    def __init__(self):\n        super().__init__()\n        self._saved = None\n"
        "    def forward(self, x):\n        self._saved = x\n        return x.sum(axis=0)"
    ),
    "numpy": "import numpy as np\nnp.random.default_rng(0).normal(size=(2, 3)).T @ np.eye(2)",
    "axes": "import numpy as np\nnp.zeros(3)[:, np.newaxis] * np.pi / np.linalg.norm(np.ones(2))",
    "text": "print(f'{1.0:.3f}', 'sum')",
    "trying": "try:\n    x = 1 / 0\nexcept ZeroDivisionError as error:\n    print(error)",
}


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN)
def test_ordinary_code_is_plain(source: str) -> None:
    assert is_plain(source)


RELEASED = {"np": "numpy", "plt": "matplotlib.pyplot", "vjp": "course.autodiff.vjp"}


@pytest.mark.parametrize("source", ["vjp(f, x)", "plt.plot(x)", "np._core", "pull = [vjp]"])
def test_what_released_cells_import_is_no_plain_code_of_a_student(source: str) -> None:
    assert not is_plain(source, RELEASED)


def test_numpy_as_released_cells_import_it_is_plain() -> None:
    assert is_plain("def f(x):\n    return np.exp(x).sum(axis=0)", RELEASED)


@pytest.mark.parametrize("source", SOLUTIONS, ids=lambda path: path.stem)
def test_most_solutions_are_plain_so_that_most_submissions_run_once(source: Path) -> None:
    written = [
        cell.source
        for cell in jupytext.read(source).cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert written
    assert sum(map(is_plain, written)) >= 0.8 * len(written)
