# %% [markdown]
# # 01 Chain rule
#
# A network learns by moving each of its numbers a little, in the direction that makes its answers
# better. Which direction that is, the **gradient** says. This notebook is about finding gradients
# with one rule, about checking them, and about walking along them.

# %% [markdown]
# When you are done, you will be able to
#
# - multiply derivatives along a chain, and add them over several paths;
# - write the chain rule in five ways and see that it is one rule;
# - find the gradient of a neuron as three derivatives and their product;
# - check any gradient numerically, and know why nobody trains that way;
# - write gradient descent, and say what each of its four choices does.

# %% [markdown]
# ## How to work with this notebook
#
# Some cells end in `raise NotImplementedError()`. Those are yours: delete that line and the
# comment above it, write your code, and run the cell with Shift+Enter.

# %% [markdown]
# The cell below it calls `check(...)`. Run it too. It tries your code on numbers you have not seen
# and says what is right, what is not, and where to read again. Run it as often as you like:
# nothing is counted before you hand in. Leave the check cells as they are.

# %% [markdown]
# The sections do not need each other. If you are stuck, go on and come back. A cell below a check
# that uses your code stops with NotImplementedError until the code is there; that does no harm.
# All of it takes an hour or two.

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from course import check, plots
from course.autodiff import name, trace
from course.widgets import Descent

# %% [markdown]
# ## The long way
#
# A neuron has three weights and a bias. It takes three inputs, and its answer should be $y$. How
# far off it is, the loss says:
#
# $$a = \sigma(w_1x_1 + w_2x_2 + w_3x_3 + b), \qquad L = (a - y)^2, \qquad
# \sigma(z) = \frac{1}{1 + e^{-z}}.$$
#
# We call all the numbers that may change $\theta = \{w_1, w_2, w_3, b\}$. How does $L$ change with
# each of them? Written out, for $w_1$ alone:
#
# $$\frac{\partial L}{\partial w_1} = 2\left(\frac{1}{1 + e^{-(w_1x_1 + w_2x_2 + w_3x_3 + b)}} - y
# \right) \frac{x_1\,e^{-(w_1x_1 + w_2x_2 + w_3x_3 + b)}}
# {\left(1 + e^{-(w_1x_1 + w_2x_2 + w_3x_3 + b)}\right)^2}.$$

# %% [markdown]
# There are four of these. A real network has millions of parameters, and behind every neuron there
# are more. Or you let the computer try: move one number a little, look how far the loss moves.


# %%
def loss(w1, w2, w3, b):
    z = 1.0 * w1 + 2.0 * w2 + 1.0 * w3 + b  # the inputs are 1, 2, 1
    return (1.0 / (1.0 + np.exp(-z)) - 0.0) ** 2  # the answer should be 0


moved = loss(0.5 + 1e-6, -1.0, 2.0, 0.5) - loss(0.5, -1.0, 2.0, 0.5)
print(f"L changes by {moved:.3e} when w1 grows by 1e-6: a slope of about {moved / 1e-6:.5f}")

# %% [markdown]
# That is easy. But it takes one more evaluation of everything *for each parameter*, and the more
# parameters there are, the longer each evaluation takes.


# %%
def wide_loss(weights):
    return (1.0 / (1.0 + np.exp(-np.sum(weights) / len(weights)))) ** 2


for count in (1_000, 10_000, 100_000):
    weights = np.full(count, 0.5)
    start = perf_counter()
    for _ in range(50):
        wide_loss(weights)
    each = (perf_counter() - start) / 50
    print(f"{count:6d} weights: about {1000 * each * count:8.1f} ms for one gradient by trying")

# %% [markdown]
# **What to see.** Ten times the weights take ten times as long or more: there are ten times the
# evaluations, and each is longer too. We need a way to all slopes at once that does not try. It is
# the chain rule.

# %% [markdown]
# ## The idea: changes travel
#
# If $y = g(x)$ and $z = h(y)$, a small change of $x$ makes a small change of $y$, and that makes a
# small change of $z$. Each step multiplies the change by a slope:
#
# ```text
#            × g′(x)            × h′(y)
#    Δx  ──────────────►  Δy  ──────────────►  Δz
#
#    x ─────────[ g ]───► y ─────────[ h ]───► z
# ```
#
# So on the whole the change is multiplied by both. This is the chain rule:
#
# $$\frac{dz}{dx} = \frac{dz}{dy}\cdot\frac{dy}{dx}$$

# %% [markdown]
# `trace` draws this picture for any function you give it. Here $y = \sin x$ and $z = e^y$, at $x =
# 1$. (`name` only writes a label on a box. It hands its value on unchanged.)

# %%
trace(lambda x: name(np.exp(name(np.sin(x), "y = sin x")), "z = exp y"), 1.0)

# %% [markdown]
# **What to see.** Each box has a name, a value, and a gradient: how fast the last box changes with
# it. The number on a line is the slope of that one step. Read the gradients from right to left: 1
# for $z$ itself, then times 2.32 for $y$, then times 0.540 for $x$. Every picture below is read in
# the same way.

# %% [markdown]
# ## 1. A chain of two functions
#
# Let us watch the changes travel, for $y = 3x$ and $z = y^2$ at $x = 2$. There $y = 6$ and $z =
# 36$. The slope of the first step is 3. The slope of the second is $2y = 12$.

# %%
for dx in (1.0, 0.1, 0.01, 0.001):
    dy = 3.0 * (2.0 + dx) - 6.0
    dz = (6.0 + dy) ** 2 - 36.0
    print(f"Δx = {dx:5.3f}   Δy = {dy:5.3f}   Δz = {dz:9.6f}   Δz/Δx = {dz / dx:7.4f}")

# %% [markdown]
# **What to see.** The smaller the step, the nearer the ratio comes to 3 × 12 = 36.
#
# Mind *where* the slopes are taken. $h$ is fed with $y$, not with $x$. So its slope is taken at $y
# = g(x)$:
#
# $$\frac{dz}{dx} = h'\bigl(g(x)\bigr)\cdot g'(x)$$
#
# At $x$ it would be $2 \cdot 2 = 4$ here, which is the slope of a place the chain never visits.


# %% nbgrader={"grade_id": "chain-stub", "solution": true}
def chain(x, g, dg, dh):
    """Derivative of z = h(g(x)) by x.

    Parameters
    ----------
    x : float, or array
        Where. An array is taken entry by entry.
    g : callable
        The inner function, y = g(x).
    dg, dh : callable
        The derivatives of g and of h: `dg(x)` is a slope of g, `dh(y)` is a slope of h.

    Returns
    -------
    dz_dx : float, or array of x's shape

    Hint: find y first. Each derivative wants the number that goes into its own function.

    >>> chain(2.0, lambda x: 3.0 * x, lambda x: 3.0, lambda y: 2.0 * y)
    36.0
    """
    ### BEGIN SOLUTION
    y = g(x)
    return dh(y) * dg(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "chain", "grade": true}
check(chain)

# %% [markdown]
# ## 2. Two paths: the changes add
#
# Now $s$ goes two ways, and they meet again:
#
# $$x = g(s), \qquad y = h(s), \qquad z = k(x, y).$$
#
# If $s$ moves, both $x$ and $y$ move, and each of them moves $z$. The two moves add:
#
# $$\frac{dz}{ds} = \frac{\partial z}{\partial x}\frac{dx}{ds}
# + \frac{\partial z}{\partial y}\frac{dy}{ds}$$
#
# **Multiply along a path, add over the paths.**

# %%
trace(lambda s: name(name(3.0 * s, "x = 3s") * name(s**2, "y = s²"), "z = x · y"), 2.0)

# %% [markdown]
# **What to see.** Two lines leave $s$. Over $x$ comes 4 × 3 = 12, over $y$ comes 6 × 4 = 24, and
# $s$ has a gradient of 36. To check, without paths: $z = 3s^3$, and its slope is $9s^2 = 36$.


# %% nbgrader={"grade_id": "multi_path_chain-stub", "solution": true}
def multi_path_chain(s, g, dg, h, dh, dk):
    """Derivative of z = k(g(s), h(s)) by s.

    Parameters
    ----------
    s : float, or array
        Where. An array is taken entry by entry.
    g, h : callable
        The functions on the two paths, x = g(s) and y = h(s).
    dg, dh : callable
        Their derivatives, of s.
    dk : callable
        `dk(x, y)` returns the pair ∂z/∂x, ∂z/∂y.

    Returns
    -------
    dz_ds : float, or array of s's shape

    Hint: dk wants the two numbers that go into k.

    >>> multi_path_chain(
    ...     2.0,
    ...     lambda s: 3.0 * s, lambda s: 3.0,
    ...     lambda s: s**2, lambda s: 2.0 * s,
    ...     lambda x, y: (y, x),
    ... )
    36.0
    """
    ### BEGIN SOLUTION
    dz_dx, dz_dy = dk(g(s), h(s))
    return dz_dx * dg(s) + dz_dy * dh(s)
    ### END SOLUTION


# %% nbgrader={"grade_id": "multi_path_chain", "grade": true}
check(multi_path_chain)

# %% [markdown]
# ## 3. Many paths: the Jacobian
#
# Let $x$ have $m$ entries and $y = g(x)$ have $n$. Then each $x_i$ reaches $z$ over *every* $y_j$,
# and there are $n$ paths to add:
#
# $$\frac{\partial z}{\partial x_i} = \sum_{j} \frac{\partial z}{\partial y_j}\,
# \frac{\partial y_j}{\partial x_i}$$

# %% [markdown]
# The slopes $\partial y_j/\partial x_i$ make a table: one row for each output $y_j$, one column
# for each input $x_i$. It has shape $n \times m$ and is called the **Jacobian**. We know how $z$
# changes with $y$: that is $\nabla_y z$, with $n$ entries. We want $\nabla_x z$, with $m$:
#
# $$\nabla_x z = \left(\frac{\partial y}{\partial x}\right)^{\!\top} \nabla_y z$$
#
# The transpose is there because we go *back*, from outputs to inputs.

# %%
jacobian = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # y = J x: two outputs, three inputs
dz_dy = np.array([10.0, 1.0])

for i in range(3):
    paths = [f"{dz_dy[j]:.0f} · {jacobian[j, i]:.0f}" for j in range(2)]
    print(f"dz/dx{i} = {' + '.join(paths)}")

# %% [markdown]
# **What to see.** For each input one column of the table, and one product for each output. We give
# $\nabla_y z$ the name **upstream**: it is what comes in from the end of the chain. The whole
# operation is called a *vector-Jacobian product*, vjp for short.


# %% nbgrader={"grade_id": "vjp_from_jacobian-stub", "solution": true}
def vjp_from_jacobian(jacobian, upstream):
    """Gradient by x of a number z that depends on y = g(x).

    Parameters
    ----------
    jacobian : array, shape (n, m)
        Row j, column i: dy_j/dx_i.
    upstream : array, shape (n,)
        dz/dy.

    Returns
    -------
    dx : array, shape (m,)
        dz/dx.

    Hint: count the shapes. Which way round can an n×m table and n numbers become m numbers?

    >>> vjp_from_jacobian(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([10.0, 1.0]))
    array([14., 25., 36.])
    """
    ### BEGIN SOLUTION
    return jacobian.T @ upstream
    ### END SOLUTION


# %% nbgrader={"grade_id": "vjp_from_jacobian", "grade": true}
check(vjp_from_jacobian)

# %% [markdown]
# ## 4. One answer, five views
#
# The rule is written in five ways, and they are one. Take $y = Wx$ and $z = y_1^2 + y_2^2$, with
# $W$ and $x$ below. Then $y = [2, 2.5]$ and $\nabla_y z = 2y = [4, 5]$.

# %%
W, x = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([1.0, 0.5])
y = W @ x
dy = 2.0 * y
print(f"y = {y}, z = {np.sum(y**2)}, dz/dy = {dy}")

# %% [markdown]
# **Scalar view.** One input at a time, one path at a time. **Vector view.** The same as a sum over
# $j$, for all $i$. **Jacobian view.** The same as a product with a transpose.

# %%
by_scalars = [dy[0] * W[0, 0] + dy[1] * W[1, 0], dy[0] * W[0, 1] + dy[1] * W[1, 1]]
by_vectors = sum(dy[j] * W[j] for j in range(2))
by_jacobian = W.T @ dy
print("scalars:", np.array(by_scalars), " vectors:", by_vectors, " Jacobian:", by_jacobian)

# %% [markdown]
# **Graph view.** Every product is a path in a picture, and where paths meet they add.


# %%
def five_views(x1, x2):
    y1 = name(name(1.0 * x1, "1 · x1") + name(2.0 * x2, "2 · x2"), "y1")
    y2 = name(name(3.0 * x1, "3 · x1") + name(-1.0 * x2, "−1 · x2"), "y2")
    return name(name(y1**2, "y1²") + name(y2**2, "y2²"), "z")


trace(five_views, 1.0, 0.5)

# %% [markdown]
# **What to see.** 19 at $x_1$ and 3 at $x_2$: the same as above. $x_1$ has two ways to $z$. One
# brings 4 × 1, the other 5 × 3.

# %% [markdown]
# **Tensor view.** Values often come as matrices, or with more axes. Let $X$ and $Y$ have any
# shapes. There is one slope for each pair of entries, so the Jacobian has *all axes of $Y$, then
# all axes of $X$*:
#
# $$\frac{\partial z}{\partial X_{kl\ldots}} = \sum_{ij\ldots}
# \frac{\partial z}{\partial Y_{ij\ldots}}\,
# \frac{\partial Y_{ij\ldots}}{\partial X_{kl\ldots}}$$
#
# Still the same rule: multiply, and add over everything that $Y$ has.


# %% nbgrader={"grade_id": "tensor_chain-stub", "solution": true}
def tensor_chain(jacobian, upstream):
    """Gradient by X of a number z that depends on Y = g(X), for arrays of any shape.

    Parameters
    ----------
    jacobian : array, shape Y.shape + X.shape
        Such as (2, 3, 4) when Y has shape (2, 3) and X has shape (4,).
    upstream : array, shape Y.shape
        dz/dY.

    Returns
    -------
    dX : array, shape X.shape
        dz/dX.

    Hint: `upstream.ndim` says how many axes Y has. One way is to sum over them with
    `np.tensordot`, another is to lay Y out flat with `reshape`, use section 3, and shape the
    answer as X.

    >>> jacobian = np.array([[[1.0, 2.0], [3.0, 4.0]]])  # Y has shape (1, 2), X has shape (2,)
    >>> tensor_chain(jacobian, np.array([[1.0, 10.0]]))
    array([31., 42.])
    """
    ### BEGIN SOLUTION
    return np.tensordot(upstream, jacobian, axes=upstream.ndim)
    ### END SOLUTION


# %% nbgrader={"grade_id": "tensor_chain", "grade": true}
check(tensor_chain)

# %% [markdown]
# **Look.** The example once more, with $x$ written as a matrix of one row, so that $Y = XW^\top$
# and the Jacobian has four axes:

# %%
four_axes = np.zeros((1, 2, 1, 2))
four_axes[0, :, 0, :] = W
by_tensors = tensor_chain(four_axes, dy.reshape(1, 2))
print(f"shape {four_axes.shape}: {by_tensors}")

# %% [markdown]
# **What to see.** 19 and 3 for the fifth time, now in a row, because the gradient has the shape of
# $X$. For images of $4096$ numbers this Jacobian would have 16 million entries, nearly all of them
# 0. Assignment 04 is about never building it.

# %% [markdown]
# ## 5. The input in front of the weight
#
# Now to the neuron. Its first step is linear:
#
# $$z = w_1h_1 + w_2h_2 + \ldots + b$$
#
# The inputs are called $h$ here, since they may come from neurons before. Hold everything still
# but $w_1$: if it moves by a little, $z$ moves $h_1$ times as far. If $h_1$ moves, $z$ moves $w_1$
# times as far. And $b$ moves $z$ by just as much.

# %%
trace(lambda w1, h1, b: name(name(w1 * h1, "w1 · h1") + b, "z"), 2.0, -1.0, -3.0)

# %% [markdown]
# **What to see.** The gradient of $w_1$ is −1, the input in front of it. No calculation is needed:
# **look which number stands next to the weight, and that is the slope.** It works the other way as
# well: the gradient of $h_1$ is 2, its weight.


# %% nbgrader={"grade_id": "linear_local_gradients-stub", "solution": true}
def linear_local_gradients(w, h, b):
    """Derivatives of z = w[0] * h[0] + w[1] * h[1] + ... + b.

    Parameters
    ----------
    w, h : array, shape (n,)
        Weights and inputs.
    b : float
        The bias.

    Returns
    -------
    dz_dw, dz_dh : array, shape (n,)
    dz_db : float

    Hint: there is nothing to compute.

    >>> linear_local_gradients(np.array([2.0, -3.0]), np.array([-1.0, -2.0]), -3.0)
    (array([-1., -2.]), array([ 2., -3.]), 1.0)
    """
    ### BEGIN SOLUTION
    return h, w, 1.0
    ### END SOLUTION


# %% nbgrader={"grade_id": "linear_local_gradients", "grade": true}
check(linear_local_gradients)

# %% [markdown]
# ## 6. One neuron: three derivatives, then their product
#
# The neuron of the beginning is a chain of three steps:
#
# ```text
# w, b ──[ linear ]──► z ──[ sigmoid ]──► a ──[ loss ]──► L
# ```
#
# So its gradient is three derivatives, and their product:
#
# $$\frac{\partial L}{\partial w_i} =
# \underbrace{\frac{\partial L}{\partial a}}_{\text{loss}}\cdot
# \underbrace{\frac{da}{dz}}_{\text{activation}}\cdot
# \underbrace{\frac{\partial z}{\partial w_i}}_{\text{linear}}$$

# %% [markdown]
# - The **loss** is a square, $(a - y)^2$, and its slope is $2(a - y)$.
# - The **activation** is the sigmoid. Its slope comes from its own output: $a(1 - a)$. (Why, is in
#   assignment 03. The picture below shows it.)
# - The **linear** step you have just done.
#
# The bias takes the same way, with 1 as its linear derivative.

# %% [markdown]
# **A slip on a slide.** One lecture prints $2(y - a)$ as the slope of $(a - y)^2$. The sign is
# turned there; a few slides on it is right. You can always tell: if $a$ is too large, a larger $a$
# makes the loss larger. So the slope must be positive when $a > y$.

# %% [markdown]
# Here is the right half of the neuron of the beginning, from $z = 1$ on. Its answer should be 0, so
# its loss is $a^2$.


# %%
def right_half(z):
    a = name(1.0 / (1.0 + np.exp(-z)), "a = σ(z)")
    return name(a**2, "L = (a − 0)²")


trace(right_half, 1.0)

# %% [markdown]
# **What to see.** At the right, $a = 0.731$ has a gradient of 2 × 0.731 = 1.462. The boxes between
# are the sigmoid in small steps. Their slopes multiply to $a(1 - a) = 0.197$, so $z$ has 1.462 ×
# 0.197 = 0.287. That is what the left half gets from its right:


# %%
def left_half(w1, w2, w3, b):
    return name(1.0 * w1 + 2.0 * w2 + 1.0 * w3 + b, "z")


trace(left_half, 0.5, -1.0, 2.0, 0.5, upstream=0.28747)

# %% [markdown]
# **What to see.** Each weight has 0.287 times the input in front of it: 1, 2 and 1. The bias has
# 0.287. And for $w_1$ it is the slope that we found by trying, at the very beginning.


# %% nbgrader={"grade_id": "neuron_gradient-stub", "solution": true}
def neuron_gradient(w, b, x, y):
    """Gradient of the loss of one neuron on one example, with its parts.

    z = w[0] * x[0] + w[1] * x[1] + ... + b, then a = sigmoid(z), then L = (a - y)**2.

    Parameters
    ----------
    w, x : array, shape (n,)
        Weights and inputs.
    b : float
        The bias.
    y : float
        What the answer should be.

    Returns
    -------
    dL_da, da_dz : float
        Loss derivative and activation derivative.
    dz_dw : array, shape (n,)
        Linear derivative.
    dL_dw : array, shape (n,)
        The product of the three.
    dL_db : float
        The same for the bias.

    Hint: go forward first, and find z and a. Then write the five answers in this order.

    >>> parts = neuron_gradient(np.array([0.5, -1.0, 2.0]), 0.5, np.array([1.0, 2.0, 1.0]), 0.0)
    >>> for part in parts:
    ...     print(np.round(part, 4))
    1.4621
    0.1966
    [1. 2. 1.]
    [0.2875 0.5749 0.2875]
    0.2875
    """
    ### BEGIN SOLUTION
    z = w @ x + b
    a = 1.0 / (1.0 + np.exp(-z))

    dL_da = 2.0 * (a - y)
    da_dz = a * (1.0 - a)
    dz_dw = x

    dL_dz = dL_da * da_dz
    return dL_da, da_dz, dz_dw, dL_dz * dz_dw, dL_dz
    ### END SOLUTION


# %% nbgrader={"grade_id": "neuron_gradient", "grade": true}
check(neuron_gradient)

# %% [markdown]
# ## 7. Many examples: their gradients add
#
# There is never just one example. The loss of all is the sum of the losses $C^n$ of each, and the
# derivative of a sum is the sum of the derivatives:
#
# $$L(\theta) = \sum_{n=1}^{N} C^n(\theta) \quad\Longrightarrow\quad
# \frac{\partial L}{\partial w} = \sum_{n=1}^{N} \frac{\partial C^n}{\partial w}$$
#
# So we may work example by example, and add. It is section 2 again: $w$ is used $N$ times, and the
# paths add.

# %% [markdown]
# **Sum or mean?** The mean is the sum divided by $N$, and so is its gradient. It points the same
# way. With the mean, the gradient does not grow with the number of examples, and the same learning
# rate fits few and many. Both are in use. What matters is to know which one you have: a factor of
# $N$ is easily lost.

# %% [markdown]
# Here the model is linear, without a sigmoid: $C^n = (w \cdot x^n + b - y^n)^2$.


# %% nbgrader={"grade_id": "batch_gradient-stub", "solution": true}
def batch_gradient(w, b, x, y, mean):
    """Gradient of the squared error of a linear model on a batch.

    C_n = (w · x[n] + b - y[n])**2 for each example n, and L is their sum or their mean.

    Parameters
    ----------
    w : array, shape (inputs,)
    b : float
    x : array, shape (N, inputs)
        One example a row.
    y : array, shape (N,)
        What the answers should be.
    mean : bool
        Whether L is the mean over the examples; otherwise it is the sum.

    Returns
    -------
    dw : array, shape (inputs,)
        dL/dw.
    db : float
        dL/db.

    Hint: a loop over the examples with += is a good start. Without a loop: `x @ w + b - y` is all
    misses at once.

    >>> x, y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 6.0, 9.0])
    >>> dw, db = batch_gradient(np.array([2.0]), 1.0, x, y, mean=False)
    >>> print(dw, db)
    [-14.] -4.0
    """
    ### BEGIN SOLUTION
    miss = 2.0 * (x @ w + b - y)
    share = len(y) if mean else 1
    return miss @ x / share, np.sum(miss) / share
    ### END SOLUTION


# %% nbgrader={"grade_id": "batch_gradient", "grade": true}
check(batch_gradient)

# %% [markdown]
# **Look.** Must it be all examples? A few of them, drawn at random, are a **mini-batch**. Its mean
# gradient is an estimate of the mean gradient of all. Here are a thousand examples, and how
# different batches of them see the slope of one weight. (The seed is 1.)

# %%
rng = np.random.default_rng(1)
inputs = rng.normal(size=(1000, 1))
answers = 3.0 * inputs[:, 0] + rng.normal(size=1000)
whole, _ = batch_gradient(np.array([0.0]), 0.0, inputs, answers, mean=True)

figure, axes = plt.subplots(figsize=(6, 3))
for place, size in enumerate((2, 10, 100)):
    slopes = []
    for _ in range(100):
        chosen = rng.choice(1000, size, replace=False)
        dw, _ = batch_gradient(np.array([0.0]), 0.0, inputs[chosen], answers[chosen], mean=True)
        slopes.append(dw[0])
    axes.plot(slopes, place + rng.uniform(-0.2, 0.2, 100), ".", alpha=0.5)
axes.axvline(whole[0], color="black", label="all 1000")
axes.set_yticks([0, 1, 2], ["2", "10", "100"])
axes.set_xlabel("dL/dw as a batch sees it")
axes.set_ylabel("examples in the batch")
axes.legend()
plots.show(figure, alt="Clouds of slopes, one for each size: the larger the batch, the narrower.")

# %% [markdown]
# **What to see.** Each dot is one batch. All clouds have their middle on the black line: batches
# are right on average. Batches of 2 are wild. Batches of 100 cost 50 times as much, and are about
# seven times as exact: the width falls with the *root* of the size.

# %% [markdown]
# ## 8. Slow, approximate, easy: the numerical gradient
#
# The gradient by trying, which we gave up at the beginning, is still good for something. It is so
# easy to write that it is hardly ever wrong. For entry $i$ of $x$, step to both sides:
#
# $$\frac{\partial f}{\partial x_i} \approx
# \frac{f(x_1, \ldots, x_i + h, \ldots) - f(x_1, \ldots, x_i - h, \ldots)}{2h}$$

# %% [markdown]
# Why to *both* sides? Let us see, for $f(x) = e^x$ at $x = 1$, where the slope is $e$.

# %%
h = np.logspace(-13, 0, 200)
one_sided = (np.exp(1.0 + h) - np.exp(1.0)) / h
two_sided = (np.exp(1.0 + h) - np.exp(1.0 - h)) / (2.0 * h)

figure, axes = plt.subplots(figsize=(6, 3.2))
axes.loglog(h, np.abs(one_sided - np.e), label="one side")
axes.loglog(h, np.abs(two_sided - np.e), label="both sides")
axes.set_xlabel("step h")
axes.set_ylabel("error of the slope")
axes.legend()
plots.show(figure, alt="Error over step h: two valleys; that of both sides is deeper.")

# %% [markdown]
# **What to see.** Read from the right. A step ten times smaller makes the error ten times smaller
# for one side, and a hundred times for both. Then both rise again, in a jagged way: the two values
# of $f$ are so near each other that their difference has hardly any digits left. For both sides a
# step of about $10^{-5}$ is best, and gives ten digits. It never gives sixteen.

# %% [markdown]
# Three things go wrong in practice:
#
# - an entry that was moved is not put back before the next one is moved;
# - the array that was given is changed, and somebody else still needs it;
# - `x` holds whole numbers. NumPy cuts 3 + 0.01 to 3 when you store it in an array of integers.
#
# A copy of floats takes care of all three.


# %% nbgrader={"grade_id": "numerical_gradient-stub", "solution": true}
def numerical_gradient(f, x, h):
    """Gradient of f at x, by stepping to both sides.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape and returns a number.
    x : array, of any shape
        Where; may hold whole numbers. It must not be changed.
    h : float
        How far to step.

    Returns
    -------
    gradient : array of x's shape, of floats

    Hint: `np.array(x, dtype=float)` is a copy. `for index in np.ndindex(x.shape)` goes through all
    entries, whatever the shape, as `x[index]`.

    >>> numerical_gradient(lambda x: x[0] ** 2 + 3.0 * x[1], np.array([2.0, 1.0]), 0.01).round(6)
    array([4., 3.])
    """
    ### BEGIN SOLUTION
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        above, below = np.array(x, dtype=float), np.array(x, dtype=float)
        above[index] += h
        below[index] -= h
        gradient[index] = (f(above) - f(below)) / (2.0 * h)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "numerical_gradient", "grade": true}
check(numerical_gradient)

# %% [markdown]
# ## 9. Derive, then check
#
# | | numerical | analytic |
# |---|---|---|
# | speed | slow: two evaluations for each entry | fast: about one evaluation more |
# | exact? | approximate | exact |
# | to write | easy | easy to get wrong |
#
# So use both: **derive the analytic gradient, and check it with the numerical one.** Once it is
# right, only the fast one runs.

# %% [markdown]
# When are two gradients the same? Not when their difference is small: if both are about $10^{-8}$,
# the difference is always small. Compare it with their sizes:
#
# $$\text{error} = \frac{\lVert a - n \rVert}{\lVert a \rVert + \lVert n \rVert}, \qquad
# \lVert v \rVert = \sqrt{\textstyle\sum_i v_i^2}$$
#
# It is 0 if they agree and at most 1. As a rule, below $10^{-6}$ is right, and above $10^{-3}$ is
# wrong. Check at several points, chosen at random, and trust the worst.


# %% nbgrader={"grade_id": "gradient_check-stub", "solution": true}
def gradient_check(analytic, numerical, points):
    """Compare two gradients at several points.

    Parameters
    ----------
    analytic, numerical : callable
        Each takes a point and returns its gradient there, an array of the point's shape. Not both
        are 0.
    points : list of arrays
        One or more; their shapes may differ.

    Returns
    -------
    error : float
        The largest relative error over all points.

    Hint: `np.linalg.norm(np.ravel(v))` is the length of an array of any shape.

    >>> right, wrong = lambda x: np.cos(x), lambda x: 2.0 * np.cos(x)
    >>> round(float(gradient_check(wrong, right, [np.array([0.0, 0.5])])), 4)
    0.3333
    """
    ### BEGIN SOLUTION
    errors = []
    for point in points:
        a, n = np.ravel(analytic(point)), np.ravel(numerical(point))
        size = np.linalg.norm(a) + np.linalg.norm(n)
        errors.append(np.linalg.norm(a - n) / size)
    return max(errors)
    ### END SOLUTION


# %% nbgrader={"grade_id": "gradient_check", "grade": true}
check(gradient_check)

# %% [markdown]
# **Look.** Somebody has derived the gradient of $f(x) = \sum_i x_i \sin x_i$ four times. Your two
# functions find out who was right. (The seed is 2.)

# %%
rng = np.random.default_rng(2)
points = [rng.normal(size=3) for _ in range(4)]
claims = {
    "sin x + x cos x": lambda x: np.sin(x) + x * np.cos(x),
    "cos x": lambda x: np.cos(x),
    "sin x − x cos x": lambda x: np.sin(x) - x * np.cos(x),
    "sin x + cos x": lambda x: np.sin(x) + np.cos(x),
}


def by_trying(x):
    return numerical_gradient(lambda x: np.sum(x * np.sin(x)), x, 1e-5)


for formula, claim in claims.items():
    print(f"{formula:16s}: error {gradient_check(claim, by_trying, points):.1e}")

# %% [markdown]
# **What to see.** One error is around $10^{-11}$, the others are large. Nothing lies between. This
# is the test that every gradient you write deserves, and the checks in this course do it too, in a
# sharper form.

# %% [markdown]
# ## 10. One step: against the gradient
#
# Now we use gradients. $\theta$ is all parameters together, $\theta^0$ is where we start. The
# gradient $\nabla L(\theta^0)$ points to where the loss *grows* fastest. So we go the other way, by
# a small amount:
#
# $$\theta^0 \to \theta^1 \to \theta^2 \to \ldots, \qquad
# \theta^1 = \theta^0 - \eta\,\nabla L(\theta^0)$$
#
# $\eta$ is the **learning rate**. With millions of parameters it is still this one line.


# %% nbgrader={"grade_id": "gradient_descent_step-stub", "solution": true}
def gradient_descent_step(theta, gradient, rate):
    """Parameters after one step of gradient descent.

    Parameters
    ----------
    theta : dict of str to float or array
        The parameters by name, such as {"w": ..., "b": ...}. It must stay as it is.
    gradient : dict of str to float or array
        The gradient of each, under the same name and of the same shape.
    rate : float
        The learning rate η.

    Returns
    -------
    dict of str to float or array
        The new parameters, under the same names.

    Hint: make a new dict. Writing theta[name] -= ... would change the old parameters.

    >>> gradient_descent_step({"w": 1.0, "b": 0.0}, {"w": 4.0, "b": -2.0}, 0.1)
    {'w': 0.6, 'b': 0.2}
    """
    ### BEGIN SOLUTION
    return {key: theta[key] - rate * gradient[key] for key in theta}
    ### END SOLUTION


# %% nbgrader={"grade_id": "gradient_descent_step", "grade": true}
check(gradient_descent_step)

# %% [markdown]
# ## 11. Many steps, and four choices
#
# Training repeats the step. In outline:
#
# ```text
# for each epoch:                    (in an epoch every example is seen once)
#     for each batch (x, y):
#         predict, measure the loss, find the gradient
#         θ  ←  θ − η · gradient
# ```
#
# Four things are for you to choose: **how many examples** go into one gradient; **how large the
# learning rate** is; whether it **stays the same** or falls from epoch to epoch; and **how many
# epochs** there are.

# %% [markdown]
# Your function gets all four. `batches` is the examples, already in groups. `rate` is a function:
# `rate(epoch)` is the learning rate of that epoch, and the first epoch is number 0. Return the
# whole path, so that we can look at it.


# %% nbgrader={"grade_id": "gradient_descent-stub", "solution": true}
def gradient_descent(gradient, theta, batches, rate, epochs):
    """Walk against the gradient, one step for each batch.

    Parameters
    ----------
    gradient : callable
        `gradient(theta, x, y)` is the gradient of the loss of a batch, of theta's shape.
    theta : array, shape (n,)
        Where to start. It must stay as it is.
    batches : list of (x, y)
        All examples, in groups.
    rate : callable
        `rate(epoch)` is the learning rate; the first epoch is 0.
    epochs : int
        How often to go through all batches.

    Returns
    -------
    path : array, shape (1 + epochs * len(batches), n)
        theta at the start, and after each step.

    Hint: collect the thetas in a list, and make an array of it at the end. Mind that `theta -= ...`
    changes the array that is already in the list.

    >>> toward = lambda theta, x, y: 2.0 * (theta - y)
    >>> gradient_descent(toward, np.array([0.0]), [(1.0, 2.0)], lambda epoch: 0.25, 2)
    array([[0. ],
           [1. ],
           [1.5]])
    """
    ### BEGIN SOLUTION
    path = [theta]
    for epoch in range(epochs):
        for x, y in batches:
            theta = theta - rate(epoch) * gradient(theta, x, y)
            path.append(theta)
    return np.array(path)
    ### END SOLUTION


# %% nbgrader={"grade_id": "gradient_descent", "grade": true}
check(gradient_descent)

# %% [markdown]
# ### Predict, then run
#
# The loss is $L(\theta) = \theta^2$ with gradient $2\theta$, and we start at $\theta = 1$.
# **Before you run the cell below the question**, write your answers down.

# %% [markdown]
# 1. What is $\theta$ after one step, as a formula with $\eta$? And after $k$ steps?
# 2. Predict twenty steps with $\eta$ = 0.1, 0.5, 0.9 and 1.1, and say why.
# 3. For which $\eta$ does it come as near to 0 as you like? What if you only saw how the loss
#    changes from step to step: when would you change the rate, and how?

# %% [markdown] nbgrader={"grade_id":"predict_rates","grade":true,"solution":true,"points":3}
# ### BEGIN SOLUTION
# One step gives θ − 2ηθ = (1 − 2η)θ, so after k steps θ is (1 − 2η)ᵏ. With η = 0.1 the factor is
# 0.8: θ shrinks steadily, to about 0.01 after twenty steps. With 0.5 the factor is 0: one step
# lands exactly at the bottom. With 0.9 it is −0.8: θ jumps from side to side of the bottom, and
# shrinks as fast as with 0.1. With 1.1 it is −1.2: it jumps from side to side and gets farther away
# each time, to about 38 after twenty steps. It goes to 0 when |1 − 2η| < 1, so for 0 < η < 1. If I
# only see the loss: when it rises, the rate is too large, so divide it, by 2 or 10; when it falls
# very slowly, try a larger one.
#
# **For the grader.** One point for each question. (1) The factor 1 − 2η; the power may be in words.
# (2) All four behaviours, with the factor as the reason; half a point for two or three. A wrong
# prediction that is corrected openly after the run, with the reason, counts in full. (3) 0 < η < 1
# (ends excluded), and lowering the rate when the loss rises.
# ### END SOLUTION

# %%
figure, axes = plt.subplots(figsize=(6, 3.2))
for eta in (0.1, 0.5, 0.9, 1.1):

    def always(epoch, eta=eta):
        return eta

    path = gradient_descent(
        lambda theta, x, y: 2.0 * theta, np.array([1.0]), [(None, None)], always, 20
    )
    axes.plot(path[:, 0], ".-", label=f"η = {eta}")
axes.set_xticks(range(0, 21, 5))
axes.set_ylim(-3, 3)
axes.set_xlabel("step")
axes.set_ylabel("θ")
axes.legend()
plots.show(figure, alt="θ over 20 steps, a line for each rate; one leaves the picture.")

# %% [markdown]
# **What to see.** Compare with what you wrote. The largest rate leaves the picture: it steps over
# the bottom and lands higher than it was.

# %% [markdown]
# ### Two parameters
#
# The same with a straight line, $wx + b$, through 16 points: a loss over two parameters, seen from
# above. Click where to start, or move the sliders, and step with →. Change the learning rate, the
# momentum (each step keeps a part of the last one), and the batch size. Then change *mean* to
# *sum*.

# %%
Descent(rate=0.1, momentum=0.0)

# %% [markdown]
# **What to see.** With all 16 examples, the path crosses the lines of equal loss at right angles.
# With batches of one it wanders, and never quite settles. The sum of the losses has a gradient 16
# times that of the mean (section 7): at the same rate it diverges, at a sixteenth of the rate it
# takes the very same path.

# %% [markdown]
# ## 12. A training step has four parts
#
# Put together, what happens with one batch is always the same:
#
# 1. **predict**: `out = model(x)`, the forward pass;
# 2. **measure the loss**;
# 3. **go back**: find the gradient of the loss, the backward pass;
# 4. **take a small step** against it.
#
# Some count three, with the first two as one: forward pass, backward pass, update.

# %% [markdown]
# **A slip in the lectures.** One of them says that backpropagation is gradient descent plus the
# chain rule, another that the backward pass updates the parameters. By the names we use,
# backpropagation is part 3 alone: it *only computes gradients*. Part 4 is gradient descent, and it
# could as well be some other method that wants gradients.

# %% [markdown]
# Write all four for the neuron of section 6, on a batch of the kind of section 7. The loss is the
# **mean** over the examples. The order matters: find *all* gradients before you change anything.
# With $w$ already changed, the gradient of $b$ would belong to a model that never made the
# prediction.


# %% nbgrader={"grade_id": "train_step-stub", "solution": true}
def train_step(w, b, x, y, rate):
    """One training step of a sigmoid neuron on a batch.

    a[n] = sigmoid(w · x[n] + b), and L is the mean of (a[n] - y[n])**2.

    Parameters
    ----------
    w : array, shape (inputs,)
    b : float
    x : array, shape (N, inputs)
        One example a row.
    y : array, shape (N,)
        What the answers should be, 0 or 1.
    rate : float
        The learning rate.

    Returns
    -------
    loss : float
        Of the prediction, so before the step.
    w : array, shape (inputs,)
        The new weights. The old ones must stay as they are.
    b : float
        The new bias.

    Hint: one line for each: z, a, loss; dL/da, dL/dz, dw, db; new w, new b. Where does the 1/N of
    the mean go?

    >>> x, y = np.array([[1.0, 2.0], [0.0, -1.0], [2.0, 1.0]]), np.array([0.0, 1.0, 1.0])
    >>> loss, w, b = train_step(np.array([0.5, -1.0]), 0.0, x, y, 1.0)
    >>> print(np.round(loss, 4), np.round(w, 4), np.round(b, 4))
    0.1185 [ 0.6485 -0.9882] 0.1004
    """
    ### BEGIN SOLUTION
    z = x @ w + b
    a = 1.0 / (1.0 + np.exp(-z))
    loss = np.mean((a - y) ** 2)

    da = 2.0 * (a - y) / len(y)
    dz = da * a * (1.0 - a)
    dw, db = dz @ x, np.sum(dz)

    return loss, w - rate * dw, b - rate * db
    ### END SOLUTION


# %% nbgrader={"grade_id": "train_step", "grade": true}
check(train_step)

# %% [markdown]
# ## 13. All of it together
#
# A neuron that learns from 200 examples with three inputs. Which answer is right was decided by a
# hidden rule, and one answer in twenty is wrong on purpose. (The seed is 3.) This section needs
# `train_step`, `numerical_gradient` and `gradient_check`. If a check above still fails, come back
# later.

# %%
rng = np.random.default_rng(3)
x = rng.normal(size=(200, 3))
y = (x @ np.array([2.0, -1.0, 0.5]) + 0.5 > 0).astype(float)
flipped = rng.choice(200, 10, replace=False)
y[flipped] = 1.0 - y[flipped]

# %% [markdown]
# **First check, then train.** A step with rate 1 moves the parameters by exactly minus the
# gradient. So the gradient in your `train_step` is what it was, minus what it became. Compare it
# with the numerical one:


# %%
def in_the_step(theta):
    _, w, b = train_step(theta[:3], theta[3], x, y, 1.0)
    return theta - np.append(w, b)


def mean_loss(theta):
    return train_step(theta[:3], theta[3], x, y, 0.0)[0]


def by_stepping(theta):
    return numerical_gradient(mean_loss, theta, 1e-5)


starts = [rng.normal(size=4) for _ in range(3)]
print(f"relative error {gradient_check(in_the_step, by_stepping, starts):.1e}")

# %% [markdown]
# Below $10^{-6}$: it is right. Now train, twice, with different first choices: all 200 examples in
# one batch, and batches of 20. All else is the same: rate 2, falling with the epochs, 15 epochs.

# %%
histories = {}
for size in (200, 20):
    w, b, losses = np.zeros(3), 0.0, []
    for epoch in range(15):
        order = rng.permutation(200)
        for first in range(0, 200, size):
            chosen = order[first : first + size]
            _, w, b = train_step(w, b, x[chosen], y[chosen], 2.0 / (1.0 + 0.1 * epoch))
        losses.append(mean_loss(np.append(w, b)))
    histories[size] = losses
    share = np.mean((x @ w + b > 0) == (y > 0.5))
    print(f"batches of {size:3d}: loss {losses[-1]:.4f}, right {share:.1%}, w = {w.round(2)}")

figure, axes = plt.subplots(figsize=(6, 3))
for size, losses in histories.items():
    axes.plot(losses, ".-", label=f"batches of {size}")
axes.set_xlabel("epoch")
axes.set_ylabel("loss of all examples")
axes.legend()
plots.show(figure, alt="Loss over 15 epochs: batches of 20 get much lower than those of 200.")

# %% [markdown]
# **What to see.** In the same number of epochs, ten small steps get much farther than one large
# one, and they cost the same: each example is seen once an epoch. A little more than one answer in
# twenty stays wrong, as it should: those were made wrong. And the weights found stand in nearly the
# ratio of the hidden rule, 2 to −1 to 0.5.

# %% [markdown]
# ## Recap
#
# - Changes travel: **multiply along a path, add over the paths.**
# - Each derivative is taken **where its own function is**.
# - Going back through a Jacobian takes its **transpose**.
# - The slope of $z$ by a weight is **the input in front of it**.
# - The gradient of a batch is the **sum** of the gradients of its examples, or their mean.
# - **Derive, then check**: numerical gradients are slow, and nearly never wrong.
# - $\theta \leftarrow \theta - \eta\,\nabla L(\theta)$: find all gradients, then step.

# %% [markdown]
# ### What the lectures said
#
# The neuron with three weights, its three derivatives, and the four steps are in the lecture on
# computational graphs. Gradient descent as an outline with four choices is in the one on vectorised
# gradients, and so is the list of the five views. Chains, meeting paths, the sum over examples and
# the input in front of the weight are in the one on gradient descent. Numerical against analytic is
# in the one on multi-layer perceptrons.

# %% [markdown]
# Three slips to know when you read them:
#
# - The lecture on algorithms prints the vector rule with $i$ and $j$ mixed up, and sums over the
#   wrong one. Section 3 has it right: the sum goes over the entries of $y$.
# - A slide on multi-layer perceptrons has $2(y - a)$ as the slope of $(a - y)^2$. See section 6.
# - Backpropagation computes gradients. It does not update anything. See section 12.

# %% [markdown]
# One rule was enough for everything here, but the derivations were still yours. In assignment 02,
# the computer does them: it keeps the chain as a graph, and walks it backwards.
