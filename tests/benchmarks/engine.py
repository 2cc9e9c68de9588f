"""Measure the engine against hand-written NumPy, HIPS autograd and PyTorch, and print ratios.

    python -m tests.benchmarks.engine [rounds]

In each round every contender has its turn, as many runs as take about 10 ms; the first of a round
is the last of the next. A turn begins with a few runs that do not count: what the one before has
left in the caches is not this one's fault. All is in one process with one BLAS thread, and the
medians over the rounds are compared. A peer that is not installed has no column.
"""

from __future__ import annotations

# ruff: noqa: E402 - the thread counts must be set before numpy is imported
import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import gc
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from course.autodiff import value_and_grad
from tests.benchmarks.works import Work, works

Contender = Callable[[], Any]


def ours(work: Work) -> Contender:
    both = value_and_grad(lambda params: work.loss(np, work.data, params))
    return lambda: both(work.params)


def autograd(work: Work) -> Contender:
    import autograd.numpy as anp
    from autograd import value_and_grad as autograd_value_and_grad

    both = autograd_value_and_grad(lambda params: work.loss(anp, work.data, params))
    return lambda: both(work.params)


def torch(work: Work) -> Contender:
    import torch as pytorch

    pytorch.set_num_threads(1)

    def tensor(x: Any, needs: bool) -> Any:
        return pytorch.tensor(x, dtype=pytorch.float64, requires_grad=needs)

    class Names:
        """NumPy's names for PyTorch's functions."""

        maximum = staticmethod(lambda x, y: pytorch.clamp(x, min=y))
        max = staticmethod(lambda x, axis, keepdims: pytorch.amax(x, axis, keepdims))
        sum = staticmethod(lambda x, axis=None, keepdims=False: pytorch.sum(x, axis, keepdims))
        exp, log, tanh, sin = pytorch.exp, pytorch.log, pytorch.tanh, pytorch.sin

    data = [tensor(x, False) for x in work.data]
    nested = isinstance(work.params[0], tuple)
    params = [tuple(tensor(x, True) for x in p) if nested else tensor(p, True) for p in work.params]
    leaves = [x for pair in params for x in pair] if nested else params

    def run() -> Any:
        value = work.loss(Names, data, params)
        return value, pytorch.autograd.grad(value, leaves)

    return run


def by_hand(work: Work) -> Contender:
    return lambda: work.by_hand(work.data, work.params)


def fused(work: Work) -> Contender | None:
    if work.fused is None:
        return None
    simplified = work.fused
    return lambda: simplified(work.data, work.params)


CONTENDERS: dict[str, Callable[[Work], Contender | None]] = {
    "numpy": by_hand,
    "fused": fused,
    "ours": ours,
    "autograd": autograd,
    "torch": torch,
}


def versions() -> dict[str, str]:
    """Find which contenders are installed, and their versions."""
    found = {"numpy": np.__version__, "ours": "this tree"}
    for name in ("autograd", "torch"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            print(f"({name} is not installed: no column for it)")
    return found


def numbers(result: Any) -> Any:
    """Flatten (value, gradients) into one list of arrays."""
    if isinstance(result, list | tuple):
        return [x for part in result for x in numbers(part)]
    return [np.asarray(result.detach() if hasattr(result, "detach") else result)]


def measure(work: Work, names: list[str], rounds: int) -> dict[str, float]:
    """Time each contender, round by round; return the median seconds of each."""
    made = {name: CONTENDERS[name](work) for name in ["fused", *names]}
    contenders = {name: run for name, run in made.items() if run is not None}
    reference = numbers(contenders["numpy"]())
    for name, contender in contenders.items():
        for ours_, theirs in zip(numbers(contender()), reference, strict=True):
            np.testing.assert_allclose(ours_, theirs, rtol=1e-8, atol=1e-10, err_msg=name)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    runs = {name: max(1, round(0.01 / timed(run, 3))) for name, run in contenders.items()}
    gc.collect()
    order = [*contenders]
    for _ in range(rounds):
        for name in order:
            timed(contenders[name], 1 + runs[name] // 8)
            seconds[name].append(timed(contenders[name], runs[name]))
        order.append(order.pop(0))
    return {name: median(times) for name, times in seconds.items()}


def timed(run: Contender, runs: int) -> float:
    """Measure the seconds of one run, as the mean of several."""
    start = perf_counter()
    for _ in range(runs):
        run()
    return (perf_counter() - start) / runs


def import_milliseconds(repeats: int = 9) -> float:
    """Measure `import course.autodiff` in new processes, numpy imported and bytecode cached."""
    code = (
        "import numpy, time; t = time.perf_counter(); import course.autodiff; "
        "print(1e3 * (time.perf_counter() - t))"
    )
    with TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        runs = [
            subprocess.run(
                [sys.executable, "-c", code],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            for _ in range(repeats)
        ]
    return median(float(run.stdout) for run in runs)


def settle_allocator() -> None:
    """Bring malloc to the state of a process that has worked with large arrays before.

    glibc gives blocks above a threshold back to the system and takes new, unmapped pages each
    time; the threshold follows the largest block freed so far. Without this the first rows would
    measure which contender happens to free the first large block.
    """
    np.empty(30_000_000, dtype=np.uint8).fill(1)


def main(rounds: int = 40) -> int:
    """Print the table; return 1 if a goal was missed."""
    settle_allocator()
    found = versions()
    names = list(found)
    print(", ".join(f"{name} {version}" for name, version in found.items()))
    print(
        "Median milliseconds, and ratios to the same steps by hand in NumPy; fused: by hand, with"
    )
    print("the gradient of softmax and cross-entropy simplified to p - y beforehand.\n")
    columns = ["fused", *names[1:]]
    print(f"{'work':34}{'by hand':>10}" + "".join(f"{n:>10}" for n in columns) + "   goal")
    missed = 0
    for work in works():
        times = measure(work, names, rounds)
        ratios = "".join(
            f"{times[n] / times['numpy']:>9.2f}×" if n in times else f"{'–':>10}" for n in columns
        )
        verdict = "–"
        if work.against in times:
            ratio = times["ours"] / times[work.against]
            fastest = all(times["ours"] < times[n] for n in names[2:])
            met = ratio <= work.goal and fastest
            missed += not met
            verdict = f"{ratio:.2f} ≤ {work.goal} × {work.against}: {'met' if met else 'MISSED'}"
            verdict += "" if fastest else " (a peer is faster)"
        print(f"{work.label:34}{1e3 * times['numpy']:>8.3f}ms{ratios}   {verdict}")
    milliseconds = import_milliseconds()
    missed += milliseconds > 30
    verdict = "met" if milliseconds <= 30 else "MISSED"
    print(f"\nimport course.autodiff beyond numpy: {milliseconds:.1f} ms ≤ 30 ms: {verdict}")
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:2])))
