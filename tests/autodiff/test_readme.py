"""The engine's README says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import course.autodiff
from course.autodiff.op import HANDLERS, OPS

README = (Path(course.autodiff.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_examples_run():
    names: dict = {}
    for example in re.findall(r"```python\n((?:import|from).*?)```", README, re.DOTALL):
        exec(example, names)
    assert names["grad"](names["f"], (0, 1, 2))(-2.0, 5.0, -4.0) == (-4.0, -4.0, 3.0)


def test_every_file_it_sends_the_reader_to_is_there():
    for link in re.findall(r"\]\(([\w/]+\.py)\)", README):
        assert (Path(course.autodiff.__file__).parent / link).is_file()


OPTIONS = {"axis", "keepdims", "ddof"}


def rows(title):
    table = README.split(title)[1].split("\n\n")[1]
    return [row for row in table.splitlines() if row.startswith("| ")][1:]


@pytest.mark.parametrize("row", rows("## What is covered"), ids=lambda row: row.split("|")[1])
def test_every_function_it_lists_is_covered(row):
    family = row.split("|")[1].strip().strip("`")
    namespace = getattr(np, family, np) if family in ("linalg", "fft") else np
    names = " ".join(re.findall(r"`([a-z0-9_/ ]+)`", row.split("|")[2])).split()
    functions = [getattr(namespace, name) for name in names if name not in OPTIONS]
    assert functions
    assert all(function in OPS or function in HANDLERS for function in functions)
