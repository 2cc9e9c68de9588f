# %% [markdown]
# # 07 Your own autodiff
#
# You have written gates, graphs, layers and networks. Here they become a machine. The course's
# engine records what a function does, and calls a gate's backward step when it needs one. You will
# take its gates out, one by one, and put **yours** in. Then the network that reads handwritten
# digits learns through your lines.

# %% [markdown]
# When you are done, you will be able to
#
# - write a gate in the three forms in which libraries ask for one;
# - build the tape on which an automatic differentiator runs;
# - say what symbol-to-number and symbol-to-symbol differentiation are, having built both;
# - take the gradient of a gradient, and multiply by a Hessian that is never built;
# - read the same network in the style of Torch, Caffe, Theano, TensorFlow and PyTorch.

# %% [markdown]
# As before: cells that end in `raise NotImplementedError()` are yours, and the `check(...)` below
# each says what is right. The sections can be done in any order. Where a gate of yours is missing,
# the engine's stays in its place, and the notebook says so. Plan for one to two hours.

# %%
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import grad, hvp, primitive, swap, trace, value_and_grad
from course.data import digits_split

# %% [markdown]
# ## The long way
#
# This is our network: 64 pixels, 32 hidden units with tanh, ten scores. `targets` has a 1 in the
# column of the right digit. The loss is the mean of −log of the probability of the right digit.


# %%
def log_softmax(S):
    shifted = S - np.max(S, axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted) @ np.ones((10, 1)))


def network_loss(parameters, images, targets, log_softmax=log_softmax):
    H = np.tanh(images @ parameters["W1"] + parameters["b1"])
    S = H @ parameters["W2"] + parameters["b2"]
    return np.sum(log_softmax(S) * targets) * (-1.0 / len(images))


def fresh_parameters(seed):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(size=(64, 32)) / 8.0,
        "b1": np.zeros(32),
        "W2": rng.normal(size=(32, 10)) / 6.0,
        "b2": np.zeros(10),
    }


(images, labels), (test_images, test_labels) = digits_split()
targets = np.eye(10)[labels]
parameters = fresh_parameters(seed=0)
print(f"{len(images)} images to learn from, {len(test_images)} to test on")
print(f"loss before learning {network_loss(parameters, images, targets):.3f}, log 10 = 2.303")

# %% [markdown]
# One way to its gradient is to move each of the 2,410 parameters a little. Another is to derive it
# by hand, once for this network, and again for every network you ever try:


# %%
def gradient_by_hand(parameters, images, targets):
    W2 = parameters["W2"]
    H = np.tanh(images @ parameters["W1"] + parameters["b1"])
    P = np.exp(log_softmax(H @ W2 + parameters["b2"]))
    dS = (P - targets) / len(images)
    dZ = (dS @ W2.T) * (1.0 - H**2)
    return {"W1": images.T @ dZ, "b1": dZ.sum(axis=0), "W2": H.T @ dS, "b2": dS.sum(axis=0)}


start = perf_counter()
for _ in range(20):
    network_loss(parameters, images, targets)
one_loss = (perf_counter() - start) / 20
start = perf_counter()
by_hand = gradient_by_hand(parameters, images, targets)
print(f"numerical: 2,411 losses, about {2411 * one_loss:.1f} s")
print(f"by hand:   {perf_counter() - start:.4f} s")

# %% [markdown]
# **What to see.** By hand it is fast, and it is right. But nothing in those six lines survives a
# change of the network. A third layer, another activation or another loss means deriving again,
# and a wrong sign does not crash. What we want is to write `network_loss` and nothing else.

# %% [markdown]
# ## The idea: record, then walk back
#
# Every step of `network_loss` is a gate that somebody differentiated once. While the function runs
# (above), write down which gate took which values. Then walk back over the list, and call each
# gate's backward (below):
#
# ```text
#    images ──► matmul ──► add ──► tanh ──► … ──► loss
#                 ┊         ┊       ┊
#               saved     saved   saved
#                 ┊         ┊       ┊
# gradients ◄┄┄ matmul ◄┄┄ add ◄┄┄ tanh ◄┄┄ … ◄┄┄ 1
# ```
#
# That is all that an automatic differentiator does. The gates are the only part that knows any
# calculus, and they are what you write first.

# %%
trace(lambda x, w, b: np.tanh(x * w + b), 0.5, 2.0, -0.6)

# %% [markdown]
# **What to see.** The engine ran the function once, wrote down three gates, and walked back. So
# far all three are the engine's own. In section 6 the boxes will say "your multiply", "your add",
# "your tanh".

# %% [markdown]
# ## 1. Add and multiply, for any shapes
#
# The engine calls a gate's backward as `gate(upstream, *inputs)`: **upstream comes first here**.
# One gradient for each input comes back, each of **that input's shape**.
#
# The shapes are new against assignment 03. NumPy *broadcasts*: a bias of shape (32,) is copied to
# every row of an array of shape (100, 32). A copy is a branch, and at a branch gradients add. So
# the gradient must be summed over the axes along which the input was stretched.

# %% [markdown]
# You wrote that sum in assignment 04. Here it is again, ready to use. It takes a gradient of the
# output's shape, and sums it down to the shape of the input:


# %%
def fit(gradient, like):
    while np.ndim(gradient) > np.ndim(like):
        gradient = np.sum(gradient, axis=0)
    for axis, length in enumerate(np.shape(like)):
        if length == 1:
            gradient = np.sum(gradient, axis=axis, keepdims=True)
    return gradient


print(fit(np.ones((100, 32)), np.zeros(32)).shape, fit(np.ones((100, 32)), 0.0))

# %% [markdown]
# **One rule for all gates here:** use NumPy functions and operators on what you are given, and
# change nothing in place. Then the engine can later send *its own* traced values through your
# lines, and so differentiate your derivative (section 9).


# %% nbgrader={"grade_id": "add_gate-stub", "solution": true}
def add_gate(upstream, a, b):
    """Gradients of the add gate a + b, where NumPy may broadcast a or b or both.

    Parameters
    ----------
    upstream : float or array, of the shape of a + b
        dL/d(a + b).
    a, b : float or array
        What went in.

    Returns
    -------
    da, db : float or array, each of the shape of a and of b

    Hint: add distributes. Then make each gradient fit its input.

    >>> da, db = add_gate(np.ones((3, 2)), np.zeros((3, 2)), np.array([1.0, 2.0]))
    >>> da.shape, db
    ((3, 2), array([3., 3.]))
    """
    ### BEGIN SOLUTION
    return fit(upstream, a), fit(upstream, b)
    ### END SOLUTION


# %% nbgrader={"grade_id": "add_gate", "grade": true}
check(add_gate)


# %% nbgrader={"grade_id": "multiply_gate-stub", "solution": true}
def multiply_gate(upstream, a, b):
    """Gradients of the multiply gate a * b, where NumPy may broadcast a or b or both.

    Parameters
    ----------
    upstream : float or array, of the shape of a * b
        dL/d(a * b).
    a, b : float or array
        What went in.

    Returns
    -------
    da, db : float or array, each of the shape of a and of b

    Hint: multiply swaps. What comes first, multiplying or summing?

    >>> da, db = multiply_gate(np.ones((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]), 10.0)
    >>> da.tolist(), float(db)
    ([[10.0, 10.0], [10.0, 10.0]], 10.0)
    """
    ### BEGIN SOLUTION
    return fit(upstream * b, a), fit(upstream * a, b)
    ### END SOLUTION


# %% nbgrader={"grade_id": "multiply_gate", "grade": true}
check(multiply_gate)

# %% [markdown]
# ## 2. The matrix product
#
# $C = AB$, with shapes (n, k) and (k, m). Entry by entry, $C_{ij} = \sum_p A_{ip}B_{pj}$. Move
# $A_{ip}$, and the whole row $i$ of $C$ moves, by $B_{pj}$ in column $j$. Collect:
#
# $$\frac{\partial L}{\partial A_{ip}} = \sum_j \frac{\partial L}{\partial C_{ij}}\,B_{pj}.$$
#
# That sum over $j$ is again a matrix product. Which one, and what is it for $B$? The shapes leave
# little choice: $dA$ must be (n, k), and is made of upstream, (n, m), and $B$, (k, m).


# %% nbgrader={"grade_id": "matmul_gate-stub", "solution": true}
def matmul_gate(upstream, A, B):
    """Gradients of the matrix product A @ B.

    Parameters
    ----------
    upstream : array, shape (n, m)
        dL/d(A @ B).
    A : array, shape (n, k)
    B : array, shape (k, m)

    Returns
    -------
    dA : array, shape (n, k)
    dB : array, shape (k, m)

    Hint: one of the two factors is transposed in each answer. Write the shapes below each other.

    >>> dA, dB = matmul_gate(np.array([[10.0]]), np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    >>> dA.tolist(), dB.tolist()
    ([[30.0, 40.0]], [[10.0], [20.0]])
    """
    ### BEGIN SOLUTION
    return upstream @ B.T, A.T @ upstream
    ### END SOLUTION


# %% nbgrader={"grade_id": "matmul_gate", "grade": true}
check(matmul_gate)

# %% [markdown]
# ## 3. A gate that saves its output: tanh
#
# The slope of tanh comes from its **output**: $1 - \tanh^2(x)$. It would be a waste to compute the
# tanh again on the way back. So the second form of a gate saves what it likes: `forward` returns
# the output *and* what to keep, and `backward` gets upstream and what was kept.


# %%
def tanh_forward(x):
    out = np.tanh(x)
    return out, out  # the output, and what to keep for the way back


# %% nbgrader={"grade_id": "tanh_gate-stub", "solution": true}
def tanh_gate(upstream, out):
    """Gradient of tanh, from the output that `tanh_forward` kept.

    Parameters
    ----------
    upstream : float or array
        dL/dout.
    out : float or array, of the same shape
        tanh(x). The input x itself is not given and not needed.

    Returns
    -------
    dx : float or array, of the same shape

    Hint: `out` is the tanh already.

    >>> tanh_gate(2.0, 0.5)
    1.5
    """
    ### BEGIN SOLUTION
    return upstream * (1.0 - out**2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "tanh_gate", "grade": true}
check(tanh_gate)

# %% [markdown]
# ## 4. The sum of everything
#
# The loss adds up an array to a single number. Upstream is a number as well. Each entry of the
# array moves the sum just as far as it moves itself. So what does each entry get, and what shape
# has the answer?


# %% nbgrader={"grade_id": "sum_gate-stub", "solution": true}
def sum_gate(upstream, x):
    """Gradient of the sum of all entries of x.

    Parameters
    ----------
    upstream : float
        dL/d(sum).
    x : array, of any shape

    Returns
    -------
    dx : array, of the shape of x

    Hint: a sum is an add gate with many inputs.

    >>> sum_gate(3.0, np.array([1.0, 5.0, -2.0]))
    array([3., 3., 3.])
    """
    ### BEGIN SOLUTION
    return upstream * np.ones(np.shape(x))
    ### END SOLUTION


# %% nbgrader={"grade_id": "sum_gate", "grade": true}
check(sum_gate)

# %% [markdown]
# ## 5. A gate as a class: log-softmax
#
# The third form is the one of assignment 03: an object with `forward` and `backward`. Let us make
# one large gate of several steps. From a row of scores $S_1, \dots, S_C$ it computes
#
# $$\ell_j = S_j - \log \sum_k e^{S_k}.$$
#
# If you subtract the row's maximum from all scores first, nothing changes in the result, and no
# $e^{S}$ can overflow. Scores in the thousands are part of the check.

# %% [markdown]
# Backward, there are two paths from $S_i$. The direct one: $S_i$ stands in front of $\ell_i$. And
# one through the sum, which **every** $\ell_j$ of the row uses. Its slope is
# $e^{S_i}/\sum_k e^{S_k} = p_i$, the softmax. With $u$ for upstream:
#
# $$\frac{\partial L}{\partial S_i} = u_i - p_i \sum_j u_j.$$
#
# And $p = e^{\ell}$ is at hand, since $\ell$ is the gate's own output.


# %% nbgrader={"grade_id": "LogSoftmax-stub", "solution": true}
class LogSoftmax:
    """The log of the softmax, row by row.

    Hint: `np.max` and `np.sum` with `axis=1, keepdims=True` work row by row and keep a column, and
    NumPy broadcasts that.

    >>> gate = LogSoftmax()
    >>> gate.forward(np.array([[0.0, 0.0]])).round(4)
    array([[-0.6931, -0.6931]])
    >>> gate.backward(np.array([[1.0, 0.0]]))
    array([[ 0.5, -0.5]])
    """

    def forward(self, S):
        """Return log-softmax of every row and save what `backward` needs. S: (N, C)."""
        ### BEGIN SOLUTION
        shifted = S - np.max(S, axis=1, keepdims=True)
        self.out = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
        return self.out
        ### END SOLUTION

    def backward(self, upstream):
        """Return dL/dS from upstream = dL/dout, both of shape (N, C)."""
        ### BEGIN SOLUTION
        return upstream - np.exp(self.out) * np.sum(upstream, axis=1, keepdims=True)
        ### END SOLUTION


# %% nbgrader={"grade_id": "LogSoftmax", "grade": true}
check(LogSoftmax)

# %% [markdown]
# ## 6. One by one: your gates in the engine
#
# `primitive(forward, backward)` makes an operation of the engine out of two functions; with
# `cached=True` it takes the second form, and given a class it takes the third. `swap(np.add,
# mine)` then puts it in the place of the engine's own, for as long as the `with` block runs.
# `higher_order=True` promises that your lines keep to the rule of section 1.

# %%
operations = {
    "add": (np.add, primitive(np.add, add_gate, name="your add", higher_order=True)),
    "multiply": (
        np.multiply,
        primitive(np.multiply, multiply_gate, name="your multiply", higher_order=True),
    ),
    "matmul": (
        np.matmul,
        primitive(np.matmul, matmul_gate, name="your matmul", higher_order=True),
    ),
    "tanh": (
        np.tanh,
        primitive(tanh_forward, tanh_gate, name="your tanh", cached=True, higher_order=True),
    ),
    "sum": (np.sum, primitive(np.sum, sum_gate, name="your sum")),
}
your_log_softmax = primitive(LogSoftmax, name="your log-softmax", higher_order=True)

# %% [markdown]
# Which of them are written? We try each on a small array. What is not written stays the engine's.


# %%
def is_written(gate, *arguments):
    try:
        gate(*arguments)
    except NotImplementedError:
        return False
    return True


one = np.ones((1, 1))
written = {
    "add": is_written(add_gate, one, one, one),
    "multiply": is_written(multiply_gate, one, one, one),
    "matmul": is_written(matmul_gate, one, one, one),
    "tanh": is_written(tanh_gate, one, one),
    "sum": is_written(sum_gate, 1.0, one),
}
log_softmax_written = is_written(LogSoftmax().forward, one)
live = [name for name in written if written[name]]
print("yours:", ", ".join(live + ["log-softmax"] * log_softmax_written) or "none yet")

# %% [markdown]
# `with your_gates(names):` swaps all of these in at once. We begin with none, and put in one more
# each round. Every time, the engine's gradient is held against the one derived by hand:


# %%
@contextmanager
def your_gates(names):
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(swap(*operations[name]))
        yield


def your_loss(parameters, images, targets):
    chosen = your_log_softmax if log_softmax_written else log_softmax
    return network_loss(parameters, images, targets, chosen)


few = (parameters, images[:50], targets[:50])
reference = gradient_by_hand(*few)
for count in range(len(live) + 1):
    with your_gates(live[:count]):
        loss = your_loss if count == len(live) else network_loss
        gradients = grad(loss)(*few)
        boxes = [node.op for node in trace(loss, *few).nodes if node.op != "input"]
    yours = sum(op.startswith("your") for op in boxes)
    error = max(np.abs(gradients[key] - reference[key]).max() for key in gradients)
    print(f"{yours:2d} of {len(boxes):2d} gates are yours, difference {error:.0e}: {live[:count]}")

# %% [markdown]
# **What to see.** Each line puts one more of your gates in. The gradient stays that of the
# derivation by hand, to the last digits. In the last line your log-softmax joins them, one gate
# where the engine had six, and then every gate is yours. If a line differs, the gate that came in
# with it is the one to look at.

# %%
with your_gates(live):
    picture = trace(lambda x, w, b: np.tanh(x * w + b), 0.5, 2.0, -0.6)
picture

# %% [markdown]
# **What to see.** The picture of the beginning, with your gates in the boxes. What the engine
# still does is in the lines: it remembers who is connected to whom. That part comes next.

# %% [markdown]
# ## 7. The tape behind it
#
# The engine's list is called a **tape**. Each entry has a number, a value, and for each *parent*
# (an entry it was made from) the local gradient. An entry can only be made from entries that are
# there already. So the order of recording is a topological order, for free: walk the tape from the
# end to the beginning, and whenever you come to an entry, its gradient is complete.

# %% [markdown]
# Write it for single numbers. `leaf`, `value` and `record` are given. `add`, `multiply` and `tanh`
# compute a value and call `self.record(value, parents)`, where `parents` is a list of pairs
# (number of the parent, local gradient), and return the number that `record` returns.
#
# `gradients(end)` returns a list with $\partial\,\text{end}/\partial\,\text{entry}$ for every entry
# of the tape. Start with zeros and a 1 at `end`. For each entry, going back, give each parent its
# part, with `+=`.


# %% nbgrader={"grade_id": "Tape-stub", "solution": true}
class Tape:
    """A tape of numbers: it records gates as they are used, and walks back.

    Hint: in `gradients`, what a parent gets is the entry's gradient times the local gradient.

    >>> tape = Tape()
    >>> x, y, z = tape.leaf(-2.0), tape.leaf(5.0), tape.leaf(-4.0)
    >>> f = tape.multiply(tape.add(x, y), z)
    >>> tape.value(f), tape.gradients(f)[:3]
    (-12.0, [-4.0, -4.0, 3.0])
    """

    def __init__(self):
        self.values = []
        self.parents = []

    def record(self, value, parents):
        """Append an entry and return its number."""
        self.values.append(value)
        self.parents.append(parents)
        return len(self.values) - 1

    def leaf(self, value):
        """Record a number that is made from nothing."""
        return self.record(value, [])

    def value(self, entry):
        """Return the value of an entry."""
        return self.values[entry]

    def add(self, a, b):
        """Record the sum of entries a and b, and return its number."""
        ### BEGIN SOLUTION
        return self.record(self.values[a] + self.values[b], [(a, 1.0), (b, 1.0)])
        ### END SOLUTION

    def multiply(self, a, b):
        """Record the product of entries a and b, and return its number."""
        ### BEGIN SOLUTION
        x, y = self.values[a], self.values[b]
        return self.record(x * y, [(a, y), (b, x)])
        ### END SOLUTION

    def tanh(self, a):
        """Record the tanh of entry a, and return its number."""
        ### BEGIN SOLUTION
        out = np.tanh(self.values[a])
        return self.record(out, [(a, 1.0 - out**2)])
        ### END SOLUTION

    def gradients(self, end):
        """Return a list with the gradient of entry `end` by each entry of the tape."""
        ### BEGIN SOLUTION
        gradients = [0.0] * len(self.values)
        gradients[end] = 1.0
        for entry in range(end, -1, -1):
            for parent, local in self.parents[entry]:
                gradients[parent] += gradients[entry] * local
        return gradients
        ### END SOLUTION


# %% nbgrader={"grade_id": "Tape", "grade": true}
check(Tape)

# %% [markdown]
# **Look.** Nobody wants to write `tape.add(a, b)`. A small class with `+` and `*` hides the tape,
# and any Python code that uses them is recorded as it runs, loops and all:


# %%
class Number:
    def __init__(self, tape, entry):
        self.tape, self.entry = tape, entry

    def __add__(self, other):
        return Number(self.tape, self.tape.add(self.entry, other.entry))

    def __mul__(self, other):
        return Number(self.tape, self.tape.multiply(self.entry, other.entry))


tape = Tape()
x = Number(tape, tape.leaf(1.1))
result = x
for _ in range(5):  # ((x·x + x)·x + x)·x …
    result = result * x + x
print("entries on the tape:", len(tape.values))
print("value and slope:    ", tape.value(result.entry), tape.gradients(result.entry)[x.entry])
print(
    "by the formula:     ",
    sum(1.1**k for k in range(1, 7)),
    sum(k * 1.1 ** (k - 1) for k in range(1, 7)),
)

# %% [markdown]
# **What to see.** A loop of five turns became eleven entries. The tape has no idea that there was
# a loop, only what happened. This is what PyTorch does, with arrays for numbers: the graph is made
# anew each time the function runs (*define by run*).

# %% [markdown]
# ## 8. The derivative is more graph
#
# Your tape gives *numbers* for gradients: **symbol-to-number** differentiation. Torch and Caffe
# work so. You cannot differentiate its answer again, because nobody recorded how it was made.
#
# The other way is **symbol-to-symbol**: the backward walk *records*. Each part is not a number but
# a new entry on the same tape, made with the same gates. Theano and TensorFlow work so. The
# derivative is more graph, and more graph can be differentiated.

# %% [markdown]
# The gates `add`, `multiply`, `sin` and `cos` are given; each records its value, its name and its
# parents. You write two methods.
#
# `parts(entry, g)`: `g` is the number of the entry that holds the gradient of `entry`. Return a
# list of pairs *(parent, number of the entry that holds the parent's part)*. For a multiply gate
# with parents $a$, $b$, the part of $a$ is `self.multiply(g, b)`: an entry, not a number.

# %% [markdown]
# `derivative(end, start)`: walk back as before, in a dict from entry to *the entry that holds its
# gradient*. It starts with `end` and a leaf of 1. If a parent has a gradient already, record the
# **sum** of both. Return the entry that holds the gradient of `start`, or a leaf of 0 if none came.
#
# Go from `end` down to the beginning: entries that you record on the way are newer than `end`.


# %% nbgrader={"grade_id": "SymbolTape-stub", "solution": true}
class SymbolTape:
    """A tape that records its own derivatives.

    Hint: the derivative of cos is −sin, and −1 is a leaf. `derivative` needs no arithmetic of its
    own: only `parts`, `add` and `leaf`.

    >>> tape = SymbolTape()
    >>> x, y = tape.leaf(2.0), tape.leaf(3.0)
    >>> f = tape.multiply(tape.multiply(x, x), y)
    >>> slope = tape.derivative(f, x)
    >>> tape.value(slope), tape.value(tape.derivative(slope, x))
    (12.0, 6.0)
    """

    def __init__(self):
        self.entries = []

    def record(self, value, gate, *parents):
        """Append an entry and return its number."""
        self.entries.append((value, gate, parents))
        return len(self.entries) - 1

    def value(self, entry):
        """Return the value of an entry."""
        return self.entries[entry][0]

    def leaf(self, value):
        """Record a number that is made from nothing."""
        return self.record(value, "leaf")

    def add(self, a, b):
        """Record the sum of entries a and b."""
        return self.record(self.value(a) + self.value(b), "add", a, b)

    def multiply(self, a, b):
        """Record the product of entries a and b."""
        return self.record(self.value(a) * self.value(b), "multiply", a, b)

    def sin(self, a):
        """Record the sine of entry a."""
        return self.record(np.sin(self.value(a)), "sin", a)

    def cos(self, a):
        """Record the cosine of entry a."""
        return self.record(np.cos(self.value(a)), "cos", a)

    def parts(self, entry, g):
        """Return a list of pairs (parent, entry that holds the parent's part of the gradient)."""
        _, gate, parents = self.entries[entry]
        ### BEGIN SOLUTION
        if gate == "add":
            return [(parent, g) for parent in parents]
        if gate == "multiply":
            a, b = parents
            return [(a, self.multiply(g, b)), (b, self.multiply(g, a))]
        if gate == "sin":
            (a,) = parents
            return [(a, self.multiply(g, self.cos(a)))]
        if gate == "cos":
            (a,) = parents
            return [(a, self.multiply(g, self.multiply(self.leaf(-1.0), self.sin(a))))]
        return []
        ### END SOLUTION

    def derivative(self, end, start):
        """Return the number of the entry that holds the derivative of `end` by `start`."""
        ### BEGIN SOLUTION
        gradients = {end: self.leaf(1.0)}
        for entry in range(end, -1, -1):
            if entry in gradients:
                for parent, part in self.parts(entry, gradients[entry]):
                    if parent in gradients:
                        part = self.add(gradients[parent], part)
                    gradients[parent] = part
        return gradients[start] if start in gradients else self.leaf(0.0)
        ### END SOLUTION


# %% nbgrader={"grade_id": "SymbolTape", "grade": true}
check(SymbolTape)

# %% [markdown]
# **Look.** Here is the tape of $f = x \cdot x \cdot x$ at $x = 2$, before and after you ask for its
# derivative:

# %%
tape = SymbolTape()
x = tape.leaf(2.0)
f = tape.multiply(tape.multiply(x, x), x)
before = len(tape.entries)
slope = tape.derivative(f, x)
for entry, (value, gate, parents) in enumerate(tape.entries):
    mark = "   f itself" if entry < before else ""
    print(f"#{entry:2d} {gate:8s} {list(parents)!s:8s} = {value:5.1f}{mark}")
print("second and third derivative:", end=" ")
second = tape.derivative(slope, x)
print(tape.value(second), tape.value(tape.derivative(second, x)))

# %% [markdown]
# **What to see.** Three entries were the function. The rest is its derivative, and the last line
# is $3x^2 = 12$. Some entries are of no use, such as the products with 1: a library that has the
# whole graph before it runs can tidy them up. The next two derivatives, $6x = 12$ and $6$, are the
# same call again.

# %% [markdown]
# ## 9. Gradient of a gradient
#
# The course's engine does both from the same lines: its backward rules are written in NumPy. On
# arrays they give numbers. On traced values they are recorded. So `grad(f)` is a function like any
# other, and `grad(grad(f))` works.


# %%
def cube(x):
    return x * x * x


trace(grad(cube), 2.0)

# %% [markdown]
# **What to see.** This is not the graph of $x^3$. It is the graph of its *derivative*, with the
# same products that you recorded in section 8, those with 1 included. The number at its end is
# $3x^2 = 12$. The gradient at $x$ is the slope of *that*: $6x$, which at 2 is 12 as well.

# %% [markdown]
# **In this exercise and the next you may use the engine**, since that is what they are about.
# Here is the function to differentiate:


# %%
def wave(x):
    return np.exp(-x) * np.sin(3.0 * x)


# %% nbgrader={"grade_id": "nth_derivative-stub", "solution": true}
def nth_derivative(x, n):
    """The n-th derivative of `wave` at x, by the engine.

    Parameters
    ----------
    x : float
    n : int
        0 or more; the 0th derivative is the function itself.

    Returns
    -------
    derivative : float

    Hint: `grad` takes a function and returns a function.

    >>> round(float(nth_derivative(0.0, 1)), 6), round(float(nth_derivative(0.0, 2)), 6)
    (3.0, -6.0)
    """
    ### BEGIN SOLUTION
    function = wave
    for _ in range(n):
        function = grad(function)
    return function(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "nth_derivative", "grade": true}
check(nth_derivative)

# %% [markdown]
# **Look.** Now with **your** rules. In the block below, the engine's add, multiply and tanh are
# out. Their second and third derivatives come from your lines alone, run on traced values. (The
# engine's sum stays in: `fit` sums along one axis, and yours only adds up everything.)


# %%
def bend(x):
    return np.tanh(x * x + x) * x


twice = [name for name in live if name != "sum"]
for label, names in (("the engine's", []), ("yours", twice)):
    with your_gates(names):
        derivatives = bend(0.7), grad(bend)(0.7), grad(grad(bend))(0.7), grad(grad(grad(bend)))(0.7)
    print(f"{label:>12}:", ", ".join(f"{value:.9f}" for value in derivatives))

# %% [markdown]
# **What to see.** The same digits. You never wrote a second derivative. You wrote `1 - out**2`
# with an operator that can be traced, and that was enough.

# %% [markdown]
# ## 10. Hessian times vector
#
# For $n$ variables, all second derivatives form the **Hessian** $H$, an $n \times n$ matrix. For
# our network that would be $2410^2 = 5.8$ million numbers. One rarely needs them. What one needs is
# $H v$: how the gradient changes when the variables move along $v$. And that is a gradient again:
#
# $$H v = \nabla_x \Big( \sum_i \frac{\partial f}{\partial x_i}\,v_i \Big)$$
#
# because $v$ is a constant. Inside the brackets is a single number. So $Hv$ costs about two
# gradients, and $H$ is never built.


# %%
def bowl(A, x):
    return np.sum(np.logaddexp(0.0, A @ x))


# %% nbgrader={"grade_id": "hessian_vector-stub", "solution": true}
def hessian_vector(A, x, v):
    """Hessian times vector of `bowl`, by the engine. The Hessian is by x; A is constant.

    Parameters
    ----------
    A : array, shape (m, n)
    x, v : arrays, shape (n,)
        Where, and along which direction. n may be a thousand, so do not build the Hessian.

    Returns
    -------
    Hv : array, shape (n,)

    Hint: first a function of x that returns the number in the brackets. What is done to it next?

    >>> hessian_vector(np.array([[1.0, 2.0]]), np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    array([0.25, 0.5 ])
    """
    ### BEGIN SOLUTION
    gradient = grad(lambda x: bowl(A, x))
    return grad(lambda x: np.sum(gradient(x) * v))(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "hessian_vector", "grade": true}
check(hessian_vector)

# %% [markdown]
# **Look.** What it is good for. Multiply a vector by $H$ again and again, and it turns towards the
# direction in which the loss curves most. How much it grows is the curvature $\lambda$ there.
# Gradient descent is stable along that direction only if the learning rate is below $2/\lambda$.
# The engine's own `hvp` does the product here, for the whole network, through your gates.


# %%
def length(vector):
    return np.sqrt(sum(np.sum(part**2) for part in vector.values()))


def largest_curvature(parameters, rounds=12):
    rng = np.random.default_rng(1)
    v = {key: rng.normal(size=value.shape) for key, value in parameters.items()}
    for _ in range(rounds):
        v = {key: part / length(v) for key, part in v.items()}
        with your_gates(twice):
            v = hvp(your_loss)(parameters, images[:200], targets[:200], v)
    return length(v)


curvature = largest_curvature(parameters)
print(f"largest curvature {curvature:.2f}, so the rate must stay below {2 / curvature:.2f}")

for rate in (0.5 / curvature, 20.0 / curvature):
    p, losses = parameters, []
    for _ in range(20):
        loss, g = value_and_grad(network_loss)(p, images[:200], targets[:200])
        losses.append(float(loss))
        p = {key: p[key] - rate * g[key] for key in p}
    print(f"rate {rate:.2f}: {[round(loss, 2) for loss in losses[::4]]}")

# %% [markdown]
# **What to see.** Well below the bound the loss falls at every step. Far above it, it jumps about.
# (The bound holds at the start; the curvature changes as the network learns.) The number comes from
# second derivatives in 2,410 dimensions, and takes twelve products of two gradients each.

# %% [markdown]
# ## 11. All of it together: the digits
#
# Now learn. The images are 8 × 8 scans of handwritten digits from the UCI repository. The loop is
# mini-batch gradient descent, as in assignment 05. **Every gradient below comes through your
# gates.** The engine only keeps the tape, and you have built that too.


# %%
def accuracy(parameters, images, labels):
    H = np.tanh(images @ parameters["W1"] + parameters["b1"])
    scores = H @ parameters["W2"] + parameters["b2"]
    return np.mean(np.argmax(scores, axis=1) == labels)


rng = np.random.default_rng(0)
history, start = [accuracy(parameters, test_images, test_labels)], perf_counter()
with your_gates(live):
    for _ in range(15):
        order = rng.permutation(len(images))
        for batch in np.split(order, range(32, len(order), 32)):
            gradients = grad(your_loss)(parameters, images[batch], targets[batch])
            for key in parameters:
                parameters[key] = parameters[key] - 0.5 * gradients[key]
        history.append(accuracy(parameters, test_images, test_labels))
seconds = perf_counter() - start
print(f"{len(live) + log_softmax_written} of 6 gates are yours")
print(f"right on the test images: {100 * history[-1]:.1f} %, after {seconds:.1f} s")

# %% [markdown]
# How it went, and five images that are still read wrong:

# %%
figure, (curve, *pictures) = plt.subplots(
    1, 6, figsize=(10, 2.2), width_ratios=[3, 1, 1, 1, 1, 1], layout="constrained"
)
curve.plot(100 * np.array(history), "o-", markersize=3)
curve.set_xticks([0, 5, 10, 15])
curve.set_xlabel("epoch")
curve.set_ylabel("% right")

H = np.tanh(test_images @ parameters["W1"] + parameters["b1"])
answers = np.argmax(H @ parameters["W2"] + parameters["b2"], axis=1)
wrong = np.flatnonzero(answers != test_labels)[:5]
for axes, index in zip(pictures, wrong, strict=False):
    axes.imshow(test_images[index].reshape(8, 8), cmap="gray_r")
    axes.set_title(f"{test_labels[index]}, read as {answers[index]}", fontsize=8)
for axes in pictures:
    axes.axis("off")
plots.show(figure, alt="Right answers rise above 95 %; five digits are still read wrong.")

# %% [markdown]
# **What to see.** Left, the share of right answers on images that the network has not learned
# from. It passes 95 % after a few epochs. Right, some of those that it still gets wrong. At 8 × 8
# pixels, several of them are hard for a person as well.

# %% [markdown]
# ## 12. The same model in five libraries
#
# The same network, 64 to 32 to 10, as one would write it in each library. Read them for three
# things: **who makes the graph, when is it made, and what is a derivative there?** You do not have
# to run any of it; most of these libraries are history.

# %% [markdown]
# **Torch** (2002, Lua). You put layer objects into a container. Each has `forward` and `backward`,
# like your `LogSoftmax`. The container is the graph. Symbol-to-number.
#
# ```lua
# require 'nn'
# model = nn.Sequential()
# model:add(nn.Linear(64, 32))
# model:add(nn.Tanh())
# model:add(nn.Linear(32, 10))
# model:add(nn.LogSoftMax())
# criterion = nn.ClassNLLCriterion()
#
# out = model:forward(images)
# loss = criterion:forward(out, labels)          -- labels from 1 to 10
# model:zeroGradParameters()                     -- gradients are added up until you clear them
# model:backward(images, criterion:backward(out, labels))
# model:updateParameters(0.5)
# ```

# %% [markdown]
# **Caffe** (2013, C++). The graph is a text file. A layer reads a *bottom* blob and fills a *top*
# one; on the way back it fills the bottom's `diff`. A new kind of layer is two functions in C++,
# as in assignment 03. Symbol-to-number.
#
# ```text
# layer { name: "hidden" type: "InnerProduct" bottom: "data" top: "hidden"
#         inner_product_param { num_output: 32 weight_filler { type: "xavier" } } }
# layer { name: "squash" type: "TanH" bottom: "hidden" top: "hidden" }
# layer { name: "scores" type: "InnerProduct" bottom: "hidden" top: "scores"
#         inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
# layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
# ```

# %% [markdown]
# **Theano** (2007, Python). You write formulas with symbols that have no value yet. `grad` returns
# more formulas: symbol-to-symbol, as your `SymbolTape`. Then the whole graph is tidied up and
# compiled.
#
# ```python
# X, t = tensor.matrix("X"), tensor.ivector("t")
# W1, b1, W2, b2 = (theano.shared(value) for value in start)
# H = tensor.tanh(tensor.dot(X, W1) + b1)
# P = tensor.nnet.softmax(tensor.dot(H, W2) + b2)
# loss = tensor.nnet.categorical_crossentropy(P, t).mean()
# gradients = tensor.grad(loss, [W1, b1, W2, b2])
# updates = [(p, p - 0.5 * g) for p, g in zip([W1, b1, W2, b2], gradients)]
# step = theano.function([X, t], loss, updates=updates)
# step(images, labels)
# ```

# %% [markdown]
# **TensorFlow** (2015, Python; here as in version 1). The same idea: first the graph, with
# placeholders, then a session that runs parts of it. `tf.gradients` adds nodes to the graph.
#
# ```python
# X = tf.placeholder(tf.float32, [None, 64])
# t = tf.placeholder(tf.int64, [None])
# W1, b1, W2, b2 = (tf.Variable(value) for value in start)
# S = tf.matmul(tf.tanh(tf.matmul(X, W1) + b1), W2) + b2
# loss = tf.reduce_mean(
#     tf.nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=S))
# gradients = tf.gradients(loss, [W1, b1, W2, b2])
# step = [tf.assign_sub(p, 0.5 * g) for p, g in zip([W1, b1, W2, b2], gradients)]
# with tf.Session() as session:
#     session.run(tf.global_variables_initializer())
#     session.run(step, feed_dict={X: images, t: labels})
# ```

# %% [markdown]
# **PyTorch** (2016, Python). The graph is recorded while ordinary code runs, as on your `Tape`, and
# made anew every time. `backward()` walks back and adds numbers to each `.grad`. With
# `create_graph=True` the walk is recorded as well, and then it is symbol-to-symbol.
#
# ```python
# model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
# optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
#
# loss = nn.functional.cross_entropy(model(images), labels)
# optimizer.zero_grad()
# loss.backward()
# optimizer.step()
# ```

# %% [markdown]
# | | the graph is made by | when | a derivative is | your own counterpart |
# |---|---|---|---|---|
# | Torch | containers of layers | before | numbers | `LogSoftmax` (5) |
# | Caffe | a text file | before | numbers | `caffe_sigmoid_backward` in 03 |
# | Theano | formulas of symbols | before, compiled | more graph | `SymbolTape` (8) |
# | TensorFlow 1 | formulas of symbols | before | more graph | `SymbolTape` (8) |
# | PyTorch | code that runs | while it runs | numbers, or more graph | `Tape` (7) |
# | this course | code that runs | while it runs | either | sections 6, 9 |

# %% [markdown]
# **Optional.** If PyTorch or JAX is installed where this notebook runs, the next two cells compute
# the same gradient with it and compare. If not, they say so and do nothing.


# %%
def compare(library, theirs):
    with your_gates(live):
        mine = grad(your_loss)(parameters, images[:50], targets[:50])
    error = max(np.abs(np.asarray(theirs[key]) - mine[key]).max() for key in mine)
    print(f"{library}: largest difference from your gradient {error:.0e}")


if find_spec("torch") is None:
    print("PyTorch is not installed here: nothing to compare.")
else:
    import torch

    p = {key: torch.tensor(value, requires_grad=True) for key, value in parameters.items()}
    H = torch.tanh(torch.tensor(images[:50]) @ p["W1"] + p["b1"])
    scores = H @ p["W2"] + p["b2"]
    torch.nn.functional.cross_entropy(scores, torch.tensor(labels[:50])).backward()
    compare("PyTorch", {key: value.grad.numpy() for key, value in p.items()})

# %%
if find_spec("jax") is None:
    print("JAX is not installed here: nothing to compare.")
else:
    import jax

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)

    def jax_loss(p, images, targets):
        H = jax.numpy.tanh(images @ p["W1"] + p["b1"])
        return -jax.numpy.mean(
            jax.numpy.sum(jax.nn.log_softmax(H @ p["W2"] + p["b2"]) * targets, axis=1)
        )

    compare("JAX", jax.grad(jax_loss)(parameters, images[:50], targets[:50]))

# %% [markdown]
# ### In your own words
#
# You have built two tapes. Answer in five to eight sentences:
#
# 1. What does `Tape.gradients` return, and what does `SymbolTape.derivative` return? Which lecture
#    term belongs to which?
# 2. Why can the answer of the first not be differentiated again? What would go wrong if you put it
#    on the tape as a new leaf?
# 3. Name one advantage of each way for a library.

# %% [markdown] nbgrader={"grade_id":"explain_symbols","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# `Tape.gradients` returns numbers: symbol-to-number, as Torch and Caffe. `SymbolTape.derivative`
# returns the number of an entry, a new piece of graph whose value is the derivative:
# symbol-to-symbol, as Theano and TensorFlow. The numbers of the first were computed by plain Python
# arithmetic that nobody recorded, so there is no path from them back to x. As a leaf, such a number
# has no parents, and its derivative by x would come out as 0, which is wrong and does not crash.
# Symbol-to-number is simple and needs little memory: nothing of the backward walk is kept.
# Symbol-to-symbol gives derivatives of any order from the same rules, and the library sees the
# whole graph, forward and backward, and can simplify and compile it.
#
# **For the grader.** One point for each question. (1) Both returns and both terms; half a point if
# the terms are exchanged but the returns are right. (2) The arithmetic was not recorded; a leaf has
# derivative 0. "It is only a number" without the consequence is half a point. (3) One advantage
# each; any true one counts (speed to build, memory, easy to debug; higher orders, optimisation of
# the graph, export).
# ### END SOLUTION

# %% [markdown]
# ## Recap
#
# - A gate is a forward, a backward, and what is kept in between. Three forms, one idea.
# - A gradient has the shape of its variable: sum over what was broadcast.
# - A **tape** lists gates in the order of running. Walked back, it needs no sorting.
# - Numbers on the way back: **symbol-to-number**. Entries: **symbol-to-symbol**.
# - If the rules can be traced, `grad(grad(f))` and $Hv$ come for free.
# - In every library the calculus is in the gates, and you have written them.

# %% [markdown]
# ### What the lectures said
#
# The three summaries agree: deriving a formula for every parameter is not practical; a graph, the
# chain rule and one local step per node are enough; the forward pass keeps what the backward pass
# needs. The lecture on algorithms names the two kinds of differentiation and the four libraries of
# sections 8 and 12. PyTorch is in the lecture on computational graphs.

# %% [markdown]
# **Slips.** The lecture on algorithms ends by saying that the backward pass also updates the
# parameters, and another that backpropagation is gradient descent plus the chain rule. In
# section 11 you can see the two apart: `grad(...)` is one line, the update is another. And the line
# for the table of gradients has its indices scrambled; in the words of your tape, the gradient of a
# parent $j$ is the **sum over the entries $i$ made from it** of gradient of $i$ times $\partial
# u_i / \partial u_j$.
