"""Deep graphs, memory, repeatability, threads, and the time of the import."""

from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc

import numpy as np

from course.autodiff import grad, jvp, trace, value_and_grad, vjp


def chain(x, length=100_000):
    for _ in range(length):
        x = 1.0000001 * x + 1e-9
    return x


def test_a_hundred_thousand_nodes_deep_is_no_recursion():
    assert grad(chain)(1.0) > 1.0
    assert jvp(chain, (1.0,), (1.0,))[1] > 1.0


def test_ten_thousand_deep_to_second_order_is_no_recursion():
    assert grad(grad(lambda x: np.tanh(chain(x, 10_000))))(0.5) < 0.0


def test_a_traced_graph_ten_thousand_deep_has_its_gradients():
    assert trace(lambda x: chain(x, 10_000), 1.0)["x"].gradient > 1.0


def test_the_memory_of_a_gradient_is_free_when_it_is_there():
    x = np.ones(100_000)

    def f(x):
        for _ in range(50):
            x = np.tanh(x)
        return np.sum(x)

    gradient = grad(f)
    gradient(x)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            kept = gradient(x)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 2 * kept.nbytes  # the result itself, and no cycles waiting for gc
    assert peak - before < 60 * kept.nbytes  # one array per tanh, freed on the way back


def test_an_op_keeps_only_what_its_rule_needs():
    x = np.ones(100_000)
    tracemalloc.start()
    try:
        _, pullback = vjp(lambda x: np.sum(((x + 1.0) - 2.0 + x) * 3.0), x)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < x.nbytes / 10
    assert pullback(1.0)[0][0] == 6.0


def test_relu_keeps_a_mask_and_not_its_input():
    x = np.linspace(-1.0, 1.0, 100_000)
    tracemalloc.start()
    try:
        _, pullback = vjp(lambda x: np.sum(np.maximum(x * 2.0, 0.0)), x)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < x.nbytes / 4
    assert pullback(1.0)[0][-1] == 2.0


def network(params, x):
    for W in params:
        x = np.maximum(x @ W, 0.0) + 0.1 * np.tanh(x @ W)
    return np.sum(x * x)


def drawn(seed):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((8, 8)) for _ in range(5)], rng.standard_normal((16, 8))


def test_the_same_inputs_give_the_same_bits():
    params, x = drawn(0)
    first, second = grad(network)(params, x), grad(network)(params, x)
    assert [g.tobytes() for g in first] == [g.tobytes() for g in second]


def test_inputs_are_left_as_they_were():
    params, x = drawn(1)
    before = [p.tobytes() for p in params], x.tobytes()
    grad(network, (0, 1))(params, x)
    assert ([p.tobytes() for p in params], x.tobytes()) == before


def test_threads_differentiate_at_once_without_mixing():
    alone = [value_and_grad(network)(*drawn(seed)) for seed in range(4)]
    together: dict = {}

    def work(seed):
        for _ in range(30):
            together[seed] = value_and_grad(network)(*drawn(seed))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, (value, gradients) in enumerate(alone):
        assert together[seed][0] == value
        assert [g.tobytes() for g in together[seed][1]] == [g.tobytes() for g in gradients]


def test_the_engine_needs_numpy_alone():
    code = (
        "import sys, types; course = types.ModuleType('course'); "
        "course.__path__ = ['course']; sys.modules['course'] = course; "
        "import course.autodiff; "
        "print(sorted({m.partition('.')[0] for m in sys.modules} "
        "& {'IPython', 'matplotlib', 'scipy', 'pandas', 'dataclasses', 'xml'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
